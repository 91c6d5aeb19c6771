import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Allocation, Decision, Stock, Wish } from './allocation.ts';
import { availableOf, decide, hasFallenLow, statusOf, touchedProducts } from './allocation.ts';

const stock = (product_id: string, on_hand: number, reserved = 0, low_stock_threshold = 0): Stock => ({
  product_id,
  on_hand,
  reserved,
  low_stock_threshold,
});
const shelf = (...stocks: Stock[]) => new Map(stocks.map((one) => [one.product_id, one]));
const lines = (text: string) =>
  text.split(' ').map((part) => {
    const [product_id, quantity] = part.split(':');
    return { product_id: product_id as string, quantity: Number(quantity) };
  });
const take = (order_id: string, wanted: string): Wish => ({ kind: 'take', order_id, lines: lines(wanted) });
const restore = (order_id: string, wanted = 'A:1'): Wish => ({ kind: 'restore', order_id, lines: lines(wanted) });
const ship = (order_id: string, wanted = 'A:1'): Wish => ({ kind: 'ship', order_id, lines: lines(wanted) });

const NOBODY: ReadonlyMap<string, Allocation> = new Map();
const answersOf = ({ answers }: Decision) => answers.map(({ kind, order_id, wish }) => `${wish} ${order_id} ${kind}`);
const levelsOf = ({ levels }: Decision) =>
  Object.fromEntries(levels.map(({ product_id, on_hand, reserved }) => [product_id, `${reserved} of ${on_hand}`]));
const statusesOf = ({ allocations }: Decision) =>
  Object.fromEntries(allocations.map(({ order_id, status }) => [order_id, status]));

describe('taking', () => {
  test('holds all lines of an order', () => {
    const decision = decide([take('o1', 'A:2 B:1')], NOBODY, shelf(stock('A', 5), stock('B', 1)));
    expect(answersOf(decision)).toEqual(['0 o1 deducted']);
    expect(levelsOf(decision)).toEqual({ A: '2 of 5', B: '1 of 1' });
    expect(decision.allocations).toEqual([{ order_id: 'o1', status: 'held', lines: lines('A:2 B:1') }]);
    expect(decision.movements).toEqual([
      { product_id: 'A', kind: 'deducted', on_hand_delta: 0, reserved_delta: 2, order_id: 'o1' },
      { product_id: 'B', kind: 'deducted', on_hand_delta: 0, reserved_delta: 1, order_id: 'o1' },
    ]);
  });

  test('holds nothing when one line is short, and names every short line', () => {
    const decision = decide([take('o1', 'A:2 B:3 X:1')], NOBODY, shelf(stock('A', 5), stock('B', 4, 2)));
    expect(decision).toMatchObject({ levels: [], movements: [] });
    expect(decision.answers).toEqual([
      {
        kind: 'refused',
        order_id: 'o1',
        reason: 'out_of_stock',
        wish: 0,
        short: [
          { product_id: 'B', quantity: 3, available: 2 },
          { product_id: 'X', quantity: 1, available: 0 },
        ],
      },
    ]);
    expect(statusesOf(decision)).toEqual({ o1: 'refused' });
  });

  test('goes by message order: a large order that does not fit does not stop a later one that does', () => {
    const wishes = [take('o1', 'A:2'), take('o2', 'A:4'), take('o3', 'A:3'), take('o4', 'A:1')];
    const decision = decide(wishes, NOBODY, shelf(stock('A', 5)));
    expect(answersOf(decision)).toEqual(['0 o1 deducted', '1 o2 refused', '2 o3 deducted', '3 o4 refused']);
    expect(levelsOf(decision)).toEqual({ A: '5 of 5' });
  });

  test('counts lines of one product together', () => {
    const decision = decide([take('o1', 'A:3 A:3')], NOBODY, shelf(stock('A', 5)));
    expect(answersOf(decision)).toEqual(['0 o1 refused']);
  });

  test('happens once, however often it is asked', () => {
    const wishes = [take('o1', 'A:1'), take('o1', 'A:1')];
    expect(answersOf(decide(wishes, NOBODY, shelf(stock('A', 5))))).toEqual(['0 o1 deducted']);
    for (const status of ['held', 'refused', 'restored', 'shipped', 'void'] as const) {
      const known = new Map([['o1', { order_id: 'o1', status, lines: lines('A:1') }]]);
      expect(decide([take('o1', 'A:1')], known, shelf(stock('A', 5)))).toMatchObject({ answers: [], levels: [] });
    }
  });
});

