/** What becomes of a payment: pure decisions over locked rows. */
import type { PaymentStatus } from '../../contracts/payments.ts';

export interface PaymentState {
  id: string;
  status: PaymentStatus;
  amount: number;
  attempts: number;
  void_requested: boolean;
  transaction_id: string | null;
  reason: string | null;
  last_error: string | null;
  next_attempt_at: string | null;
  refunded_amount: number;
}

/** What asking the provider came to. */
export type Outcome =
  | { kind: 'charged'; transaction_id: string }
  | { kind: 'declined'; reason: string }
  | { kind: 'not_charged' }
  /** Time-out, lost answer, temporary failure: ask again with the same key. */
  | { kind: 'unknown'; error: string };

export interface Decision<P extends PaymentState> {
  payment: P;
  announce?: 'processed' | 'failed';
  /** Minor units to give back, because the order has ended. */
  refund?: number;
}

/** Records an outcome. A payment that is decided stays decided: undefined. One that is not is asked about at `retryAt`. */
export function settle<P extends PaymentState>(payment: P, outcome: Outcome, retryAt: string): Decision<P> | undefined {
  if (payment.status !== 'processing') return undefined;
  const done = { ...payment, next_attempt_at: null, last_error: null };
  switch (outcome.kind) {
    case 'charged': {
      const charged: P = { ...done, status: 'succeeded', transaction_id: outcome.transaction_id };
      if (!payment.void_requested) return { payment: charged, announce: 'processed' };
      return { ...giveBack(charged), announce: 'processed' };
    }
    case 'declined':
      return { payment: { ...done, status: 'failed', reason: outcome.reason }, announce: 'failed' };
    case 'not_charged':
      return { payment: { ...done, status: 'voided', reason: 'the order ended first' } };
    case 'unknown':
      return { payment: { ...payment, last_error: outcome.error, next_attempt_at: retryAt } };
  }
}

/** The order has ended: nothing may be charged for it, and what was charged goes back, once. */
export function endOrder<P extends PaymentState>(payment: P): Decision<P> | undefined {
  if (payment.status === 'succeeded') return payment.void_requested ? undefined : giveBack(payment);
  if (payment.status !== 'processing' || payment.void_requested) return undefined;
  // Never asked for yet, and our lock keeps it so.
  if (payment.attempts === 0) {
    const reason = 'the order ended first';
    return { payment: { ...payment, status: 'voided', next_attempt_at: null, void_requested: true, reason } };
  }
  return { payment: { ...payment, void_requested: true } };
}

function giveBack<P extends PaymentState>(payment: P): Decision<P> {
  const refund = payment.amount - payment.refunded_amount;
  const back = { ...payment, void_requested: true, refunded_amount: payment.amount };
  return refund > 0 ? { payment: back, refund } : { payment: back };
}
