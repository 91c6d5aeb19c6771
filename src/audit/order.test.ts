/** What is wrong with one order, and what is only on its way. */
import { expect, test } from 'vitest';
import type { OrderFacts } from './order.ts';
import { faultsOf } from './order.ts';

const ended: OrderFacts = {
  ...{ id: 'one', status: 'cancelled', total_amount: 20, refunded_amount: 0, stock: 'restored', told: ['cancelled'] },
  payment: { status: 'processing', amount: 20, returned: 0, returning: 0, void_requested: false },
};
const details = (facts: OrderFacts) => faultsOf(facts).map(({ detail }) => detail);

test('a charge that nobody calls off is wrong once its order has ended; one that is being called off is on its way', () => {
  const { payment } = ended;
  expect(details(ended)).toEqual(['is cancelled, but it may still be charged']);
  expect(details({ ...ended, payment: payment && { ...payment, void_requested: true } })).toEqual([]);
});

test('units that came and went again are none', () => {
  const line = (quantity: number) => ({ product_id: 'P1', quantity });
  const goods = { ordered: [line(2)], decided: [line(2)], held: [line(2), line(-2)] };
  const charged = { status: 'failed', amount: 20, returned: 0, returning: 0, void_requested: true };
  expect(details({ ...ended, payment: charged, goods })).toEqual([]);
  expect(details({ ...ended, payment: charged, goods: { ...goods, held: [line(2), line(-1)] } })).toEqual([
    'is cancelled, but the ledger holds 1 of P1 for it, not nothing',
  ]);
});
