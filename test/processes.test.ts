/** The shop in real processes: killed in the middle of its work, and taken apart into seven. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { settingsOf } from '../src/config.ts';
import type { ServiceName } from '../src/contracts/registry.ts';
import { SERVICES } from '../src/contracts/registry.ts';
import { startMailbox } from '../src/embedded/mailbox.ts';
import { TARGETS } from '../src/shop.ts';
import { fastFolder } from './fast-folder.ts';
import { freePort } from './free-port.ts';
import type { PlacedOrder } from './harness.ts';
import { databaseOf, eventually, hasRabbit } from './harness.ts';
import { expectInvariants } from './invariants.ts';
import type { ShopProcess } from './process.ts';
import { startProcess } from './process.ts';
import { waitUntilQuiet } from './quiet.ts';
import { removeNamespace } from './rabbit.ts';

const after: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end();
});

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(fastFolder(), 'tradewind-process-'));
  after.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

function start(args: string[], env: Record<string, string>): ShopProcess {
  const shop = startProcess(args, env);
  after.push(() => shop.end('SIGKILL'));
  return shop;
}

/** Ports of their own for every door. */
async function ports(): Promise<Record<string, string>> {
  const names = [...TARGETS, 'web', 'mailbox', 'smtp', 'postgres'];
  const entries = [];
  for (const name of names) entries.push([settingsOf(name).port, String(await freePort())]);
  return Object.fromEntries(entries);
}

async function place(url: string, body: object, key?: string): Promise<PlacedOrder | undefined> {
  const reply = await fetch(`${url}/api/checkout`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
    body: JSON.stringify(body),
  }).catch(() => undefined);
  return reply?.status === 201 ? ((await reply.json()) as PlacedOrder) : undefined;
}

/** SQL against the rooms' databases. */
function openRooms(urlOf: (room: ServiceName) => string) {
  const pools = new Map(
    SERVICES.map((room) => {
      const pool = new pg.Pool({ connectionString: urlOf(room), max: 2 });
      pool.on('error', () => {});
      return [room, pool];
    }),
  );
  after.push(() => Promise.all([...pools.values()].map((pool) => pool.end())));
  return async <Row>(room: ServiceName, sql: string, values: unknown[] = []) =>
    ((await pools.get(room)?.query(sql, values))?.rows ?? []) as Row[];
}

describe('the whole shop in one process', () => {
  it('is killed in the middle of 200 orders; started again, all of them reach their end', async () => {
    const dir = await folder();
    const settings = await ports();
    const env = { ...settings, DATA_DIR: dir, PAYMENT_LATENCY_MS: '200', PAYMENT_TIMEOUT_MS: '2000' };
    const url = `http://127.0.0.1:${settings.PORT_GATEWAY}`;
    const first = start([], env);
    await first.says('Tradewind is ready');

    // Three kills while checkouts are in flight, at any line. A shopper whose answer was lost asks again with the same key.
    const shoppers = Array.from({ length: 200 }, (_, i) => ({ key: randomUUID(), email: `b${i}@example.com` }));
    const buy = ({ key, email }: { key: string; email: string }) =>
      place(url, { email, items: [{ product_id: 'PROD001', quantity: 1 }] }, key);
    const answered = new Map<string, PlacedOrder>();
    let shop = first;
    let lost = 0;
    for (const [from, to, ms] of [
      [0, 60, 15],
      [60, 130, 40],
      [130, 200, 80],
    ] as const) {
      const burst = shoppers.slice(from, to).map(async (shopper) => {
        const order = await buy(shopper);
        if (order) answered.set(shopper.key, order);
        else lost += 1;
      });
      await sleep(ms);
      await shop.end('SIGKILL');
      await Promise.all(burst);
      shop = start([], env);
      await shop.says('Tradewind is ready');
    }
    expect(lost).toBeGreaterThan(0);
    for (const shopper of shoppers) {
      const order = await buy(shopper);
      expect(order?.id).toBe(answered.get(shopper.key)?.id ?? order?.id);
      expect(order?.email).toBe(shopper.email);
    }

    const password = (await readFile(join(dir, 'postgres.password'), 'utf8')).trim();
    const query = openRooms(
      (room) => `postgres://tradewind:${password}@127.0.0.1:${settings.PORT_POSTGRES}/tradewind_${room}`,
    );
    await waitUntilQuiet(query, undefined);
    const rows = await query('orders', 'select status, count(*)::int as n from orders group by 1');
    expect(rows).toEqual([{ status: 'confirmed', n: 200 }]);
    await expectInvariants(query as never);
    const mails = (await (await fetch(`http://127.0.0.1:${settings.PORT_MAILBOX}/api/messages?limit=1`)).json()) as {
      total: number;
    };
    expect(mails.total).toBe(200);

    // Alone on its database: what a dead process had in hand waits for no lease.
    const anHour = "next_attempt_at = now() + interval '1 hour'";
    await query('notifications', `update notifications set status = 'queued', ${anHour}`);
    await query('payments', `update payments set status = 'processing', transaction_id = null, ${anHour}`);
    await shop.end('SIGKILL');
    shop = start([], env);
    await shop.says('Tradewind is ready');
    await waitUntilQuiet(query, undefined);
    expect(await query('notifications', "select from notifications where status <> 'sent'")).toEqual([]);
    expect(await query('payments', "select from payments where status <> 'succeeded'")).toEqual([]);
    expect(await shop.end('SIGINT')).toBe(0);
  }, 120_000);

  it('names every taken port and its setting, and leaves nothing behind', async () => {
    const dir = await folder();
    const settings = await ports();
    const blocker = await startMailbox({
      dir: join(dir, 'other'),
      host: '127.0.0.1',
      smtpPort: Number(settings.PORT_ORDERS),
      httpPort: Number(settings.PORT_GATEWAY),
    });
    after.push(blocker.stop);
    const shop = start([], { ...settings, DATA_DIR: dir });
    expect(await shop.ended).toBe(1);
    expect(shop.output()).toContain('PORT_ORDERS');
    expect(shop.output()).toContain('PORT_GATEWAY');
  });

  it('refuses to start with wrong settings, all named at once', async () => {
    const shop = start(['--prot-gateway=9000', '--target=orders'], { PAYMENT_LATENCY_MS: 'soon', PORT_ORDRES: '1' });
    expect(await shop.ended).toBe(1);
    for (const name of [
      '--prot-gateway',
      'PAYMENT_LATENCY_MS',
      'PORT_ORDRES is not a setting (do you mean PORT_ORDERS?)',
    ]) {
      expect(shop.output()).toContain(name);
    }
  });

  it('says what a target on its own needs', async () => {
    const shop = start(['--target=orders,notifications'], {});
    expect(await shop.ended).toBe(1);
    for (const name of ['AMQP_URL', 'ORDERS_DATABASE_URL', 'NOTIFICATIONS_DATABASE_URL', 'SMTP_URL']) {
      expect(shop.output()).toContain(name);
    }
  });
});

