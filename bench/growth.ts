/**
 * Whether a shop stays as fast as it grows: an empty one and one with years behind it side by side on this machine, asked
 * in turns; and every list of the API in the one that has grown.
 */
import pg from 'pg';
import type { Stage } from '../simulator/command.ts';
import type { ServiceName } from '../src/contracts/registry.ts';
import { growFolder } from './grow/grow.ts';
import type { Ask, PageTimes, Role } from './grow/lists.ts';
import { BUDGET_MS, listCases, measureLists } from './grow/lists.ts';
import { PASSWORD, type Past } from './grow/past.ts';
import { findSamples } from './grow/samples.ts';
import { isQueue, type TableSize, tableSizes } from './queue-tables.ts';
import { audit, rest, runScenario, stock } from './run.ts';
import { paced, SCENARIOS, type Scenario, warmUp } from './scenarios.ts';
import { ADMIN, type BenchShop, type ShopOptions, startBenchShop } from './shop.ts';
import { median } from './trend.ts';

export interface Growth {
  past: Past;
  /** Seconds that growing took. */
  grown_in_seconds: number;
  /** Bytes of all databases. */
  bytes: number;
  lists: PageTimes[];
  /** Medians of the rounds. */
  compared: Compared[];
  rounds: Round[];
  /** Tables that must stay small by themselves. */
  queues: TableSize[];
}

export interface Compared {
  scenario: string;
  what: string;
  empty: number;
  grown: number;
  /** Of grown to empty. */
  ratio: number;
}

interface Round {
  shop: 'empty' | 'grown';
  scenario: string;
  'orders/s': number;
  'checkout p50 ms': number;
  'checkout p99 ms': number;
}

export interface GrowthOptions {
  stage: Stage;
  past: Past;
  seconds: number;
  rounds: number;
  /** Of each page of each list. */
  requests: number;
  onProgress: (what: string) => void;
}

/** The two that the promise is about: as many orders as can be, and checkouts at a steady rate. */
const COMPARED: readonly Scenario[] = [
  ...SCENARIOS.filter(({ name }) => name === 'whole orders, 32 clients'),
  { ...paced, name: '200 orders/s', about: 'due at a fixed rate', clients: 32, rate: 200 },
];

export async function measureGrowth(options: GrowthOptions): Promise<Growth> {
  const { stage, past, onProgress } = options;
  onProgress('starting an empty shop');
  const empty = await startStocked({ stage });
  let grown_in_seconds = 0;
  const grown = await startStocked({
    stage,
    async furnish(where) {
      const began = performance.now();
      await growFolder(where, {
        past,
        onProgress: (done, what) => onProgress(`growing ${percent(done)}: ${what}`),
      });
      grown_in_seconds = (performance.now() - began) / 1000;
      onProgress('');
      console.log(`grown in ${Math.round(grown_in_seconds)} s`);
    },
  });
  const urlOf = (room: ServiceName) => grown.databaseUrl(`tradewind_${room}`);
  onProgress('looking at the books of the one that has grown');
  await audit(grown);
  const lists = await measureAll(grown, urlOf, options);
  const rounds = await alternate({ empty, grown }, options);
  const queues = (await tableSizes(grown)).filter(isQueue);
  await audit(grown);
  const [size] = await ask<{ bytes: number }>(grown, 'postgres', DATABASE_BYTES);
  await Promise.all([empty.stop(), grown.stop()]);
  return { past, grown_in_seconds, bytes: size?.bytes ?? 0, lists, compared: compare(rounds), rounds, queues };
}

async function startStocked(options: Pick<ShopOptions, 'stage' | 'furnish'>): Promise<BenchShop> {
  const settings = { PAYMENT_LATENCY_MS: '0', SAMPLE_SHOP: 'false' };
  const shop = await startBenchShop({ ...options, shape: 'one', settings });
  await stock(shop, []);
  return shop;
}

const percent = (part: number) => `${Math.round(part * 100)} %`;

async function measureAll(
  shop: BenchShop,
  url: (room: ServiceName) => string,
  { past, requests, onProgress }: GrowthOptions,
) {
  const samples = await findSamples(url, past);
  const cases = listCases(samples);
  const reader = createReader(shop, { email: samples.email?.[0] ?? '', password: PASSWORD });
  const tell = (done: number) => onProgress(`${cases.length} lists, each at three depths ${percent(done)}`);
  return measureLists({ past, cases, ask: reader, requests, onProgress: tell });
}

const TOKEN_MS = 60_000;

