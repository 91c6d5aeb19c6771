import { describe, expect, test } from 'vitest';
import type { Kind, OrderData } from './templates.ts';
import { escapeHtml, money, oneLine, writeMail } from './templates.ts';

const SHOP = 'https://shop.example/';
const order: OrderData = {
  order_id: '0190a7c0-0000-7000-8000-000000000000',
  number: 1042,
  name: 'Ann',
  reason: null,
  items: [
    { name: 'Mouse', quantity: 2, unit_price: '25.00', line_total: '50.00' },
    { name: 'Laptop', quantity: 1, unit_price: '1299.99', line_total: '1299.99' },
  ],
  total_amount: '1349.99',
  currency: 'USD',
  guest_token: null,
};

describe('a mail about an order', () => {
  test.each<[Kind, string]>([
    ['confirmed', 'Thank you – order #1042'],
    ['failed', 'We are sorry – order #1042'],
    ['cancelled', 'Cancelled – order #1042'],
    ['shipped', 'On its way – order #1042'],
    ['delivered', 'Delivered – order #1042'],
  ])('%s has a subject, its lines, its total and a link, in HTML and in text', (kind, subject) => {
    const mail = writeMail(kind, order, SHOP);
    expect(mail.subject).toBe(subject);
    for (const body of [mail.html, mail.text]) {
      for (const part of ['Hello Ann,', 'Mouse', '$50.00', '$1,299.99', '$1,349.99']) expect(body).toContain(part);
      expect(body).toContain(`https://shop.example/orders/${order.order_id}`);
      expect(body).not.toContain('token=');
    }
  });

  test.each([
    ['out_of_stock', 'sold out'],
    ['payment_declined', 'declined'],
    ['timed_out', 'in time'],
    ['something_new', 'on its way back'],
  ])('that failed with %s says so in plain words', (reason, words) => {
    const { text } = writeMail('failed', { ...order, reason }, SHOP);
    expect(text).toContain(words);
    expect(text).not.toContain(reason);
  });

  test('leads a guest to the order with their token', () => {
    const { html, text } = writeMail('confirmed', { ...order, guest_token: 'a&b' }, SHOP);
    expect(text).toContain(`/orders/${order.order_id}?token=a%26b`);
    expect(html).toContain(`/orders/${order.order_id}?token=a%26b"`);
  });

  test('lets no value become markup, a line or a header', () => {
    const evil = '<img src=x onerror=alert(1)>"\'\r\nBcc: everyone@example.com';
    const data = { ...order, name: evil, reason: evil, items: [{ ...order.items[0], name: evil } as never] };
    const { html, text, subject } = writeMail('cancelled', data, SHOP);
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39; Bcc:');
    expect(text).not.toMatch(/^Bcc/m);
    expect(subject).not.toMatch(/[\r\n]/);
    expect(
      writeMail('low_stock', { product_id: evil, available: 1, low_stock_threshold: 2 }, SHOP).subject,
    ).not.toMatch(/[\r\n]/);
  });
});

test('a refund names its amount, and its order when that is known', () => {
  const refund = { order_id: order.order_id, amount: '1000', currency: 'JPY' };
  expect(writeMail('refunded', refund, SHOP).subject).toBe('Refund of ¥1,000');
  expect(writeMail('refunded', refund, SHOP).text).not.toContain('#');
  expect(writeMail('refunded', { ...refund, number: 1042 }, SHOP).text).toContain('order #1042');
});

test('the merchant learns what is low, a customer that they are welcome', () => {
  const low = writeMail('low_stock', { product_id: '456', available: 3, low_stock_threshold: 5 }, SHOP);
  expect(low.subject).toBe('Stock is low: 456');
  expect(low.text).toMatch(/3 left.* at 5/);
  expect(writeMail('welcome', { name: null }, SHOP).text).toContain('Hello,');
});

test('money keeps the digits it has', () => {
  expect(money('9999999999999.99', 'USD')).toBe('$9,999,999,999,999.99');
  expect(money('1.234', 'KWD')).toMatch(/1\.234$/);
});

test('control characters become a space, and markup its entities', () => {
  expect(oneLine(' a\r\n\tb\u2028c\u0000 ')).toBe('a b c');
  expect(escapeHtml(`<&>"'`)).toBe('&lt;&amp;&gt;&quot;&#39;');
});
