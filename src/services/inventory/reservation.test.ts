import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRejection } from '../../platform/problem.ts';
import type { Stock } from './allocation.ts';
import type { Ending, Reservation } from './reservation.ts';
import { mayEnd, mergeLines, settle, stillHeld } from './reservation.ts';

const UNTIL = '2026-03-01T12:00:00.000Z';
const before = new Date('2026-03-01T11:59:59.999Z');
const then = new Date(UNTIL);
const held: Reservation = {
  id: 'r-1',
  status: 'held',
  items: [{ product_id: 'A', quantity: 2 }],
  reference: null,
  actor: null,
  expires_at: UNTIL,
  created_at: UNTIL,
  updated_at: UNTIL,
};
const ENDINGS: Ending[] = ['committed', 'released', 'expired'];

describe('a reservation', () => {
  test.each(ENDINGS)('that is held may be %s until its time is up', (to) => {
    expect(mayEnd(held, to, before)).toBe('now');
    expect(mayEnd(held, to, then)).toMatchObject({ rejected: { code: 'reservation-ended' } });
  });

  test.each(
    ENDINGS.flatMap((was) => ENDINGS.map((to) => [was, to] as const)),
  )('that was %s and is to be %s', (was, to) => {
    const answer = mayEnd({ ...held, status: was }, to, before);
    if (was === to) expect(answer).toBe('again');
    else expect(isRejection(answer)).toBe(true);
  });

  test('is over to the millisecond, whether or not anyone has noticed', () => {
    expect(stillHeld(held, before)).toBeUndefined();
    expect(stillHeld(held, then)).toMatchObject({ extra: { reservation_status: 'expired' } });
  });

  test('of the same product twice is one line', () => {
    const lines = [
      { product_id: 'A', quantity: 1 },
      { product_id: 'B', quantity: 2 },
      { product_id: 'A', quantity: 3 },
    ];
    expect(mergeLines(lines)).toEqual([
      { product_id: 'A', quantity: 4 },
      { product_id: 'B', quantity: 2 },
    ]);
  });
});

describe('what it does to stock', () => {
  const shelf = (on_hand: number, reserved: number): ReadonlyMap<string, Stock> =>
    new Map([['A', { product_id: 'A', on_hand, reserved, low_stock_threshold: 0 }]]);

  test.each([
    ['reserved', 10, 5],
    ['committed', 8, 1],
    ['released', 10, 1],
    ['expired', 10, 1],
  ] as const)('when %s', (kind, on_hand, reserved) => {
    const { levels } = settle([held], kind, shelf(10, 3));
    expect(levels).toEqual([{ product_id: 'A', on_hand, reserved, low_stock_threshold: 0 }]);
  });

  test('whatever many become, movements add up to the levels and nothing falls below zero', () => {
    const quantities = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(quantities, fc.constantFrom(...ENDINGS), (many, to) => {
        const reservations = many.map((quantity, i) => ({ id: `r-${i}`, items: [{ product_id: 'A', quantity }] }));
        const taken = settle(reservations, 'reserved', shelf(100, 0));
        const ended = settle(reservations, to, new Map(taken.levels.map((level) => [level.product_id, level])));
        const level = ended.levels[0] as Stock;
        const moved = [...taken.movements, ...ended.movements];
        expect(level.on_hand).toBe(100 + moved.reduce((sum, { on_hand_delta }) => sum + on_hand_delta, 0));
        expect(level.reserved).toBe(moved.reduce((sum, { reserved_delta }) => sum + reserved_delta, 0));
        expect(level.reserved).toBe(0);
        expect(level.on_hand).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
