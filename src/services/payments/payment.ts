/**
 * What becomes of a payment: pure decisions over locked rows. An answer of the provider and a webhook mean the same and
 * end here, so they may come in any order, twice, or for an order that has ended: the end is the same.
 */
import type { PaymentStatus } from '../../contracts/payments.ts';

export interface PaymentState {
  id: string;
  status: PaymentStatus;
  amount: number;
  attempts: number;
  void_requested: boolean;
  /** The provider's name for what it was asked to charge, known before any money can move. */
  reference: string | null;
  transaction_id: string | null;
  reason: string | null;
  last_error: string | null;
  next_attempt_at: string | null;
  refunded_amount: number;
}

/** What asking the provider came to, or what it told us unasked. */
export type Outcome =
  /** Prepared at the provider, nothing charged yet: its name is written down, then it is asked to charge. */
  | { kind: 'opened'; reference: string }
  | { kind: 'charged'; transaction_id: string }
  | { kind: 'declined'; reason: string }
  | { kind: 'not_charged' }
  /** The provider is still at it. */
  | { kind: 'pending' }
  /** Time-out, lost answer, temporary failure: ask again with the same key. */
  | { kind: 'unknown'; error: string };

export interface Decision<P extends PaymentState> {
  payment: P;
  announce?: 'processed' | 'failed';
  /** Minor units to give back, because the order has ended. */
  refund?: number;
}

const ENDED_FIRST = 'the order ended first';

/** Records an outcome. One that decides nothing is asked about at `retryAt`; undefined: it changes nothing. */
export function settle<P extends PaymentState>(payment: P, outcome: Outcome, retryAt: string): Decision<P> | undefined {
  if (payment.status !== 'processing') return chargedAfterAll(payment, outcome);
  const done = { ...payment, next_attempt_at: null, last_error: null };
  switch (outcome.kind) {
    case 'opened':
      return { payment: { ...waitingSince(payment, retryAt), reference: payment.reference ?? outcome.reference } };
    case 'charged': {
      const charged: P = { ...done, status: 'succeeded', transaction_id: outcome.transaction_id };
      if (!payment.void_requested) return { payment: charged, announce: 'processed' };
      return { announce: 'processed', ...giveBack(charged) };
    }
    case 'declined':
      return { payment: { ...done, status: 'failed', reason: outcome.reason }, announce: 'failed' };
    case 'not_charged':
      return { payment: { ...done, status: 'voided', reason: ENDED_FIRST } };
    case 'pending':
      return { payment: waitingSince(payment, retryAt) };
    case 'unknown':
      return { payment: { ...payment, last_error: outcome.error, next_attempt_at: retryAt } };
  }
}

function waitingSince<P extends PaymentState>(payment: P, retryAt: string): P {
  return { ...payment, last_error: null, next_attempt_at: retryAt };
}

/**
 * A payment that is decided stays decided, but money is money: charged although it was refused or void, all of it goes
 * back. Orders hears one word about a payment, so after a refusal the refund alone tells.
 */
function chargedAfterAll<P extends PaymentState>(payment: P, outcome: Outcome): Decision<P> | undefined {
  if (payment.status === 'succeeded' || outcome.kind !== 'charged') return undefined;
  const { transaction_id } = outcome;
  const back = giveBack<P>({ ...payment, status: 'succeeded', transaction_id, next_attempt_at: null });
  return payment.status === 'voided' ? { ...back, announce: 'processed' } : back;
}

/** The order has ended: nothing may be charged for it, and what was charged goes back, once. */
export function endOrder<P extends PaymentState>(payment: P): Decision<P> | undefined {
  if (payment.status === 'succeeded') return payment.void_requested ? undefined : giveBack(payment);
  if (payment.status !== 'processing' || payment.void_requested) return undefined;
  // Never asked for yet, and our lock keeps it so.
  if (payment.attempts === 0) {
    return {
      payment: { ...payment, status: 'voided', next_attempt_at: null, void_requested: true, reason: ENDED_FIRST },
    };
  }
  return { payment: { ...payment, void_requested: true } };
}

function giveBack<P extends PaymentState>(payment: P): Decision<P> {
  const refund = payment.amount - payment.refunded_amount;
  const back = { ...payment, void_requested: true, refunded_amount: payment.amount };
  return refund > 0 ? { payment: back, refund } : { payment: back };
}
