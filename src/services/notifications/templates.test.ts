import { describe, expect, test } from 'vitest';
import type { Kind } from '../../contracts/notifications.ts';
import { addressLines, escapeHtml, maskedEmail, money, oneLine } from './mail-words.ts';
import type { OrderData } from './order-mails.ts';
import type { MailData } from './templates.ts';
import { writeMail } from './templates.ts';

const shop = { name: 'Tradewind', url: 'https://shop.example/' };
const write = <K extends Kind>(kind: K, data: MailData[K]) => writeMail(kind, data, shop);
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
const refund = { order_id: order.order_id, amount: '1000', currency: 'JPY' };
const ALL: { [K in Kind]: MailData[K] } = {
  confirmed: order,
  failed: { ...order, reason: 'out_of_stock' },
  cancelled: order,
  shipped: order,
  delivered: order,
  refunded: refund,
  low_stock: { product_id: 'LAMP', name: 'Desk Lamp', available: 3, low_stock_threshold: 5 },
  welcome: { name: 'Ann' },
  account_exists: { name: 'Ann' },
  email_changed: { name: 'Ann', new_email: 'ann@work.example' },
  password_reset: { name: 'Ann', token: 'a-secret', expires_at: '2026-11-21T14:05:00Z' },
  password_changed: { name: 'Ann', changed_at: '2026-11-21T14:05:00Z' },
};
const KINDS = Object.keys(ALL) as Kind[];

