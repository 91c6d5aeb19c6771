/** Poison of each kind, on both brokers: it ends at the desk, everything else flows on, and from the desk it goes on. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { Connection } from 'rabbitmq-client';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { settingsOf } from '../src/config.ts';
import type { Causes, DeadLetter } from '../src/contracts/dead-letters.ts';
import { SERVICES } from '../src/contracts/registry.ts';
import { startMailbox } from '../src/embedded/mailbox.ts';
import { newId } from '../src/platform/clock.ts';
import { DIED } from '../src/platform/marks.ts';
import { TARGETS } from '../src/shop.ts';
import { fastFolder } from './fast-folder.ts';
import { freePort } from './free-port.ts';
import {
  databaseOf,
  eventually,
  hasRabbit,
  startTestShop,
  type TestShop,
  TOPOLOGIES,
  type Topology,
} from './harness.ts';
import { expectInvariants } from './invariants.ts';
import { startProcess } from './process.ts';
import { removeNamespace } from './rabbit.ts';

const after: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end();
});

const DESK = '/api/dead-letters/inventory';
const why = 'looked at, and mended';

/** What a broker would bring that nobody here has published: bytes, and an event of a type that is not ours. */
async function bringStrange(shop: TestShop, topology: Topology): Promise<void> {
  const strange = {
    ...{ specversion: '1.0', id: newId(), source: '/tradewind/orders', type: 'thing.unheard_of', subject: 's' },
    ...{ time: new Date().toISOString(), data: { half: 'known' } },
  };
  if (topology === 'local') {
    // There is no wire: what a broker parks, and what a room has stored before it forgot how to handle it.
    await shop.shop.services.get('inventory')?.inbox.park('bytes of nobody', 'not JSON');
    await shop.query(
      'inventory',
      `insert into inbox (id, type, source, subject, time, data) values ($1, $2, $3, $4, $5, $6)`,
      [...[strange.id, strange.type, 'orders', strange.subject, strange.time, JSON.stringify(strange.data)]],
    );
    return;
  }
  const connection = new Connection(shop.settings.AMQP_URL);
  const publisher = connection.createPublisher({ confirm: true });
  const to = { exchange: `${shop.settings.AMQP_NAMESPACE}.events`, routingKey: 'order.placed', durable: true };
  await publisher.send(to, Buffer.from('bytes of nobody'));
  await publisher.send(to, Buffer.from(JSON.stringify([strange])));
  await publisher.close();
  await connection.close();
}

/** What a room of ours says against its contract, or against what another room can bear. */
const say = (shop: TestShop, room: 'orders' | 'catalog', type: string, subject: string, data: object) =>
  shop.query(room, `insert into outbox (id, type, subject, time, data) values ($1, $2, $3, now(), $4)`, [
    ...[newId(), type, subject, JSON.stringify(data)],
  ]);

