import { describe, expect, test } from 'vitest';
import { changed, containing, differs, openingAvailability, readPrice } from './product.ts';

const laptop = { name: 'Laptop', description: '', category: 'Computers', price: 99_900, currency: 'USD' };

describe('a price', () => {
  test.each([
    ['999', 'USD', 99_900],
    [25.5, 'USD', 2_550],
    ['500', 'JPY', 500],
    ['1.234', 'KWD', 1_234],
  ])('%s %s is %i minor units', (amount, currency, minor) => {
    expect(readPrice(amount, currency)).toBe(minor);
  });

  test.each([
    ['1.999', 'USD'],
    ['1.5', 'JPY'],
    [1e-7, 'USD'],
    ['9999999999999.999', 'KWD'],
  ])('%s does not fit %s', (amount, currency) => {
    expect(readPrice(amount, currency)).toMatchObject({
      rejected: { code: 'invalid-price' },
      errors: [{ pointer: '/price' }],
    });
  });
});

describe('a change', () => {
  test('keeps what it does not name', () => {
    expect(changed(laptop, { price: '10.00' })).toEqual({ ...laptop, price: 1_000 });
  });
  test('of the currency alone keeps the amount, not the minor units', () => {
    expect(changed(laptop, { currency: 'JPY' })).toEqual({ ...laptop, price: 999, currency: 'JPY' });
    expect(changed({ ...laptop, price: 99_950 }, { currency: 'JPY' })).toMatchObject({
      rejected: { code: 'invalid-price' },
    });
  });
  test('to the same is no change', () => {
    expect(differs(laptop, { ...laptop })).toBe(false);
    expect(differs(laptop, { ...laptop, description: 'new' })).toBe(true);
  });
});

test('the opening availability follows from the stock', () => {
  expect([openingAvailability(0), openingAvailability(5, 5), openingAvailability(6, 5)]).toEqual([
    'out_of_stock',
    'low_stock',
    'in_stock',
  ]);
});

test('what a customer searches for holds no wildcards', () => {
  expect(containing('100%_\\')).toBe('%100\\%\\_\\\\%');
});
