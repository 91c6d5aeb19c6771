import { expect, test } from 'vitest';
import type { Attempts } from './throttle.ts';
import { guessed, pauseLeft } from './throttle.ts';

const START = new Date('2026-03-01T12:00:00.000Z');
const later = (ms: number) => new Date(START.getTime() + ms);
const NONE: Attempts = { failures: 0, blocked_until: null, failed_at: START.toISOString() };

function afterFailures(count: number): Attempts {
  let attempts = NONE;
  for (let i = 0; i < count; i += 1) attempts = guessed(attempts, START);
  return attempts;
}

test('four guesses are free, then each costs a pause that doubles up to a quarter of an hour', () => {
  const pauses = Array.from({ length: 14 }, (_, i) => pauseLeft(afterFailures(i + 1), START) / 1000);
  expect(pauses).toEqual([0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900, 900]);
});

test('a pause passes', () => {
  const attempts = afterFailures(5);
  expect(pauseLeft(attempts, later(14_999))).toBe(1);
  expect(pauseLeft(attempts, later(15_000))).toBe(0);
});

test('an hour of quiet forgets', () => {
  expect(guessed(afterFailures(9), later(60 * 60_000))).toMatchObject({ failures: 10 });
  expect(guessed(afterFailures(9), later(60 * 60_000 + 1))).toMatchObject({ failures: 1, blocked_until: null });
});