describe.each(TOPOLOGIES)('through %s', (topology) => {
  const skipped = topology === 'rabbitmq' && !hasRabbit();

  test.skipIf(skipped)(
    'poison ends at the desk and orders flow on; what is mended goes on from there',
    async () => {
      const shop = await startTestShop({ topology });
      after.push(() => shop.close());
      const token = await shop.admin();
      const causes = async () => (await shop.call<Causes>(`${DESK}/causes`, { token })).body.groups;
      const first = await shop.place();
      await bringStrange(shop, topology);
      await say(shop, 'orders', 'order.placed', randomUUID(), { items: 'none' });
      await shop.query('inventory', `alter table levels add constraint no_such_stock check (on_hand <> 6661)`);
      const product = { product_id: 'MANY', name: 'Many', price: '1.00', currency: 'USD', version: 1, stock: 6661 };
      await say(shop, 'catalog', 'product.created', 'MANY', product);
      const second = await shop.place();
      await shop.until(first, 'confirmed');
      await shop.until(second, 'confirmed');
      await eventually(async () => {
        await shop.query('inventory', `update inbox set available_at = '-infinity' where attempts > 0 and marks = 0`);
        shop.shop.services.get('inventory')?.wake();
        return (await causes()).length === 4;
      });
      expect((await causes()).map(({ type, cause, count }) => [type, cause, count]).sort()).toEqual([
        ['order.placed', expect.stringContaining('breaks its contract'), 1],
        ['product.created', expect.stringContaining('no_such_stock'), 1],
        ['thing.unheard_of', 'nobody here handles thing.unheard_of', 1],
        ['undecodable', 'not JSON', 1],
      ]);
      const backlog = (
        await shop.call<{ services: Record<string, { backlog: { dead_letters: number } }> }>('/api/health')
      ).body;
      expect(backlog.services.inventory?.backlog.dead_letters).toBe(4);

      const dead = (await shop.call<{ items: DeadLetter[] }>(`${DESK}?status=dead`, { token })).body.items;
      for (const { id, type } of dead) {
        const mended = type === 'product.created' && { data: { ...product, stock: 5 } };
        const act = { method: 'POST', token, body: { why, ...mended } };
        const replies = await Promise.all(
          [1, 2].map(() => shop.call(`${DESK}/${id}/${mended ? 'retry' : 'discard'}`, act)),
        );
        expect(replies.map(({ status }) => status).sort()).toEqual([200, 409]);
      }
      // RabbitMQ brings the bodies that nobody can read to whoever listens there.
      const theirs = await shop.call<{ items: DeadLetter[] }>('/api/dead-letters/webhooks?status=dead', { token });
      for (const { id } of theirs.body.items) {
        await shop.call(`/api/dead-letters/webhooks/${id}/discard`, { method: 'POST', token, body: { why } });
      }
      await eventually(async () => (await shop.call('/api/inventory/MANY')).status === 200);
      const sold = await shop.place({ items: [{ product_id: 'MANY', quantity: 5 }] });
      await shop.until(sold, 'confirmed');
      await shop.quiet();
      expect(await shop.query('inventory', `select kind from movements where product_id = 'MANY' order by id`)).toEqual(
        [{ kind: 'opened' }, { kind: 'deducted' }],
      );
      expect(await causes()).toEqual([]);
      await expectInvariants(shop.query);
    },
    90_000,
  );

  test.skipIf(skipped)(
    'an order that ends every process ends at the desk, and is sold when the bug is gone',
    async () => {
      const name = `deadly_${process.pid}_${Math.random().toString(36).slice(2, 8)}`;
      const { env, url } = await surroundings(name, topology);
      const entry = 'test/deadly-shop.mjs';
      const start = (file?: string) => {
        const shop = startProcess([], env, file);
        after.push(() => shop.end('SIGKILL'));
        return shop;
      };
      const place = (email: string) =>
        fetch(`${url}/api/checkout`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email, items: [{ product_id: 'PROD001', quantity: 1 }] }),
        });
      const pool = (room: string) => {
        const one = new pg.Pool({ connectionString: databaseOf(String(env.DATABASE_URL), room), max: 1 });
        one.on('error', () => {});
        after.push(() => one.end());
        return one;
      };
      const [orders, inventory] = [pool('orders'), pool('inventory')];
      const status = async (email: string) =>
        (await orders.query('select status from orders where email = $1', [email])).rows[0]?.status;
      const dead = async () => (await inventory.query('select id, cause from dead_letters')).rows;

      let shop = start(entry);
      await shop.says('Tradewind is ready');
      expect((await place('first@example.com')).status).toBe(201);
      // Money that a process asked for before it died is asked for again when its lease is over, not before.
      await eventually(async () => (await status('first@example.com')) === 'confirmed');
      await Promise.allSettled([place('deadly@example.com'), place('beside@example.com')]);
      await shop.ended;
      let deaths = 1;
      for (; (await dead()).length === 0 && deaths < 10; deaths += 1) {
        // Whatever the dead had taken for themselves is over: as if the shop had been left alone for a while.
        await inventory.query('update inbox set available_at = now() where marks > 0');
        shop = start(entry);
        const living = eventually(async () => (await dead()).length > 0, undefined, 30_000).catch(() => {});
        await Promise.race([living, shop.ended]);
      }
      expect(await dead()).toEqual([{ id: expect.any(String), cause: DIED }]);
      expect(deaths).toBeLessThanOrEqual(7);
      await shop.says('Tradewind is ready');
      expect((await place('after@example.com')).status).toBe(201);
      await eventually(async () => (await status('after@example.com')) === 'confirmed');
      expect(await status('deadly@example.com')).toBe('pending');
      await shop.end('SIGINT');

      shop = start();
      await shop.says('Tradewind is ready');
      const login = await fetch(`${url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'admin@tradewind.test', password: env.ADMIN_PASSWORD }),
      });
      const { access_token } = (await login.json()) as { access_token: string };
      const [{ id }] = (await dead()) as [{ id: string }];
      const again = await fetch(`${url}${DESK}/${id}/retry`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${access_token}` },
        body: JSON.stringify({ why }),
      });
      expect(again.status).toBe(200);
      await eventually(async () => (await status('deadly@example.com')) === 'confirmed');
      const order = (await orders.query(`select id from orders where email = 'deadly@example.com'`)).rows[0]?.id;
      const taken = await inventory.query('select kind from movements where order_id = $1', [order]);
      expect(taken.rows).toEqual([{ kind: 'deducted' }]);
      expect(await shop.end('SIGINT')).toBe(0);
    },
    180_000,
  );
});

/** Databases, a mailbox and perhaps a broker that outlive the shop's process. */
async function surroundings(name: string, topology: Topology) {
  const dir = await mkdtemp(join(fastFolder(), 'tradewind-deadly-'));
  after.push(() => rm(dir, { recursive: true, force: true }));
  const server = new URL(inject('postgresUrl'));
  const own = Object.assign(new URL(server), { pathname: `/${name}` });
  after.push(async () => {
    const client = new pg.Client({ connectionString: server.href });
    await client.connect();
    for (const room of SERVICES) await client.query(`drop database if exists "${name}_${room}" with (force)`);
    await client.end();
  });
  const ports: Record<string, string> = {};
  for (const one of [...TARGETS, 'web']) ports[settingsOf(one).port] = String(await freePort());
  const mailbox = await startMailbox({
    dir,
    host: '127.0.0.1',
    smtpPort: await freePort(),
    httpPort: await freePort(),
  });
  after.push(mailbox.stop);
  const rabbit = { AMQP_URL: inject('amqpUrl'), AMQP_NAMESPACE: name };
  if (topology === 'rabbitmq') after.push(() => removeNamespace(inject('amqpUrl'), name));
  const env: Record<string, string> = {
    ...ports,
    ...(topology === 'rabbitmq' && rabbit),
    DATABASE_URL: own.href,
    DATABASE_POOL_SIZE: '4',
    DATA_DIR: dir,
    SMTP_URL: mailbox.smtpUrl,
    ADMIN_PASSWORD: 'a long password',
    PAYMENT_LATENCY_MS: '0',
  };
  return { env, url: `http://127.0.0.1:${ports.PORT_GATEWAY}` };
}
