/**
 * Whether a shop stays as it is: one process with its own PostgreSQL under a steady load, looked at every few seconds.
 * Memory must come to rest, queues must stay short, and what has a memory must forget as fast as it learns.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../simulator/command.ts';
import { proportionalMemory } from './cost.ts';
import type { Request } from './load.ts';
import { age, isQueue, type TableSize, tableSizes } from './queue-tables.ts';
import { ask, audit, MAILS, type Result, rest, runScenario, stock } from './run.ts';
import { paced, pageOf, type Scenario, single } from './scenarios.ts';
import { type BenchShop, startBenchShop } from './shop.ts';

const CLIENTS = 32;
const IDLE_SECONDS = 10;
/** What comes meanwhile tells what an order leaves in the tables that have a memory. */
const WARM_UP_SECONDS = 12;
const MOST_PAUSE_MS = 10_000;
const SAMPLES = 60;

/** What was seen at a moment of the soak. */
export interface Moment {
  seconds: number;
  /** Placed since the shop was started. */
  orders: number;
  /** MiB that the shop's process holds, and of it JavaScript's objects. */
  node_mb: number;
  heap_mb: number;
  /** MiB of all processes of PostgreSQL, what they share counted once; undefined where it cannot be read. */
  postgres_mb: number | undefined;
  /** MiB of WAL written since there is this server, and kept in files. */
  wal_mb: number;
  wal_kept_mb: number;
  queues: TableSize[];
  /** Recorded and not yet sent: they give way while the process is busy. */
  mails_waiting: number;
  /** The table with most dead rows. */
  deadest: TableSize;
}

export interface Soak {
  seconds: number;
  /** Orders due each second. */
  rate: number;
  idle_mb: number;
  /** Rows that come each second into the tables that have a memory. */
  remembered: TableSize[];
  result: Result;
  moments: Moment[];
}

export interface SoakOptions {
  stage: Stage;
  seconds: number;
  rate: number;
  onProgress: (what: string) => void;
}

/** For each order, placed with a key as the pages do it, somebody looks at a page of the catalogue. */
function soaking(rate: number): Scenario {
  const request = (n: number): Request =>
    n % 2 === 0 ? pageOf(n / 2) : { ...single(n), headers: { 'idempotency-key': randomUUID() } };
  return { ...paced, name: 'soak', about: 'a steady load for long', clients: CLIENTS, rate: 2 * rate, request };
}

export async function measureSoak({ stage, seconds, rate, onProgress }: SoakOptions): Promise<Soak> {
  const scenario = soaking(rate);
  onProgress('starting');
  const shop = await startBenchShop({ stage, shape: scenario.shape, settings: scenario.settings ?? {} });
  await stock(shop, [scenario]);
  onProgress('idle');
  await sleep(IDLE_SECONDS * 1000);
  const { node_mb: idle_mb } = await memoryOf(shop);
  const perOrder = await warm(shop, scenario, onProgress);
  const perSecond = perOrder.map((one) => ({ ...one, rows: one.rows * rate }));
  await age(shop, perSecond, seconds);
  const watch = watchShop(shop, Math.min(MOST_PAUSE_MS, (seconds * 1000) / SAMPLES));
  const result = await runScenario(shop, scenario, seconds, (done) =>
    onProgress(`soaking ${Math.round(done * 100)} %`),
  );
  const moments = await watch.end();
  onProgress('looking at the books');
  await rest(shop);
  await audit(shop);
  await shop.stop();
  return { seconds, rate, idle_mb, remembered: perSecond, result, moments };
}

/** What one order leaves in the tables that have a memory. */
async function warm(shop: BenchShop, scenario: Scenario, onProgress: SoakOptions['onProgress']): Promise<TableSize[]> {
  onProgress('warming up');
  const remembered = async () =>
    (await tableSizes(shop)).filter(({ table }) => table === 'inbox_done' || table === 'idempotency_keys');
  const before = await remembered();
  const { accepted } = await runScenario(shop, scenario, WARM_UP_SECONDS, () => {});
  const after = await remembered();
  return after.map((one) => {
    const had = before.find(({ room, table }) => room === one.room && table === one.table)?.rows ?? 0;
    return { ...one, rows: (one.rows - had) / accepted };
  });
}

const PLACED = `select coalesce(pg_sequence_last_value('order_numbers'), 1000)::int - 1000 as orders`;
const WAL = `
  select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as written,
    (select sum(size)::float8 from pg_ls_waldir()) as kept`;

/** Looks at the shop again and again, until it is ended. */
function watchShop(shop: BenchShop, pauseMs: number) {
  const moments: Moment[] = [];
  const started = performance.now();
  const ending = new AbortController();

  async function look(): Promise<void> {
    const seconds = (performance.now() - started) / 1000;
    const tables = await tableSizes(shop);
    const [placed] = await ask<{ orders: number }>(shop, 'orders', PLACED);
    const [wal] = await ask<{ written: number; kept: number }>(shop, 'orders', WAL);
    const [mails] = await ask<{ left: number }>(shop, 'notifications', MAILS);
    const process = await memoryOf(shop);
    moments.push({
      seconds,
      orders: placed?.orders ?? 0,
      ...process,
      postgres_mb: proportionalMemory(shop.roots()).postgres,
      wal_mb: (wal?.written ?? 0) / 2 ** 20,
      wal_kept_mb: (wal?.kept ?? 0) / 2 ** 20,
      queues: tables.filter(isQueue),
      mails_waiting: Number(mails?.left ?? 0),
      deadest: [...tables].sort((a, b) => b.dead - a.dead)[0] as TableSize,
    });
  }

  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      await look();
      await sleep(pauseMs, undefined, { signal: ending.signal }).catch(() => {});
    }
    await look();
  }

  const watching = watch();
  // It is heard when it is waited for.
  watching.catch(() => {});
  return {
    async end(): Promise<Moment[]> {
      ending.abort();
      await watching;
      return moments;
    },
  };
}

/** What the shop's process tells of its memory. */
async function memoryOf(shop: BenchShop): Promise<Pick<Moment, 'node_mb' | 'heap_mb'>> {
  const text = await (await fetch(shop.metrics()[0] as string)).text();
  const figure = (name: string) => Number(new RegExp(`^${name}\\S* (\\d+)`, 'm').exec(text)?.[1]) / 2 ** 20;
  return { node_mb: figure('process_resident_memory_bytes'), heap_mb: figure('nodejs_heap_size_used_bytes') };
}
