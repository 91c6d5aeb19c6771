import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RefundOutcome, RefundState } from './refund.ts';
import { settleRefund } from './refund.ts';

const LATER = '2026-03-01T12:00:07.000Z';
const refund = (more: Partial<RefundState> = {}): RefundState => ({
  id: 'r-1',
  status: 'processing',
  reference: null,
  last_error: 'timeout',
  next_attempt_at: '2026-03-01T12:00:00.000Z',
  ...more,
});

describe('a refund', () => {
  test('that went through is told, once', () => {
    const done = settleRefund(refund(), { kind: 'succeeded', reference: 're_1' }, LATER);
    expect(done).toEqual({
      announce: 'refunded',
      refund: refund({ status: 'succeeded', reference: 're_1', last_error: null, next_attempt_at: null }),
    });
    expect(settleRefund(done?.refund as RefundState, { kind: 'succeeded', reference: 're_1' }, LATER)).toBeUndefined();
  });

  test('that the provider is at keeps its name and is asked about again', () => {
    expect(settleRefund(refund(), { kind: 'pending', reference: 're_1' }, LATER)).toEqual({
      refund: refund({ reference: 're_1', last_error: null, next_attempt_at: LATER }),
    });
  });

  test('whose outcome is unknown is asked for again, with what went wrong', () => {
    expect(settleRefund(refund(), { kind: 'unknown', error: 'no answer' }, LATER)).toEqual({
      refund: refund({ last_error: 'no answer', next_attempt_at: LATER }),
    });
  });

  test.each([
    ['processing', 'is refused, with the reason; the others never heard of it', {}],
    ['succeeded', 'is refused, and the others are told that what they heard is undone', { announce: 'failed' }],
  ] as const)('that fails while it is %s %s', (status, _, told) => {
    expect(settleRefund(refund({ status }), { kind: 'failed', reference: 're_1', reason: 'expired' }, LATER)).toEqual({
      ...told,
      refused: true,
      refund: refund({ status: 'failed', reference: 're_1', last_error: 'expired', next_attempt_at: null }),
    });
  });
});

test('whatever is heard and however often: told at most once, taken back only when told, and failed is the last word', () => {
  const heard: fc.Arbitrary<RefundOutcome> = fc.constantFrom(
    { kind: 'succeeded', reference: 're_1' },
    { kind: 'failed', reference: 're_1', reason: 'expired' },
    { kind: 'pending', reference: 're_1' },
    { kind: 'unknown', error: 'no answer' },
  );
  fc.assert(
    fc.property(fc.array(heard, { maxLength: 10 }), (outcomes) => {
      let state = refund();
      const told: string[] = [];
      for (const outcome of outcomes) {
        const decision = settleRefund(state, outcome, LATER);
        if (!decision) continue;
        state = decision.refund;
        if (decision.announce) told.push(decision.announce);
        if (decision.refused) told.push('refused');
      }
      expect(told.filter((one) => one === 'refunded').length).toBeLessThanOrEqual(1);
      expect(told.filter((one) => one === 'refused').length).toBeLessThanOrEqual(1);
      const undone = told.includes('refunded') && state.status === 'failed';
      expect(told.filter((one) => one === 'failed')).toEqual(undone ? ['failed'] : []);
      expect(state.status === 'failed').toBe(outcomes.some(({ kind }) => kind === 'failed'));
      expect(state.next_attempt_at !== null).toBe(state.status === 'processing');
    }),
  );
});
