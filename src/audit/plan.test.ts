import { describe, expect, test } from 'vitest';
import type { Drift } from '../services/inventory/store-audit.ts';
import type { OrderFacts } from './order.ts';
import { faultsOf } from './order.ts';
import type { Findings } from './plan.ts';
import { planOf } from './plan.ts';
import type { Disagreement, KnownOrder } from './shop.ts';
import { ACROSS } from './shop.ts';

const line = (quantity: number) => [{ product_id: 'LAMP', quantity }];
const sound: OrderFacts = {
  ...{ id: 'o1', status: 'confirmed', total_amount: 2_999, refunded_amount: 0, stock: 'held' },
  goods: { ordered: line(2), decided: line(2), held: line(2) },
  payment: { status: 'succeeded', amount: 2_999, returned: 0, returning: 0, void_requested: false },
  told: ['confirmed'],
};
const saying = (change: Partial<OrderFacts>) => faultsOf({ ...sound, ...change }).map(({ detail }) => detail);
const disagreements = (change: Partial<OrderFacts>): Disagreement[] => {
  const order: KnownOrder = { ...sound, ...change, number: 1038, currency: 'USD' };
  return faultsOf(order).map((fault) => ({ rule: ACROSS, about: 'order', subject: order.id, order, ...fault }));
};
const drift: Drift = { product_id: 'LAMP', on_hand: 10, reserved: 2, on_hand_moved: 10, reserved_moved: 2, held: 0 };
const found = (findings: Partial<Findings>): Findings => ({
  ...{ drifts: [], faults: [], others: [], products: new Map([['o1', ['LAMP']]]) },
  ...findings,
});

describe('what inventory has for an order', () => {
  test('is what was ordered, and its ledger says the same', () => {
    expect(saying({})).toEqual([]);
    const twice = [...line(1), ...line(1)];
    expect(saying({ goods: { ordered: twice, decided: line(2), held: line(2) } })).toEqual([]);
  });

  test.each<[string, Partial<OrderFacts>, string]>([
    [
      'less',
      { goods: { ordered: line(2), decided: line(1), held: line(1) } },
      'its stock is 1 of LAMP, and 2 of LAMP was ordered',
    ],
    [
      'a movement is gone',
      { goods: { ordered: line(2), decided: line(2), held: [] } },
      'the ledger holds nothing for it, not 2 of LAMP',
    ],
    [
      'shipped, and still held',
      { status: 'shipped', stock: 'shipped', told: ['confirmed', 'shipped'] },
      'the ledger holds 2 of LAMP for it, not nothing',
    ],
  ])('%s: it is said', (_what, change, said) => {
    expect(saying(change)).toEqual([`is ${change.status ?? 'confirmed'}, but ${said}`]);
  });
});

describe('a plan', () => {
  const failed = { status: 'failed', told: [] } as const;

  test('says an order’s last word again when that mends all, and what comes of it', () => {
    const { orders, items } = planOf(found({ faults: disagreements(failed) }));
    expect(orders).toEqual(['o1']);
    expect(items.map(({ deed }) => deed)).toEqual([
      'its last word is said again: its stock is put back',
      'its last word is said again: 2999 is refunded',
      'its last word is said again: its customer is told that it is failed',
    ]);
  });

  test('does nothing about an order whose history says something else: money and mails are no guess', () => {
    const others = [{ rule: 'an order is where its history says', about: 'order', subject: 'o1', detail: 'failed, …' }];
    const { orders, items } = planOf(found({ faults: disagreements(failed), others }));
    expect(orders).toEqual([]);
    expect(new Set(items.map(({ deed }) => deed))).toEqual(
      new Set(['a person must look: not all that is wrong with it can be mended', 'a person must look']),
    );
  });

  test('does nothing about an order of which a part cannot be mended', () => {
    const faults = disagreements({ stock: 'restored', payment: undefined, told: [] });
    expect(faults.some(({ remedy }) => remedy)).toBe(true);
    expect(planOf(found({ faults })).orders).toEqual([]);
  });

  test('writes off no stock of a product that an order in doubt has', () => {
    const faults = disagreements({ stock: undefined, goods: { ordered: line(2), decided: [], held: line(2) } });
    const { products, items } = planOf(found({ drifts: [drift], faults }));
    expect(products).toEqual([]);
    expect(items[0]?.deed).toBe('a person must look: order o1, which has it, is in doubt');
    expect(planOf(found({ drifts: [drift] })).products).toEqual(['LAMP']);
    expect(planOf(found({ drifts: [{ ...drift, product_id: 'DESK' }], faults })).products).toEqual(['DESK']);
  });
});