describe.skipIf(!hasRabbit())('the shop in seven processes on RabbitMQ', () => {
  it('carries orders from the gateway to the mailbox, and one of them may be killed', async () => {
    const dir = await folder();
    const settings = await ports();
    const name = `seven_${process.pid}_${Math.random().toString(36).slice(2, 8)}`;
    const server = new URL(inject('postgresUrl'));
    server.pathname = `/${name}`;
    const mailbox = await startMailbox({
      dir,
      host: '127.0.0.1',
      smtpPort: Number(settings.PORT_SMTP),
      httpPort: Number(settings.PORT_MAILBOX),
    });
    after.push(mailbox.stop);
    after.push(() => removeNamespace(inject('amqpUrl'), name));
    const env = {
      ...settings,
      DATABASE_URL: server.href,
      DATABASE_POOL_SIZE: '4',
      AMQP_URL: inject('amqpUrl'),
      AMQP_NAMESPACE: name,
      SMTP_URL: mailbox.smtpUrl,
      ADMIN_PASSWORD: 'a long password',
      PAYMENT_LATENCY_MS: '0',
    };
    const shops = new Map(TARGETS.map((target) => [target, start([`--target=${target}`], env)]));
    for (const [target, shop] of shops) await shop.says(`${target} is ready`);

    const url = `http://127.0.0.1:${settings.PORT_GATEWAY}`;
    const json = { 'content-type': 'application/json' };
    const health = await fetch(`${url}/health`);
    expect(await health.json()).toMatchObject({ status: 'ok' });
    const login = await fetch(`${url}/api/auth/login`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ email: 'admin@tradewind.test', password: 'a long password' }),
    });
    const { access_token } = (await login.json()) as { access_token: string };
    const product = await fetch(`${url}/api/products`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${access_token}` },
      body: JSON.stringify({ product_id: 'ONE', name: 'One', price: 5, stock: 1000 }),
    });
    expect(product.status).toBe(201);
    const query = openRooms((room) => databaseOf(server.href, room));
    await eventually(async () => (await query('orders', 'select 1 from products')).length === 1);
    await eventually(async () => (await query('inventory', 'select 1 from levels')).length === 1);

    const burst = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, i) =>
          place(url, { email: `s${i}@example.com`, items: [{ product_id: 'ONE', quantity: 1 }] }),
        ),
      );
    const placed = await burst(20);
    await shops.get('payments')?.end('SIGKILL');
    placed.push(...(await burst(20)));
    expect(placed.filter(Boolean)).toHaveLength(40);
    const payments = start(['--target=payments'], env);
    await payments.says('payments is ready');
    await waitUntilQuiet(query, { url: inject('amqpUrl'), namespace: name });
    expect(await query('orders', 'select status, count(*)::int as n from orders group by 1')).toEqual([
      { status: 'confirmed', n: 40 },
    ]);
    await expectInvariants(query as never);

    await shops.get('orders')?.end('SIGINT');
    const away = await fetch(`${url}/api/checkout`, { method: 'POST', headers: json, body: '{}' });
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: 'degraded' });
  }, 120_000);
});
