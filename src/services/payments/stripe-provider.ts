/**
 * Stripe through its SDK. An order is charged in two calls: a PaymentIntent is created, its id is written into our
 * books, then it is confirmed. An intent succeeds at most once, so no second charge is possible however often, however
 * late or by however many of us it is confirmed; and what was never confirmed needs no undoing when the order ends.
 *
 * Whatever is not Stripe's clear word about the card leaves the outcome unknown, a key it refuses included: that is the
 * shop's mistake, not the shopper's. It is asked again until the order's own deadline.
 */
import Stripe from 'stripe';
import type { Logger } from '../../platform/log.ts';
import type {
  Charge,
  ChargeOutcome,
  PaymentProvider,
  ProviderEvent,
  RefundAnswer,
  RefundFact,
  RefundRequest,
} from './provider.ts';
import { heard } from './provider.ts';
import { readStripeEvent, refundFact } from './stripe-event.ts';
import { toStripeAmount } from './stripe-money.ts';

/** The version this code was written against; webhook endpoints should be set to it too. */
export const STRIPE_VERSION = '2026-10-28.endive';
/** Seconds a webhook's signature stays good, for both of a late message and a clock that runs ahead. */
const TOLERANCE_SECONDS = 300;
/**
 * Stripe repeats its first answer to a key for a day, even a 500. From this attempt on a charge takes a new key each
 * time: a second intent that is never confirmed is harmless, and a second confirmation of one is refused.
 */
const FRESH_KEYS_AFTER = 4;
/** Of the amount or the card, although Stripe calls them bad requests; anything else of that kind is our mistake. */
const REFUSED_FOR_GOOD =
  /^(amount_too_(small|large)|invalid_charge_amount|payment_method_(unexpected_state|invalid_parameter|currency_mismatch|not_available))$/;
const NO_REFUND = /^(charge_already_refunded|charge_disputed|refund_disputed_payment|amount_too_large)$/;

/** Ids that Stripe.js gives out; the shop has none of its own to offer. */
const METHOD = '^(pm|card|src)_[A-Za-z0-9_]+$';

const UNREADABLE = 'it is signed, but it is no event that can be read';

export interface StripeOptions {
  secretKey: string;
  webhookSecrets: readonly string[];
  apiUrl: string;
  timeoutMs: number;
  log: Logger;
}

