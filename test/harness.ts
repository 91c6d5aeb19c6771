/** A whole shop for a test: real PostgreSQL, real SMTP, the local broker or RabbitMQ, everything the shop has. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { inject } from 'vitest';
import type { Settings } from '../src/config.ts';
import { readSettings, settingsOf } from '../src/config.ts';
import type { Order } from '../src/contracts/orders.ts';
import type { ServiceName } from '../src/contracts/registry.ts';
import { SERVICES } from '../src/contracts/registry.ts';
import { startMailbox } from '../src/embedded/mailbox.ts';
import { createLog, type Logger } from '../src/platform/log.ts';
import type { Shop, Target } from '../src/shop.ts';
import { databaseUrl, startShop, TARGETS } from '../src/shop.ts';
import { ADMIN } from './admin.ts';
import { fastFolder } from './fast-folder.ts';
import { freePort } from './free-port.ts';
import { waitUntilQuiet } from './quiet.ts';
import { removeNamespace } from './rabbit.ts';

/** A room's database beside the one that a shop is given. */
export function databaseOf(url: string, room: string): string {
  const given = new URL(url);
  given.pathname += `_${room}`;
  return given.href;
}

export const TOPOLOGIES = ['local', 'rabbitmq'] as const;
export type Topology = (typeof TOPOLOGIES)[number];
export const hasRabbit = () => inject('amqpUrl') !== '';

export { ADMIN };

export interface Reply<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

export interface CallOptions {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  token?: string | undefined;
}

export type PlacedOrder = Order & { guest_token: string };

export interface TestShop {
  url: string;
  /** Where the pages are; '' without them. */
  web: string;
  settings: Settings;
  shop: Shop;
  /** Any request through the gateway. */
  call<T = Record<string, unknown>>(path: string, options?: CallOptions): Promise<Reply<T>>;
  /** Places an order as a guest; throws unless it is accepted. */
  place(overrides?: Record<string, unknown>, headers?: Record<string, string>): Promise<PlacedOrder>;
  get(order: { id: string; guest_token?: string }): Promise<Order>;
  /** Waits until an order has one of the statuses. */
  until(order: { id: string; guest_token?: string }, ...statuses: Order['status'][]): Promise<Order>;
  admin(): Promise<string>;
  /** A product with stock, known to every room. */
  product(options: { product_id: string; stock: number; price?: string; low_stock_threshold?: number }): Promise<void>;
  query<Row = Record<string, unknown>>(room: ServiceName, sql: string, values?: unknown[]): Promise<Row[]>;
  /** Waits until no message or effect is on its way. */
  quiet(): Promise<void>;
  /** Where mails are handed over, and where they are read. */
  readonly mailbox: { smtp: string; http: string };
  /** Mails to an address, in the mailbox. */
  mails(to: string): Promise<{ id: string; subject: string; message_id: string; to: string; repeats: number }[]>;
  /** What one of them says, as text. */
  mailText(id: string): Promise<string>;
  /** More replicas of some targets, on the same databases and broker. */
  replica(targets: readonly Target[]): Promise<Shop>;
  close(): Promise<void>;
}

export interface TestShopOptions {
  topology?: Topology;
  settings?: Partial<Record<keyof Settings, string>>;
  amqpUrl?: string;
  targets?: readonly Target[];
  /** With the built pages, on a port of their own. */
  web?: boolean;
  /** False for a shop that is started for the first time, with nothing made before. */
  prepared?: boolean;
  log?: Logger;
}

export const PAGES = fileURLToPath(new URL('../dist/web', import.meta.url));

/** Any request to the gateway at this address. */
export const callAt =
  (url: string): TestShop['call'] =>
  async (path, { method = 'GET', body, headers = {}, token } = {}) => {
    const reply = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await reply.text();
    const isJson = reply.headers.get('content-type')?.includes('json');
    return {
      status: reply.status,
      headers: reply.headers,
      body: (isJson ? JSON.parse(text) : text || undefined) as never,
    };
  };

