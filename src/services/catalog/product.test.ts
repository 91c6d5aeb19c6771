import { describe, expect, test } from 'vitest';
import { changed, differs, openingAvailability, readPrices, shownPrices } from './product.ts';

const laptop = {
  name: 'Laptop',
  description: '',
  category: 'Computers',
  price: 99_900,
  currency: 'USD',
  prices: { USD: 99_900, EUR: 94_900 },
};

describe('a price', () => {
  test.each([
    ['999', 'USD', 99_900],
    [25.5, 'USD', 2_550],
    ['500', 'JPY', 500],
    ['1.234', 'KWD', 1_234],
  ])('%s %s is %i minor units', (price, currency, minor) => {
    expect(readPrices({ price, currency, prices: {} })).toEqual({ price: minor, prices: { [currency]: minor } });
  });

  test.each([
    ['1.999', 'USD'],
    ['1.5', 'JPY'],
    [1e-7, 'USD'],
    ['9999999999999.999', 'KWD'],
  ])('%s does not fit %s', (price, currency) => {
    expect(readPrices({ price, currency, prices: {} })).toMatchObject({
      rejected: { code: 'invalid-price' },
      errors: [{ pointer: '/price' }],
    });
  });

  test('is in money that there is', () => {
    expect(readPrices({ price: '5', currency: 'ZZZ', prices: { EUR: '5', UDS: '5' } })).toMatchObject({
      rejected: { code: 'invalid-price' },
      errors: [
        { pointer: '/currency', detail: 'ZZZ is no currency (ISO 4217), such as EUR' },
        { pointer: '/prices/UDS', detail: 'UDS is no currency (ISO 4217), such as EUR' },
      ],
    });
  });

  test('in each currency has the digits of that currency, and all that have not are named', () => {
    const prices = { EUR: '18.50', JPY: 2900, KWD: '5.750' };
    expect(readPrices({ price: '19.99', currency: 'USD', prices })).toEqual({
      price: 1999,
      prices: { USD: 1999, EUR: 1850, JPY: 2900, KWD: 5750 },
    });
    expect(
      readPrices({ price: '1.999', currency: 'USD', prices: { EUR: '1.855', JPY: '29.5', KWD: '5.7501' } }),
    ).toMatchObject({
      errors: [
        { pointer: '/price' },
        { pointer: '/prices/EUR' },
        { pointer: '/prices/JPY' },
        { pointer: '/prices/KWD' },
      ],
    });
  });

  test('in the main currency may be repeated, but not contradicted', () => {
    expect(readPrices({ price: '19.99', currency: 'USD', prices: { USD: 19.99 } })).toMatchObject({ price: 1999 });
    expect(readPrices({ price: '19.99', currency: 'USD', prices: { USD: '20' } })).toMatchObject({
      errors: [{ pointer: '/prices/USD' }],
    });
  });

  test('is shown with the digits of its currency', () => {
    expect(shownPrices({ KWD: 5750, EUR: 1850, JPY: 2900 })).toEqual({ EUR: '18.50', JPY: '2900', KWD: '5.750' });
  });
});

describe('a change', () => {
  test('keeps what it does not name', () => {
    expect(changed(laptop, { price: '10.00' })).toEqual({
      ...laptop,
      price: 1_000,
      prices: { USD: 1_000, EUR: 94_900 },
    });
  });
  test('of the currency alone keeps the amount, not the minor units', () => {
    expect(changed(laptop, { currency: 'JPY' })).toEqual({
      ...laptop,
      price: 999,
      currency: 'JPY',
      prices: { JPY: 999, EUR: 94_900 },
    });
    const odd = { ...laptop, price: 99_950, prices: { USD: 99_950 } };
    expect(changed(odd, { currency: 'JPY' })).toMatchObject({ rejected: { code: 'invalid-price' } });
  });
  test('of the currency to one that has a price replaces that price', () => {
    expect(changed(laptop, { currency: 'EUR', price: '900' })).toMatchObject({
      price: 90_000,
      prices: { EUR: 90_000 },
    });
  });
  test('of the prices replaces the further ones', () => {
    expect(changed(laptop, { prices: { GBP: '800' } })).toMatchObject({ prices: { USD: 99_900, GBP: 80_000 } });
    expect(changed(laptop, { prices: {} })).toMatchObject({ prices: { USD: 99_900 } });
  });
  test('to the same is no change', () => {
    expect(differs(laptop, { ...laptop, prices: { EUR: 94_900, USD: 99_900 } })).toBe(false);
    expect(differs(laptop, { ...laptop, description: 'new' })).toBe(true);
    expect(differs(laptop, { ...laptop, prices: { USD: 99_900 } })).toBe(true);
  });
});

test('the opening availability follows from the stock, by the same threshold as in inventory', () => {
  expect([openingAvailability(0), openingAvailability(5), openingAvailability(6), openingAvailability(6, 9)]).toEqual([
    'out_of_stock',
    'low_stock',
    'in_stock',
    'low_stock',
  ]);
});
