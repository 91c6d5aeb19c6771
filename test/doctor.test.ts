/** `npm run doctor` beside a real shop: running, stopped, and broken in the ways that installations are. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settingsOf } from '../src/config.ts';
import { SERVICES } from '../src/contracts/registry.ts';
import type { Finding } from '../src/doctor/finding.ts';
import { databaseUrl } from '../src/shop.ts';
import { freePort } from './free-port.ts';
import { startTestShop, type TestShop } from './harness.ts';
import { startProcess } from './process.ts';

let shop: TestShop;
let env: Record<string, string>;
beforeAll(async () => {
  shop = await startTestShop();
  const { DATABASE_URL, DATA_DIR, SMTP_URL } = shop.settings;
  env = { DATABASE_URL, DATA_DIR, SMTP_URL };
  for (const target of [...SERVICES, 'gateway' as const]) {
    env[settingsOf(target).port] = new URL(shop.shop.addresses.get(target) as string).port;
  }
  env.PORT_WEB = String(await freePort());
});
afterAll(() => shop?.close());

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});
async function listener(): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return String((server.address() as { port: number }).port);
}

async function doctor(more: Record<string, string> = {}, args: string[] = []) {
  const run = startProcess(['--json', ...args], { ...env, ...more }, 'dist/src/doctor/main.js');
  const code = await run.ended;
  const { findings } = JSON.parse(run.output()) as { findings: Finding[] };
  const bad = findings
    .filter(({ level }) => level !== 'ok')
    .map(({ level, about, detail }) => `${level} ${about}: ${detail}`);
  return { code, findings, bad, output: run.output() };
}

test('a running shop is well, its own ports included', async () => {
  const { code, findings, bad } = await doctor();
  expect([code, bad]).toEqual([0, []]);
  expect(findings).toContainEqual(
    expect.objectContaining({ about: 'ports', detail: expect.stringMatching(/of this shop/) }),
  );
  expect(findings).toContainEqual({
    level: 'ok',
    about: 'databases',
    detail: `${SERVICES.length} of ${SERVICES.length} are as this version wants them`,
  });
});

test('in words, with a mark each', async () => {
  const run = startProcess([], env, 'dist/src/doctor/main.js');
  expect(await run.ended).toBe(0);
  expect(run.output()).toMatch(/^(✓ .+\n)+\nAll is well\n$/);
});

test('a port of somebody else', async () => {
  const port = await listener();
  const { code, bad } = await doctor({ PORT_GATEWAY: port });
  expect([code, bad]).toEqual([1, [expect.stringMatching(new RegExp(`^fail port ${port}: port ${port} is taken`))]]);
});

test('databases of a newer version, of an older one, and one that is not there', async () => {
  await shop.query('orders', `insert into migrations values ('orders/999_of_tomorrow.sql')`);
  await shop.query('payments', `delete from migrations where name = 'platform/008_audit_walks.sql'`);
  const nowhere = new URL(databaseUrl(shop.settings, 'catalog'));
  nowhere.pathname = '/nowhere';
  try {
    const { code, bad } = await doctor({ CATALOG_DATABASE_URL: nowhere.href });
    expect(code).toBe(1);
    expect(bad).toEqual([
      'fail database of catalog: nowhere is not there',
      'fail database of orders: a newer version has changed it (orders/999_of_tomorrow.sql)',
      'warn database of payments: 1 migrations are due (platform/008_audit_walks.sql)',
    ]);
  } finally {
    await shop.query('orders', `delete from migrations where name = 'orders/999_of_tomorrow.sql'`);
    await shop.query('payments', `insert into migrations values ('platform/008_audit_walks.sql')`);
  }
});

test('servers that say nothing: it is told within seconds, and no secret with it', async () => {
  const mute = await listener();
  const began = performance.now();
  const { code, findings, output } = await doctor({
    DATABASE_URL: `postgres://shop:hunter2@127.0.0.1:${mute}/shop`,
    // Each node of a cluster is looked at.
    AMQP_URL: `amqp://shop:swordfish@127.0.0.1:${mute},amqp://shop:swordfish@localhost:${mute}`,
    SMTP_URL: `smtp://shop:opensesame@127.0.0.1:${mute}`,
    ORDERS_URL: `http://127.0.0.1:${mute}`,
  });
  expect(performance.now() - began).toBeLessThan(15_000);
  expect(code).toBe(1);
  const failed = findings.filter(({ level }) => level === 'fail').map(({ about }) => about.replace(/ at .*/, ''));
  expect(failed.sort()).toEqual(['PostgreSQL', 'RabbitMQ', 'RabbitMQ', 'mail server']);
  expect(output).not.toMatch(/hunter2|swordfish|opensesame/);
}, 30_000);

test('settings that are wrong are all told', async () => {
  const { code, bad } = await doctor({ PORT_WEB: 'x' }, ['--prot=1']);
  expect([code, bad]).toEqual([
    1,
    [
      'fail settings: --prot is not a setting; --help lists them',
      expect.stringMatching(/PORT_WEB must be a whole number/),
    ],
  ]);
});
