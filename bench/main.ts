/**
 * `npm run bench`: how fast the shop is on this machine, and how far that is from what the machine could do. Shops of its
 * own in throw-away folders; load generator, PostgreSQL, RabbitMQ and all services share the machine. A few minutes.
 *
 *   npm run bench -- --help
 *
 * Every shop is audited when its runs are over: fast and wrong is a failure.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../simulator/command.ts';
import { onStage, readFlags, refuse, wholeNumber } from '../simulator/command.ts';
import type { Target } from '../src/shop.ts';
import { TARGETS } from '../src/shop.ts';
import { rabbitBinary } from '../test/rabbit.ts';
import { compareBlocking } from './blocking.ts';
import { memory, read } from './cost.ts';
import { compare, costOfOrder, readRecorded, record } from './gate.ts';
import { measureGrowth, tellGrowth } from './growth.ts';
import { measureLimit } from './limit.ts';
import { measureOther } from './other.ts';
import { measureReplicas, tellReplicas } from './replicas.ts';
import { chart, type Report, rowOf } from './report.ts';
import { audit, rest, runScenario, stock, Wrong } from './run.ts';
import { SCENARIOS, type Scenario, warmUp } from './scenarios.ts';
import type { BenchShop } from './shop.ts';
import { SHAPES, startBenchShop } from './shop.ts';
import { measureSoak } from './soak.ts';
import { soakChart, tellSoak } from './soak-budgets.ts';

const USAGE = `npm run bench -- [flags]: how fast the shop is here, and how far that is from what the machine could do

  --only=a,b       what is called so: whole, flash, baskets, browsing, 200, rabbitmq, accepting, the limit, blocking [all]
  --seconds=N      for each [10]
  --out=folder     where result.json and chart.svg go [.bench]
  --node-args=…    for the shop's processes, to look into them (--node-args=--cpu-prof)
  --gate           only what an order costs, beside what is recorded in bench/recorded.json
  --record         the same, and records it

  --grow           an empty shop beside one with a past: orders a second and checkouts compared, and each list of the API
                   at any depth, whose p99 may be 50 ms; with --rounds=N [3], --requests=N for each page of a list [20],
                   --past-orders=N [1000000], --past-products=N [100000], --past-customers=N [1000000]

  --soak           one process under a steady load, for 600 seconds unless --seconds says otherwise: memory and queues over
                   time, and whether they stay as they are; with --rate=N orders a second [170]
  --replicas=1,2,4 whole orders through RabbitMQ while so many processes run the same targets, and what an order costs
                   each part; with --targets=a,b [inventory,payments,notifications, then orders,gateway], --rounds=N [3]
                   and --clients=N [256]

  --url=http://…   a shop of yours instead: real orders, paid as it pays; with
  --products=A,B   what to buy, --clients=N [32], and --rate=N a second [as fast as it answers]

Ends with 0; with 1 when books are wrong, orders came to no end, the gate is shut, a list is too slow or a soak is beyond a
budget; with 2 when it could not be done.`;
const options = readFlags(USAGE, {
  only: { type: 'string', default: '' },
  seconds: { type: 'string' },
  out: { type: 'string', default: '.bench' },
  url: { type: 'string' },
  products: { type: 'string', default: '' },
  clients: { type: 'string' },
  rate: { type: 'string' },
  'node-args': { type: 'string', default: '' },
  gate: { type: 'boolean', default: false },
  record: { type: 'boolean', default: false },
  grow: { type: 'boolean', default: false },
  soak: { type: 'boolean', default: false },
  replicas: { type: 'string' },
  targets: { type: 'string', default: '' },
  rounds: { type: 'string', default: '3' },
  requests: { type: 'string', default: '20' },
  'past-orders': { type: 'string', default: '1000000' },
  'past-products': { type: 'string', default: '100000' },
  'past-customers': { type: 'string', default: '1000000' },
});
const WARM_UP_SECONDS = 4;
const IDLE_SECONDS = 10;
const HOUR_MS = 3_600_000;
const LIMIT = 'the limit';
const BLOCKING = 'blocking';
/** What the gate looks at: the most that the shop does, and the limit. */
const GATE = `256 clients,${LIMIT}`;
const BOOKS = ['orders', 'inventory', 'payments', 'notifications'];

