/** A service that is added, in a copy of this project: by one command, with no line changed elsewhere, and the shop has it. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { settingsOf } from '../src/config.ts';
import { TARGETS } from '../src/shop.ts';
import { fastFolder } from './fast-folder.ts';
import { freePort } from './free-port.ts';
import { ADMIN, eventually, hasRabbit } from './harness.ts';
import { startProcess } from './process.ts';
import { removeNamespace } from './rabbit.ts';

const NAME = 'gift-points';
const ROOT = join(import.meta.dirname, '..');
/** What no person writes, and what git does not keep. */
const NOT_SOURCES = /^(node_modules|\.git|\.data|\.bench|coverage|dist\.tmp-.*)$/;
const LIMIT_MS = 240_000;

let copy: string;
let before: Map<string, string>;
const after: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  copy = await mkdtemp(join(fastFolder(), 'tradewind-copy-'));
  await cp(ROOT, copy, { recursive: true, filter: (path) => !NOT_SOURCES.test(basename(path)) });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  before = await hashes();
});
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end();
});
afterAll(() => rm(copy, { recursive: true, force: true }));

/** Every file that a person may have written. */
async function hashes(): Promise<Map<string, string>> {
  const entries = await readdir(copy, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const written = files.filter((file) => !/^(dist|\.data)\//.test(relative(copy, file)));
  return new Map(
    written.map((file) => [relative(copy, file), createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );
}

/** Files that are new, and those that are others than they were. */
async function changes(): Promise<{ added: string[]; changed: string[] }> {
  const now = await hashes();
  const names = [...new Set([...before.keys(), ...now.keys()])];
  return {
    added: names.filter((name) => !before.has(name)).sort(),
    changed: names.filter((name) => before.has(name) && before.get(name) !== now.get(name)),
  };
}

async function npmRun(args: string[], env: Record<string, string> = {}) {
  const run = startProcess(args, { ...env, npm_execpath: '' }, 'scripts/run.mjs', copy);
  after.push(() => run.end('SIGKILL'));
  return { code: await run.ended, said: run.output() };
}

const FILES = [
  `src/contracts/${NAME}.ts`,
  ...[
    'handlers.ts',
    'migrations/001_points.sql',
    'points.ts',
    'routes.ts',
    'service.ts',
    'store.ts',
    `${NAME}.test.ts`,
  ].map((file) => `src/services/${NAME}/${file}`),
  `test/access/${NAME}.ts`,
];

describe('npm run new:service', () => {
  it(
    'makes files, changes none, and says what it made and what comes next',
    async () => {
      const made = await npmRun(['new:service', NAME]);
      expect(made.code, made.said).toBe(0);
      for (const one of [...FILES, '8007', 'PORT_GIFT_POINTS', `npm test -- src/services/${NAME}`, 'npm start']) {
        expect(made.said).toContain(one);
      }
      expect(await changes()).toEqual({ added: FILES.toSorted(), changed: [] });
    },
    LIMIT_MS,
  );

  it(
    'never writes over a service, and names all that stands against it',
    async () => {
      const again = await npmRun(['new:service', NAME]);
      expect(again.code).toBe(2);
      expect(again.said).toContain(`there is a service ${NAME} already`);
      for (const file of FILES) expect(again.said).toContain(`${file} is there already`);
      expect(await changes()).toEqual({ added: FILES.toSorted(), changed: [] });
    },
    LIMIT_MS,
  );

  it(
    'makes what lint, types, its own tests and the rules of the architecture agree with',
    async () => {
      const tool = async (name: string, ...args: string[]) => {
        const run = startProcess(args, {}, join('node_modules', '.bin', name), copy);
        return { code: await run.ended, said: run.output() };
      };
      const files = [`src/services/${NAME}`, 'test/architecture.test.ts', 'web/contracts.test.ts'];
      const ended = await Promise.all([
        tool('biome', 'check', ...FILES.filter((file) => file.endsWith('.ts'))),
        tool('tsc', '-p', 'tsconfig.json'),
        npmRun(['test', ...files], { AMQP_URL: inject('amqpUrl'), NO_COLOR: '1' }),
      ]);
      for (const { code, said } of ended) expect(code, said).toBe(0);
      expect(ended[2].said).toMatch(/Test Files {2}3 passed/);
    },
    LIMIT_MS,
  );
});

/** Starts the shop of the copy as its users do, in as many processes as there are lists of targets. */
async function start(targets: readonly string[], more: Record<string, string> = {}) {
  const name = `copy_${randomBytes(4).toString('hex')}`;
  const server = new URL(inject('postgresUrl'));
  const names = [...TARGETS, NAME, 'web', 'mailbox', 'smtp'];
  const ports: Record<string, string> = {};
  for (const one of names) ports[settingsOf(one).port] = String(await freePort());
  after.push(async () => {
    const client = new pg.Client({ connectionString: server.href });
    await client.connect();
    for (const room of [...TARGETS, NAME]) await client.query(`drop database if exists "${name}_${room}" with (force)`);
    await client.end();
  });
  const env = {
    ...{ DATABASE_URL: Object.assign(new URL(server), { pathname: `/${name}` }).href, PAYMENT_LATENCY_MS: '0' },
    ...{ ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password, DATA_DIR: join(copy, '.data', name) },
    ...{ AUDIT_TOKEN: randomBytes(32).toString('hex'), ...ports, ...more },
  };
  const { AMQP_URL, AMQP_NAMESPACE } = more;
  if (AMQP_URL && AMQP_NAMESPACE) after.push(() => removeNamespace(AMQP_URL, AMQP_NAMESPACE, [...TARGETS, NAME]));
  const processes = targets.map((target) =>
    startProcess(['start', `--target=${target}`], env, 'scripts/run.mjs', copy),
  );
  after.push(() => Promise.all(processes.map((one) => one.end('SIGTERM'))));
  for (const one of processes) await one.says(targets.length > 1 ? 'is ready on' : 'Tradewind is ready', 120_000);
  const at = (target: string) => `http://127.0.0.1:${ports[settingsOf(target).port]}`;
  return { gateway: at('gateway'), service: at(NAME) };
}

interface Points {
  points: number;
  items: { order_id: string; points: number }[];
}

/** A customer buys, and the new service keeps their points; the order is cancelled, and it takes them back. */
async function expectPoints(gateway: string): Promise<void> {
  const ask = async <T>(path: string, { token, body }: { token?: string; body?: object } = {}): Promise<T> => {
    const reply = await fetch(`${gateway}/api${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    expect(reply.status, `${path}: ${text}`).toBeLessThan(300);
    return JSON.parse(text) as T;
  };
  const admin = (await ask<{ access_token: string }>('/auth/login', { body: ADMIN })).access_token;
  const account = { email: 'ann@example.com', password: 'a long enough secret' };
  await ask('/customers', { body: account });
  const token = (await ask<{ access_token: string }>('/auth/login', { body: account })).access_token;
  const { id } = await ask<{ id: string }>('/auth/me', { token });
  const product = { product_id: 'POINTS', name: 'Lamp', price: '3.00', stock: 10 };
  await ask('/products', { token: admin, body: product });
  await eventually(async () => (await fetch(`${gateway}/api/inventory/POINTS`)).status === 200);
  let order: { id: string } | undefined;
  // Orders hears of a new product a moment later.
  await eventually(async () => {
    const body = JSON.stringify({ items: [{ product_id: 'POINTS', quantity: 4 }] });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const reply = await fetch(`${gateway}/api/checkout`, { method: 'POST', headers, body });
    if (reply.status === 201) order = (await reply.json()) as { id: string };
    return reply.status === 201;
  });
  let held: Points | undefined;
  const has = (points: number) => async () => {
    held = await ask<Points>(`/${NAME}/${id}`, { token });
    return held.points === points && held.items.length === 1;
  };
  await eventually(has(4), () => `it has ${JSON.stringify(held)}`);
  expect(held?.items[0]).toMatchObject({ order_id: order?.id, points: 4 });
  await ask(`/orders/${order?.id}/cancel`, { token, body: {} });
  await eventually(has(0), () => `it has ${JSON.stringify(held)}`);
  const desk = await ask<{ groups: unknown[] }>(`/dead-letters/${NAME}/causes`, { token: admin });
  expect(desk.groups).toEqual([]);
}

describe('the shop, started as always', () => {
  it(
    'has the service: it hears of an order, and is at the gateway, in health, metrics and documents',
    async () => {
      const { gateway, service } = await start(['all'], { SAMPLE_SHOP: 'false' });
      await expectPoints(gateway);
      const read = async (url: string) => (await fetch(url)).text();
      expect(JSON.parse(await read(`${gateway}/health`)).services[NAME]).toMatchObject({ status: 'ok' });
      expect(JSON.parse(await read(`${gateway}/openapi.json`)).paths).toHaveProperty(`/api/${NAME}/{customer_id}`);
      expect(JSON.parse(await read(`${service}/openapi.json`)).paths).toHaveProperty(`/${NAME}/{customer_id}`);
      expect(await read(`${service}/metrics`)).toContain('type="order.confirmed"');
      expect(await read(`${service}/docs`)).toContain('swagger');
      expect((await changes()).changed).toEqual([]);
    },
    LIMIT_MS,
  );

  it.skipIf(!hasRabbit())(
    'has it as a process of its own too, through RabbitMQ',
    async () => {
      const others = TARGETS.filter((target) => target !== (NAME as string)).join(',');
      const AMQP_NAMESPACE = `copy_${randomBytes(4).toString('hex')}`;
      const rabbit = { AMQP_URL: inject('amqpUrl'), AMQP_NAMESPACE, SMTP_URL: 'smtp://127.0.0.1:1' };
      const { gateway } = await start([NAME, others], rabbit);
      await expectPoints(gateway);
      expect((await changes()).changed).toEqual([]);
    },
    LIMIT_MS,
  );
});
