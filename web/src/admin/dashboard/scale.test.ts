import { expect, test } from 'vitest';
import { columnsOf, dotsOf, pathOf, placeOf, roundTop } from './scale.ts';

test('the axis ends at a round number above everything', () => {
  expect([0.3, 7, 42, 100, 1830].map((highest) => roundTop(highest, false))).toEqual([0.4, 8, 50, 100, 2000]);
});

test('an axis of counts has no halves', () => {
  for (let highest = 0; highest < 500; highest += 1) {
    const top = roundTop(highest, true);
    expect(top).toBeGreaterThanOrEqual(highest);
    expect(Number.isInteger(top / 2)).toBe(true);
  }
});

test('a line breaks where nothing is known', () => {
  expect(pathOf([1, null, 2, 2], 2)).toBe('M12.50 50.00M62.50 0.00L87.50 0.00');
});

test('columns stand in the middle of their slots; nothing has none', () => {
  expect(placeOf(0, 2)).toBe(25);
  expect(columnsOf([0, 5], 10, 0.5)).toBe('M62.500 100v-50.000h25.000V100z');
});

test('a value that stands alone is a dot, and the first of all is one', () => {
  expect(dotsOf([null, 5, null, 5, 10], 10)).toBe('M30.00 50.00h0.001');
  expect(dotsOf([0], 10)).toBe('M50.00 100.00h0.001');
});
