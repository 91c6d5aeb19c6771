import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromMinor, toMinor } from '../../contracts/money.ts';
import { Checkout, OrderItem } from '../../contracts/orders.ts';
import { LIMITS } from '../../contracts/shapes.ts';
import type { Caller } from '../../platform/auth.ts';
import { GUEST } from '../../platform/auth.ts';
import type { Rejection } from '../../platform/problem.ts';
import { isRejection } from '../../platform/problem.ts';
import { compile } from '../../platform/validate.ts';
import type { Draft, Priced, PricedProduct } from './checkout.ts';
import { methodOf, price, readCheckout } from './checkout.ts';

const SHOPPER: Caller = { role: 'customer', id: 'c-1', email: 'me@example.com', token: 't' };
const ADMIN: Caller = { role: 'admin', id: 'a-1', email: 'admin@example.com', token: 't' };

const check = compile(Checkout);
/** A body as the door lets it through. */
function body(value: Record<string, unknown>): Checkout {
  const checkout = { items: [{ product_id: 'A', quantity: 1 }], ...value };
  expect(check(checkout)).toBeUndefined();
  return checkout as Checkout;
}

function draftOf(value: Record<string, unknown>, caller: Caller = GUEST): Draft {
  const draft = readCheckout(body({ email: 'guest@example.com', ...value }), caller);
  if (isRejection(draft)) throw new Error(JSON.stringify(draft));
  return draft;
}

const refusal = (value: unknown) => {
  expect(isRejection(value)).toBe(true);
  const { rejected, errors = [] } = value as Rejection;
  return { code: rejected.code, status: rejected.status, pointers: errors.map(({ pointer }) => pointer), errors };
};

describe('the dialects of three clients become one', () => {
  const lines = [{ product_id: '1', quantity: 2 }];
  test.each<[string, Record<string, unknown>, Partial<Draft>]>([
    [
      'user_id and user_email',
      { user_id: 42, user_email: 'u@example.com', items: [{ product_id: 1, quantity: 2, price: 9.5 }] },
      { email: 'u@example.com', client_reference: '42', name: null },
    ],
    [
      'customer_name and customer_email',
      { customer_name: 'Ada', customer_email: 'ada@example.com', items: [{ product_id: '1', quantity: 2 }] },
      { email: 'ada@example.com', name: 'Ada', client_reference: null },
    ],
    [
      'email and name, with price_at_purchase as text',
      { email: 'x@example.com', name: 'X', items: [{ product_id: '1', quantity: 2, price_at_purchase: '9.50' }] },
      { email: 'x@example.com', name: 'X' },
    ],
  ])('%s', (_, value, expected) => {
    const draft = readCheckout(body(value), GUEST);
    expect(draft).toMatchObject({ ...expected, lines, customer_id: null, payment_method: null });
  });

  test('an address may be one line of text or its parts', () => {
    const parts = { line1: '1 Road', city: 'Berlin', country: 'DE' };
    expect(draftOf({ shipping_address: '1 Road, Berlin' }).shipping_address).toBe('1 Road, Berlin');
    expect(draftOf({ shipping_address: parts }).shipping_address).toEqual(parts);
    expect(draftOf({}).shipping_address).toBeNull();
  });
});

describe('who may order what', () => {
  test('a guest needs an e-mail', () => {
    expect(refusal(readCheckout(body({}), GUEST))).toMatchObject({ code: 'email-needed', pointers: ['/email'] });
  });

  test('a guest may not name a customer, but may keep a reference of their own', () => {
    const named = readCheckout(body({ email: 'g@example.com', customer_id: 'c-1' }), GUEST);
    expect(refusal(named)).toMatchObject({ code: 'customer-needs-login', status: 401, pointers: ['/customer_id'] });
    expect(draftOf({ user_id: 'whoever' })).toMatchObject({ customer_id: null, client_reference: 'whoever' });
  });

  test("a token makes the order the caller's, with the caller's e-mail unless another is given", () => {
    expect(readCheckout(body({}), SHOPPER)).toMatchObject({ customer_id: 'c-1', email: 'me@example.com' });
    expect(readCheckout(body({ email: 'work@example.com', customer_id: 'c-1' }), SHOPPER)).toMatchObject({
      customer_id: 'c-1',
      email: 'work@example.com',
    });
  });

  test('a customer may not order for others, and hears of both fields at once', () => {
    const foreign = readCheckout(body({ customer_id: 'c-2', user_id: 7 }), SHOPPER);
    expect(refusal(foreign)).toMatchObject({
      code: 'foreign-customer',
      status: 403,
      pointers: ['/customer_id', '/user_id'],
    });
  });

  test('an admin may, and says where the mail goes', () => {
    expect(readCheckout(body({ customer_id: 'c-2' }), ADMIN)).toMatchObject({ rejected: { code: 'email-needed' } });
    expect(readCheckout(body({ customer_id: 'c-2', user_id: 7, email: 'c2@example.com' }), ADMIN)).toMatchObject({
      customer_id: 'c-2',
    });
  });
});

