import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Metrics } from './telemetry.ts';
import { createMetrics } from './telemetry.ts';
import { exposeBreakers } from './telemetry-platform.ts';
import { exposeProcess } from './telemetry-process.ts';

/** The lines of a scrape that are no comments. */
const lines = async (metrics: Metrics) =>
  (await metrics.scrape()).split('\n').filter((line) => line && !line.startsWith('#'));

test('a target tells how much memory and time its process has used, as of when it is asked', async () => {
  const metrics = createMetrics('orders');
  exposeProcess(metrics.registry);
  const figure = async (name: string) =>
    Number(new RegExp(`^${name}\\{service="orders"\\} (\\S+)$`, 'm').exec(await metrics.scrape())?.[1]);
  const [held, used] = [await figure('process_resident_memory_bytes'), await figure('nodejs_heap_size_used_bytes')];
  expect(held).toBeGreaterThan(used);
  expect(used).toBeGreaterThan(1_000_000);
  const kept = Buffer.alloc(64 * 2 ** 20, 1);
  expect(await figure('nodejs_external_memory_bytes')).toBeGreaterThanOrEqual(kept.length);
  const [cpu, active] = [
    await figure('process_cpu_seconds_total'),
    await figure('nodejs_eventloop_active_seconds_total'),
  ];
  const until = performance.now() + 300;
  while (performance.now() < until);
  await sleep(1);
  expect((await figure('process_cpu_seconds_total')) - cpu).toBeGreaterThan(0.1);
  expect((await figure('nodejs_eventloop_active_seconds_total')) - active).toBeGreaterThan(0.25);
  await expect.poll(() => figure('nodejs_eventloop_lag_seconds_sum')).toBeGreaterThan(0.1);
  expect(Math.abs((await figure('process_start_time_seconds')) + process.uptime() - Date.now() / 1000)).toBeLessThan(1);
});

test('two targets of one process tell the same of it, each under its own name', async () => {
  const texts = await Promise.all(
    ['orders', 'payments'].map((name) => {
      const metrics = createMetrics(name);
      exposeProcess(metrics.registry);
      return metrics.scrape();
    }),
  );
  expect(texts[0]).toContain('process_start_time_seconds{service="orders"}');
  expect(texts[1]).toContain('process_start_time_seconds{service="payments"}');
  expect(texts[1]).not.toContain('service="orders"');
});

test('what is asked for is as of the scrape: what is gone is not told any more, and what is not known is left out', async () => {
  const metrics = createMetrics('orders');
  let rows: { rule: string; findings: number; age: number | null }[] = [];
  metrics.ask({ name: 'audit', labels: ['rule'], figures: { findings: 'Found', age: 'Age' }, read: async () => rows });
  rows = [
    { rule: 'a', findings: 2, age: null },
    { rule: 'b', findings: 0, age: 7 },
  ];
  expect(await lines(metrics)).toEqual([
    'tradewind_collector_success{collector="audit",service="orders"} 1',
    'tradewind_findings{rule="a",service="orders"} 2',
    'tradewind_findings{rule="b",service="orders"} 0',
    'tradewind_age{rule="b",service="orders"} 7',
  ]);
  rows = [{ rule: 'b', findings: 1, age: null }];
  expect(await lines(metrics)).toEqual([
    'tradewind_collector_success{collector="audit",service="orders"} 1',
    'tradewind_findings{rule="b",service="orders"} 1',
  ]);
});

test('a scrape neither fails nor hangs with what it asks for: that is left out, and said', async () => {
  const metrics = createMetrics('orders');
  let asked = 0;
  let answer: ((rows: { waiting: number }[]) => void) | undefined;
  const fails = { waiting_here: 'Waits here' };
  metrics.ask({ name: 'fails', figures: fails, read: () => Promise.reject(new Error('away')) });
  metrics.ask({
    name: 'throws',
    figures: { broken: 'Broken' },
    read: () => {
      throw new Error('a bug');
    },
  });
  const hangs = () =>
    new Promise<{ waiting: number }[]>((resolve) => {
      asked += 1;
      answer = resolve;
    });
  metrics.ask({ name: 'hangs', figures: { waiting: 'Waits' }, read: hangs });
  metrics.ask({ name: 'works', figures: { fine: 'Fine' }, read: async () => [{ fine: 1 }] });
  const expected = [
    'tradewind_collector_success{collector="fails",service="orders"} 0',
    'tradewind_collector_success{collector="throws",service="orders"} 0',
    'tradewind_collector_success{collector="works",service="orders"} 1',
    'tradewind_collector_success{collector="hangs",service="orders"} 0',
    'tradewind_fine{service="orders"} 1',
  ].sort();
  const started = performance.now();
  expect((await lines(metrics)).sort()).toEqual(expected);
  expect((await lines(metrics)).sort()).toEqual(expected);
  expect(performance.now() - started).toBeLessThan(4_000);
  // One that hangs is not asked once more for each scrape.
  expect(asked).toBe(1);
  const third = metrics.scrape();
  answer?.([{ waiting: 3 }]);
  expect(await third).toContain('tradewind_waiting{service="orders"} 3');
  expect(await third).toContain('tradewind_collector_success{collector="hangs",service="orders"} 1');
});

test('a breaker that was open between two scrapes is counted', async () => {
  const metrics = createMetrics('gateway');
  const trip = exposeBreakers(metrics, ['orders', 'catalog'], (upstream) => upstream === 'catalog');
  trip('orders');
  expect(await lines(metrics)).toEqual(
    expect.arrayContaining([
      'tradewind_breaker_open{upstream="catalog",service="gateway"} 1',
      'tradewind_breaker_open{upstream="orders",service="gateway"} 0',
      'tradewind_breaker_trips_total{upstream="catalog",service="gateway"} 0',
      'tradewind_breaker_trips_total{upstream="orders",service="gateway"} 1',
    ]),
  );
});
