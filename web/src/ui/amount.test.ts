import { expect, test } from 'vitest';
import { typedAmount, typedWhole } from './amount.ts';

test.each([
  ['12.50', 'USD', '12.50'],
  ['12,5', 'EUR', '12.5'],
  [' 1500 ', 'USD', '1500'],
  ['1,500', 'USD', undefined],
  ['1.500', 'EUR', undefined],
  ['1.500', 'KWD', '1.500'],
  ['12.5', 'JPY', undefined],
  ['1e3', 'USD', undefined],
  ['-3', 'USD', undefined],
  ['', 'USD', undefined],
])('the amount "%s" in %s is %s', (text, currency, amount) => {
  expect(typedAmount(text, currency)).toBe(amount);
});

test.each([
  ['40', 40],
  ['−3', -3],
  ['+7', 7],
  ['1.000', undefined],
  ['1e3', undefined],
  ['0x10', undefined],
  ['', undefined],
])('the number "%s" is %s', (text, number) => {
  expect(typedWhole(text)).toBe(number);
});