describe('putting back', () => {
  test('returns what was held, not what the message says, and once', () => {
    const known = new Map<string, Allocation>([['o1', { order_id: 'o1', status: 'held', lines: lines('A:2') }]]);
    const decision = decide([restore('o1', 'A:9'), restore('o1')], known, shelf(stock('A', 5, 2)));
    expect(answersOf(decision)).toEqual(['0 o1 restored']);
    expect(levelsOf(decision)).toEqual({ A: '0 of 5' });
    expect(decision.movements).toMatchObject([{ kind: 'restored', on_hand_delta: 0, reserved_delta: -2 }]);
  });

  test('before taking leaves a tombstone that refuses the late taking, in one batch or in two', () => {
    const shelves = shelf(stock('A', 5));
    const first = decide([restore('o1')], NOBODY, shelves);
    expect(statusesOf(first)).toEqual({ o1: 'void' });
    const known = new Map(first.allocations.map((one) => [one.order_id, one]));
    expect(decide([take('o1', 'A:1')], known, shelves)).toMatchObject({ answers: [], levels: [] });
    expect(decide([restore('o1'), take('o1', 'A:1')], NOBODY, shelves)).toMatchObject({ answers: [], levels: [] });
  });

  test('frees stock for those that come after it in the same batch', () => {
    const wishes = [take('o1', 'A:5'), take('o2', 'A:1'), restore('o1'), take('o3', 'A:5')];
    expect(answersOf(decide(wishes, NOBODY, shelf(stock('A', 5))))).toEqual([
      '0 o1 deducted',
      '1 o2 refused',
      '2 o1 restored',
      '3 o3 deducted',
    ]);
  });

  test('has nothing to do for what was refused or has left', () => {
    for (const status of ['refused', 'shipped', 'restored', 'void'] as const) {
      const known = new Map([['o1', { order_id: 'o1', status, lines: lines('A:1') }]]);
      expect(decide([restore('o1')], known, shelf(stock('A', 5, 1)))).toMatchObject({ answers: [], allocations: [] });
    }
  });
});

test('shipping takes goods out of the building, once, and only if they were held', () => {
  const wishes = [ship('o2'), take('o1', 'A:2'), ship('o1'), ship('o1'), restore('o1')];
  const decision = decide(wishes, NOBODY, shelf(stock('A', 5)));
  expect(levelsOf(decision)).toEqual({ A: '0 of 3' });
  expect(statusesOf(decision)).toEqual({ o1: 'shipped' });
  expect(decision.movements.map(({ kind }) => kind)).toEqual(['deducted', 'shipped']);
});

describe('low stock', () => {
  test('is told once on the way down', () => {
    const wishes = [take('o1', 'A:4'), take('o2', 'A:2'), take('o3', 'A:1')];
    const decision = decide(wishes, NOBODY, shelf(stock('A', 10, 0, 5)));
    expect(decision.low.map(({ product_id }) => product_id)).toEqual(['A']);
    const again = decide([take('o4', 'A:1')], NOBODY, shelf(stock('A', 10, 7, 5)));
    expect(again.low).toEqual([]);
  });

  test('is told again after it has recovered', () => {
    expect(hasFallenLow(stock('A', 10, 4, 5), stock('A', 10, 5, 5))).toBe(true);
    expect(hasFallenLow(stock('A', 10, 5, 5), stock('A', 10, 6, 5))).toBe(false);
    expect(hasFallenLow(stock('A', 10, 5, 5), stock('A', 10, 4, 5))).toBe(false);
  });

  test.each([
    [10, 0, 'in_stock'],
    [10, 5, 'low_stock'],
    [10, 9, 'low_stock'],
    [10, 10, 'out_of_stock'],
    [0, 0, 'out_of_stock'],
  ])('%i on hand with %i held is %s', (on_hand, reserved, status) => {
    expect(statusOf(stock('A', on_hand, reserved, 5))).toBe(status);
  });
});