describe('every mail', () => {
  test.each<[Kind, string]>([
    ['confirmed', 'Order #1042 is confirmed'],
    ['failed', 'Order #1042 could not be completed'],
    ['cancelled', 'Order #1042 is cancelled'],
    ['shipped', 'Order #1042 is on its way'],
    ['delivered', 'Order #1042 has arrived'],
    ['refunded', 'Refund of ¥1,000'],
    ['low_stock', 'Low stock: Desk Lamp (LAMP), 3 left'],
    ['welcome', 'Welcome to Tradewind'],
    ['account_exists', 'You have a Tradewind account already'],
    ['email_changed', 'The e-mail address of your Tradewind account was changed'],
    ['password_reset', 'Set a new password for Tradewind'],
    ['password_changed', 'Your Tradewind password was changed'],
  ])('%s has the subject "%s"', (kind, subject) => {
    expect(write(kind, ALL[kind]).subject).toBe(subject);
  });

  test.each(
    KINDS,
  )('%s can be read in any client: language, no pictures, no scripts, tables that are only layout', (kind) => {
    const { html, text } = write(kind, ALL[kind]);
    expect(html).toMatch(/^<!doctype html>\n<html lang="en"/);
    expect(html).toContain('prefers-color-scheme:dark');
    expect(html).not.toMatch(/<img|<script|url\(/i);
    // The order's lines are the one table that is data, and has headers.
    for (const [table] of html.matchAll(/<table[^>]*>(?:(?!<table)[\s\S])*?<th/g)) expect(table).not.toContain('role=');
    expect(html.match(/<h1/g)).toHaveLength(1);
    expect(text).toMatch(/^TRADEWIND\n/);
    expect(text).toMatch(/\n-- \nYou get this mail because /);
    expect(text).not.toMatch(/undefined|null|\[object|<[a-z]/);
    expect(html).not.toMatch(/undefined|>null|\[object/);
  });

  test.each(KINDS)('%s says the same in HTML and in text, link by link', (kind) => {
    const { html, text } = write(kind, ALL[kind]);
    const links = [...html.matchAll(/href="([^"]+)"/g)].map((match) => match[1] as string);
    expect([...new Set(links)].filter((link) => !text.includes(link.replaceAll('&amp;', '&')))).toEqual([]);
    expect([...text.matchAll(/https:\S+/g)].filter(([link]) => !html.includes(escapeHtml(link)))).toEqual([]);
  });
});

describe('a mail about an order', () => {
  test.each<Kind>([
    'confirmed',
    'failed',
    'cancelled',
    'shipped',
    'delivered',
  ])('%s has its lines, its total and a link, in HTML and in text', (kind) => {
    const mail = write(kind, order);
    for (const body of [mail.html, mail.text]) {
      for (const part of ['Hello Ann,', 'Mouse', '$25.00', '$50.00', '$1,299.99', '$1,349.99'])
        expect(body).toContain(part);
      expect(body).toContain(`https://shop.example/orders/${order.order_id}`);
      expect(body).not.toContain('token=');
      expect(body).not.toContain('Refunded');
      expect(body).toContain('What happens next');
    }
  });

  test.each([
    ['out_of_stock', /sold out.*Nothing was taken/s, /other items may still be there/],
    ['payment_declined', /declined the payment.*Nothing was taken/s, /another way to pay/],
    ['timed_out', /in time.*goes back to you/s, /order once more/],
    ['something_new', /goes back to you/, /order once more/],
  ])('that failed with %s says why in words, and what to do', (reason, why, next) => {
    const { text } = write('failed', { ...order, reason });
    expect(text).toMatch(why);
    expect(text).toMatch(next);
    expect(text).not.toContain(reason);
  });

  test('leads a guest to the order with their token, and says why they get it', () => {
    const { html, text } = write('confirmed', { ...order, guest_token: 'a&b' });
    expect(text).toContain(`/orders/${order.order_id}?token=a%26b`);
    expect(html).toContain(`/orders/${order.order_id}?token=a%26b"`);
    expect(text).toContain('If that was not you');
  });

  test('leads a customer to where mail or SMS is chosen', () => {
    expect(write('confirmed', { ...order, account: true }).text).toContain('https://shop.example/account');
  });

  test('says where it goes, and where the parcel is', () => {
    const address = ['Ann Lee', '12 Long Lane', 'London, SE1 4QJ', 'United Kingdom'];
    const tracking = { carrier: 'DHL', number: 'JD01', url: 'https://dhl.example/?id=JD01&x=1' };
    const { html, text } = write('shipped', { ...order, address, tracking });
    for (const part of [...address, 'DHL', 'JD01']) {
      expect(html).toContain(part);
      expect(text).toContain(part);
    }
    expect(html).toContain('href="https://dhl.example/?id=JD01&amp;x=1"');
    expect(text).toContain('Track your parcel: https://dhl.example/?id=JD01&x=1');
  });

  test('says what was refunded', () => {
    expect(write('cancelled', { ...order, refunded_amount: '50.00' }).text).toContain('Refunded: $50.00');
    expect(write('cancelled', { ...order, refunded_amount: '0.00' }).text).not.toContain('Refunded');
  });

  test('lets no value become markup, a line or a header', () => {
    const evil = '<img src=x onerror=alert(1)>"\'\r\nBcc: everyone@example.com';
    const items = [{ ...order.items[0], name: evil } as never];
    const tracking = { carrier: evil, number: evil };
    for (const kind of ['cancelled', 'shipped'] as const) {
      const data = { ...order, name: evil, reason: evil, items, address: [evil], tracking };
      const { html, text, subject } = writeMail(kind, data, { ...shop, name: evil });
      expect(html).not.toContain('<img');
      expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39; Bcc:');
      expect(text).not.toMatch(/^Bcc/im);
      expect(subject).not.toMatch(/[\r\n]/);
    }
    const low = write('low_stock', { product_id: evil, name: evil, available: 1, low_stock_threshold: 2 });
    expect(low.subject).not.toMatch(/[\r\n]/);
  });

  test('that was recorded before addresses and tracking were told is written all the same', () => {
    const { address: _address, tracking: _tracking, ...old } = order;
    expect(write('shipped', old).text).toContain('View your order');
  });
});

test('a refund names its amount, and its order when that is known', () => {
  expect(write('refunded', refund).text).not.toContain('#');
  expect(write('refunded', { ...refund, number: 1042 }).text).toContain('order #1042');
});

test('the merchant reads the name of what is low, or its SKU when that is all there is', () => {
  const low = { product_id: '456', available: 3, low_stock_threshold: 5 };
  expect(write('low_stock', low).subject).toBe('Low stock: 456, 3 left');
  expect(write('low_stock', low).text).toMatch(/3 left.* at 5/);
  expect(write('low_stock', { ...low, name: 'Mouse', available: 0 }).text).toContain('Mouse (456) is sold out');
});

test('a link for a new password has its token, and neither subject nor preview has', () => {
  const { html, text, subject } = write('password_reset', ALL.password_reset);
  expect(text).toContain('https://shop.example/reset-password?token=a-secret');
  expect(text).toContain('21 November 2026 at 14:05 UTC');
  expect(subject).not.toContain('secret');
  expect(html.match(/a-secret/g)).toHaveLength(1);
});

test('the old address is not told the new one in full', () => {
  expect(write('email_changed', ALL.email_changed).text).not.toContain('ann@work');
  expect(maskedEmail('ann@work.example')).toBe('a•••@work.example');
});

test('money keeps the digits it has', () => {
  expect(money('9999999999999.99', 'USD')).toBe('$9,999,999,999,999.99');
  expect(money('1000', 'JPY')).toBe('¥1,000');
  expect(money('1.234', 'KWD')).toMatch(/1\.234$/);
});

test('an address is written as on a parcel, whether it came in parts or as one text', () => {
  const parts = {
    name: 'Ann',
    line1: '1 A St',
    line2: '',
    city: 'Reno',
    region: 'NV',
    postal_code: '89501',
    country: 'US',
  };
  expect(addressLines(parts)).toEqual(['Ann', '1 A St', 'Reno, NV 89501', 'United States']);
  expect(addressLines('Ann\r\n1 A St\n\nReno')).toEqual(['Ann', '1 A St', 'Reno']);
  expect(addressLines(null)).toBeNull();
});

test('control characters become a space, and markup its entities', () => {
  expect(oneLine(' a\r\n\tb\u2028c\u0000 ')).toBe('a b c');
  expect(escapeHtml(`<&>"'`)).toBe('&lt;&amp;&gt;&quot;&#39;');
});
