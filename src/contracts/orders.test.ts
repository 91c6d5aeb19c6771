/** What a table of its receiver would refuse breaks the contract of an event already. */
import { expect, test } from 'vitest';
import { checkData } from '../platform/message.ts';
import { ProductCreated } from './catalog.ts';
import { OrderPlaced } from './orders.ts';

const pointers = (...[event, data]: Parameters<typeof checkData>) =>
  checkData(event, data)?.map(({ pointer }) => pointer) ?? [];

test.each([
  [0, 1, []],
  [-5, 1, ['/stock']],
  [5, -1, ['/low_stock_threshold']],
])('a product with a stock of %i that is low at %i', (stock, low_stock_threshold, expected) => {
  const product = { product_id: 'P1', name: 'Lamp', price: '1.00', currency: 'EUR', version: 1 };
  expect(pointers(ProductCreated, { ...product, stock, low_stock_threshold })).toEqual(expected);
});

test.each([
  [1, []],
  [0, ['/items/0/quantity']],
  [-1, ['/items/0/quantity']],
])('an order of %i', (quantity, expected) => {
  const item = { product_id: 'P1', name: 'Lamp', quantity, unit_price: '1.00', line_total: '1.00' };
  expect(pointers(OrderPlaced, { items: [item] }).filter((one) => one.startsWith('/items'))).toEqual(expected);
});