// All of them, whatever is measured: a number that is none is not passed over in silence.
const seconds = wholeNumber('seconds', options.seconds ?? (options.soak ? '600' : '10'), 1, 86_400);
const clients = wholeNumber('clients', options.clients, 1, 10_000);
const rate = wholeNumber('rate', options.rate, 1, 100_000);
const rounds = wholeNumber('rounds', options.rounds, options.grow ? 0 : 1, 100);
const requests = wholeNumber('requests', options.requests, 1, 10_000);
const past = {
  orders: wholeNumber('past-orders', options['past-orders'], 1_000, 100_000_000),
  products: wholeNumber('past-products', options['past-products'], 100, 100_000_000),
  customers: wholeNumber('past-customers', options['past-customers'], 400, 100_000_000),
  until: Math.floor(Date.now() / HOUR_MS - 1) * HOUR_MS,
};
const replicaCounts = options.replicas?.split(',').map((count) => wholeNumber('replicas', count, 1, 16));
const gated = options.gate || options.record;
const words = (gated ? GATE : options.only).toLowerCase().split(',').filter(Boolean);
const report: Report = {
  at: new Date().toISOString(),
  machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`,
  node: process.version,
  seconds,
  shops: [],
  results: [],
};

await onStage({ name: 'bench' }, async (stage) => {
  try {
    if (gated && options.url) refuse('--gate and --record: of a shop of its own, not of the one at --url');
    if (options.grow) return (await growth(stage)) ? 0 : 1;
    if (options.soak) return (await soak(stage)) ? 0 : 1;
    if (replicaCounts) return await replicas(stage, replicaCounts);
    await (options.url ? other(options.url) : everything(stage));
    return gated && !(await passes(stage)) ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    console.error(`\n${error.message}`);
    return 1;
  }
});

async function everything(stage: Stage): Promise<void> {
  const scenarios = SCENARIOS.filter(({ name }) => isWanted(name));
  const possible = scenarios.filter(({ shape }) => shape === 'one' || rabbitBinary());
  if (possible.length < scenarios.length) console.log('RabbitMQ is not installed here: what needs it is left out');
  if (possible.length === 0 && !isWanted(BLOCKING)) {
    refuse(`--only: none of ${[...SCENARIOS.map(({ name }) => name), LIMIT, BLOCKING].join(', ')} is called so`);
  }
  for (const group of groupsOf(possible)) await runGroup(stage, group);
  if (isWanted(BLOCKING)) {
    report.blocking = await compareBlocking(stage, seconds, (what) => progress(what));
  }
  finish();
}

function isWanted(name: string): boolean {
  return words.length === 0 || words.some((word) => name.toLowerCase().includes(word));
}

/** Scenarios that one shop can have one after the other. */
function groupsOf(scenarios: readonly Scenario[]): Scenario[][] {
  const groups = new Map<string, Scenario[]>();
  for (const scenario of scenarios) {
    const key = JSON.stringify([scenario.shape, scenario.settings]);
    groups.set(key, [...(groups.get(key) ?? []), scenario]);
  }
  return [...groups.values()];
}

async function runGroup(stage: Stage, group: readonly Scenario[]): Promise<void> {
  const { shape, settings = {} } = group[0] as Scenario;
  progress(`${SHAPES[shape]}: starting`);
  const shop = await startBenchShop({
    stage,
    shape,
    settings,
    nodeArgs: options['node-args'].split(' ').filter(Boolean),
  });
  await stock(shop, group);
  report.shops.push({ shape, started_in_seconds: shop.startedIn, ...(await idle(shop)) });
  progress('warming up');
  await runScenario(shop, warmUp(group[0] as Scenario), WARM_UP_SECONDS, () => {});
  for (const scenario of group) {
    const length = seconds * (scenario.share ?? 1);
    const result = await runScenario(shop, scenario, length, (done) =>
      progress(`${scenario.name} ${Math.round(done * 100)} %`),
    );
    report.results.push(result);
    progress('');
    console.log(`${scenario.name}: ${Math.round(result.whole_per_second)} whole orders a second`);
  }
  progress('looking at the books');
  await rest(shop);
  await audit(shop);
  if (shape === 'one' && report.limit === undefined && isWanted(LIMIT)) await limit(shop);
  await shop.stop();
}

/** Whether an order costs what is recorded, or is recorded now. */
async function passes(stage: Stage): Promise<boolean> {
  progress('what an order costs, counted');
  const now = { order: await costOfOrder(stage), of_limit: Math.round((report.of_limit ?? 0) * 100) / 100 };
  progress('');
  if (options.record) record(now);
  const compared = compare(readRecorded(), now);
  console.table(compared);
  const shut = compared.filter(({ wrong }) => wrong);
  if (shut.length > 0)
    console.error('The gate is shut. If it is meant to be so: npm run bench -- --record, and say why.');
  return shut.length === 0;
}

/** What the shop costs while nobody is there. */
async function idle(shop: BenchShop) {
  progress('idle');
  const [server, started] = [shop.databaseUrl('postgres'), performance.now()];
  const before = await read(shop.roots(), server);
  await sleep(IDLE_SECONDS * 1000);
  const after = await read(shop.roots(), server);
  const cpu = Object.entries(after.cpu).map(([kind, ms]) => {
    const percent = ((ms - (before.cpu[kind] ?? 0)) / (performance.now() - started)) * 100;
    return [kind, Math.round(percent * 10) / 10];
  });
  return { idle_cpu_percent: Object.fromEntries(cpu), idle_memory_mb: memory(shop.roots()) };
}

async function limit(shop: BenchShop): Promise<void> {
  progress('the limit: the same rows, nothing else');
  const urls = BOOKS.map((room) => shop.databaseUrl(`tradewind_${room}`));
  report.limit = await measureLimit(urls);
}

/** True when no list is too slow. */
async function growth(stage: Stage): Promise<boolean> {
  const found = await measureGrowth({ stage, past, seconds, rounds, requests, onProgress: progress });
  keep('growth.json', found);
  return tellGrowth(found);
}

/** True when all is within its budget. */
async function soak(stage: Stage): Promise<boolean> {
  const found = await measureSoak({ stage, seconds, rate: rate ?? 170, onProgress: progress });
  keep('soak.json', found);
  writeFileSync(join(options.out, 'soak.svg'), soakChart(found, report.machine, report.at));
  return tellSoak(found);
}

async function replicas(stage: Stage, counts: readonly number[]): Promise<number> {
  if (!rabbitBinary()) refuse('--replicas: RabbitMQ is not installed here');
  const targets = options.targets.split(',').filter(Boolean).map(targetOf);
  const load = { clients: clients ?? 256, seconds };
  const runs = await measureReplicas({ stage, counts, targets, ...load, rounds, onProgress: progress });
  keep('replicas.json', { ...load, runs });
  tellReplicas(runs);
  return 0;
}

function targetOf(name: string): Target {
  return TARGETS.find((target) => target === name) ?? refuse(`--targets: ${name} is none of ${TARGETS.join(', ')}`);
}

/** All of it, for machines, with what it was measured on. */
function keep(name: string, found: object): void {
  progress('');
  const { at, machine, node } = report;
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, name), `${JSON.stringify({ at, machine, node, ...found }, null, 2)}\n`);
  console.log(`${machine}, Node ${node}`);
}

async function other(url: string): Promise<void> {
  const products = options.products.split(',').filter(Boolean);
  if (products.length === 0) refuse('--products: what to buy, with commas');
  const load = { clients: clients ?? 32, rate, seconds };
  console.table([await measureOther({ url, products, ...load, onProgress: progress })]);
}

function finish(): void {
  progress('');
  console.log(`\n${report.machine}, Node ${report.node}`);
  if (report.results.length > 0) {
    console.table(report.results.map(rowOf));
    console.table(report.shops);
  }
  if (report.limit) {
    report.of_limit = Math.max(...report.results.map(({ whole_per_second }) => whole_per_second)) / report.limit.rate;
    console.log(
      `The limit: ${Math.round(report.limit.rate)} orders a second (${report.limit.orders} orders, their rows only).`,
    );
    console.log(`The best of the above is ${report.of_limit.toFixed(2)} of it.`);
  }
  if (report.blocking) console.table(report.blocking);
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, 'result.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(options.out, 'chart.svg'), chart(report));
  console.log(`${join(options.out, 'result.json')} and chart.svg have all of it. All books are right.`);
}

/** One line that is written over; in a log, nothing. */
function progress(what: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[2K${what}`);
}
