/** What is told of a soak: whether a figure grows, and which budgets were kept. */
import { describe, expect, test } from 'vitest';
import { linesChart } from '../bench/lines.ts';
import type { TableSize } from '../bench/queue-tables.ts';
import type { Moment, Soak } from '../bench/soak.ts';
import { judge } from '../bench/soak-budgets.ts';
import { grows, median, settled, trendOf } from '../bench/trend.ts';

const line = (count: number, value: (at: number) => number) =>
  Array.from({ length: count }, (_, n) => ({ at: n * 10, value: value(n * 10) }));
/** A collector's saw: up for a minute, then down. */
const saw = (at: number) => (at % 60) / 2;

describe('a trend', () => {
  test('is the slope of the line that lies nearest to all samples', () => {
    expect(trendOf(line(5, (at) => 3 + 0.5 * at))).toEqual({ slope: 0.5, error: 0 });
    // Anscombe's first set, whose regression is known.
    const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
    const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
    const { slope, error } = trendOf(x.map((at, i) => ({ at, value: y[i] as number })));
    expect(slope).toBeCloseTo(0.5001, 4);
    expect(error).toBeCloseTo(0.1179, 4);
  });

  test('is none of one sample, and of two nobody knows how sure', () => {
    expect(trendOf(line(1, () => 7))).toEqual({ slope: 0, error: Number.POSITIVE_INFINITY });
    expect(trendOf(line(2, (at) => at))).toEqual({ slope: 1, error: Number.POSITIVE_INFINITY });
  });

  test('grows when it matters and chance would hardly do it', () => {
    expect(grows(trendOf(line(40, (at) => 200 + saw(at))), 0.01)).toBe(false);
    expect(grows(trendOf(line(40, (at) => 200 + saw(at) + 0.1 * at)), 0.01)).toBe(true);
    expect(grows(trendOf(line(40, (at) => 200 + 0.005 * at)), 0.01)).toBe(false);
    expect(grows(trendOf(line(40, (at) => 200 - 0.1 * at)), 0.01)).toBe(false);
    // Shorter than a tooth: nobody can tell, which is why a short soak does not say.
    expect(grows(trendOf(line(6, saw)), 0.01)).toBe(true);
    // Steep, and by chance.
    expect(grows(trendOf(line(4, (at) => (at === 20 ? 50 : 0))), 0.01)).toBe(false);
  });

  test('is looked for in the last two thirds', () => {
    expect(settled(line(7, (at) => at)).map(({ at }) => at)).toEqual([20, 30, 40, 50, 60]);
    expect(settled([])).toEqual([]);
  });
});

test('the median of an even number is between its two middles', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

describe('a soak', () => {
  const table = (name: string, figures: Partial<TableSize> = {}): TableSize => ({
    room: 'orders',
    table: name,
    rows: 0,
    dead: 0,
    bytes: 0,
    ...figures,
  });
  const moment = (at: number, change: Partial<Moment> = {}): Moment => ({
    seconds: at,
    orders: at * 170,
    node_mb: 250 + saw(at),
    heap_mb: 100,
    postgres_mb: 150,
    wal_mb: at * 3,
    wal_kept_mb: 100,
    queues: [table('outbox', { rows: 50 }), table('inbox'), table('inbox_done', { rows: 400_000 })],
    mails_waiting: 0,
    deadest: table('outbox', { dead: 6_000 }),
    ...change,
  });
  const soak = (change: Partial<Soak> = {}, moments: (at: number) => Partial<Moment> = () => ({})): Soak => ({
    seconds: 600,
    rate: 170,
    idle_mb: 160,
    remembered: [table('inbox_done', { rows: 700 })],
    result: {} as Soak['result'],
    moments: line(61, () => 0).map(({ at }) => moment(at, moments(at))),
    ...change,
  });
  const beyond = (one: Soak) =>
    judge(one)
      .filter(({ kept }) => kept === false)
      .map(({ what }) => what);

  test('within its budgets passes', () => {
    expect(judge(soak()).every(({ kept }) => kept)).toBe(true);
  });

  const queues = (at: number, change: Partial<TableSize> & { table: string }) =>
    at === 300 ? { queues: [{ ...table(change.table), ...change }] } : {};

  test.each<[string, Soak]>([
    ['memory, idle', soak({ idle_mb: 201 })],
    ['memory, most until 102,000 orders', soak({}, (at) => (at === 300 ? { node_mb: 351 } : {}))],
    ['memory, growth in the last two thirds', soak({}, (at) => ({ node_mb: 200 + saw(at) + at / 10 }))],
    ['outbox and inbox, most rows of one', soak({}, (at) => queues(at, { table: 'inbox', rows: 1_701 }))],
    ['outbox and inbox, largest of one', soak({}, (at) => queues(at, { table: 'outbox', bytes: 33 * 2 ** 20 }))],
    [
      'inbox_done, idempotency_keys: behind in forgetting',
      soak({}, (at) => ({ queues: [table('inbox_done', { rows: 400_000 + 700 * at })] })),
    ],
    ['mails, most that waited', soak({}, (at) => ({ mails_waiting: at * 40 }))],
    ['most dead rows of a table', soak({}, () => ({ deadest: table('orders', { rows: 10_000, dead: 22_501 }) }))],
  ])('is told when it is beyond: %s', (what, one) => {
    expect(beyond(one)).toEqual([what]);
  });

  test('that was short tells of no growth, and of no hundred thousand orders', () => {
    const short = soak({ seconds: 30, moments: [moment(0), moment(15, { node_mb: 300 }), moment(30)] });
    const untold = judge(short).filter(({ kept }) => kept === undefined);
    expect(untold.map(({ what }) => what)).toEqual([
      'memory, most until 5,100 orders',
      'memory, growth in the last two thirds',
      'inbox_done, idempotency_keys: behind in forgetting',
      'mails, most that waited',
    ]);
    expect(beyond({ ...short, moments: [moment(0, { node_mb: 400 })] })).toEqual(['memory, most until 0 orders']);
  });

  test('names the table that was worst', () => {
    const one = soak({}, (at) => queues(at, { table: 'inbox', room: 'payments', rows: 900 }));
    expect(judge(one).find(({ what }) => what.includes('most rows'))?.found).toBe('900 (payments.inbox)');
  });
});

test('a chart has a line for each figure, from zero to a round number', () => {
  const chart = linesChart({
    title: 'A <shop>',
    about: 'here',
    panels: [{ title: 'Memory', lines: [{ name: 'shop', points: line(3, (at) => at * 9) }] }],
  });
  expect(chart).toContain('A &#60;shop&#62;');
  expect(chart.match(/<polyline/g)).toHaveLength(1);
  // The highest of its rules is above the highest of its points (180).
  expect(chart).toContain('>200</text>');
});
