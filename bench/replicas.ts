/**
 * Scale out: whole orders through RabbitMQ while more and more processes run the same targets against the same databases,
 * in one shop that goes on meanwhile: each that comes or goes does so among messages. And what an order costs each part.
 *
 * On one machine more processes are not faster, because they share its cores; they are not to be slower, and never wrong.
 */
import type { Stage } from '../simulator/command.ts';
import type { Target } from '../src/shop.ts';
import { TARGETS } from '../src/shop.ts';
import { costOf, read } from './cost.ts';
import type { Counts } from './processes.ts';
import type { RoomCost } from './rooms.ts';
import { meterRooms } from './rooms.ts';
import { audit, rest, runScenario, stock } from './run.ts';
import { type Scenario, whole } from './scenarios.ts';
import { type BenchShop, startBenchShop } from './shop.ts';
import { median } from './trend.ts';

/** Those that live on messages, and those that answer requests. */
const GROUPS: readonly (readonly Target[])[] = [
  ['inventory', 'payments', 'notifications'],
  ['orders', 'gateway'],
];
/** New processes connect, and compile what they run. */
const WARM_UP_SECONDS = 6;

export interface ReplicaRun {
  /** What runs more than once; none: one process of each. */
  targets: readonly Target[];
  replicas: number;
  round: number;
  accepted: number;
  whole_per_second: number;
  /** With their mail sent: those of one busy process wait until the orders are through, those of several do not. */
  mails_per_second: number;
  checkout_ms: { p50: number; p99: number };
  /** Milliseconds of CPU an order, by target and server, mails included. */
  cpu_ms: Record<string, number>;
  wal_bytes: number;
  /** Of PostgreSQL, what the sessions of each room were. */
  rooms: Record<string, RoomCost>;
}

export interface ReplicaOptions {
  stage: Stage;
  counts: readonly number[];
  /** Empty: each of two groups. */
  targets: readonly Target[];
  clients: number;
  seconds: number;
  rounds: number;
  onProgress: (what: string) => void;
}

interface Setup {
  targets: readonly Target[];
  replicas: number;
}

export async function measureReplicas(options: ReplicaOptions): Promise<ReplicaRun[]> {
  const { stage, counts, targets, clients, rounds, onProgress } = options;
  const scenario: Scenario = { ...whole, name: 'replicas', about: 'whole orders', shape: 'apart', clients };
  const groups = targets.length > 0 ? [targets] : GROUPS;
  const many = groups.flatMap((group) =>
    counts.filter((count) => count > 1).map((count) => ({ targets: group, replicas: count })),
  );
  const setups: Setup[] = counts.includes(1) ? [{ targets: [], replicas: 1 }, ...many] : many;
  onProgress('starting');
  const shop = await startBenchShop({ stage, shape: 'apart', settings: scenario.settings ?? {} });
  await stock(shop, [scenario]);
  const runs: ReplicaRun[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const setup of setups) {
      onProgress(`round ${round} of ${rounds}: ${nameOf(setup)}`);
      runs.push({ ...setup, round, ...(await measure(shop, setup, scenario, options.seconds)) });
    }
  }
  onProgress('looking at the books');
  await rest(shop);
  await audit(shop);
  await shop.stop();
  return runs;
}

async function measure(shop: BenchShop, { targets, replicas }: Setup, scenario: Scenario, seconds: number) {
  const counts: Counts = Object.fromEntries(TARGETS.map((target) => [target, targets.includes(target) ? replicas : 1]));
  await shop.scale(counts);
  await runScenario(shop, scenario, WARM_UP_SECONDS, () => {});
  const server = shop.databaseUrl('postgres');
  const before = await read(shop.roots(), server);
  const meter = await meterRooms(shop);
  const run = await runScenario(shop, scenario, seconds, () => {});
  const { accepted, whole_per_second, mails_per_second, checkout_ms } = run;
  const { cpu_ms, wal_bytes } = costOf(before, await read(shop.roots(), server), accepted);
  const rooms = await meter.end(accepted);
  return { accepted, whole_per_second, mails_per_second, checkout_ms, cpu_ms, wal_bytes, rooms };
}

const nameOf = ({ targets, replicas }: Setup) =>
  targets.length > 0 ? `${replicas} × ${targets.join(', ')}` : 'one of each';