export function createStripeProvider({
  secretKey,
  webhookSecrets,
  apiUrl,
  timeoutMs,
  log,
}: StripeOptions): PaymentProvider {
  const { hostname, port, protocol } = new URL(apiUrl);
  const stripe = new Stripe(secretKey, {
    apiVersion: STRIPE_VERSION,
    host: hostname,
    port: port || (protocol === 'http:' ? 80 : 443),
    protocol: protocol === 'http:' ? 'http' : 'https',
    // Retries are decided in one layer, by the effect that asks us.
    maxNetworkRetries: 0,
    timeout: timeoutMs,
    telemetry: false,
    // Over fetch a time-out bounds the whole call; over node:http it bounds only each silence.
    httpClient: Stripe.createFetchHttpClient(),
  });

  /** Where an intent stands, as the outcome of charging it. */
  async function outcomeOf(intent: Stripe.PaymentIntent): Promise<ChargeOutcome> {
    switch (intent.status) {
      case 'succeeded':
        return { outcome: 'succeeded', transaction_id: intent.id };
      case 'canceled':
        return { outcome: 'declined', reason: 'canceled_at_provider' };
      case 'requires_action':
        // The shopper is not here to prove who they are, and nothing of it may be charged later.
        await stripe.paymentIntents.cancel(intent.id);
        return { outcome: 'declined', reason: 'authentication_required' };
      case 'requires_payment_method': {
        const { decline_code, code } = intent.last_payment_error ?? {};
        return { outcome: 'declined', reason: decline_code || code || 'card_declined' };
      }
      case 'processing':
        return { outcome: 'pending' };
      default:
        throw new Error(`Stripe says the payment is ${intent.status}`);
    }
  }

  async function open(charge: Charge): Promise<ChargeOutcome> {
    const { order_id, currency, method } = charge;
    const amount = toStripeAmount(charge.amount, currency);
    if (amount === undefined) return { outcome: 'declined', reason: 'amount_not_supported' };
    try {
      const intent = await stripe.paymentIntents.create(
        {
          amount,
          currency: currency.toLowerCase(),
          payment_method: method,
          automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
          metadata: { order_id, payment_id: charge.key },
        },
        { idempotencyKey: keyFor('open', charge) },
      );
      return { outcome: 'opened', reference: intent.id };
    } catch (error) {
      return declinedBy(error);
    }
  }

  async function confirm(reference: string, charge: Charge): Promise<ChargeOutcome> {
    try {
      const intent = await stripe.paymentIntents.confirm(
        reference,
        { error_on_requires_action: true },
        { idempotencyKey: keyFor('confirm', charge) },
      );
      if (intent.status === 'succeeded') return await outcomeOf(intent);
    } catch (error) {
      if (error instanceof Stripe.errors.StripeCardError) return declinedBy(error);
      // It cannot be confirmed as it stands (confirmed before, canceled), or Stripe failed halfway: see how it stands.
      const unclear = error instanceof Stripe.errors.StripeInvalidRequestError || isServerError(error);
      if (!unclear) throw error;
      const intent = await stripe.paymentIntents.retrieve(reference);
      if (intent.status === 'requires_confirmation') return declinedBy(error);
      return outcomeOf(intent);
    }
    // A repeated key gets the answer of then; what counts is how it stands now.
    return outcomeOf(await stripe.paymentIntents.retrieve(reference));
  }

  async function cancel({ reference }: Charge) {
    // Never confirmed, and nobody will: only what our books name is.
    if (reference === null) return { charged: false } as const;
    try {
      await stripe.paymentIntents.cancel(reference, { cancellation_reason: 'abandoned' });
      return { charged: false } as const;
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
      const { status } = await stripe.paymentIntents.retrieve(reference);
      if (status === 'canceled') return { charged: false } as const;
      if (status === 'succeeded') return { charged: true, transaction_id: reference } as const;
      throw error;
    }
  }

  async function refundsOf(payment_intent: string): Promise<RefundFact[]> {
    const facts: RefundFact[] = [];
    for await (const refund of stripe.refunds.list({ payment_intent, limit: 100 })) {
      const fact = refundFact(refund);
      if (fact) facts.push(fact);
    }
    return facts;
  }

  async function refund(request: RefundRequest): Promise<RefundAnswer> {
    const { key, order_id, charge_key, transaction_id, currency, attempt, reference } = request;
    if (reference !== null) return refundAnswer(refundFact(await stripe.refunds.retrieve(reference)));
    // Keys are forgotten after a day; what it did under ours is there to see.
    if (attempt > 1) {
      const known = (await refundsOf(transaction_id)).find(({ refund_id }) => refund_id === key);
      if (known) return refundAnswer(known);
    }
    const amount = toStripeAmount(request.amount, currency);
    if (amount === undefined) return { outcome: 'failed', reference: null, reason: 'amount_not_supported' };
    const metadata = { refund_id: key, payment_id: charge_key, order_id };
    try {
      const asked = { payment_intent: transaction_id, amount, metadata };
      return refundAnswer(refundFact(await stripe.refunds.create(asked, { idempotencyKey: key })));
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
      const { code, param, message } = error;
      // More than is left, under whatever code.
      if (!NO_REFUND.test(code ?? '') && param !== 'amount') throw error;
      return { outcome: 'failed', reference: null, reason: code ?? message };
    }
  }

  /** Performs a call; says loudly what an owner must mend, without a secret in it. */
  async function asking<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await heard(work(), signal);
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeError)) throw error;
      const { type, code, statusCode = 0, requestId } = error;
      if (statusCode >= 400 && statusCode < 500 && statusCode !== 409 && statusCode !== 429) {
        log.error({ type, code, status: statusCode, request_id: requestId }, 'Stripe refuses what the shop asks');
      }
      // Its message for a refused key quotes part of the key.
      const refused = statusCode === 401 ? 'the key (STRIPE_SECRET_KEY) is refused' : error.message;
      throw new Error(`Stripe: ${[type, code, refused].filter(Boolean).join(': ')}`);
    }
  }

  return {
    methods: { pattern: METHOD, default_method: null, methods: [], test: secretKey.includes('_test_') },
    name: 'stripe',
    accepts: (amount, currency) => toStripeAmount(amount, currency) !== undefined,
    charge: (charge, signal) =>
      asking(() => (charge.reference === null ? open(charge) : confirm(charge.reference, charge)), signal),
    cancel: (charge, signal) => asking(() => cancel(charge), signal),
    refund: (request, signal) => asking(() => refund(request), signal),
    refundsOf: (reference, signal) => asking(() => refundsOf(reference), signal),
    readWebhook(body, headers, now) {
      const header = headers['stripe-signature'] ?? '';
      let fault = 'no webhook secret is configured (STRIPE_WEBHOOK_SECRET)';
      // Stripe's own check of the future is missing: a clock that runs ahead must not make a message good for longer.
      const sentAt = Number(/(?:^|,)t=(\d+)/.exec(header)?.[1] ?? 0);
      if (sentAt * 1000 > now.getTime() + TOLERANCE_SECONDS * 1000) return 'Timestamp outside the tolerance zone';
      for (const secret of webhookSecrets) {
        try {
          const { webhooks } = stripe;
          const event = webhooks.constructEvent(body, header, secret, TOLERANCE_SECONDS, undefined, now.getTime());
          return readEvent(event);
        } catch (error) {
          fault = (error as Error).message;
        }
      }
      return fault.split('\n')[0] as string;
    },
  };
}

/** What is signed and yet no event (of a version we do not know, of another sender) is no fault of the signature. */
function readEvent(event: Stripe.Event): ProviderEvent | string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (typeof event?.id !== 'string' || !/^[^\u0000-\u001f]{1,255}$/.test(event.id)) return UNREADABLE;
  try {
    return readStripeEvent(event);
  } catch {
    return UNREADABLE;
  }
}

function keyFor(step: 'open' | 'confirm', { key, attempt }: Charge): string {
  const base = step === 'open' ? key : `${key}:confirm`;
  return attempt < FRESH_KEYS_AFTER ? base : `${base}:${attempt}`;
}

function isServerError(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && (error.statusCode ?? 0) >= 500;
}

/** A refusal that is the card's or the amount's; throws what is not. */
function declinedBy(error: unknown): ChargeOutcome {
  if (error instanceof Stripe.errors.StripeCardError) {
    return { outcome: 'declined', reason: error.decline_code || error.code || 'card_declined' };
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    if (error.param === 'payment_method') return { outcome: 'declined', reason: 'unknown_payment_method' };
    if (REFUSED_FOR_GOOD.test(error.code ?? '')) return { outcome: 'declined', reason: error.code as string };
  }
  throw error;
}

function refundAnswer(fact: RefundFact | undefined): RefundAnswer {
  if (!fact) throw new Error('Stripe answered with an amount that the currency does not have');
  const { reference, status, reason } = fact;
  if (status === 'succeeded') return { outcome: 'succeeded', reference };
  if (status === 'failed') return { outcome: 'failed', reference, reason: reason ?? 'failed' };
  return { outcome: 'pending', reference };
}
