/** One scenario on one shop: load, then rest, then what it has cost and whether the books are right. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Cost } from './cost.ts';
import { costOf, memory, read } from './cost.ts';
import { load, percentile } from './load.ts';
import { PRODUCTS, type Scenario } from './scenarios.ts';
import { ADMIN, type BenchShop } from './shop.ts';

export interface Result {
  scenario: string;
  about: string;
  /** Checkouts answered with 201. */
  accepted: number;
  accepted_per_second: number;
  /** Placed until the notification is recorded, from the first request until the last is. */
  whole_per_second: number;
  checkout_ms: { p50: number; p99: number };
  /** Pages that were read. */
  read_ms: { p50: number; p99: number } | undefined;
  /** From an order's placing to its notification's row, of the last orders. */
  whole_ms: { p50: number; p99: number } | undefined;
  /** Sent, from the first request until the last mail has left. */
  mails_per_second: number;
  refused: Record<string, number>;
  cost: Cost | undefined;
  memory_mb: Record<string, number>;
}

/** Books that do not agree, or orders that came to no end. */
export class Wrong extends Error {}

const STILL_MS = 20_000;
const SAMPLE = 2_000;

export async function runScenario(
  shop: BenchShop,
  scenario: Scenario,
  seconds: number,
  onProgress: (done: number) => void,
): Promise<Result> {
  const { name, about, clients, rate, request, frozen = [] } = scenario;
  await rest(shop);
  const since = new Date();
  const [finished, before] = [await finishedOrders(shop), await read(shop.roots(), shop.databaseUrl('postgres'))];
  const thaw = shop.freeze(frozen);
  const [started, mails] = [performance.now(), shop.mails()];
  const loaded = await load({ urls: shop.gateways(), clients, seconds, rate, request, onProgress });
  thaw();
  requireRight(loaded.refused);
  await untilFinished(shop, finished + loaded.accepted);
  const whole = (performance.now() - started) / 1000;
  const memory_mb = memory(shop.roots());
  const after = await read(shop.roots(), shop.databaseUrl('postgres'));
  await rest(shop);
  const mailed = (performance.now() - started) / 1000;
  return {
    scenario: name,
    about,
    accepted: loaded.accepted,
    accepted_per_second: loaded.accepted / loaded.seconds,
    whole_per_second: loaded.accepted / whole,
    checkout_ms: spread(loaded.checkouts),
    read_ms: loaded.reads.length > 0 ? spread(loaded.reads) : undefined,
    whole_ms: await wholeLatency(shop, since),
    mails_per_second: (shop.mails() - mails) / mailed,
    refused: Object.fromEntries([...loaded.refused].map(([status, count]) => [status || 'no answer', count])),
    cost: loaded.reads.length > 0 ? undefined : costOf(before, after, loaded.accepted),
    memory_mb,
  };
}

/** What is asked for is there, and allowed: who is told otherwise measured something else. */
function requireRight(refused: ReadonlyMap<number, number>): void {
  for (const [status, count] of refused) {
    if (status >= 400 && status < 500)
      throw new Wrong(`${count} requests of the benchmark were answered with ${status}`);
  }
}

const spread = (sample: readonly number[]) => ({ p50: percentile(sample, 50), p99: percentile(sample, 99) });

/** Orders whose end notifications has heard of. */
async function finishedOrders(shop: BenchShop): Promise<number> {
  const texts = await Promise.all(shop.metrics().map(async (url) => (await fetch(url)).text()));
  const counts = texts
    .join('\n')
    .matchAll(/^tradewind_messages_total\{type="order\.(confirmed|failed|cancelled)",outcome="handled"[^}]*\} (\d+)/gm);
  return [...counts].reduce((sum, [, , count]) => sum + Number(count), 0);
}

async function untilFinished(shop: BenchShop, count: number): Promise<void> {
  let [last, moved] = [-1, performance.now()];
  for (;;) {
    const now = await finishedOrders(shop);
    if (now >= count) return;
    if (now > last) [last, moved] = [now, performance.now()];
    if (performance.now() - moved > STILL_MS) throw new Wrong(`${count - now} orders came to no end`);
    await sleep(20);
  }
}

const LEFT = `select (select count(*) from outbox) + (select count(*) from inbox) as left`;
/** Mails that are still to be sent. */
export const MAILS = `select count(*) as left from notifications where status in ('waiting', 'queued')`;