describe('the same product twice', () => {
  test('is one line with the sum, in the order first named, whether 1 or "1"', () => {
    const items = [
      { product_id: 1, quantity: 2, price: 5 },
      { product_id: 'B', quantity: 1 },
      { product_id: '1', quantity: 3, price_at_purchase: '5.00' },
    ];
    expect(draftOf({ items }).lines).toEqual([
      {
        product_id: '1',
        quantity: 5,
        pointer: '/items/0',
        asserted: [
          { price: 5, pointer: '/items/0/price' },
          { price: '5.00', pointer: '/items/2/price_at_purchase' },
        ],
      },
      { product_id: 'B', quantity: 1, pointer: '/items/1', asserted: [] },
    ]);
  });

  test('may not get past the limit of one line; every line that does is named', () => {
    const many = (product_id: string) => [
      { product_id, quantity: LIMITS.quantity },
      { product_id, quantity: 1 },
    ];
    const refused = readCheckout(body({ email: 'g@example.com', items: [...many('A'), ...many('B')] }), GUEST);
    expect(refusal(refused)).toMatchObject({ code: 'invalid-request', pointers: ['/items/0', '/items/2'] });
  });
});

const product = (
  product_id: string,
  minor: number,
  currency = 'USD',
  prices: Record<string, number> = {},
): [string, PricedProduct] => [
  product_id,
  { product_id, name: `Product ${product_id}`, price: minor, currency, prices },
];
const CATALOGUE = new Map([product('A', 1999), product('B', 500), product('Y', 700, 'JPY'), product('K', 1234, 'KWD')]);
const items = (...wanted: [string, number, (string | number)?][]) =>
  wanted.map(([product_id, quantity, asserted]) => ({
    product_id,
    quantity,
    ...(asserted !== undefined && { price: asserted }),
  }));

describe('how an order is paid', () => {
  const test_cards = { pattern: '^(pm_success|pm_declined)$', default_method: 'pm_success' };
  const given_out = { pattern: '^pm_[A-Za-z0-9]+$', default_method: null };
  test.each([
    [{}, undefined, 'pm_success'],
    [{ payment_method: 'whatever' }, undefined, 'whatever'],
    [{}, test_cards, 'pm_success'],
    [{ payment_method: 'pm_declined' }, test_cards, 'pm_declined'],
    [{ payment_method: 'pm_1abc' }, given_out, 'pm_1abc'],
  ])('%j where payments takes %j is by %s', (value, methods, method) => {
    expect(methodOf(draftOf(value), methods)).toBe(method);
  });

  test.each([
    [{ payment_method: 'gold' }, test_cards, 'gold is not a way to pay here'],
    [{}, given_out, 'is needed'],
  ])('%j where payments takes %j is refused', (value, methods, detail) => {
    expect(refusal(methodOf(draftOf(value), methods))).toMatchObject({
      code: 'unknown-payment-method',
      errors: [{ pointer: '/payment_method', detail }],
    });
  });
});

describe('how the shopper is told', () => {
  test.each([
    ['+1 (555) 010-9999', undefined],
    ['555 010 9999', ['/phone']],
    [undefined, ['/phone']],
  ])('by SMS only at a number that can be reached from anywhere: %s', (phone, pointers) => {
    const draft = readCheckout(body({ email: 'g@example.com', notify_by: ['sms'], ...(phone && { phone }) }), GUEST);
    if (pointers) expect(refusal(draft)).toMatchObject({ code: 'invalid-request', pointers });
    else expect(draft).toMatchObject({ notify_by: ['sms'], phone });
  });
});

