/** Charge, answer, webhook, refund and the order's end in every order in which they can meet. */
import { expect, inject, test } from 'vitest';
import { openStripeBank, openTestBank } from '../races/bank.ts';
import { race } from '../races/race.ts';
import type { Step } from '../races/sequences.ts';
import { STEPS, sequences } from '../races/sequences.ts';
import type { Facts } from '../races/verdict.ts';
import { faultsOf } from '../races/verdict.ts';

/** Longer ones: npm run races -- --length=6. */
const LENGTH = 3;

test('every order of steps is there, once', () => {
  const steps = Object.keys(STEPS) as Step[];
  const all = [...sequences(steps, 4)].map((one) => one.join());
  expect(all).toHaveLength(9 + 9 * 8 + 9 * 8 * 7 + 9 * 8 * 7 * 6);
  expect(new Set(all).size).toBe(all.length);
});

test.each([
  { open: async () => openTestBank(), count: 259 },
  { open: openStripeBank, count: 585 },
])('all come to one charge or none, and one end ($count)', async ({ open, count }) => {
  const bank = await open();
  const name = `races_${process.pid}_${bank.tells ? 'stripe' : 'test'}`;
  const { sequences: run, ends, faults } = await race(bank, inject('postgresUrl'), name, LENGTH);
  console.log(`${bank.name}: ${run} sequences, ${JSON.stringify(Object.fromEntries(ends))}`);
  expect(faults).toEqual([]);
  expect(run).toBe(count);
  // All kinds of ends are among them, or nothing was tried.
  expect([...ends.keys()].sort()).toEqual(['failed', 'succeeded', 'succeeded and given back', 'voided']);
});

const GOOD: Facts = {
  steps: ['lose', 'end'],
  ended: true,
  payment: { status: 'succeeded', amount: 100, refunded_amount: 100 },
  bank: { charges: [100], back: 100 },
  published: ['payment.processed', 'payment.refunded'],
};
const paid = { status: 'succeeded', amount: 100, refunded_amount: 0 };

test.each<[string, Partial<Facts>]>([
  ['there is no payment', { payment: undefined }],
  ['charged 2 times', { bank: { charges: [100, 100], back: 100 } }],
  ['still processing', { payment: { ...paid, status: 'processing' }, bank: { charges: [], back: 0 } }],
  ['failed, and the bank took 100', { payment: { ...paid, status: 'failed', refunded_amount: 100 } }],
  ['succeeded, and the bank took nothing', { bank: { charges: [], back: 100 } }],
  ['the bank took 90 of 100', { bank: { charges: [90], back: 100 } }],
  ['100 given back, the bank gave 50', { bank: { charges: [100], back: 50 } }],
  ['the order ended, and the bank keeps 100', { payment: paid, bank: { charges: [100], back: 0 } }],
  ['void, though the order did not end', { ended: false, payment: { ...paid, status: 'voided' } }],
  [
    '2 words about one payment: payment.failed, payment.processed',
    { published: ['payment.failed', 'payment.processed'] },
  ],
  ['succeeded, and nobody was told', { published: ['payment.refunded'] }],
  ['100 went back, told 0 times', { published: ['payment.processed'] }],
  ['100 went back, told 2 times', { published: ['payment.processed', 'payment.refunded', 'payment.refunded'] }],
])('what must not be is named: %s', (fault, wrong) => {
  expect(faultsOf(GOOD)).toEqual([]);
  expect(faultsOf({ ...GOOD, ...wrong })).toContain(fault);
});
