/** How counts are put together and shown; the SQL that counts is tested in counting.test.ts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { STATISTICS } from '../../contracts/orders.ts';
import { isRejection } from '../../platform/problem.ts';
import type { Slot, Tally, Window } from './statistics.ts';
import { BOUNDS, fold, merge, middleOf, percentile, readWindow, shown, slotsOf } from './statistics.ts';

const NOW = Date.parse('2026-03-10T12:34:56.789Z');
const MINUTE = 60_000;
const at = (time: string) => Date.parse(`2026-03-10T${time}:00.000Z`);

const empty = { placed: 0, confirmed: 0, cancelled: 0, failures: {}, revenue: {}, refunded: {} };
const slot = (time: number, more: Partial<Slot> = {}): Slot => ({
  ...empty,
  at: time,
  checkout_ms: [],
  confirm_ms: [],
  ...more,
});

/** Which bucket a duration is in, said plainly. */
const bucketOf = (ms: number) => BOUNDS.filter((bound) => bound <= ms).length;

describe('durations', () => {
  test('are told to 9 % by the middle of their bucket, from a millisecond to a day', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 86_400_000, noNaN: true }), (ms) => {
        expect(Math.abs(middleOf(bucketOf(ms)) / ms - 1)).toBeLessThan(0.091);
      }),
    );
  });

  test('of many give the percentile that sorting them gives, to the width of a bucket', () => {
    const durations = fc.array(fc.double({ min: 1, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(durations, fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1), (all, part) => {
        const histogram: number[] = [];
        for (const ms of all) {
          const bucket = bucketOf(ms);
          while (histogram.length <= bucket) histogram.push(0);
          histogram[bucket] = (histogram[bucket] as number) + 1;
        }
        const exact = all.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(all.length * part) - 1)] as number;
        expect(Math.abs((percentile(histogram, part) as number) / exact - 1)).toBeLessThan(0.091);
      }),
    );
  });

  test('of none have no percentile; what is shorter or longer than the scale is at its ends', () => {
    expect(percentile([], 0.5)).toBeUndefined();
    expect(percentile([0, 0], 0.5)).toBeUndefined();
    expect(percentile([3], 0.99)).toBeLessThan(1);
    expect(middleOf(BOUNDS.length + 50)).toBe(middleOf(BOUNDS.length));
  });
});

const counts = fc.record({
  placed: fc.nat(1000),
  confirmed: fc.nat(1000),
  cancelled: fc.nat(1000),
  failures: fc.dictionary(fc.constantFrom('out_of_stock', 'timed_out'), fc.nat(100)),
  revenue: fc.dictionary(fc.constantFrom('EUR', 'USD', 'JPY'), fc.nat(1_000_000)),
  refunded: fc.dictionary(fc.constantFrom('EUR', 'USD'), fc.integer({ min: -1000, max: 1000 })),
  checkout_ms: fc.array(fc.nat(50), { maxLength: 20 }),
  confirm_ms: fc.array(fc.nat(50), { maxLength: 20 }),
});
const slots = fc
  .array(fc.tuple(fc.nat(5000), counts), { maxLength: 40 })
  .map((some) => some.map(([minute, one]): Slot => ({ ...one, at: minute * MINUTE })));

describe('counts', () => {
  test('are the same whatever is put together first: minutes to hours to days, or all at once', () => {
    const sum = (some: readonly Slot[]) => {
      const { checkout_ms, confirm_ms, ...rest } = merge(some);
      const trimmed = [checkout_ms, confirm_ms].map((histogram) => histogram.join().replace(/(,?0)+$/, ''));
      return { ...rest, trimmed };
    };
    fc.assert(
      fc.property(slots, (some) => {
        expect(fold(fold(some, 'hour'), 'day').map((one) => sum([one]))).toEqual(
          fold(some, 'day').map((one) => sum([one])),
        );
        expect(sum(fold(some, 'hour'))).toEqual(sum(some));
      }),
    );
  });

  test('of a unit begin with it, in order, each once', () => {
    const hours = fold([slot(at('11:59')), slot(at('10:00')), slot(at('10:59'))], 'hour');
    expect(hours.map((one) => one.at)).toEqual([at('10:00'), at('11:00')]);
    expect(fold([slot(at('23:59')), slot(at('23:59') + MINUTE)], 'day').map((one) => one.at)).toEqual([
      at('00:00'),
      at('23:59') + MINUTE,
    ]);
  });

  test('come from what happened in a minute, each thing to its place', () => {
    const minute = '2026-03-10T12:00:00.000Z';
    const tally = (more: Partial<Tally>): Tally => ({
      minute,
      became: 'placed',
      key: 'EUR',
      bucket: null,
      times: 1,
      amount: 0,
      ...more,
    });
    const found = slotsOf([
      tally({ bucket: 2, times: 3 }),
      tally({ key: 'USD', bucket: 2, times: 2 }),
      tally({ became: 'confirmed', bucket: 5, amount: 1200 }),
      tally({ became: 'failed', key: 'timed_out', times: 2 }),
      tally({ became: 'cancelled', times: 4 }),
      tally({ became: 'refunded', amount: -300 }),
      tally({ minute: '2026-03-10T12:01:00.000Z', bucket: 0 }),
    ]);
    expect(found).toEqual([
      {
        ...slot(at('12:00')),
        placed: 5,
        confirmed: 1,
        cancelled: 4,
        failures: { timed_out: 2 },
        revenue: { EUR: 1200 },
        refunded: { EUR: -300 },
        checkout_ms: [0, 0, 5],
        confirm_ms: [0, 0, 0, 0, 0, 1],
      },
      { ...slot(at('12:01')), placed: 1, checkout_ms: [1] },
    ]);
  });
});

