/**
 * A real shop in real processes, under steady load, while everything in it is killed, frozen, cut and crashed. It has
 * a PostgreSQL and a RabbitMQ of its own in a throw-away folder, a bank and a mail server outside that keep books.
 *
 *   npm run chaos                               every target twice on RabbitMQ and PostgreSQL, 90 s (needs RabbitMQ's binary)
 *   npm run chaos -- --shape=one                everything in one process, with the PostgreSQL it brings
 *   npm run chaos -- --seconds=900 --rate=20    longer, and with more orders a second
 *   npm run chaos -- --seed=7                   the same misfortunes in the same order
 *
 * Ends with 0 when every promise was kept, with 1 when one was not, with 2 when it could not be done.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openOutside } from './outside.ts';
import type { Misfortune } from './plan.ts';
import { nameOf, plan } from './plan.ts';
import type { ChaosShop } from './shop.ts';
import { ADMIN_PASSWORD, startApart, startTogether } from './shop.ts';
import type { Goods } from './shoppers.ts';
import { sendShoppers } from './shoppers.ts';
import type { Books, Verdict } from './verdict.ts';
import { judge, openBooks, PROMISED, stuckOrders } from './verdict.ts';
import type { Watch } from './watch.ts';
import { watch } from './watch.ts';

const { values: options } = parseArgs({
  options: {
    shape: { type: 'string', default: 'apart' },
    seconds: { type: 'string', default: '90' },
    rate: { type: 'string', default: '10' },
    seed: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const seconds = wholeNumber('seconds', options.seconds, 5, 86_400);
const rate = wholeNumber('rate', options.rate, 1, 1_000);
const seed = options.seed ? wholeNumber('seed', options.seed, 0, 2 ** 32 - 1) : Math.floor(Math.random() * 2 ** 32);
if (!['apart', 'one'].includes(options.shape)) refuse(`--shape: apart or one, not ${options.shape}`);

/** How long a misfortune lasts. Longer than any lease, and than a transaction may be idle: 15 s. */
const LASTS_MS: Record<Misfortune['how'], number> = { kill: 0, freeze: 18_000, crash: 0, cut: 5_000, mute: 5_000 };
const BETWEEN_MS = 1_000;
const RECOVERY_LIMIT_MS = 30_000;
/** After the last misfortune; longer than every deadline. */
const REST_MS = 120_000;
const START_MS = 120_000;
const SHOWN = 10;
/** What lasts, and what is sold out soon. */
const GOODS: readonly Goods[] = [
  ...['PLENTY-1', 'PLENTY-2', 'PLENTY-3'].map((product_id) => ({ product_id, stock: 1_000_000 })),
  ...['FEW-1', 'FEW-2', 'FEW-3'].map((product_id) => ({ product_id, stock: Math.ceil(seconds * rate * 0.2) })),
];

interface Line {
  'at s': number;
  misfortune: string;
  'lasted s': number;
  'no checkout for s': number;
  'all well after s': number | string;
}

const dir = mkdtempSync(join(tmpdir(), 'tradewind-chaos-'));
const ends: (() => Promise<unknown>)[] = [];
process.once('SIGINT', () => void finish(130));
process.once('SIGTERM', () => void finish(143));
try {
  await finish((await ordeal()) ? 0 : 1);
} catch (error) {
  console.error(`It could not be done: ${(error as Error).message}\nwhat its processes said is in ${dir}`);
  options.keep = true;
  await finish(2);
}

/** True when every promise was kept. */
async function ordeal(): Promise<boolean> {
  const shape = options.shape === 'one' ? 'one process with everything' : 'seven targets, two processes each';
  console.log(`${shape}; ${rate} orders a second for ${seconds} s; seed ${seed}`);
  const outside = await openOutside(join(dir, 'mail'));
  ends.unshift(outside.stop);
  const shop = await (options.shape === 'one' ? startTogether : startApart)(dir, outside);
  ends.unshift(shop.stop);
  await ready(shop);
  const books = openBooks(shop.databaseUrl);
  ends.unshift(books.close);
  await stock(shop, books);
  outside.tell(shop.gateways);

  const crowd = sendShoppers(shop.gateways, GOODS, rate, seed);
  const lines = await misfortunes(shop, watch(books, crowd), crowd.answeredAt);
  console.log('no more misfortunes; waiting until everything has come to its end…');
  await crowd.leave(REST_MS);
  await rest(books);
  report(lines, await judge(books, crowd, GOODS, outside));
  return process.exitCode !== 1;
}

