import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoff } from './retry.ts';

const OPTIONS = { baseMs: 100, capMs: 60_000 };

test.each([
  [1, 100],
  [2, 200],
  [5, 1_600],
  [10, 51_200],
  [11, 60_000],
  [1_000, 60_000],
])('after failure %i it waits at most %i ms', (attempt, most) => {
  expect(backoff(attempt, OPTIONS, () => 0.999_999)).toBe(most);
  expect(backoff(attempt, OPTIONS, () => 0)).toBe(0);
});

test('waits are spread over the whole range, in whole milliseconds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      (n, random) => {
        const wait = backoff(n, OPTIONS, () => random);
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeLessThanOrEqual(60_000);
      },
    ),
  );
  expect(backoff(3, OPTIONS, () => 0.5)).toBe(200);
});
