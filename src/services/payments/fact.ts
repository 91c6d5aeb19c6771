/**
 * What a provider's unasked word means for a payment: pure rules. Final facts are settled like answers; anything else
 * only makes us ask again, so that the order in which messages come decides nothing.
 */
import type { Dispute } from '../../contracts/payments.ts';
import type { Decision, PaymentState } from './payment.ts';
import { settle } from './payment.ts';
import type { Fact, RefundFact } from './provider.ts';
import type { RefundOutcome } from './refund.ts';

/** An answer of ours is probably on its way; ask only if it does not come. */
const SOON_MS = 2_000;

export interface Charged extends PaymentState {
  currency: string;
  provider: string;
  dispute: Dispute | null;
}

export interface Told {
  provider: string;
  reference: string;
  fact: Fact;
}

export type Meaning<P extends Charged> =
  | { kind: 'decision'; decision: Decision<P> }
  | { kind: 'dispute'; payment: P }
  | { kind: 'refunds'; refunds: readonly RefundFact[] }
  | { kind: 'nothing'; note: string }
  /** It will make sense once something else is known. */
  | { kind: 'early'; note: string }
  /** It contradicts our books: a person must look. */
  | { kind: 'refused'; note: string };

/** `refunds`: all there are, when the fact was a reason to ask for them. */
export function meaningOf<P extends Charged>(
  payment: P,
  { provider, reference, fact }: Told,
  refunds: readonly RefundFact[],
  now: Date,
): Meaning<P> {
  if (payment.provider !== provider) return refused(`the payment is with ${payment.provider}`);
  const own = payment.reference === reference || payment.transaction_id === reference;
  switch (fact.kind) {
    case 'charged': {
      // Charged under another name than we asked for: an order has one payment.
      if (!own && payment.reference !== null) return refused(`the payment is ${payment.reference}, not ${reference}`);
      if (fact.amount !== payment.amount || fact.currency !== payment.currency) {
        return refused(`${fact.amount} ${fact.currency} was charged, not ${payment.amount} ${payment.currency}`);
      }
      const outcome = { kind: 'charged', transaction_id: reference } as const;
      return decided(settle({ ...payment, reference }, outcome, now.toISOString()));
    }
    case 'cancelled': {
      if (!own) return nothing('a payment that was never confirmed');
      const outcome = payment.void_requested
        ? ({ kind: 'not_charged' } as const)
        : ({ kind: 'declined', reason: 'canceled_at_provider' } as const);
      return decided(settle(payment, outcome, now.toISOString()));
    }
    case 'moved': {
      const soon = new Date(now.getTime() + SOON_MS).toISOString();
      if (!own || payment.next_attempt_at === null || payment.next_attempt_at <= soon) return nothing('known or asked');
      return decided({ payment: { ...payment, next_attempt_at: soon } });
    }
    case 'refund':
    case 'refunds_moved':
      if (!own) return refused(`the payment is ${payment.reference}, not ${reference}`);
      if (payment.status !== 'succeeded') return { kind: 'early', note: 'money went back that we have not seen come' };
      return { kind: 'refunds', refunds: fact.kind === 'refund' ? [fact.refund] : refunds };
    case 'dispute':
      if (!own) return refused(`the payment is ${payment.reference}, not ${reference}`);
      if (payment.dispute && payment.dispute.updated_at > fact.dispute.updated_at) return nothing('older news');
      return { kind: 'dispute', payment: { ...payment, dispute: fact.dispute } };
  }
}

const refused = (note: string) => ({ kind: 'refused', note }) as const;
const nothing = (note: string) => ({ kind: 'nothing', note }) as const;

function decided<P extends Charged>(decision: Decision<P> | undefined): Meaning<P> {
  return decision ? { kind: 'decision', decision } : nothing('known');
}

export function refundOutcome({ status, reference, reason }: RefundFact): RefundOutcome {
  if (status === 'succeeded') return { kind: 'succeeded', reference };
  if (status === 'failed') return { kind: 'failed', reference, reason: reason ?? 'failed' };
  return { kind: 'pending', reference };
}
