/** What becomes of a refund: pure decisions over locked rows, the same whether the provider answers or tells unasked. */

export type RefundStatus = 'processing' | 'succeeded' | 'failed';

export interface RefundState {
  id: string;
  status: RefundStatus;
  /** The provider's name for it, as soon as known. */
  reference: string | null;
  last_error: string | null;
  next_attempt_at: string | null;
}

/** What asking the provider came to, or what it told us unasked. */
export type RefundOutcome =
  | { kind: 'succeeded'; reference: string | null }
  /** For good: the money stays where it is, and can be given back another way. */
  | { kind: 'failed'; reference: string | null; reason: string }
  /** The provider has it and is at it. */
  | { kind: 'pending'; reference: string }
  | { kind: 'unknown'; error: string };

export interface RefundDecision<R extends RefundState> {
  refund: R;
  /** What the others must be told: 'failed' only of what they were told had gone back. */
  announce?: 'refunded' | 'failed';
  /** The provider will not do it: a person must know. */
  refused?: boolean;
}

/**
 * Records an outcome; undefined: it changes nothing. A failed refund stays failed whatever older news says. One that
 * succeeded may still fail days later, when a bank sends the money back.
 */
export function settleRefund<R extends RefundState>(
  refund: R,
  outcome: RefundOutcome,
  retryAt: string,
): RefundDecision<R> | undefined {
  if (refund.status === 'failed') return undefined;
  if (outcome.kind === 'failed') {
    const reference = refund.reference ?? outcome.reference;
    const last_error = outcome.reason;
    const failed = { ...refund, status: 'failed' as const, reference, last_error, next_attempt_at: null };
    return { refund: failed, refused: true, ...(refund.status === 'succeeded' && { announce: 'failed' }) };
  }
  if (refund.status === 'succeeded') return undefined;
  switch (outcome.kind) {
    case 'succeeded': {
      const reference = refund.reference ?? outcome.reference;
      const done = { ...refund, status: 'succeeded' as const, reference, last_error: null, next_attempt_at: null };
      return { refund: done, announce: 'refunded' };
    }
    case 'pending':
      return { refund: { ...refund, reference: outcome.reference, last_error: null, next_attempt_at: retryAt } };
    case 'unknown':
      return { refund: { ...refund, last_error: outcome.error, next_attempt_at: retryAt } };
  }
}