let shops = 0;

export async function startTestShop(options: TestShopOptions = {}): Promise<TestShop> {
  const { topology = 'local', targets = TARGETS, prepared = true } = options;
  const dir = await mkdtemp(join(fastFolder(), 'tradewind-shop-'));
  const mailboxPort = await freePort();
  const mailbox = await startMailbox({
    dir: join(dir, 'mail'),
    host: '127.0.0.1',
    smtpPort: await freePort(),
    httpPort: mailboxPort,
  });
  shops += 1;
  const name = `shop_${process.pid}_${shops}_${Math.random().toString(36).slice(2, 8)}`;
  const server = new URL(inject('postgresUrl'));
  server.pathname = `/${name}`;
  const ports = Object.fromEntries(TARGETS.map((target) => [settingsOf(target).port, '0']));
  const settings = readSettings({
    env: {
      ...ports,
      DATABASE_URL: server.href,
      DATA_DIR: join(dir, 'data'),
      DATABASE_POOL_SIZE: '4',
      SMTP_URL: mailbox.smtpUrl,
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      PAYMENT_LATENCY_MS: '0',
      // Every shopper of a test comes from one address.
      RATE_LIMIT: '0',
      RATE_LIMIT_CHECKOUT: '0',
      RATE_LIMIT_AUTH: '0',
      ...(options.web && { PORT_WEB: String(await freePort()) }),
      ...(topology === 'rabbitmq' && { AMQP_URL: options.amqpUrl ?? inject('amqpUrl'), AMQP_NAMESPACE: name }),
      ...options.settings,
    },
    dotenv: '',
    flags: [],
  });
  const log = options.log ?? createLog({ level: process.env.TEST_LOG ?? 'silent', format: 'text' });
  // The prepared shop takes test cards: one on Stripe would refuse Stripe's until it has told orders of them.
  const fits = targets === TARGETS && settings.SAMPLE_SHOP && !settings.STRIPE_SECRET_KEY;
  if (prepared && fits) await copyTemplate(settings);
  const shop = await startShop({ settings, targets, log, ...(options.web && { webDir: PAGES }) });
  const replicas: Shop[] = [];
  const url = shop.addresses.get('gateway') ?? '';
  const pools = new Map<ServiceName, pg.Pool>();
  let adminToken: string | undefined;

  const call = callAt(url);

  const query: TestShop['query'] = async (room, sql, values = []) => {
    let pool = pools.get(room);
    if (!pool) {
      pool = new pg.Pool({ connectionString: databaseUrl(settings, room), max: 2, options: '-c timezone=UTC' });
      // Outage tests end connections, this one's idle neighbours among them.
      pool.on('error', () => {});
      pools.set(room, pool);
    }
    return (await pool.query(sql, values)).rows as never[];
  };

  const self: TestShop = {
    url,
    web: (shop.web ?? '').replace('127.0.0.1', 'localhost'),
    settings,
    shop,
    call,
    query,
    async place(overrides = {}, headers = {}) {
      const body = { email: 'shopper@example.com', items: [{ product_id: 'PROD001', quantity: 1 }], ...overrides };
      const reply = await call<PlacedOrder>('/api/checkout', { method: 'POST', body, headers });
      if (reply.status !== 201) throw new Error(`checkout answered ${reply.status}: ${JSON.stringify(reply.body)}`);
      return reply.body;
    },
    async get({ id, guest_token }) {
      const token = guest_token ? undefined : await self.admin();
      const reply = await call<Order>(`/api/orders/${id}${guest_token ? `?token=${guest_token}` : ''}`, { token });
      if (reply.status !== 200) throw new Error(`GET order answered ${reply.status}`);
      return reply.body;
    },
    async until(order, ...statuses) {
      let last: Order | undefined;
      await eventually(
        async () => {
          last = await self.get(order);
          return statuses.includes(last.status);
        },
        () => `order is ${last?.status} (${last?.reason}), not ${statuses.join(' or ')}`,
      );
      return last as Order;
    },
    async admin() {
      if (adminToken) return adminToken;
      const reply = await call<{ access_token: string }>('/api/auth/login', { method: 'POST', body: ADMIN });
      adminToken = reply.body.access_token;
      return adminToken;
    },
    async product({ product_id, stock, price = '10.00', ...more }) {
      const body = { product_id, name: `Product ${product_id}`, price, stock, ...more };
      const reply = await call('/api/products', { method: 'POST', body, token: await self.admin() });
      if (reply.status !== 201) throw new Error(`product answered ${reply.status}: ${JSON.stringify(reply.body)}`);
      await eventually(async () => {
        const known = await query('orders', 'select 1 from products where product_id = $1', [product_id]);
        return known.length > 0 && (await call(`/api/inventory/${product_id}`)).status === 200;
      });
    },
    quiet: () => {
      const { AMQP_URL: url, AMQP_NAMESPACE: namespace } = settings;
      const inHand = () => [...shop.services.values()].reduce((sum, { inbox }) => sum + inbox.inHand().count, 0);
      return waitUntilQuiet(query, url ? { url, namespace } : undefined, inHand);
    },
    mailbox: { smtp: mailbox.smtpUrl, http: `http://127.0.0.1:${mailboxPort}` },
    async mails(to) {
      const reply = await fetch(`http://127.0.0.1:${mailboxPort}/api/messages?to=${encodeURIComponent(to)}&limit=200`);
      return ((await reply.json()) as { items: never[] }).items;
    },
    async mailText(id) {
      const reply = await fetch(`http://127.0.0.1:${mailboxPort}/api/messages/${id}`);
      return ((await reply.json()) as { text: string }).text;
    },
    async replica(more) {
      const extra = await startShop({ settings, targets: more, log });
      replicas.push(extra);
      return extra;
    },
    async close() {
      await Promise.all([...replicas, shop].map((one) => one.stop()));
      await Promise.all([...pools.values()].map((pool) => pool.end()));
      await mailbox.stop();
      await dropDatabases(settings);
      if (settings.AMQP_URL) await removeNamespace(settings.AMQP_URL, settings.AMQP_NAMESPACE);
      await rm(dir, { recursive: true, force: true });
    },
  };
  return self;
}

