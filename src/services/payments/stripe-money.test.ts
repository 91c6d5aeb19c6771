import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromStripeAmount, toStripeAmount } from './stripe-money.ts';

describe('an amount as Stripe counts it', () => {
  test.each([
    ['USD', 1999, 1999, 'cents'],
    ['JPY', 500, 500, 'no digits'],
    ['KRW', 500, 500, 'no digits'],
    ['MGA', 500, 5, 'two digits by ISO 4217, none at Stripe'],
    ['ISK', 5, 500, 'no digits, sent with two'],
    ['UGX', 5, 500, 'no digits, sent with two'],
    ['HUF', 1045, 1045, 'whole only when paid out'],
    ['TWD', 80_045, 80_045, 'whole only when paid out'],
    ['KWD', 5120, 5120, 'three digits, the last zero'],
    ['TND', 10, 10, 'three digits, the last zero'],
  ])('%s %i is %i: %s', (currency, minor, amount) => {
    expect(toStripeAmount(minor, currency)).toBe(amount);
    expect(fromStripeAmount(amount, currency.toLowerCase())).toBe(minor);
  });

  test.each([
    ['KWD', 5124, 'its last digit is not zero'],
    ['MGA', 525, 'it has a fraction'],
    ['IQD', 5000, 'Stripe does not take dinars of Iraq'],
    ['CLF', 10_000, 'Stripe does not take units of account'],
  ])('%s %i cannot be said: %s', (currency, minor) => {
    expect(toStripeAmount(minor, currency)).toBeUndefined();
  });

  test('what can be said comes back as it was, in every currency', () => {
    const currency = fc.constantFrom('USD', 'JPY', 'MGA', 'ISK', 'UGX', 'HUF', 'KWD', 'BHD', 'XOF', 'CLP');
    fc.assert(
      fc.property(currency, fc.nat(10 ** 9), (code, minor) => {
        const amount = toStripeAmount(minor, code);
        if (amount !== undefined) expect(fromStripeAmount(amount, code)).toBe(minor);
      }),
    );
  });
});
