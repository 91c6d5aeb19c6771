import { describe, expect, test } from 'vitest';
import type { OrderData } from './order-mails.ts';
import { gsm, gsmLength, smsSubject, writeSms } from './sms.ts';

const shop = { name: 'Tradewind', url: 'https://shop.example.com' };
const order: OrderData = {
  order_id: '0190a7c0-0000-7000-8000-000000000000',
  number: 1042,
  name: 'Ann',
  reason: null,
  items: [],
  total_amount: '50.00',
  currency: 'USD',
  guest_token: 'abcdefghijklmnopqrstuvwx',
};
const link = `https://shop.example.com/orders/${order.order_id}?token=abcdefghijklmnopqrstuvwx`;
const tracking = { carrier: 'DHL', number: 'JD014600006281230704' };

test.each([
  ['confirmed', {}, 'Tradewind: order 1042 is confirmed.'],
  ['failed', { reason: 'out_of_stock' }, 'Tradewind: order 1042 failed: sold out, not charged.'],
  ['failed', { reason: 'payment_declined' }, 'Tradewind: order 1042 failed: payment declined, not charged.'],
  ['failed', { reason: 'timed_out' }, 'Tradewind: order 1042 failed: not completed in time.'],
  ['cancelled', {}, 'Tradewind: order 1042 is cancelled.'],
  ['shipped', {}, 'Tradewind: order 1042 is on its way.'],
  ['delivered', {}, 'Tradewind: order 1042 has arrived.'],
] as const)('%s %j says what happened and leads to the order, in one SMS', (kind, facts, words) => {
  const text = writeSms(kind, { ...order, ...facts }, shop);
  expect(text).toBe(`${words} ${link}`);
  expect(gsmLength(text)).toBeLessThanOrEqual(160);
});

test('a parcel is tracked by its number; the shop is named by its link when there is no room', () => {
  expect(writeSms('shipped', { ...order, tracking }, shop)).toBe(
    `order 1042 is on its way. DHL JD014600006281230704. ${link}`,
  );
});

test('a refund names its amount by the code of the currency: its sign may not exist in an SMS', () => {
  const refund = { order_id: order.order_id, amount: '1000', currency: 'JPY', number: 1042 };
  expect(writeSms('refunded', refund, shop)).toMatch(/^Tradewind: refund of JPY 1,000 for order 1042\. https/);
});

test("what lists show has no guest's key", () => {
  expect(smsSubject('confirmed', order, shop)).toBe('Tradewind: order 1042 is confirmed.');
});

describe('the alphabet of SMS', () => {
  test.each([
    ['Café Müller', 'Café Müller'],
    ['Zażółć – “x”', 'Zazo?c - "x"'],
    ['日本', '??'],
    ['a\r\nb', 'a b'],
  ])('%s is written %s', (given, written) => {
    expect(gsm(given)).toBe(written);
  });
  test('some characters count twice', () => {
    expect(gsmLength('a€[')).toBe(5);
  });
});