describe('a window', () => {
  const read = (query: Parameters<typeof readWindow>[0]) => readWindow(query, NOW);
  const iso = (time: number) => new Date(time).toISOString();
  const back = (minutes: number) => iso(NOW - minutes * MINUTE);

  test('is the last day by the hour when nothing is asked for', () => {
    expect(read({})).toEqual({ from: at('12:00') - 24 * 60 * MINUTE, to: at('13:00'), step: 'hour' });
  });

  test.each([
    [60, 'minute', 61],
    [398, 'minute', 399],
    [401, 'hour', 8],
    [16 * 24 * 60, 'hour', 385],
    [30 * 24 * 60, 'day', 31],
    [398 * 24 * 60, 'day', 399],
  ] as const)('of %i minutes has the shortest step with few enough points: %s', (minutes, step, points) => {
    const window = read({ from: back(minutes) }) as Window;
    expect(window.step).toBe(step);
    expect(shown(window, []).points).toHaveLength(points);
  });

  test('is whole steps around what was asked for, and has nothing after now', () => {
    expect(read({ from: '2026-03-10T02:20:30+02:00', to: '2026-03-10T03:00:00Z', step: 'hour' })).toEqual({
      from: at('00:00'),
      to: at('03:00'),
      step: 'hour',
    });
    expect(read({ from: '2026-03-10T12:30:30Z', to: '2030-01-01T00:00:00Z' })).toEqual({
      from: at('12:30'),
      to: at('12:35'),
      step: 'minute',
    });
  });

  test.each<[object, string]>([
    [{ from: back(1440), step: 'minute' }, '/query/step'],
    [{ from: back(17 * 24 * 60), step: 'hour' }, '/query/step'],
    [{ from: back(401 * 24 * 60) }, '/query/from'],
    [{ from: back(-1) }, '/query/from'],
    [{ from: back(1), to: back(1) }, '/query/from'],
    [{ from: back(1), to: back(2) }, '/query/from'],
    [{ from: '2024-01-01T00:00:00Z', to: '2024-01-01T01:00:00Z', step: 'minute' }, '/query/step'],
  ])('that cannot be had is refused: %j', (query, pointer) => {
    const refused = read(query);
    expect(isRejection(refused) && refused.errors).toMatchObject([{ pointer }]);
  });

  test('of an hour so long ago that its minutes are gone is shown as an hour', () => {
    expect(read({ from: '2024-01-01T00:10:00Z', to: '2024-01-01T00:20:00Z' })).toMatchObject({ step: 'hour' });
  });

  test('never has more points than it may, whatever is asked for', () => {
    const time = fc.integer({ min: NOW - 500 * 24 * 60 * MINUTE, max: NOW + MINUTE });
    fc.assert(
      fc.property(time, time, (a, b) => {
        const window = read({ from: iso(Math.min(a, b)), to: iso(Math.max(a, b)) });
        if (isRejection(window)) return;
        expect(window.from).toBeLessThanOrEqual(Math.min(a, b));
        expect(window.to).toBeGreaterThanOrEqual(Math.min(NOW, Math.max(a, b)));
        expect(shown(window, []).points.length).toBeLessThanOrEqual(STATISTICS.points);
      }),
    );
  });
});

describe('what is shown', () => {
  const window: Window = { from: at('10:00'), to: at('13:00'), step: 'hour' };

  test('has a point for every step, amounts with the digits of their currency, and the whole in sums', () => {
    const busy = slot(at('11:05'), {
      placed: 3,
      confirmed: 2,
      failures: { timed_out: 1 },
      revenue: { EUR: 1250, JPY: 300, KWD: 1001 },
      checkout_ms: [0, 0, 3],
    });
    const later = slot(at('12:00'), {
      placed: 1,
      cancelled: 1,
      refunded: { EUR: -1250 },
      checkout_ms: [0, 0, 0, 0, 0, 0, 1],
    });
    const { points, totals } = shown(window, [busy, later]);
    expect(points.map((point) => [point.at, point.placed, point.checkout_ms])).toEqual([
      ['2026-03-10T10:00:00.000Z', 0, null],
      ['2026-03-10T11:00:00.000Z', 3, { p50: 1.3, p99: 1.3 }],
      ['2026-03-10T12:00:00.000Z', 1, { p50: 2.6, p99: 2.6 }],
    ]);
    expect(points[1]).toMatchObject({
      failed: 1,
      revenue: { EUR: '12.50', JPY: '300', KWD: '1.001' },
      confirm_ms: null,
    });
    expect(totals).toMatchObject({
      placed: 4,
      failed: 1,
      cancelled: 1,
      failures: { out_of_stock: 0, payment_declined: 0, timed_out: 1 },
      refunded: { EUR: '-12.50' },
      checkout_ms: { p50: 1.3, p99: 2.6 },
    });
  });
});
