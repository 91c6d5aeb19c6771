/**
 * A stand-in for Stripe: a real HTTP server that knows the few calls the shop makes, as Stripe documents them. It keeps
 * books, remembers idempotency keys with their answers, knows some of Stripe's test cards, fails as it is told to, and
 * signs webhooks. It is not Stripe: what is tested against it is our side of the conversation.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const STAND_IN_KEY = 'sk_test_standin';
export const STAND_IN_SECRET = 'whsec_standin';

type Params = Record<string, string>;
type Call = 'create' | 'confirm' | 'cancel' | 'retrieve' | 'refund' | 'refund_retrieve' | 'refunds';
/**
 * lost: done, but nobody hears of it; lost_for_a_day: and the key is forgotten. reset: not done. stored_500: not done,
 * and the key answers so from now on.
 */
type Failure = 'lost' | 'lost_for_a_day' | 'reset' | '500' | 'stored_500' | '429' | 'slow';

export interface StandInIntent {
  id: string;
  object: 'payment_intent';
  amount: number;
  amount_received: number;
  currency: string;
  status: string;
  payment_method: string | null;
  last_payment_error: { code: string; decline_code?: string; message: string } | null;
  metadata: Params;
  created: number;
}
export interface StandInRefund {
  id: string;
  object: 'refund';
  amount: number;
  currency: string;
  payment_intent: string;
  status: string;
  failure_reason?: string;
  metadata: Params;
  created: number;
}
export interface StandInEvent {
  id: string;
  object: 'event';
  type: string;
  created: number;
  api_version: string;
  livemode: false;
  data: { object: unknown };
}

interface Answer {
  status: number;
  body: object;
}

const CARDS: Record<string, { code: string; decline_code?: string } | null> = {
  pm_card_visa: null,
  pm_card_slow: null,
  pm_card_chargeDeclined: { code: 'card_declined', decline_code: 'generic_decline' },
  pm_card_chargeDeclinedInsufficientFunds: { code: 'card_declined', decline_code: 'insufficient_funds' },
  pm_card_chargeDeclinedExpiredCard: { code: 'expired_card' },
  pm_card_authenticationRequired: { code: 'authentication_required' },
};
/** A debit from a bank account: nobody knows for a while. */
const BANK_DEBIT = 'pm_usBankAccount_processing';

const now = () => Math.floor(Date.now() / 1000);
const newName = (prefix: string) => `${prefix}_${randomBytes(10).toString('hex')}`;
const fault = (status: number, error: object): Answer => ({ status, body: { error } });
const badRequest = (code: string | undefined, message: string, more: object = {}) =>
  fault(400, { type: 'invalid_request_error', ...(code && { code }), message, ...more });

