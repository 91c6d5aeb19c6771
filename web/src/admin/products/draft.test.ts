import { expect, test } from 'vitest';
import type { Product } from '../../../../src/contracts/catalog.ts';
import { changes, creation, draftOf, EMPTY, faultsIn, isOf } from './draft.ts';

const PRODUCT = {
  product_id: 'MUG-1',
  name: 'Mug',
  description: 'Blue',
  category: 'Home',
  price: '12.50',
  currency: 'USD',
  prices: { USD: '12.50', EUR: '11.90' },
} as unknown as Product;

test('what was not touched is not sent', () => {
  const before = draftOf(PRODUCT);
  expect(changes(before, before)).toEqual({});
  expect(changes(before, { ...before, name: ' Mug II ' })).toEqual({ name: 'Mug II' });
});

test('further prices are sent all together, since the shop replaces them', () => {
  const before = draftOf(PRODUCT);
  const prices = [...before.prices, { key: 'new', currency: 'jpy', amount: '1900' }];
  expect(changes(before, { ...before, prices })).toEqual({ prices: { EUR: '11.90', JPY: '1900' } });
  expect(changes(before, { ...before, prices: [] })).toEqual({ prices: {} });
});

test('the same amount written otherwise is no change', () => {
  const before = draftOf(PRODUCT);
  expect(
    changes(before, { ...before, price: '12,5', prices: [{ key: 'EUR', currency: 'eur', amount: '11.9' }] }),
  ).toEqual({});
  expect(changes(before, { ...before, prices: [{ key: 'EUR', currency: 'GBP', amount: '11.90' }] })).toEqual({
    prices: { GBP: '11.90' },
  });
});

test('what is no whole number is no stock', () => {
  const draft = { ...EMPTY, name: 'Mug', price: '1' };
  for (const typed of ['1e', '1e3', '1.5', '-1', 'ten', '1000000001'])
    expect([typed, Object.keys(faultsIn({ ...draft, stock: typed, low_stock_threshold: typed }))]).toEqual([
      typed,
      ['/stock', '/low_stock_threshold'],
    ]);
  expect(faultsIn({ ...draft, stock: ' 12 ', low_stock_threshold: '' })).toEqual({});
  expect(creation({ ...draft, stock: ' 12 ', low_stock_threshold: '0' })).toMatchObject({
    stock: 12,
    low_stock_threshold: 0,
  });
});

test('a line that was left empty is no price', () => {
  const before = draftOf(PRODUCT);
  const prices = [...before.prices, { key: 'new', currency: '', amount: ' ' }];
  expect(faultsIn({ ...before, prices })).toEqual({});
  expect(changes(before, { ...before, prices })).toEqual({});
});

test('another currency is sent with its price', () => {
  const before = draftOf(PRODUCT);
  expect(changes(before, { ...before, currency: 'gbp' })).toEqual({
    price: '12.50',
    currency: 'GBP',
    prices: { EUR: '11.90' },
  });
});

test('a price has the digits of its currency, each currency once', () => {
  const draft = { ...draftOf(PRODUCT), price: '12.345' };
  expect(Object.keys(faultsIn(draft))).toEqual(['/price']);
  const prices = [
    { key: 'a', currency: 'JPY', amount: '12.5' },
    { key: 'b', currency: 'usd', amount: '3' },
    { key: 'c', currency: 'EURO', amount: '3' },
  ];
  expect(Object.keys(faultsIn({ ...draftOf(PRODUCT), prices }))).toEqual(['/prices/a', '/prices/b', '/prices/c']);
});

test('a comma is a decimal point to those who write it so', () => {
  expect(creation({ ...EMPTY, name: 'Mug', price: '12,5', stock: '' })).toEqual({
    name: 'Mug',
    price: '12.5',
    stock: 0,
  });
});

test('a product is known again by all that was sent, whatever the shop chose itself', () => {
  const sent = { name: 'Mug', description: 'Blue', category: 'Home', price: '12.5', prices: { EUR: '11.9' } };
  expect(isOf(PRODUCT, sent)).toBe(true);
  expect(isOf(PRODUCT, { ...sent, currency: 'USD' })).toBe(true);
  const turned = { price: '11.90', currency: 'EUR', prices: { USD: '12.50' } };
  for (const other of [
    turned,
    { name: 'Cup' },
    { description: '' },
    { price: '12' },
    { currency: 'GBP' },
    { prices: {} },
  ])
    expect([other, isOf(PRODUCT, { ...sent, ...other })]).toEqual([other, false]);
});

test('nothing is asked for without a name and a price', () => {
  expect(Object.keys(faultsIn(EMPTY)).sort()).toEqual(['/name', '/price']);
  expect(Object.keys(faultsIn({ ...EMPTY, name: 'Mug', price: '1', product_id: 'a mug' }))).toEqual(['/product_id']);
});
