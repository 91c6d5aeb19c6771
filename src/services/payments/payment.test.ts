import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Decision, Outcome, PaymentState } from './payment.ts';
import { endOrder, settle } from './payment.ts';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const payment = (more: Partial<PaymentState> = {}): PaymentState => ({
  id: 'p-1',
  status: 'processing',
  amount: 1000,
  attempts: 1,
  void_requested: false,
  reference: null,
  transaction_id: null,
  reason: null,
  last_error: 'timeout',
  next_attempt_at: NOW.toISOString(),
  refunded_amount: 0,
  ...more,
});

const OTHER_OUTCOMES: Outcome[] = [
  { kind: 'opened', reference: 'r-9' },
  { kind: 'declined', reason: 'declined' },
  { kind: 'not_charged' },
  { kind: 'pending' },
  { kind: 'unknown', error: 'no answer' },
];

describe('what asking the provider came to', () => {
  test('charged: the order is paid, and nobody asks again', () => {
    expect(settle(payment(), { kind: 'charged', transaction_id: 't-1' }, NOW.toISOString())).toEqual({
      announce: 'processed',
      payment: payment({ status: 'succeeded', transaction_id: 't-1', last_error: null, next_attempt_at: null }),
    });
  });

  test('declined: for good, with the reason', () => {
    expect(settle(payment(), { kind: 'declined', reason: 'insufficient_funds' }, NOW.toISOString())).toMatchObject({
      announce: 'failed',
      payment: { status: 'failed', reason: 'insufficient_funds', next_attempt_at: null },
    });
  });

  test('unknown: asked again later with the same key, and nobody is told', () => {
    const decision = settle(
      payment({ attempts: 3 }),
      { kind: 'unknown', error: 'no answer' },
      '2026-01-01T00:00:07.000Z',
    ) as Decision<PaymentState>;
    expect(decision).toMatchObject({ payment: { status: 'processing', last_error: 'no answer' } });
    expect(decision.announce).toBeUndefined();
    expect(decision.payment.next_attempt_at).toBe('2026-01-01T00:00:07.000Z');
  });

  test('not charged, because the order ended: void, and nobody is told', () => {
    const decision = settle(payment({ void_requested: true }), { kind: 'not_charged' }, NOW.toISOString());
    expect(decision).toMatchObject({ payment: { status: 'voided', next_attempt_at: null } });
    expect(decision?.announce).toBeUndefined();
  });

  test('charged although the order ended meanwhile: told, and all of it goes back', () => {
    const decision = settle(
      payment({ void_requested: true }),
      { kind: 'charged', transaction_id: 't-1' },
      NOW.toISOString(),
    );
    expect(decision).toMatchObject({
      announce: 'processed',
      refund: 1000,
      payment: { status: 'succeeded', refunded_amount: 1000, transaction_id: 't-1' },
    });
  });

  test('opened: its name is written down, and it is asked to charge', () => {
    const decision = settle(payment({ last_error: null }), { kind: 'opened', reference: 'r-1' }, NOW.toISOString());
    expect(decision).toEqual({ payment: payment({ reference: 'r-1', last_error: null }) });
  });

  test('opened twice: the first name stays, only that one is ever charged', () => {
    const decision = settle(payment({ reference: 'r-1' }), { kind: 'opened', reference: 'r-2' }, NOW.toISOString());
    expect(decision?.payment.reference).toBe('r-1');
  });

  test('pending: nobody is told, and it is asked again', () => {
    const decision = settle(payment(), { kind: 'pending' }, '2026-01-01T00:00:07.000Z');
    expect(decision).toEqual({ payment: payment({ last_error: null, next_attempt_at: '2026-01-01T00:00:07.000Z' }) });
  });

  test.each(['succeeded', 'failed', 'voided'] as const)('a payment that is %s is not asked about again', (status) => {
    for (const outcome of OTHER_OUTCOMES) {
      expect(settle(payment({ status }), outcome, NOW.toISOString())).toBeUndefined();
    }
    if (status === 'succeeded') {
      expect(
        settle(payment({ status }), { kind: 'charged', transaction_id: 't-2' }, NOW.toISOString()),
      ).toBeUndefined();
    }
  });

  test.each([
    ['failed', undefined],
    ['voided', 'processed'],
  ] as const)('charged although it was %s: all of it goes back, and orders hears one word', (status, announce) => {
    const decision = settle(payment({ status }), { kind: 'charged', transaction_id: 't-2' }, NOW.toISOString());
    expect(decision).toMatchObject({
      refund: 1000,
      payment: { status: 'succeeded', refunded_amount: 1000, transaction_id: 't-2', void_requested: true },
    });
    expect(decision?.announce).toBe(announce);
  });
});

describe('when the order ends', () => {
  test('what was never asked for is void at once', () => {
    expect(endOrder(payment({ attempts: 0 }))).toMatchObject({
      payment: { status: 'voided', void_requested: true, next_attempt_at: null },
    });
  });

  test('what may have been charged is asked about, not declared void', () => {
    expect(endOrder(payment({ attempts: 1 }))).toEqual({ payment: payment({ void_requested: true }) });
  });

  test('what was charged goes back, less what has gone back before', () => {
    expect(endOrder(payment({ status: 'succeeded', refunded_amount: 300 }))).toMatchObject({
      refund: 700,
      payment: { refunded_amount: 1000 },
    });
    expect(endOrder(payment({ status: 'succeeded', refunded_amount: 1000 }))?.refund).toBeUndefined();
  });

  test('a second time nothing more happens', () => {
    for (const status of ['processing', 'succeeded', 'failed', 'voided'] as const) {
      for (const attempts of [0, 1]) {
        const once = endOrder(payment({ status, attempts }));
        if (once) expect(endOrder(once.payment)).toBeUndefined();
      }
    }
    expect(endOrder(payment({ status: 'failed' }))).toBeUndefined();
  });
});

test('whatever comes and however often: one word to orders, and an ended order keeps no money', () => {
  const outcome: fc.Arbitrary<Outcome> = fc.oneof(
    fc.constant({ kind: 'charged' as const, transaction_id: 't-1' }),
    fc.constant({ kind: 'declined' as const, reason: 'declined' }),
    fc.constant({ kind: 'unknown' as const, error: 'no answer' }),
    fc.constant({ kind: 'not_charged' as const }),
    fc.constant({ kind: 'pending' as const }),
    fc.constant({ kind: 'opened' as const, reference: 'r-1' }),
  );
  const happening = fc.oneof(outcome, fc.constant('ended' as const));
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 12 }), fc.nat({ max: 1 }), (happenings, attempts) => {
      let state = payment({ attempts });
      const told: string[] = [];
      let refunded = 0;
      for (const one of happenings) {
        // The provider says "not charged" only when it was asked to cancel.
        if (one !== 'ended' && one.kind === 'not_charged' && !state.void_requested) continue;
        const decision = one === 'ended' ? endOrder(state) : settle(state, one, NOW.toISOString());
        if (!decision) continue;
        state = decision.payment;
        refunded += decision.refund ?? 0;
        if (decision.announce) told.push(decision.announce);
      }
      expect(told.length).toBeLessThanOrEqual(1);
      expect(refunded).toBe(state.refunded_amount);
      expect(refunded).toBeLessThanOrEqual(state.amount);
      // A refused payment has ended its order too.
      const ended = happenings.includes('ended') || told.includes('failed');
      if (state.status === 'succeeded') expect(refunded).toBe(ended ? state.amount : 0);
      if (refunded > 0) expect(state.status).toBe('succeeded');
      expect(state.next_attempt_at !== null).toBe(state.status === 'processing');
    }),
  );
});