/** Medians of the rounds: how fast, beside one of each, and what an order costs. */
export function tellReplicas(runs: readonly ReplicaRun[]): void {
  const setups = [...new Set(runs.map(nameOf))].map((name) => ({
    name,
    runs: runs.filter((run) => nameOf(run) === name),
  }));
  const single = setups.find(({ name }) => name === 'one of each');
  const rate = (of: readonly ReplicaRun[], what: 'whole_per_second' | 'mails_per_second') =>
    median(of.map((run) => run[what]));
  const beside = (of: readonly ReplicaRun[], what: 'whole_per_second' | 'mails_per_second') =>
    single ? hundredths(rate(of, what) / rate(single.runs, what)) : '–';
  console.table(
    setups.map(({ name, runs: of }) => ({
      processes: name,
      'whole/s': Math.round(rate(of, 'whole_per_second')),
      'beside one': beside(of, 'whole_per_second'),
      'mailed/s': Math.round(rate(of, 'mails_per_second')),
      'beside one, mailed': beside(of, 'mails_per_second'),
      'checkout p50/p99 ms': [
        median(of.map((run) => run.checkout_ms.p50)),
        median(of.map((run) => run.checkout_ms.p99)),
      ]
        .map((ms) => ms.toFixed(0))
        .join(' / '),
      'CPU ms/order': hundredths(median(of.map(({ cpu_ms }) => sum(Object.values(cpu_ms))))),
    })),
  );
  console.log('CPU of an order, ms:');
  const parts = Object.keys(runs[0]?.cpu_ms ?? {});
  const row = (of: (run: ReplicaRun) => number) =>
    Object.fromEntries(setups.map(({ name, runs: own }) => [name, hundredths(median(own.map(of)))]));
  console.table(Object.fromEntries(parts.map((part) => [part, row(({ cpu_ms }) => cpu_ms[part] ?? 0)])));
  tellParts((single ?? setups[0])?.runs ?? []);
}

/** What an order costs each part, and how many cores many orders a second would take: arithmetic, not measured. */
function tellParts(runs: readonly ReplicaRun[]): void {
  const figure = (of: (run: ReplicaRun) => number) => median(runs.map(of));
  const targets = Object.keys(runs[0]?.cpu_ms ?? {}).filter((part) => part !== 'postgres');
  const rooms = Object.keys(runs[0]?.rooms ?? {});
  const parts = [
    ...targets.map((part) => ({ part, 'CPU ms': figure(({ cpu_ms }) => cpu_ms[part] ?? 0) })),
    ...rooms.map((room) => {
      const of = (what: keyof RoomCost) => figure((run) => run.rooms[room]?.[what] ?? 0);
      const [commits, rows] = [of('commits'), of('rows')];
      return { part: `postgres: ${room}`, 'CPU ms': of('cpu_ms'), 'WAL kB': of('wal_bytes') / 1024, commits, rows };
    }),
    // The writers of log and files, vacuum, and sessions that have ended.
    {
      part: 'postgres: others',
      'CPU ms': figure((run) => (run.cpu_ms.postgres ?? 0) - sum(Object.values(run.rooms).map((room) => room.cpu_ms))),
      'WAL kB': figure((run) => run.wal_bytes - sum(Object.values(run.rooms).map((room) => room.wal_bytes))) / 1024,
    },
  ];
  console.log(`One of each, an order by part; cores for so many orders a second, ${BUSY * 100} % busy:`);
  const rowOf = ({ part, ...row }: (typeof parts)[number]) => [
    part,
    Object.fromEntries(
      Object.entries({ ...row, ...coresFor(row['CPU ms']) }).map(([what, value]) => [
        what,
        hundredths(value as number),
      ]),
    ),
  ];
  console.table(Object.fromEntries(parts.map(rowOf)));
}

/** Cores are to be busy for no more than this share of the time: the rest is for peaks, and for when one is lost. */
const BUSY = 0.6;
const RATES = [1_000, 10_000, 100_000];

/** Of a part that takes so many milliseconds of CPU an order. */
export function coresFor(milliseconds: number): Record<string, number> {
  const cores = (rate: number) => (rate * milliseconds) / 1000 / BUSY;
  return Object.fromEntries(RATES.map((rate) => [`cores ${rate.toLocaleString('en')}/s`, cores(rate)]));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const hundredths = (value: number) => Math.round(value * 100) / 100;
