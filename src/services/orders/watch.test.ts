import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import type { Database } from '../../platform/database.ts';
import { silentLog } from '../../platform/log.ts';
import type { Watch } from './watch.ts';
import { createWatch, isOver } from './watch.ts';

let watch: Watch;
afterEach(() => watch.worker.stop());

/** A history in memory: rows by order and version, as the table gives them. */
function watching(history: { order_id: string; version: number; status: string }[], max?: number): Watch {
  const db = {
    query: async (_: unknown, [orders = [], versions = []]: unknown[][]) =>
      history.filter(({ order_id, version }) => version > (versions[orders.indexOf(order_id)] as number)),
  };
  watch = createWatch(db as unknown as Database, silentLog, max);
  watch.worker.start();
  return watch;
}
const entry = (version: number, order_id = 'o1') => ({ order_id, version, status: 'pending' });

async function ids(stream: Readable, count: number): Promise<number[]> {
  const seen: number[] = [];
  for await (const chunk of stream) {
    for (const [, id] of String(chunk).matchAll(/^id: (\d+)$/gm)) seen.push(Number(id));
    if (seen.length >= count) break;
  }
  return seen;
}

describe('watchers', () => {
  test('each see what they have not seen, and nothing of another order', async () => {
    const { open } = watching([entry(1), entry(2), entry(1, 'o2'), entry(3)]);
    const [all, rest] = [open('o1', 0), open('o1', 2)];
    expect(await Promise.all([ids(all as Readable, 3), ids(rest as Readable, 1)])).toEqual([[1, 2, 3], [3]]);
  });

  test('that have gone are forgotten', async () => {
    const { open, count } = watching([]);
    const streams = [open('o1', 0), open('o2', 0)] as Readable[];
    expect(count()).toBe(2);
    for (const stream of streams) stream.destroy();
    await Promise.all(streams.map((stream) => once(stream, 'close')));
    expect(count()).toBe(0);
  });

  test('are so many in all, and so many of one order', () => {
    const { open } = watching([], 30);
    const ofOne = Array.from({ length: 21 }, () => open('o1', 0));
    expect(ofOne.filter(Boolean)).toHaveLength(20);
    const others = Array.from({ length: 11 }, (_, i) => open(`o${i + 2}`, 0));
    expect(others.filter(Boolean)).toHaveLength(10);
  });
});

test('there is nothing more to see of an order that has ended for a while, to whoever has seen all of it', () => {
  watching([]);
  const life = { id: 'o1', reason: null, deadline_at: null, refunded_amount: 0, version: 5 };
  const ended = { ...life, status: 'delivered' as const, updated_at: '2026-03-01T12:00:00.000Z' };
  const later = new Date('2026-03-01T12:00:31.000Z');
  expect(isOver(ended, 5, later)).toBe(true);
  expect(isOver(ended, 4, later)).toBe(false);
  expect(isOver(ended, 5, new Date('2026-03-01T12:00:30.000Z'))).toBe(false);
  expect(isOver({ ...ended, status: 'confirmed' }, 5, later)).toBe(false);
});
