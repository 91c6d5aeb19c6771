import { expect, test } from 'vitest';
import { COUNTED_FOR_MS, createCategories } from './categories.ts';

function counting() {
  let now = 1_000_000;
  let counted = 0;
  const ends: { resolve: (count: number) => void; reject: (error: Error) => void }[] = [];
  const ask = createCategories({ now: () => new Date(now) }, () => {
    counted += 1;
    return new Promise<number>((resolve, reject) => ends.push({ resolve, reject }));
  });
  const pass = (ms: number) => {
    now += ms;
  };
  return { ask, ends, pass, counted: () => counted };
}

test('a hundred who ask at once wait for one count, however long it takes', async () => {
  const { ask, ends, pass, counted } = counting();
  const first = Array.from({ length: 50 }, ask);
  pass(60_000);
  const late = Array.from({ length: 50 }, ask);
  ends[0]?.resolve(7);
  expect(new Set(await Promise.all([...first, ...late]))).toEqual(new Set([7]));
  expect(counted()).toBe(1);
});

test('an answer is good for seconds from when it came, and then counted anew', async () => {
  const { ask, ends, pass, counted } = counting();
  const first = ask();
  ends[0]?.resolve(7);
  await first;
  pass(COUNTED_FOR_MS - 1);
  expect(await ask()).toBe(7);
  expect(counted()).toBe(1);
  pass(1);
  const second = ask();
  ends[1]?.resolve(8);
  expect(await second).toBe(8);
});

test('a count that failed is forgotten', async () => {
  const { ask, ends } = counting();
  const waiting = [ask(), ask()];
  ends[0]?.reject(new Error('the database is away'));
  for (const one of waiting) await expect(one).rejects.toThrow('away');
  const next = ask();
  ends[1]?.resolve(7);
  expect(await next).toBe(7);
});
