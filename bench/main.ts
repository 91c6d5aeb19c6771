/**
 * `npm run bench`: how fast the shop is on this machine, and how far that is from what the machine could do. Shops of its
 * own in throw-away folders; load generator, PostgreSQL, RabbitMQ and all services share the machine. A few minutes.
 *
 *   npm run bench                                       everything
 *   npm run bench -- --only=whole,flash --seconds=20    what is called so, 20 s each
 *   npm run bench -- --out=folder                       where result.json and chart.svg go (.bench)
 *   npm run bench -- --url=http://shop:9000 --products=SKU1,SKU2 --clients=32 --rate=50
 *                                                       a shop of yours: real orders, paid as it pays
 *
 * Every shop is audited when its runs are over: fast and wrong is a failure. Ends with 0; with 1 when books are wrong or
 * orders came to no end; with 2 when it could not be done.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { rabbitBinary } from '../test/rabbit.ts';
import { compareBlocking } from './blocking.ts';
import { memory, read } from './cost.ts';
import { measureLimit } from './limit.ts';
import { measureOther } from './other.ts';
import { chart, type Report, rowOf } from './report.ts';
import { audit, rest, runScenario, stock } from './run.ts';
import { SCENARIOS, type Scenario, warmUp } from './scenarios.ts';
import type { BenchShop } from './shop.ts';
import { SHAPES, startBenchShop } from './shop.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '10' },
    out: { type: 'string', default: '.bench' },
    url: { type: 'string' },
    products: { type: 'string', default: '' },
    clients: { type: 'string', default: '32' },
    rate: { type: 'string' },
    'node-args': { type: 'string', default: '' },
  },
});
const WARM_UP_SECONDS = 4;
const IDLE_SECONDS = 10;
const LIMIT = 'the limit';
const BLOCKING = 'blocking';
const BOOKS = ['orders', 'inventory', 'payments', 'notifications'];

const seconds = number('seconds', options.seconds, 1, 3_600);
const words = options.only.toLowerCase().split(',').filter(Boolean);
const report: Report = {
  at: new Date().toISOString(),
  machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`,
  node: process.version,
  seconds,
  shops: [],
  results: [],
};
let running: BenchShop | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void leave(130));

try {
  if (options.url) await other(options.url);
  else await everything();
  await leave(0);
} catch (error) {
  console.error(`\n${(error as Error).message}`);
  await leave(1);
}

async function everything(): Promise<void> {
  const scenarios = SCENARIOS.filter(({ name }) => isWanted(name));
  const possible = scenarios.filter(({ shape }) => shape === 'one' || rabbitBinary());
  if (possible.length < scenarios.length) console.log('RabbitMQ is not installed here: what needs it is left out');
  if (possible.length === 0 && !isWanted(BLOCKING)) {
    refuse(`--only: none of ${[...SCENARIOS.map(({ name }) => name), LIMIT, BLOCKING].join(', ')} is called so`);
  }
  for (const group of groupsOf(possible)) await runGroup(group);
  if (isWanted(BLOCKING)) {
    report.blocking = await compareBlocking(seconds, (what) => progress(what));
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

async function runGroup(group: readonly Scenario[]): Promise<void> {
  const { shape, settings = {} } = group[0] as Scenario;
  progress(`${SHAPES[shape]}: starting`);
  const shop = await startBenchShop({ shape, settings, nodeArgs: options['node-args'].split(' ').filter(Boolean) });
  running = shop;
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
  running = undefined;
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
  const rate = options.rate === undefined ? undefined : number('rate', options.rate, 1, 100_000);
  const clients = number('clients', options.clients, 1, 10_000);
  console.table([await measureOther({ url, products, clients, rate, seconds, onProgress: progress })]);
}

function finish(): void {
  progress('');
  const best = Math.max(...report.results.map(({ whole_per_second }) => whole_per_second));
  console.log(`\n${report.machine}, Node ${report.node}`);
  console.table(report.results.map(rowOf));
  console.table(report.shops);
  if (report.limit) {
    report.of_limit = best / report.limit.rate;
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

async function leave(code: number): Promise<never> {
  await running?.stop();
  process.exit(code);
}

function number(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  return value >= min && value <= max ? value : refuse(`--${name}: a number from ${min} to ${max}, not ${text}`);
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}