/** Shops that the tests of a file share, one for each kind: opened by the first that asks, open until all are closed. */
export function createShops() {
  const opened = new Map<string, Promise<TestShop>>();
  return {
    open(options: TestShopOptions): Promise<TestShop> {
      const kind = JSON.stringify(options);
      const shop = opened.get(kind) ?? startTestShop(options);
      opened.set(kind, shop);
      return shop;
    },
    async close(): Promise<void> {
      const all = [...opened.values()];
      opened.clear();
      await Promise.all(all.map(async (shop) => (await shop).close()));
    },
  };
}

/** What a first start would make, sooner. */
async function copyTemplate(settings: Settings): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  for (const room of SERVICES) {
    const name = decodeURIComponent(new URL(databaseUrl(settings, room)).pathname.slice(1));
    await client.query(
      `create database ${client.escapeIdentifier(name)} template ${client.escapeIdentifier(`${inject('template')}_${room}`)}`,
    );
  }
  await client.end();
  await cp(inject('templateFolder'), settings.DATA_DIR, { recursive: true });
}

async function dropDatabases(settings: Settings): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  for (const room of SERVICES) {
    const name = decodeURIComponent(new URL(databaseUrl(settings, room)).pathname.slice(1));
    await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
  }
  await client.end();
}

/** Polls until true; fails with what was wrong. */
export async function eventually(
  check: () => Promise<boolean>,
  explain: () => string = () => 'it did not happen in time',
  ms = 15_000,
): Promise<void> {
  const limit = Date.now() + ms;
  for (;;) {
    if (await check()) return;
    if (Date.now() > limit) throw new Error(explain());
    await sleep(20);
  }
}
