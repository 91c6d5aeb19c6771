/** What a soak must show: the figures it is about, each beside its budget. */
import { linesChart } from './lines.ts';
import type { Queue, TableSize } from './queue-tables.ts';
import type { Moment, Soak } from './soak.ts';
import { grows, settled, trendOf } from './trend.ts';

const IDLE_MB = 200;
const LOADED_MB = 350;
const LOADED_ORDERS = 100_000;
/** Of the process, in ten minutes: less is how a collector breathes. */
const GROWTH_MB = 10;
/** A shorter run is all warm-up. */
const TELLING_SECONDS = 300;
/** Outbox and inbox: what so many seconds of orders may have on their way, and how large they may become. */
const WAITING_SECONDS = 10;
const WAITING_MB = 32;
/** Housekeeping comes once a minute: of what is due to be forgotten, so much may lie about. */
const FORGETTING_SECONDS = 120;
/** Mails give way to orders for a minute; then they must keep pace, or they would pile up for ever. */
const MAILS_SECONDS = 120;
/** Autovacuum comes when a fifth is dead; small tables have a threshold. */
const DEAD_SHARE = 0.25;
const DEAD_ROWS = 20_000;
const TEN_MINUTES = 600;

export interface Judgement {
  what: string;
  found: string;
  budget: string;
  /** Undefined: this run is too short to tell. */
  kept: boolean | undefined;
}

export function judge(soak: Soak): Judgement[] {
  return [...judgeMemory(soak), ...judgeTables(soak)];
}

function judgeMemory({ seconds, idle_mb, moments }: Soak): Judgement[] {
  const most = Math.max(...moments.map(({ node_mb }) => node_mb));
  const orders = moments.at(-1)?.orders ?? 0;
  // Afterwards it rests.
  const loaded = moments.filter((one) => one.seconds <= seconds);
  const trend = trendOf(settled(loaded.map((one) => ({ at: one.seconds, value: one.node_mb }))));
  const [slope, error] = [trend.slope * TEN_MINUTES, trend.error * TEN_MINUTES];
  return [
    { what: 'memory, idle', found: mb(idle_mb), budget: `${IDLE_MB} MB`, kept: idle_mb <= IDLE_MB },
    {
      what: `memory, most until ${orders.toLocaleString('en')} orders`,
      found: mb(most),
      budget: `${LOADED_MB} MB after ${LOADED_ORDERS.toLocaleString('en')}`,
      // More than the budget is too much however few orders there were.
      kept: most > LOADED_MB ? false : orders >= LOADED_ORDERS ? true : undefined,
    },
    {
      what: 'memory, growth in the last two thirds',
      found: `${slope.toFixed(1)} ± ${(2 * error).toFixed(1)} MB in 10 min`,
      budget: `none (${GROWTH_MB} MB)`,
      kept: seconds < TELLING_SECONDS ? undefined : !grows(trend, GROWTH_MB / TEN_MINUTES),
    },
  ];
}

function judgeTables({ seconds, rate, remembered, moments }: Soak): Judgement[] {
  const waiting = allOf(moments, ({ table }) => table === 'outbox' || table === 'inbox');
  const [rows, bytes] = [worst(waiting, (one) => one.rows), worst(waiting, (one) => one.bytes)];
  const left = remembered.map((one) => ({ ...one, ...overdue(one, moments) })).sort((a, b) => b.seconds - a.seconds)[0];
  const mails = Math.max(...moments.map(({ mails_waiting }) => mails_waiting));
  const dead = worst(
    moments.map(({ deadest }) => deadest),
    (one) => one.dead,
  );
  return [
    {
      what: 'outbox and inbox, most rows of one',
      found: named(rows, `${rows?.rows ?? 0}`),
      budget: `${rate * WAITING_SECONDS}`,
      kept: (rows?.rows ?? 0) <= rate * WAITING_SECONDS,
    },
    {
      what: 'outbox and inbox, largest of one',
      found: named(bytes, mb((bytes?.bytes ?? 0) / 2 ** 20)),
      budget: `${WAITING_MB} MB`,
      kept: (bytes?.bytes ?? 0) <= WAITING_MB * 2 ** 20,
    },
    {
      what: 'inbox_done, idempotency_keys: behind in forgetting',
      found: named(left, `${Math.round(left?.seconds ?? 0)} s`),
      budget: `${FORGETTING_SECONDS} s`,
      kept: seconds < FORGETTING_SECONDS ? undefined : (left?.seconds ?? 0) <= FORGETTING_SECONDS,
    },
    {
      what: 'mails, most that waited',
      found: `${mails.toLocaleString('en')}, ${Math.round(mails / rate)} s of orders`,
      budget: `${MAILS_SECONDS} s`,
      kept: seconds < TELLING_SECONDS ? undefined : mails <= rate * MAILS_SECONDS,
    },
    {
      what: 'most dead rows of a table',
      found: named(dead, `${dead?.dead ?? 0}`),
      budget: `${Math.round(DEAD_SHARE * 100)} % and ${DEAD_ROWS.toLocaleString('en')}`,
      kept: (dead?.dead ?? 0) <= DEAD_SHARE * (dead?.rows ?? 0) + DEAD_ROWS,
    },
  ];
}

