/**
 * First load figures: whole orders a second (placed until the notification is recorded) and checkout latency, closed
 * loop, payment latency 0, on a shop of its own in a throw-away folder.
 *
 *   npm run bench                                  one process, embedded PostgreSQL, messages in process
 *   npm run bench -- --amqp=amqp://localhost       the same through RabbitMQ
 *   npm run bench -- --clients=1,32,256 --seconds=20
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Connection } from 'rabbitmq-client';
import { SERVICES } from '../src/contracts/registry.ts';
import { load, percentile } from './load.ts';

const { values: options } = parseArgs({
  options: {
    clients: { type: 'string', default: '32,256' },
    seconds: { type: 'string', default: '20' },
    amqp: { type: 'string', default: '' },
    offset: { type: 'string', default: '700' },
  },
});
const offset = Number(options.offset);
const gateway = `http://127.0.0.1:${9000 + offset}`;
const PRODUCTS = 200;
const namespace = `bench-${process.pid}`;

const dir = mkdtempSync(join(tmpdir(), 'tradewind-bench-'));
const shop = spawn(process.execPath, ['dist/src/main.js'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    ...process.env,
    DATA_DIR: dir,
    PORT_OFFSET: String(offset),
    PAYMENT_LATENCY_MS: '0',
    RATE_LIMIT: '0',
    RATE_LIMIT_CHECKOUT: '0',
    RATE_LIMIT_AUTH: '0',
    ADMIN_PASSWORD: 'bench-password',
    LOG_LEVEL: 'warn',
    AMQP_URL: options.amqp,
    AMQP_NAMESPACE: namespace,
  },
});
const ended = new Promise((resolve) => shop.once('exit', resolve));

try {
  await ready();
  await stockProducts();
  await load({ url: gateway, clients: 32, seconds: 3, body: checkout });
  await drained(0);
  const rows = [];
  for (const clients of options.clients.split(',').map(Number)) rows.push(await measure(clients));
  const carrier = options.amqp ? 'RabbitMQ' : 'in process';
  console.log(`\n${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, messages ${carrier}`);
  console.table(rows);
} finally {
  shop.kill('SIGINT');
  await ended;
  rmSync(dir, { recursive: true, force: true });
  if (options.amqp) await removeQueues();
}

/** A throw-away shop leaves nothing on a broker it was lent. */
async function removeQueues(): Promise<void> {
  const connection = new Connection({ url: options.amqp });
  for (const service of SERVICES) {
    for (const queue of [`${namespace}.${service}`, `${namespace}.${service}.dead`])
      await connection.queueDelete({ queue });
  }
  for (const exchange of ['events', 'dead']) await connection.exchangeDelete({ exchange: `${namespace}.${exchange}` });
  await connection.close();
}

async function measure(clients: number) {
  process.stdout.write(`${clients} clients for ${options.seconds} s … `);
  const before = await recorded();
  const started = performance.now();
  const result = await load({ url: gateway, clients, seconds: Number(options.seconds), body: checkout });
  const duringLoad = (await recorded()) - before;
  await drained(before + result.accepted);
  const seconds = (performance.now() - started) / 1000;
  console.log(`${result.accepted} orders`);
  return {
    clients,
    'accepted/s': Math.round(result.accepted / result.seconds),
    'whole orders/s': Math.round(result.accepted / seconds),
    'recorded during load/s': Math.round(duringLoad / result.seconds),
    'checkout p50 ms': round(percentile(result.latencies, 50)),
    'p99 ms': round(percentile(result.latencies, 99)),
    refused: [...result.refused].map(([status, count]) => `${count} × ${status}`).join(', ') || 'none',
  };
}

function checkout(n: number): object {
  return { email: `shopper${n}@example.com`, items: [{ product_id: `BENCH${n % PRODUCTS}`, quantity: 1 }] };
}

async function ready(): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const up = await fetch(`${gateway}/health`).then(
      (reply) => reply.ok,
      () => false,
    );
    if (up) return;
    await sleep(100);
  }
  throw new Error('the shop did not start');
}

async function stockProducts(): Promise<void> {
  const json = { 'content-type': 'application/json' };
  const login = await fetch(`${gateway}/api/auth/login`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ email: 'admin@tradewind.test', password: 'bench-password' }),
  });
  const { access_token } = (await login.json()) as { access_token: string };
  const headers = { ...json, authorization: `Bearer ${access_token}` };
  for (let n = 0; n < PRODUCTS; n += 1) {
    const body = { product_id: `BENCH${n}`, name: `Product ${n}`, price: '19.99', stock: 10_000_000 };
    const reply = await fetch(`${gateway}/api/products`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!reply.ok) throw new Error(await reply.text());
  }
  await sleep(1_000);
}

/** Confirmed orders whose notification is recorded. */
async function recorded(): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${8004 + offset}/metrics`)).text();
  const line = /tradewind_messages_total\{type="order.confirmed",outcome="handled",[^}]*\} (\d+)/.exec(text);
  return Number(line?.[1] ?? 0);
}

/** Waits until `count` are recorded, or (0) until nothing moves any more. */
async function drained(count: number): Promise<void> {
  let last = -1;
  for (let still = 0; still < 50; ) {
    const now = await recorded();
    if (count > 0 && now >= count) return;
    still = now === last ? still + 1 : 0;
    last = now;
    await sleep(count > 0 ? 20 : 40);
  }
  if (count > 0) throw new Error(`${count - last} orders did not reach their notification`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
