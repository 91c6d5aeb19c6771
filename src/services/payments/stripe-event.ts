/**
 * Stripe's events in our words. Events come late, twice and out of order, so only what is final at Stripe (an intent
 * that succeeded or was canceled, a refund's own state) is taken at its word; the rest is a reason to ask again.
 */
import type Stripe from 'stripe';
import { fromMinor } from '../../contracts/money.ts';
import type { Dispute } from '../../contracts/payments.ts';
import { isId } from '../../platform/clock.ts';
import type { Fact, ProviderEvent, RefundFact } from './provider.ts';
import { fromStripeAmount } from './stripe-money.ts';

/** An id, whether the object came with it or not. */
const idOf = (value: string | { id: string } | null | undefined) => (typeof value === 'object' ? value?.id : value);

/** Metadata is free text: anybody with the account may write there what they like. */
const uuid = (text: string | undefined) => (text !== undefined && isId(text) ? text.toLowerCase() : null);

export function readStripeEvent(event: Stripe.Event): ProviderEvent {
  const { id: event_id, type } = event;
  const about = (intent: string | { id: string } | null | undefined, fact: Fact | undefined): ProviderEvent => ({
    event_id,
    type,
    reference: idOf(intent) ?? '',
    payment_id: null,
    order_id: null,
    fact: idOf(intent) ? fact : undefined,
  });
  switch (event.type) {
    case 'payment_intent.succeeded':
    case 'payment_intent.canceled':
    case 'payment_intent.payment_failed':
    case 'payment_intent.processing':
    case 'payment_intent.requires_action': {
      const intent = event.data.object;
      const { payment_id, order_id } = intent.metadata;
      const fact = intentFact(event.type, intent);
      return { ...about(intent, fact), payment_id: uuid(payment_id), order_id: uuid(order_id) };
    }
    case 'charge.refunded':
      return about(event.data.object.payment_intent, { kind: 'refunds_moved' });
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed':
    case 'charge.refund.updated': {
      const refund = refundFact(event.data.object);
      return about(event.data.object.payment_intent, refund && { kind: 'refund', refund });
    }
    case 'charge.dispute.created':
    case 'charge.dispute.updated':
    case 'charge.dispute.closed': {
      const dispute = disputeFact(event.data.object, event.created);
      return about(event.data.object.payment_intent, dispute && { kind: 'dispute', dispute });
    }
    default:
      return about(null, undefined);
  }
}

function intentFact(type: string, { amount_received, currency }: Stripe.PaymentIntent): Fact | undefined {
  if (type === 'payment_intent.canceled') return { kind: 'cancelled' };
  if (type !== 'payment_intent.succeeded') return { kind: 'moved' };
  const amount = fromStripeAmount(amount_received, currency);
  return amount === undefined ? undefined : { kind: 'charged', amount, currency: currency.toUpperCase() };
}

const REFUND_STATUS: Record<string, RefundFact['status']> = {
  succeeded: 'succeeded',
  failed: 'failed',
  canceled: 'failed',
};

/** A status Stripe may add one day is one to wait for. */
export function refundFact(refund: Stripe.Refund): RefundFact | undefined {
  const { id, currency, metadata, failure_reason, status } = refund;
  const amount = fromStripeAmount(refund.amount, currency);
  if (amount === undefined) return undefined;
  return {
    reference: id,
    refund_id: uuid(metadata?.refund_id),
    amount,
    currency: currency.toUpperCase(),
    status: REFUND_STATUS[status ?? ''] ?? 'processing',
    reason: failure_reason ?? (status === 'canceled' ? 'canceled' : null),
  };
}

const time = (seconds: number) => new Date(seconds * 1000).toISOString();

function disputeFact(dispute: Stripe.Dispute, toldAt: number): Dispute | undefined {
  const { id, reason, status, created } = dispute;
  const currency = dispute.currency.toUpperCase();
  const minor = fromStripeAmount(dispute.amount, currency);
  if (minor === undefined) return undefined;
  const amount = fromMinor(minor, currency);
  return { id, amount, currency, reason, status, opened_at: time(created), updated_at: time(toldAt) };
}