/** Reads pages as an admin and as a customer, whose tokens are short-lived. */
function createReader(shop: BenchShop, customer: { email: string; password: string }): Ask {
  const accounts = { admin: ADMIN, customer };
  const tokens = new Map<Role, { token: string; until: number }>();

  async function tokenOf(role: Role): Promise<string> {
    const known = tokens.get(role);
    if (known && performance.now() < known.until) return known.token;
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(accounts[role]);
    const reply = await fetch(`${shop.gateway}/api/auth/login`, { method: 'POST', headers, body });
    if (!reply.ok) throw new Error(`login as ${role} answered ${reply.status}`);
    const { access_token } = (await reply.json()) as { access_token: string };
    tokens.set(role, { token: access_token, until: performance.now() + TOKEN_MS });
    return access_token;
  }

  return async (url, as) => {
    const headers = { authorization: `Bearer ${await tokenOf(as)}` };
    const reply = await fetch(`${shop.gateway}${url}`, { headers });
    const body = await reply.text();
    if (reply.status === 422) return undefined;
    if (!reply.ok) throw new Error(`${url} answered ${reply.status}: ${body.slice(0, 300)}`);
    return JSON.parse(body);
  };
}

/** In turns: whatever else this machine does, it does to both. */
async function alternate(
  shops: { empty: BenchShop; grown: BenchShop },
  { seconds, rounds, onProgress }: GrowthOptions,
): Promise<Round[]> {
  const results: Round[] = [];
  for (const shop of Object.values(shops)) {
    await runScenario(shop, warmUp(COMPARED[0] as Scenario), 4, () => {});
  }
  for (let round = 1; round <= rounds; round += 1) {
    for (const scenario of COMPARED) {
      for (const [name, shop] of Object.entries(shops) as ['empty' | 'grown', BenchShop][]) {
        onProgress(`round ${round} of ${rounds}: ${scenario.name}, ${name} shop`);
        const { whole_per_second, checkout_ms } = await runScenario(shop, scenario, seconds, () => {});
        await rest(shop);
        results.push({
          shop: name,
          scenario: scenario.name,
          'orders/s': tenths(whole_per_second),
          'checkout p50 ms': tenths(checkout_ms.p50),
          'checkout p99 ms': tenths(checkout_ms.p99),
        });
      }
    }
  }
  return results;
}

const tenths = (value: number) => Math.round(value * 10) / 10;

function compare(rounds: readonly Round[]): Compared[] {
  return COMPARED.flatMap(({ name, rate }) =>
    (['orders/s', 'checkout p50 ms', 'checkout p99 ms'] as const)
      .filter((what) => what !== 'orders/s' || rate === undefined)
      .map((what) => {
        const of = (shop: string) =>
          median(rounds.filter((one) => one.shop === shop && one.scenario === name).map((one) => one[what]));
        const [empty, grown] = [of('empty'), of('grown')];
        return { scenario: name, what, empty, grown, ratio: Math.round((grown / empty) * 100) / 100 };
      }),
  );
}

const DATABASE_BYTES = `select sum(pg_database_size(oid))::float8 as bytes from pg_database where datname like 'tradewind%'`;

async function ask<Row>(shop: BenchShop, database: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: shop.databaseUrl(database) });
  await client.connect();
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** The promise: a past takes no more than a tenth of the orders, and makes the slowest checkouts no more than a tenth slower. */
export function isPromise({ what, ratio }: Compared): boolean {
  if (what === 'orders/s') return ratio >= 0.9;
  return what !== 'checkout p99 ms' || ratio <= 1.1;
}

/** False when something is too slow; tells of it, and of each list its slowest page. */
export function tellGrowth({ past, grown_in_seconds, bytes, lists, compared, queues }: Growth): boolean {
  console.log(
    `${past.orders} orders, ${past.products} products and ${past.customers} customers: grown in ${Math.round(grown_in_seconds)} s, ${(bytes / 2 ** 30).toFixed(1)} GiB.`,
  );
  console.table(compared.map((row) => ({ ...row, kept: isPromise(row) })));
  console.table(slowest(lists));
  console.table(queues.map(({ bytes: size, ...queue }) => ({ ...queue, kB: Math.round(size / 1024) })));
  const slow = lists.filter(({ p99 }) => p99 > BUDGET_MS).sort((a, b) => b.p99 - a.p99);
  if (slow.length === 0) return compared.every(isPromise);
  console.log(`${slow.length} of ${lists.length} pages have a p99 above ${BUDGET_MS} ms:`);
  console.table(slow.slice(0, 60).map(rowOf));
  return false;
}

/** Of each list the page with the worst p99. */
function slowest(lists: readonly PageTimes[]) {
  const worst = new Map<string, PageTimes>();
  for (const one of lists) {
    const key = `${one.endpoint} ${one.as}`;
    if ((worst.get(key)?.p99 ?? -1) < one.p99) worst.set(key, one);
  }
  return [...worst.values()].map((one) => ({
    ...rowOf(one),
    pages: lists.filter(({ endpoint, as }) => endpoint === one.endpoint && as === one.as).length,
  }));
}

function rowOf({ endpoint, as, url, depth, requests, items, p50, p99 }: PageTimes) {
  const query = url.includes('?') ? new URLSearchParams(url.slice(url.indexOf('?'))) : new URLSearchParams();
  query.delete('cursor');
  const asked = query.toString();
  const short = asked.length > 60 ? `${asked.slice(0, 60)}…` : asked;
  return { list: endpoint, as, query: short, depth, requests, items, 'p50 ms': tenths(p50), 'p99 ms': tenths(p99) };
}
