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
import { rabbitBinary } from '../test/rabbit.ts';
import { compareBlocking } from './blocking.ts';
import { memory, read } from './cost.ts';
import { measureLimit } from './limit.ts';
import { measureOther } from './other.ts';
import { chart, type Report, rowOf } from './report.ts';
import { audit, rest, runScenario, stock, Wrong } from './run.ts';
import { SCENARIOS, type Scenario, warmUp } from './scenarios.ts';
import type { BenchShop } from './shop.ts';
import { SHAPES, startBenchShop } from './shop.ts';

const USAGE = `npm run bench -- [flags]: how fast the shop is here, and how far that is from what the machine could do

  --only=a,b       what is called so: whole, flash, baskets, browsing, 200, rabbitmq, accepting, the limit, blocking [all]
  --seconds=N      for each [10]
  --out=folder     where result.json and chart.svg go [.bench]
  --node-args=…    for the shop's processes, to look into them (--node-args=--cpu-prof)

  --url=http://…   a shop of yours instead: real orders, paid as it pays; with
  --products=A,B   what to buy, --clients=N [32], and --rate=N a second [as fast as it answers]

Ends with 0; with 1 when books are wrong or orders came to no end; with 2 when it could not be done.`;
const options = readFlags(USAGE, {
  only: { type: 'string', default: '' },
  seconds: { type: 'string', default: '10' },
  out: { type: 'string', default: '.bench' },
  url: { type: 'string' },
  products: { type: 'string', default: '' },
  clients: { type: 'string', default: '32' },
  rate: { type: 'string' },
  'node-args': { type: 'string', default: '' },
});
const WARM_UP_SECONDS = 4;
const IDLE_SECONDS = 10;
const LIMIT = 'the limit';
const BLOCKING = 'blocking';
const BOOKS = ['orders', 'inventory', 'payments', 'notifications'];

const seconds = wholeNumber('seconds', options.seconds, 1, 3_600);
const words = options.only.toLowerCase().split(',').filter(Boolean);
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
    await (options.url ? other(options.url) : everything(stage));
    return 0;
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

/** What the shop costs while nobody is there. */
async function idle(shop: BenchShop) {
  progress('idle');
  const [server, started] = [shop.databaseUrl('postgres'), performance.now()];
  const before = await read(shop.roots, server);
  await sleep(IDLE_SECONDS * 1000);
  const after = await read(shop.roots, server);
  const cpu = Object.entries(after.cpu).map(([kind, ms]) => {
    const percent = ((ms - (before.cpu[kind] ?? 0)) / (performance.now() - started)) * 100;
    return [kind, Math.round(percent * 10) / 10];
  });
  return { idle_cpu_percent: Object.fromEntries(cpu), idle_memory_mb: memory(shop.roots) };
}

async function limit(shop: BenchShop): Promise<void> {
  progress('the limit: the same rows, nothing else');
  const urls = BOOKS.map((room) => shop.databaseUrl(`tradewind_${room}`));
  report.limit = await measureLimit(urls);
}

async function other(url: string): Promise<void> {
  const products = options.products.split(',').filter(Boolean);
  if (products.length === 0) refuse('--products: what to buy, with commas');
  const rate = options.rate === undefined ? undefined : wholeNumber('rate', options.rate, 1, 100_000);
  const clients = wholeNumber('clients', options.clients, 1, 10_000);
  console.table([await measureOther({ url, products, clients, rate, seconds, onProgress: progress })]);
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