export async function startStripeStandIn() {
  const intents = new Map<string, StandInIntent>();
  const refunds = new Map<string, StandInRefund>();
  const keys = new Map<string, { request: string; answer: Answer | undefined }>();
  const calls: { call: Call; key: string | undefined; version: string | undefined }[] = [];
  const failures: { call: Call; how: Failure; ms: number }[] = [];
  const events: StandInEvent[] = [];
  const settings = { refundStatus: 'succeeded', refusesKey: false };
  /** How the confirmations of an order go, by its id. late: taken, and done when `finishLate` says so. */
  const manners = new Map<string, 'succeed' | 'decline' | 'lose' | 'late'>();
  const late: (() => void)[] = [];

  function announce(type: string, object: object): void {
    const about = {
      id: newName('evt'),
      object: 'event',
      type,
      created: now(),
      api_version: '2026-10-28.endive',
    } as const;
    events.push({ ...about, livemode: false, data: { object: structuredClone(object) } });
  }

  function create(params: Params): Answer {
    const { amount = '', currency = '', payment_method = '' } = params;
    if (!(payment_method in CARDS) && payment_method !== BANK_DEBIT) {
      return badRequest('resource_missing', `No such PaymentMethod: '${payment_method}'`, { param: 'payment_method' });
    }
    if (Number(amount) < 50) return badRequest('amount_too_small', 'Amount must be at least 50', { param: 'amount' });
    const intent: StandInIntent = {
      id: newName('pi'),
      object: 'payment_intent',
      amount: Number(amount),
      amount_received: 0,
      currency,
      status: 'requires_confirmation',
      payment_method,
      last_payment_error: null,
      metadata: nested(params, 'metadata'),
      created: now(),
    };
    intents.set(intent.id, intent);
    return { status: 200, body: intent };
  }

  const unexpected = (intent: StandInIntent, what: string) =>
    badRequest('payment_intent_unexpected_state', `You cannot ${what} this PaymentIntent: it is ${intent.status}`, {
      payment_intent: intent,
    });

  function succeed(intent: StandInIntent): void {
    Object.assign(intent, { status: 'succeeded', amount_received: intent.amount });
    announce('payment_intent.succeeded', intent);
  }

  function decline(intent: StandInIntent, error: { code: string; decline_code?: string }): Answer {
    const last_payment_error = { ...error, message: 'Your card was declined.' };
    Object.assign(intent, { status: 'requires_payment_method', payment_method: null, last_payment_error });
    announce('payment_intent.payment_failed', intent);
    return fault(402, { type: 'card_error', ...last_payment_error, payment_intent: structuredClone(intent) });
  }

  function confirm(intent: StandInIntent, params: Params): Answer {
    if (intent.status !== 'requires_confirmation') return unexpected(intent, 'confirm');
    if (intent.payment_method === BANK_DEBIT) {
      intent.status = 'processing';
      announce('payment_intent.processing', intent);
      return { status: 200, body: intent };
    }
    const declines = manners.get(intent.metadata.order_id ?? '') === 'decline';
    const refusal = CARDS[declines ? 'pm_card_chargeDeclined' : (intent.payment_method ?? '')];
    if (refusal?.code === 'authentication_required' && params.error_on_requires_action !== 'true') {
      intent.status = 'requires_action';
      return { status: 200, body: intent };
    }
    if (refusal) return decline(intent, refusal);
    succeed(intent);
    return { status: 200, body: intent };
  }

  function cancel(intent: StandInIntent): Answer {
    if (['succeeded', 'canceled', 'processing'].includes(intent.status)) return unexpected(intent, 'cancel');
    intent.status = 'canceled';
    announce('payment_intent.canceled', intent);
    return { status: 200, body: intent };
  }

  const refundedOf = (intent: string) =>
    [...refunds.values()]
      .filter((refund) => refund.payment_intent === intent && refund.status !== 'failed')
      .reduce((sum, { amount }) => sum + amount, 0);

  function refund(params: Params): Answer {
    const intent = intents.get(params.payment_intent ?? '');
    if (!intent) return badRequest('resource_missing', 'No such payment_intent', { param: 'payment_intent' });
    if (intent.status !== 'succeeded') return unexpected(intent, 'refund');
    const left = intent.amount - refundedOf(intent.id);
    const amount = params.amount === undefined ? left : Number(params.amount);
    if (left === 0) return badRequest('charge_already_refunded', 'Charge has already been refunded.');
    if (amount > left)
      return badRequest(undefined, 'Refund amount is greater than unrefunded amount', { param: 'amount' });
    const made: StandInRefund = {
      id: newName('re'),
      object: 'refund',
      amount,
      currency: intent.currency,
      payment_intent: intent.id,
      status: settings.refundStatus,
      metadata: nested(params, 'metadata'),
      created: now(),
    };
    refunds.set(made.id, made);
    announce('refund.created', made);
    const { id: payment_intent, currency, metadata } = intent;
    const charge = { id: newName('ch'), object: 'charge', payment_intent, currency, metadata };
    announce('charge.refunded', { ...charge, amount: intent.amount, amount_refunded: refundedOf(intent.id) });
    return { status: 200, body: made };
  }

  function listRefunds(query: URLSearchParams): Answer {
    const data = [...refunds.values()].filter((one) => one.payment_intent === query.get('payment_intent')).reverse();
    return { status: 200, body: { object: 'list', url: '/v1/refunds', has_more: false, data } };
  }

  const idOf = (url: URL) => url.pathname.split('/')[3] ?? '';

  function route(method: string, url: URL, params: Params): { call: Call; act: () => Answer } | undefined {
    const [, , kind, , action = ''] = url.pathname.split('/');
    const id = idOf(url);
    const missing = () => fault(404, { type: 'invalid_request_error', code: 'resource_missing', message: `No ${id}` });
    const named = `${method} ${kind}${id && '/{}'}${action && `/${action}`}`;
    const intent = intents.get(id);
    switch (named) {
      case 'POST payment_intents':
        return { call: 'create', act: () => create(params) };
      case 'GET payment_intents/{}':
        return { call: 'retrieve', act: () => (intent ? { status: 200, body: intent } : missing()) };
      case 'POST payment_intents/{}/confirm':
        return { call: 'confirm', act: () => (intent ? confirm(intent, params) : missing()) };
      case 'POST payment_intents/{}/cancel':
        return { call: 'cancel', act: () => (intent ? cancel(intent) : missing()) };
      case 'POST refunds':
        return { call: 'refund', act: () => refund(params) };
      case 'GET refunds':
        return { call: 'refunds', act: () => listRefunds(url.searchParams) };
      case 'GET refunds/{}': {
        const found = refunds.get(id);
        return { call: 'refund_retrieve', act: () => (found ? { status: 200, body: found } : missing()) };
      }
      default:
        return undefined;
    }
  }

  /** Does a request once for each key; what it refuses as malformed is not remembered. */
  function once(key: string | undefined, request: string, act: () => Answer): Answer {
    const known = key === undefined ? undefined : keys.get(key);
    if (known && known.request !== request) {
      return fault(400, { type: 'idempotency_error', message: 'Keys can only be used with the same parameters' });
    }
    if (known?.answer) return known.answer;
    const answer = structuredClone(act());
    if (key !== undefined && answer.status !== 400 && answer.status !== 404) keys.set(key, { request, answer });
    return answer;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const routed = route(request.method ?? '', url, Object.fromEntries(new URLSearchParams(body)));
    const key = request.headers['idempotency-key'] as string | undefined;
    if (settings.refusesKey || request.headers.authorization !== `Bearer ${STAND_IN_KEY}`) {
      const message = `Invalid API Key provided: ${request.headers.authorization}`;
      return reply(response, fault(401, { type: 'invalid_request_error', message }));
    }
    if (!routed) return reply(response, fault(404, { type: 'invalid_request_error', message: 'Unrecognized URL' }));
    const { call, act } = routed;
    calls.push({ call, key, version: request.headers['stripe-version'] as string | undefined });

    const index = failures.findIndex((one) => one.call === call);
    const failure = index >= 0 ? failures.splice(index, 1)[0] : undefined;
    const serverError = fault(500, { type: 'api_error', message: 'Something went wrong on our end.' });
    if (failure?.how === 'reset') return void request.socket.destroy();
    if (failure?.how === '500') return reply(response, serverError);
    if (failure?.how === '429')
      return reply(response, fault(429, { code: 'rate_limit', message: 'Too many requests' }));
    const manner = call === 'confirm' && manners.get(intents.get(idOf(url))?.metadata.order_id ?? '');
    if (manner === 'late') {
      late.push(() => once(key, `${request.url} ${body}`, act));
      return void request.socket.destroy();
    }
    const answer = once(key, `${request.url} ${body}`, failure?.how === 'stored_500' ? () => serverError : act);
    if (failure?.how === 'lost_for_a_day') keys.delete(key ?? '');
    if (failure?.how.startsWith('lost') || manner === 'lose') return void request.socket.destroy();
    if (failure?.how === 'slow') await new Promise((resolve) => setTimeout(resolve, failure.ms));
    reply(response, answer);
  }

  function reply(response: ServerResponse, { status, body }: Answer): void {
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': newName('req') });
    response.end(JSON.stringify(body));
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    intents,
    refunds,
    calls,
    events,
    settings,
    manners,
    finishLate() {
      for (const act of late.splice(0)) act();
    },
    /** The next call of a kind fails so. */
    fail: (call: Call, how: Failure, ms = 0) => failures.push({ call, how, ms }),
    /** Forgets what it was told to do. */
    calm() {
      failures.length = 0;
      calls.length = 0;
      Object.assign(settings, { refundStatus: 'succeeded', refusesKey: false });
    },
    /** A bank debit comes to its end. */
    finish(id: string, end: 'succeeded' | 'failed') {
      const intent = intents.get(id) as StandInIntent;
      if (end === 'succeeded') succeed(intent);
      else decline(intent, { code: 'payment_method_provider_decline' });
    },
    /** What somebody does in the dashboard. */
    refundByHand: (payment_intent: string, amount: number) => refund({ payment_intent, amount: String(amount) }),
    /** A bank sends a refund back. */
    failRefund(id: string) {
      const made = Object.assign(refunds.get(id) as StandInRefund, {
        status: 'failed',
        failure_reason: 'lost_or_stolen_card',
      });
      announce('refund.failed', made);
    },
    announce,
    /** The intent that stands for an order. */
    intentOf: (orderId: string) => [...intents.values()].filter(({ metadata }) => metadata.order_id === orderId),
    charged: () => [...intents.values()].filter(({ status }) => status === 'succeeded'),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type StripeStandIn = Awaited<ReturnType<typeof startStripeStandIn>>;

/** `metadata[order_id]=…` → `{ order_id: … }`. */
function nested(params: Params, name: string): Params {
  const entries = Object.entries(params).filter(([key]) => key.startsWith(`${name}[`));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(name.length + 1, -1), value]));
}

export interface Signing {
  secrets?: readonly string[];
  /** Seconds since 1970. */
  at?: number;
}

/** Header and body as Stripe sends them. */
export function signed(event: unknown, { secrets = [STAND_IN_SECRET], at = now() }: Signing = {}) {
  const body = typeof event === 'string' ? event : JSON.stringify(event, null, 2);
  const signatures = secrets.map((secret) => createHmac('sha256', secret).update(`${at}.${body}`).digest('hex'));
  const header = [`t=${at}`, ...signatures.map((one) => `v1=${one}`)].join(',');
  return { body, headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': header } };
}

/** Whoever does not answer for so long is told again later. */
const WEBHOOK_MS = 10_000;

/** Sends a webhook as Stripe does; answers with the status. */
export async function sendWebhook(url: string, event: unknown, signing?: Signing): Promise<number> {
  const signal = AbortSignal.timeout(WEBHOOK_MS);
  const reply = await fetch(url, { method: 'POST', ...signed(event, signing), signal });
  await reply.arrayBuffer();
  return reply.status;
}
