import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Product } from '../../../src/contracts/catalog.ts';
import {
  type CartLine,
  linesOf,
  merged,
  newsOf,
  pieces,
  seenCurrency,
  typedQuantity,
  withAdded,
  without,
} from './cart-rules.ts';
import { total } from './sums.ts';

const line = (product_id: string, quantity = 1): CartLine => ({ product_id, quantity });
const lines = fc.uniqueArray(
  fc.record({ product_id: fc.constantFrom(...'abcdefgh'), quantity: fc.integer({ min: 1, max: 99 }) }),
  {
    selector: ({ product_id }) => product_id,
  },
);

describe('a cart', () => {
  test('has one line for a product, however often it is put in, and never more of it than can be ordered', () => {
    expect(withAdded([line('a', 2)], line('a', 3))).toEqual([line('a', 5)]);
    expect(withAdded([line('a')], line('b'))).toEqual([line('a'), line('b')]);
    expect(withAdded([line('a', 9_999)], line('a', 9_999))).toEqual([line('a', 10_000)]);
    const full = Array.from({ length: 100 }, (_, i) => line(`P${i}`));
    expect(withAdded(full, line('one-more'))).toBeUndefined();
    expect(withAdded(full, line('P7'))).toContainEqual(line('P7', 2));
  });

  test('merged with another has what either has, the larger quantity, each product once', () => {
    fc.assert(
      fc.property(lines, lines, (mine, theirs) => {
        const both = merged(mine, theirs);
        const ids = both.map(({ product_id }) => product_id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(new Set(ids)).toEqual(new Set([...mine, ...theirs].map(({ product_id }) => product_id)));
        for (const { product_id, quantity } of both) {
          const all = [...mine, ...theirs].filter((one) => one.product_id === product_id);
          expect(quantity).toBe(Math.max(...all.map((one) => one.quantity)));
        }
      }),
    );
  });

  test('keeps what was added while it was being ordered', () => {
    expect(without([line('a', 3), line('b')], [line('a', 2), line('b')])).toEqual([line('a', 1)]);
  });

  test('is read with care: what is no line is left out', () => {
    const odd = [
      null,
      7,
      {},
      line('a', -3),
      line('a', 1.5),
      line('../x'),
      line('b', 2),
      line('b', 9),
      { ...line('c'), seen: {} },
    ];
    expect(linesOf(odd)).toEqual([line('b', 2), line('c')]);
    expect(linesOf(Array.from({ length: 150 }, (_, i) => line(`P${i}`)))).toHaveLength(100);
    for (const odd of [undefined, 'x', {}]) expect(linesOf(odd)).toEqual([]);
  });

  test('is shown in the currency that most of it was seen in', () => {
    const seen = (currency: string) => ({ ...line('a'), seen: { name: 'A', price: '1', currency } });
    expect(seenCurrency([seen('JPY'), seen('USD'), seen('USD')])).toBe('USD');
    expect(seenCurrency([line('a')])).toBeUndefined();
  });

  test('merged twice is the same as merged once: an answer that was lost doubles nothing', () => {
    fc.assert(
      fc.property(lines, lines, (mine, theirs) => {
        const once = merged(mine, theirs);
        expect(pieces(merged(mine, once))).toBe(pieces(once));
      }),
    );
  });
});

describe('what a shopper is told of a line', () => {
  const product = { prices: { USD: '10.00', JPY: '1500' }, availability: 'in_stock' } as unknown as Product;
  const seen = (price: string, currency = 'USD') => ({ ...line('a'), seen: { name: 'A', price, currency } });

  test.each<[string, CartLine, Product | undefined, string, object | undefined, number?]>([
    ['nothing, when all is as it was', seen('10.00'), product, 'USD', undefined],
    ['nothing, when a price is only written in another way', seen('10'), product, 'USD', undefined],
    ['nothing of a price it never saw', line('a'), product, 'USD', undefined],
    ['nothing of a price it saw in another currency', seen('9.00', 'EUR'), product, 'USD', undefined],
    ['both prices, when it has changed', seen('9.00'), product, 'USD', { kind: 'price', before: '9.00', now: '10.00' }],
    ['that it is gone', seen('10.00'), undefined, 'USD', { kind: 'gone' }],
    ['that it is no longer sold', seen('10.00'), { ...product, archived_at: 'x' }, 'USD', { kind: 'gone' }],
    ['that it is sold out', seen('10.00'), { ...product, availability: 'out_of_stock' }, 'USD', { kind: 'sold_out' }],
    ['that it has no price in the currency', seen('10.00'), product, 'EUR', { kind: 'no_price' }],
    ['that there is not as much', { ...line('a', 3) }, product, 'USD', { kind: 'few', available: 2 }, 2],
    ['that the last one has gone, before the catalogue has heard', line('a'), product, 'USD', { kind: 'sold_out' }, 0],
    [
      'nothing when it is back, before the catalogue has heard',
      line('a'),
      { ...product, availability: 'out_of_stock' },
      'USD',
      undefined,
      1,
    ],
  ])('%s', (_, one, now, currency, news, available) => {
    expect(newsOf(one, now, currency, available)).toEqual(news);
  });
});

test('a sum is exact in every currency', () => {
  expect(total([{ price: '0.10', quantity: 3 }], 'USD')).toBe('0.30');
  expect(total([{ price: '1500', quantity: 2 }], 'JPY')).toBe('3000');
  expect(total([{ price: '24.750', quantity: 3 }], 'KWD')).toBe('74.250');
  expect(total([], 'USD')).toBe('0.00');
});

test.each([
  ['12', 12],
  [' 7 ', 7],
  ['120', 99],
  ['', 4],
  ['1.5', 4],
  ['-3', 4],
  ['two', 4],
])('"%s" typed over a quantity of 4, of 99 at most, is %i', (text, quantity) => {
  expect(typedQuantity(text, 4, { min: 0, max: 99 })).toBe(quantity);
});

test('a quantity of 0 is one only where the line can go', () => {
  expect(typedQuantity('0', 4, { min: 0, max: 99 })).toBe(0);
  expect(typedQuantity('0', 4, { min: 1, max: 99 })).toBe(4);
});