/** One after the other until the time is up, each after the one before has been recovered from. */
async function misfortunes(shop: ChaosShop, look: Watch, answeredAt: readonly number[]): Promise<Line[]> {
  const lines: Line[] = [];
  const began = performance.now();
  await sleep(2_000);
  for (const together of plan(seed, shop.misfortunes)) {
    if (performance.now() - began > seconds * 1000) break;
    const struck = performance.now();
    const release = await Promise.all(together.map((one) => shop.strike(one)));
    const lasts = Math.max(...together.map(({ how, what }) => (what === 'broker' ? 3_000 : LASTS_MS[how])));
    await sleep(lasts);
    await Promise.all(release.map((end) => end()));
    const over = performance.now();
    const took = await look.recovered(over, RECOVERY_LIMIT_MS);
    const line = {
      'at s': round(struck - began),
      misfortune: nameOf(together),
      'lasted s': round(over - struck),
      'no checkout for s': round(look.longestSilence(struck, performance.now())),
      'all well after s': took === undefined ? `not within ${RECOVERY_LIMIT_MS / 1000}` : round(took),
    };
    lines.push(line);
    console.log(
      `${String(line['at s']).padStart(6)} s  ${line.misfortune.padEnd(34)} ` +
        `no checkout for ${line['no checkout for s']} s, all well after ${line['all well after s']} s (${answeredAt.length} orders so far)`,
    );
    await sleep(BETWEEN_MS);
  }
  return lines;
}

async function ready(shop: ChaosShop): Promise<void> {
  const limit = Date.now() + START_MS;
  for (const gateway of shop.gateways) {
    while (!(await isWell(gateway))) {
      if (Date.now() > limit) throw new Error(`the shop at ${gateway} did not start`);
      await sleep(200);
    }
  }
}

const isWell = (gateway: string) =>
  fetch(`${gateway}/health`).then(
    async (reply) => reply.ok && ((await reply.json()) as { status: string }).status === 'ok',
    () => false,
  );

async function stock(shop: ChaosShop, books: Books): Promise<void> {
  const post = (path: string, body: object, headers: object = {}) =>
    fetch(`${shop.gateways[0]}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const login = await post('/api/auth/login', { email: 'admin@tradewind.test', password: ADMIN_PASSWORD });
  const { access_token } = (await login.json()) as { access_token: string };
  for (const { product_id, stock } of GOODS) {
    const body = { product_id, name: `Product ${product_id}`, price: '19.99', stock };
    const reply = await post('/api/products', body, { authorization: `Bearer ${access_token}` });
    if (!reply.ok) throw new Error(await reply.text());
  }
  for (const [room, table] of [
    ['orders', 'products'],
    ['inventory', 'levels'],
  ] as const) {
    while ((await books.query(room, `select from ${table}`)).length < GOODS.length) await sleep(50);
  }
}

const WAITS: readonly (readonly ['orders' | 'payments' | 'notifications', string])[] = [
  ['payments', `select from payments where status = 'processing' limit 1`],
  ['payments', `select from refunds where status = 'processing' limit 1`],
  ['payments', `select from webhook_events where status = 'waiting' limit 1`],
  ['notifications', `select from notifications where status in ('queued', 'waiting') limit 1`],
];

/** Until nothing moves any more, or the time for that is over. */
async function rest(books: Books): Promise<void> {
  const limit = Date.now() + REST_MS;
  for (let calm = 0; calm < 10 && Date.now() < limit; await sleep(200)) {
    const busy = (await stuckOrders(books)) > 0 || (await anything(books));
    calm = busy ? 0 : calm + 1;
  }
}

async function anything(books: Books): Promise<boolean> {
  for (const [room, text] of WAITS) if ((await books.query(room, text)).length > 0) return true;
  for (const room of ['catalog', 'inventory', 'orders', 'payments', 'customers', 'notifications'] as const) {
    const left = await books.query(room, 'select 1 from outbox union all select 1 from inbox limit 1');
    if (left.length > 0) return true;
  }
  return false;
}

function report(lines: readonly Line[], verdict: Verdict): void {
  console.log();
  console.table(lines);
  const { acknowledged, ended, byStatus, repeated, broken } = verdict;
  const statuses = Object.entries(byStatus).map(([status, count]) => `${count} ${status}`);
  const counts = Object.fromEntries(PROMISED.map((name) => [name, broken[name].length]));
  console.table([{ acknowledged, ended, ...counts }]);
  console.log(`${statuses.join(', ')}; ${repeated} mails came again under the same Message-ID`);
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
  for (const name of PROMISED) {
    for (const fault of broken[name].slice(0, SHOWN)) console.log(`✗ ${name}: ${fault}`);
    if (broken[name].length > SHOWN) console.log(`✗ ${name}: and ${broken[name].length - SHOWN} more`);
  }
  const slow = lines.filter((line) => typeof line['all well after s'] === 'string');
  for (const { misfortune } of slow) console.log(`✗ not recovered from in time: ${misfortune}`);
  const kept = PROMISED.every((name) => broken[name].length === 0) && slow.length === 0 && acknowledged > 0;
  console.log(
    kept
      ? '\nEvery promise was kept'
      : `\nBROKEN. Again: npm run chaos -- --shape=${options.shape} --seed=${seed} --seconds=${seconds} --rate=${rate}`,
  );
  process.exitCode = kept ? 0 : 1;
}

let finishing = false;
async function finish(code: number): Promise<void> {
  if (finishing) return;
  finishing = true;
  for (const end of ends) await end().catch((error) => console.error((error as Error).message));
  if (options.keep || code !== 0) console.log(`kept: ${dir}`);
  else rmSync(dir, { recursive: true, force: true });
  process.exit(code);
}

function round(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  return refuse(`--${name}: a whole number from ${min} to ${max}, not ${text}`);
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}