test('what may be touched is asked for once, in one order, with what is held already', () => {
  const known = new Map<string, Allocation>([['o1', { order_id: 'o1', status: 'held', lines: lines('Z:1 A:1') }]]);
  expect(touchedProducts([restore('o1', 'C:1'), take('o2', 'B:1 A:1')], known)).toEqual(['A', 'B', 'C', 'Z']);
});

describe('whatever comes, twice, late or out of order, in batches of any size', () => {
  const products = ['A', 'B', 'C'];
  const line = fc.record({ product_id: fc.constantFrom(...products, 'X'), quantity: fc.integer({ min: 1, max: 6 }) });
  const wish: fc.Arbitrary<Wish> = fc.record({
    kind: fc.constantFrom('take', 'take', 'restore', 'ship'),
    order_id: fc.constantFrom('o1', 'o2', 'o3', 'o4', 'o5'),
    lines: fc.array(line, { minLength: 1, maxLength: 3 }),
  });
  const batches = fc.array(fc.array(wish, { maxLength: 12 }), { maxLength: 6 });
  const opening = fc.tuple(...products.map(() => fc.nat({ max: 12 })));

  interface World {
    levels: Map<string, Stock>;
    allocations: Map<string, Allocation>;
    decisions: Decision[];
  }

  function run(amounts: number[], all: Wish[][]): World {
    const world: World = {
      levels: shelf(...products.map((id, i) => stock(id, amounts[i] as number, 0, 3))),
      allocations: new Map(),
      decisions: [],
    };
    for (const batch of all) {
      const decision = decide(batch, world.allocations, world.levels);
      for (const level of decision.levels) world.levels.set(level.product_id, level);
      for (const one of decision.allocations) world.allocations.set(one.order_id, one);
      world.decisions.push(decision);
    }
    return world;
  }

  test('nothing is ever oversold', () => {
    fc.assert(
      fc.property(opening, batches, (amounts, all) => {
        for (const level of run(amounts, all).levels.values()) {
          expect(level.on_hand).toBeGreaterThanOrEqual(0);
          expect(level.reserved).toBeGreaterThanOrEqual(0);
          expect(availableOf(level)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  test('what is reserved is what orders hold', () => {
    fc.assert(
      fc.property(opening, batches, (amounts, all) => {
        const { levels, allocations } = run(amounts, all);
        const held = [...allocations.values()].filter(({ status }) => status === 'held').flatMap((one) => one.lines);
        for (const { product_id, reserved } of levels.values()) {
          const mine = held.filter((one) => one.product_id === product_id);
          expect(reserved).toBe(mine.reduce((sum, { quantity }) => sum + quantity, 0));
        }
      }),
    );
  });

  test('the movements add up to the change of the levels', () => {
    fc.assert(
      fc.property(opening, batches, (amounts, all) => {
        const { levels, decisions } = run(amounts, all);
        const movements = decisions.flatMap((decision) => decision.movements);
        for (const [i, product_id] of products.entries()) {
          const mine = movements.filter((one) => one.product_id === product_id);
          expect(levels.get(product_id)).toMatchObject({
            on_hand: (amounts[i] as number) + mine.reduce((sum, one) => sum + one.on_hand_delta, 0),
            reserved: mine.reduce((sum, one) => sum + one.reserved_delta, 0),
          });
        }
      }),
    );
  });

  test('how messages fall into batches makes no difference to who gets the stock', () => {
    fc.assert(
      fc.property(opening, batches, (amounts, all) => {
        const apart = run(amounts, all);
        const together = run(amounts, [all.flat()]);
        expect([...together.levels].sort()).toEqual([...apart.levels].sort());
        expect([...together.allocations].sort()).toEqual([...apart.allocations].sort());
      }),
    );
  });

  test('an order is answered at most once with yes or no, and given back only what it got', () => {
    fc.assert(
      fc.property(opening, batches, (amounts, all) => {
        const answers = run(amounts, all).decisions.flatMap((decision) => decision.answers);
        for (const order_id of new Set(answers.map((one) => one.order_id))) {
          const mine = answers.filter((one) => one.order_id === order_id).map(({ kind }) => kind);
          expect([['deducted'], ['refused'], ['deducted', 'restored']]).toContainEqual(mine);
        }
      }),
    );
  });
});
