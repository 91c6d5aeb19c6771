/** The gate on what an order costs: it is shut by anything that grew, and by what shrank and was not written down. */
import { expect, test } from 'vitest';
import type { Recorded } from '../bench/gate.ts';
import { compare } from '../bench/gate.ts';
import { isPromise } from '../bench/growth.ts';

const recorded: Recorded = {
  order: { statements: 7.06, commits: 2.15, messages: 3.63, stored: 0, wal_bytes: 22_000 },
  of_limit: 0.2,
};
const wrong = (now: Recorded) =>
  compare(recorded, now)
    .filter((row) => row.wrong)
    .map(({ what }) => what);
const order = (change: Partial<Recorded['order']>): Recorded => ({
  ...recorded,
  order: { ...recorded.order, ...change },
});

test('what costs as much as recorded passes', () => {
  expect(wrong(recorded)).toEqual([]);
  expect(wrong({ ...order({ wal_bytes: 22_500 }), of_limit: 0.15 })).toEqual([]);
});

test.each([
  ['statements an order', order({ statements: 7.07 })],
  ['statements an order', order({ statements: 7.05 })],
  ['commits an order', order({ commits: 2.2 })],
  ['messages an order', order({ messages: 4 })],
  ['stored an order', order({ stored: 0.1 })],
  ['bytes of WAL an order', order({ wal_bytes: 23_000 })],
  ['part of the limit', { ...recorded, of_limit: 0.08 }],
])('%s that differ shut it', (what, now) => {
  expect(wrong(now)).toEqual([what]);
});

test.each([
  ['orders/s', 0.95, true],
  ['orders/s', 0.87, false],
  ['checkout p99 ms', 1.1, true],
  ['checkout p99 ms', 1.4, false],
  ['checkout p50 ms', 1.4, true],
])('a past that changes %s by %d keeps the promise: %s', (what, ratio, kept) => {
  expect(isPromise({ scenario: '', what, empty: 100, grown: 100 * ratio, ratio })).toBe(kept);
});