/** After a long load mails may need minutes; they come to rest as long as they become fewer. */
const RESTLESS_MS = 60_000;

/** Waits until no message and no mail is on its way. */
export async function rest(shop: BenchShop): Promise<void> {
  const rooms = ['orders', 'inventory', 'payments', 'notifications', 'customers', 'catalog'];
  // Connected once: to ask is to cost little of what is measured.
  const looks = [...rooms.map((room) => ({ room, text: LEFT })), { room: 'notifications', text: MAILS }].map(
    ({ room, text }) => ({ text, client: clientOf(shop, room) }),
  );
  try {
    await Promise.all(looks.map(({ client }) => client.connect()));
    let [least, moved] = [Number.POSITIVE_INFINITY, performance.now()];
    for (; performance.now() - moved < RESTLESS_MS; await sleep(100)) {
      const counts = await Promise.all(looks.map(({ client, text }) => client.query<{ left: string }>(text)));
      const left = counts.reduce((sum, { rows }) => sum + Number(rows[0]?.left), 0);
      if (left === 0) return;
      if (left < least) [least, moved] = [left, performance.now()];
    }
  } finally {
    await Promise.all(looks.map(({ client }) => client.end()));
  }
  throw new Error('messages or mails did not come to rest');
}

function clientOf(shop: BenchShop, room: string): pg.Client {
  const client = new pg.Client({ connectionString: shop.databaseUrl(`tradewind_${room}`) });
  // A server that is stopped under it fails its query; its own error event must not end a command that is ending.
  client.on('error', () => {});
  return client;
}

export async function ask<Row>(shop: BenchShop, room: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = clientOf(shop, room);
  await client.connect();
  try {
    return (await client.query(text, values)).rows as Row[];
  } finally {
    await client.end();
  }
}

const PLACED = `select id, created_at as at from orders where created_at >= $1 order by id desc limit ${SAMPLE}`;
const TOLD = `
  select order_id as id, min(created_at) as at from notifications
  where order_id = any($1::uuid[]) and kind in ('confirmed', 'failed') group by order_id`;

async function wholeLatency(shop: BenchShop, since: Date): Promise<Result['whole_ms']> {
  const placed = await ask<{ id: string; at: Date }>(shop, 'orders', PLACED, [since]);
  const told = await ask<{ id: string; at: Date }>(shop, 'notifications', TOLD, [placed.map(({ id }) => id)]);
  const ends = new Map(told.map(({ id, at }) => [id, at.getTime()]));
  const took = placed.flatMap(({ id, at }) => (ends.has(id) ? [(ends.get(id) as number) - at.getTime()] : []));
  return took.length > 0 ? spread(took) : undefined;
}

/** Puts products on the shelf, and waits until every room knows them. */
export async function stock(shop: BenchShop, scenarios: readonly Scenario[]): Promise<void> {
  const json = { 'content-type': 'application/json' };
  const post = async (path: string, body: object, headers: Record<string, string> = json) => {
    const reply = await fetch(`${shop.gateway}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!reply.ok) throw new Error(`${path} answered ${reply.status}: ${await reply.text()}`);
    return (await reply.json()) as { access_token: string };
  };
  const { access_token } = await post('/api/auth/login', ADMIN);
  const headers = { ...json, authorization: `Bearer ${access_token}` };
  const products = Array.from({ length: PRODUCTS }, (_, n) => ({ product_id: `BENCH${n}`, stock: 10_000_000 }));
  const hot = scenarios.flatMap((scenario) => scenario.hot ?? []);
  for (const [n, product] of [...products, ...hot].entries()) {
    await post('/api/products', { ...product, name: `Product ${n}`, price: '19.99' }, headers);
  }
  await rest(shop);
}

/** `npm run audit` on the shop's databases; throws with what it says unless all is well. */
export async function audit(shop: BenchShop): Promise<void> {
  const env = { ...process.env, DATABASE_URL: shop.databaseUrl('tradewind') };
  const command = spawn(process.execPath, ['dist/src/audit/main.js'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [command.stdout, command.stderr]) stream.on('data', (text) => (said += text));
  const code = await new Promise((resolve) => command.once('close', resolve));
  if (code !== 0) throw new Wrong(`The books are wrong:\n${said}`);
}