describe('what an order costs', () => {
  test('is what the catalogue says, line by line', () => {
    expect(price(draftOf({ items: items(['A', 3], ['B', 2]) }), CATALOGUE)).toEqual({
      currency: 'USD',
      total_amount: 6997,
      items: [
        { product_id: 'A', name: 'Product A', quantity: 3, unit_price: '19.99', line_total: '59.97' },
        { product_id: 'B', name: 'Product B', quantity: 2, unit_price: '5.00', line_total: '10.00' },
      ],
    });
  });

  test.each([
    ['Y', 'JPY', '700', '1400', 1400],
    ['K', 'KWD', '1.234', '2.468', 2468],
  ])('has the digits of its currency: %s in %s', (id, currency, unit_price, line_total, total_amount) => {
    const priced = price(draftOf({ items: items([id, 2]) }), CATALOGUE);
    expect(priced).toMatchObject({ currency, total_amount, items: [{ unit_price, line_total }] });
  });

  test.each([19.99, '19.99', '19.990'])('agrees with a client who believes %j', (asserted) => {
    expect(price(draftOf({ items: items(['A', 1, asserted]) }), CATALOGUE)).toMatchObject({ total_amount: 1999 });
  });

  test.each([
    19.98,
    '0',
    19.999,
    '20',
  ])('is never set by a client who believes %j: both prices come back', (asserted) => {
    const refused = refusal(price(draftOf({ items: items(['B', 1], ['A', 1, asserted]) }), CATALOGUE));
    expect(refused).toMatchObject({
      code: 'price-mismatch',
      status: 409,
      errors: [{ pointer: '/items/1/price', your_price: String(asserted), current_price: '19.99', currency: 'USD' }],
    });
  });

  test('every wrong price is named at once', () => {
    const draft = draftOf({ items: items(['A', 1, 1], ['B', 1, '5.00'], ['A', 1, 2], ['B', 1, 6]) });
    expect(refusal(price(draft, CATALOGUE)).pointers.sort()).toEqual([
      '/items/0/price',
      '/items/2/price',
      '/items/3/price',
    ]);
  });

  test('every product that is not sold is named at once', () => {
    const refused = refusal(price(draftOf({ items: items(['X', 1], ['A', 1], ['Z', 1]) }), CATALOGUE));
    expect(refused).toMatchObject({
      code: 'unknown-product',
      pointers: ['/items/0/product_id', '/items/2/product_id'],
    });
  });

  test('two currencies are refused, and so is another than the one asked for', () => {
    const mixed = refusal(price(draftOf({ items: items(['A', 1], ['Y', 1], ['K', 1]) }), CATALOGUE));
    expect(mixed).toMatchObject({ code: 'mixed-currencies', pointers: ['/items/1', '/items/2'] });
    const asked = refusal(price(draftOf({ currency: 'EUR', items: items(['A', 1]) }), CATALOGUE));
    expect(asked).toMatchObject({ code: 'mixed-currencies', pointers: ['/items/0'] });
  });

  describe('in a currency that is asked for', () => {
    const world = new Map([
      product('A', 1999, 'USD', { EUR: 1850, JPY: 2900, KWD: 6150 }),
      product('B', 500, 'USD', { JPY: 750 }),
      product('Y', 700, 'JPY'),
    ]);

    test.each([
      ['EUR', '18.50', '55.50'],
      ['JPY', '2900', '8700'],
      ['KWD', '6.150', '18.450'],
    ])('%s, every product is priced in it', (currency, unit_price, line_total) => {
      const priced = price(draftOf({ currency, items: items(['A', 3, unit_price]) }), world);
      expect(priced).toMatchObject({ currency, items: [{ unit_price, line_total }] });
    });

    test('products of different home currencies share an order', () => {
      const priced = price(draftOf({ currency: 'JPY', items: items(['A', 1], ['B', 1], ['Y', 1]) }), world);
      expect(priced).toMatchObject({ currency: 'JPY', total_amount: 2900 + 750 + 700 });
    });

    test('a product that is not sold in it is named, with what it is sold in', () => {
      const refused = refusal(price(draftOf({ currency: 'EUR', items: items(['A', 1], ['B', 1]) }), world));
      expect(refused).toMatchObject({ code: 'mixed-currencies', pointers: ['/items/1'] });
      expect(refused.errors?.[0]?.detail).toBe('B is sold in USD, JPY, not EUR');
    });

    test('an asserted price is one in that currency', () => {
      const refused = refusal(price(draftOf({ currency: 'EUR', items: items(['A', 1, '19.99']) }), world));
      expect(refused).toMatchObject({ code: 'price-mismatch', errors: [{ current_price: '18.50', currency: 'EUR' }] });
    });
  });

  test('a total that could not be written exactly is refused', () => {
    const dear = new Map([product('A', Number.MAX_SAFE_INTEGER - 1)]);
    expect(refusal(price(draftOf({ items: items(['A', 2]) }), dear))).toMatchObject({ code: 'invalid-request' });
  });

  test('is refused, or adds up and fits the contract, whatever is bought', () => {
    const fits = compile(OrderItem);
    const currencies = fc.constantFrom('USD', 'JPY', 'KWD', 'CLF');
    const line = fc.record({
      minor: fc.nat({ max: 9_999_999_999_999 }),
      quantity: fc.integer({ min: 1, max: 10_000 }),
    });
    fc.assert(
      fc.property(currencies, fc.array(line, { minLength: 1, maxLength: 5 }), (currency, lines) => {
        const products = new Map(lines.map(({ minor }, i) => product(`P${i}`, minor, currency)));
        const draft = draftOf({ items: lines.map(({ quantity }, i) => ({ product_id: `P${i}`, quantity })) });
        const priced = price(draft, products);
        if (isRejection(priced)) return;
        const { total_amount, items: bought } = priced as Priced;
        const sum = bought.reduce((all, { line_total }) => all + BigInt(toMinor(line_total, currency) ?? -1), 0n);
        expect(sum).toBe(BigInt(total_amount));
        expect(toMinor(fromMinor(total_amount, currency), currency)).toBe(total_amount);
        for (const one of bought) expect(fits(one)).toBeUndefined();
      }),
    );
  });
});