/** A table that forgets at the pace at which it learns stays as it was: what it has grown by, in seconds of that pace. */
function overdue({ room, table, rows: pace }: TableSize, moments: readonly Moment[]): { seconds: number } {
  const of = (moment: Moment | undefined) =>
    moment?.queues.find((one) => one.room === room && one.table === table)?.rows ?? 0;
  return { seconds: pace > 0 ? Math.max(0, of(moments.at(-1)) - of(moments[0])) / pace : 0 };
}

const allOf = (moments: readonly Moment[], wanted: (one: TableSize) => boolean) =>
  moments.flatMap(({ queues }) => queues.filter(wanted));
const worst = (tables: readonly TableSize[], figure: (one: TableSize) => number) =>
  tables.reduce<TableSize | undefined>((most, one) => (most && figure(most) >= figure(one) ? most : one), undefined);
const named = (table: Pick<TableSize, 'room' | 'table'> | undefined, figure: string) =>
  table ? `${figure} (${table.room}.${table.table})` : figure;
const mb = (value: number) => `${Math.round(value)} MB`;

/** Tells of it; true when nothing is beyond its budget. */
export function tellSoak(soak: Soak): boolean {
  const { moments, seconds, result } = soak;
  const every = Math.max(1, Math.round(moments.length / 12));
  console.table(moments.filter((_, i) => i % every === 0 || i === moments.length - 1).map(rowOf));
  const judged = judge(soak);
  console.table(judged.map(({ kept, ...one }) => ({ ...one, kept: kept ?? 'too short to tell' })));
  const { p50, p99 } = result.checkout_ms;
  const written = ((moments.at(-1)?.wal_mb ?? 0) - (moments[0]?.wal_mb ?? 0)) / seconds;
  console.log(
    `${Math.round(result.accepted_per_second)} orders a second for ${seconds} s; checkout p50 / p99 ${p50.toFixed(1)} / ${p99.toFixed(1)} ms; ${written.toFixed(1)} MB of WAL a second.`,
  );
  const beyond = judged.filter(({ kept }) => kept === false);
  for (const { what, found, budget } of beyond) console.error(`Beyond its budget: ${what}: ${found}, budget ${budget}`);
  return beyond.length === 0;
}

function rowOf(moment: Moment) {
  return {
    s: Math.round(moment.seconds),
    orders: moment.orders,
    'node MB': Math.round(moment.node_mb),
    'heap MB': Math.round(moment.heap_mb),
    'PostgreSQL MB': moment.postgres_mb === undefined ? '–' : Math.round(moment.postgres_mb),
    'WAL kept MB': Math.round(moment.wal_kept_mb),
    'outbox + inbox': rowsOf(moment, 'outbox', 'inbox'),
    'mails waiting': moment.mails_waiting,
    inbox_done: rowsOf(moment, 'inbox_done'),
    idempotency_keys: rowsOf(moment, 'idempotency_keys'),
    'dead in queues': moment.queues.reduce((sum, { dead }) => sum + dead, 0),
    'queues MB': Math.round(moment.queues.reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20),
  };
}

const rowsOf = ({ queues }: Moment, ...tables: Queue[]) =>
  queues.filter(({ table }) => tables.includes(table as Queue)).reduce((sum, { rows }) => sum + rows, 0);

export function soakChart({ moments, rate }: Soak, machine: string, at: string): string {
  const line = (name: string, value: (one: Moment) => number) => ({
    name,
    points: moments.map((one) => ({ at: one.seconds, value: value(one) })),
  });
  const dead = (one: Moment) => one.queues.reduce((sum, table) => sum + table.dead, 0);
  return linesChart({
    title: `A shop under ${rate} orders a second`,
    about: `${machine}, ${at.slice(0, 10)}`,
    panels: [
      {
        title: 'Memory, MB',
        lines: [
          line('shop', (one) => one.node_mb),
          line('of it heap', (one) => one.heap_mb),
          line('PostgreSQL', (one) => one.postgres_mb ?? 0),
        ],
      },
      {
        title: 'On their way, rows',
        lines: [
          line('outbox', (one) => rowsOf(one, 'outbox')),
          line('inbox', (one) => rowsOf(one, 'inbox')),
          line('mails', (one) => one.mails_waiting),
        ],
      },
      {
        title: 'Remembered, rows',
        lines: [
          line('inbox_done', (one) => rowsOf(one, 'inbox_done')),
          line('idempotency_keys', (one) => rowsOf(one, 'idempotency_keys')),
        ],
      },
      { title: 'Dead rows in these tables', lines: [line('dead', dead)] },
    ],
  });
}
