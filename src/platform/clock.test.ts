import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idAt, newId, randomBytes, systemClock } from './clock.ts';

const timeOf = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

describe('an id', () => {
  test('is a UUID of version 7 and the RFC variant, with its time in front', () => {
    const before = Date.now();
    const id = newId();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(timeOf(id)).toBeGreaterThanOrEqual(before);
    expect(timeOf(id)).toBeLessThanOrEqual(Date.now() + 10);
  });

  test('is larger than every one made before it, also when more are made than a millisecond can count', () => {
    const now = Date.now() + 500;
    const ids = Array.from({ length: 10_000 }, () => newId(now));
    expect(ids.filter((id) => id.length !== 36)).toEqual([]);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('is larger than the one before when the clock is set back', () => {
    const now = Date.now() + 1_000;
    const ids = [newId(now), newId(now - 60_000), newId(now), newId(now + 1)];
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(4);
  });
});

test('the smallest id of a moment lies between what was made before and what is made then', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 48 - 1 }), (ms) => {
      const bound = idAt(new Date(ms));
      expect(bound).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7000-8000-000000000000$/);
      expect(timeOf(bound)).toBe(ms);
      expect(idAt(new Date(ms - 1)) < bound).toBe(true);
    }),
    // Beyond what a Date can say there is nothing to test.
    { examples: [[1], [Date.parse('2026-01-01')]] },
  );
  const future = Date.now() + 3_600_000;
  const made = newId(future);
  expect(made >= idAt(new Date(future))).toBe(true);
  expect(made < idAt(new Date(future + 1))).toBe(true);
});

test('of a moment before 1970 it is the smallest there is', () => {
  expect(idAt(new Date('1969-12-31T23:59:59.999Z'))).toBe(idAt(new Date(0)));
  expect(idAt(new Date('1000-01-01'))).toBe('00000000-0000-7000-8000-000000000000');
});

test('random bytes are as many as were asked for, or there are none', () => {
  expect(randomBytes(32)).toHaveLength(32);
  expect(randomBytes(8192)).toHaveLength(8192);
  expect(() => randomBytes(8193)).toThrow(/at most 8192/);
});

test('the system clock goes', async () => {
  const before = systemClock.now().getTime();
  expect(Math.abs(before - Date.now())).toBeLessThan(1_000);
});
