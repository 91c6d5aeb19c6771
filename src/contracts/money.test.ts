import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '../platform/validate.ts';
import { fromMinor, minorDigits, toMinor } from './money.ts';
import { Amount } from './shapes.ts';

describe('reading an amount', () => {
  test.each<[string | number, string, number]>([
    ['19.99', 'USD', 1999],
    [19.99, 'USD', 1999],
    ['1299.9', 'USD', 129_990],
    ['19.9900', 'USD', 1999],
    ['0', 'USD', 0],
    [0.1, 'USD', 10],
    ['500', 'JPY', 500],
    ['500.00', 'JPY', 500],
    ['1.234', 'KWD', 1234],
    [1.5, 'KWD', 1500],
    ['1.2345', 'CLF', 12_345],
    ['9999999999999', 'JPY', 9_999_999_999_999],
  ])('%j %s is %i', (amount, currency, minor) => {
    expect(toMinor(amount, currency)).toBe(minor);
  });

  test.each<[string | number, string]>([
    [19.999, 'USD'],
    ['19.999', 'USD'],
    ['500.5', 'JPY'],
    ['1.2345', 'KWD'],
    [1e21, 'USD'],
    [1e-7, 'USD'],
    [0.1 + 0.2, 'USD'],
    [Number.NaN, 'USD'],
    [Number.POSITIVE_INFINITY, 'USD'],
    [-1, 'USD'],
    ['-1', 'USD'],
    ['+1', 'USD'],
    ['', 'USD'],
    ['.5', 'USD'],
    ['5.', 'USD'],
    ['1,000', 'USD'],
    [' 1', 'USD'],
    ['1\n', 'USD'],
    ['0x10', 'USD'],
    ['12345678901234', 'JPY'],
    ['9999999999999', 'CLF'],
  ])('%j %s is refused, never rounded', (amount, currency) => {
    expect(toMinor(amount, currency)).toBeUndefined();
  });
});

test.each([
  [129_990, 'USD', '1299.90'],
  [5, 'USD', '0.05'],
  [0, 'USD', '0.00'],
  [500, 'JPY', '500'],
  [0, 'JPY', '0'],
  [5, 'KWD', '0.005'],
  [-5, 'USD', '-0.05'],
])('%i minor units of %s are written %s', (minor, currency, text) => {
  expect(fromMinor(minor, currency)).toBe(text);
});

test('what is written is read back the same, and fits the contract, in every currency', () => {
  const fits = compile(Amount);
  const currencies = fc.constantFrom('USD', 'JPY', 'KWD', 'CLF', 'EUR', 'XAF');
  fc.assert(
    fc.property(currencies, fc.nat({ max: 9_999_999_999_999 }), (currency, minor) => {
      const text = fromMinor(minor, currency);
      expect(toMinor(text, currency)).toBe(minor);
      expect(fits(text)).toBeUndefined();
    }),
  );
});

test('a JSON number is read as it is written', () => {
  fc.assert(
    fc.property(fc.nat({ max: 99_999_999_999 }), (cents) => {
      expect(toMinor(JSON.parse(fromMinor(cents, 'USD')), 'USD')).toBe(cents);
    }),
  );
});

test('a currency has two digits unless ISO 4217 says otherwise', () => {
  expect(['USD', 'JPY', 'KWD', 'CLF'].map(minorDigits)).toEqual([2, 0, 3, 4]);
});
