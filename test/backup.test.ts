/** A whole shop is taken into a file while orders come in, put into a fresh place, and goes on there as if nothing had been. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeArchive } from '../src/backup/archive.ts';
import { putBack } from '../src/backup/put-back.ts';
import { type Taken, takeBackup } from '../src/backup/take.ts';
import type { Settings } from '../src/config.ts';
import { SERVICES } from '../src/contracts/registry.ts';
import { silentLog } from '../src/platform/log.ts';
import { UNFINISHED } from '../src/platform/migrations.ts';
import { snapshotsOf } from '../src/platform/snapshot.ts';
import { databaseUrl, startShop } from '../src/shop.ts';
import { callAt, eventually, hasRabbit, startTestShop, type TestShop } from './harness.ts';
import { expectInvariants } from './invariants.ts';
import { breakOff, freshPlace, rowsAt, startOn, usePlaces } from './places.ts';

const folder = usePlaces();

const METHODS = ['pm_success', 'pm_declined', 'pm_flaky', 'pm_lost_answer', 'pm_success', 'pm_slow'];

/** Shoppers who order until they are stopped; whose orders have been accepted. */
function shoppers(shop: TestShop, count: number) {
  const accepted: string[] = [];
  let open = true;
  let n = 0;
  const all = Array.from({ length: count }, async () => {
    while (open) {
      n += 1;
      const order = await shop.place({
        payment_method: METHODS[n % METHODS.length],
        items: [{ product_id: 'KEPT', quantity: 1 + (n % 3) }],
      });
      accepted.push(order.id);
      // It is to be busy, not to be measured.
      await sleep(50);
      if (n % 7 === 0) await shop.call(`/api/orders/${order.id}/cancel?token=${order.guest_token}`, { method: 'POST' });
    }
  });
  return {
    accepted,
    stop: async () => {
      open = false;
      await Promise.all(all);
    },
  };
}

describe('a shop in one process', () => {
  let shop: TestShop;
  let file: string;
  beforeAll(async () => {
    shop = await startTestShop({ settings: { PAYMENT_LATENCY_MS: '200' } });
    await shop.product({ product_id: 'KEPT', stock: 100_000 });
  });
  afterAll(() => shop.close());

  test('is taken while it sells, again and again; each backup goes on by itself, and its books agree', async () => {
    const { accepted, stop } = shoppers(shop, 8);
    await eventually(async () => accepted.length > 40);
    const backups: { file: string; before: string[]; taken: Taken }[] = [];
    for (let i = 0; i < 2; i += 1) {
      const before = [...accepted];
      file = join(folder, `selling-${i}.backup`);
      const taken = await takeBackup(shop.settings, SERVICES, file);
      expect(taken).toMatchObject({ bytes: (await stat(file)).size, missing: 0 });
      expect(taken.pictures).toBeGreaterThan(0);
      expect(taken.pauseMs).toBeLessThan(2_000);
      backups.push({ file, before, taken });
      await sleep(150);
    }
    await stop();
    for (const { file, before, taken } of backups) {
      const place = await freshPlace(shop.settings);
      const put = await putBack(place, file, { force: false });
      expect([put.rows, put.pictures]).toEqual([taken.rows, taken.pictures]);
      const known = await rowsAt(place, 'orders', 'select id, status from orders');
      expect(known.filter(({ status }) => ['pending', 'awaiting_payment'].includes(status)).length).toBeGreaterThan(0);
      const ids = new Set(known.map(({ id }) => id));
      expect(before.filter((id) => !ids.has(id))).toEqual([]);
      const restored = await startOn(place);
      try {
        await restored.quiet();
        await expectInvariants(restored.query);
        const ended = await restored.query('orders', 'select id from orders where status not in ($1, $2)', [
          'pending',
          'awaiting_payment',
        ]);
        expect(ended).toHaveLength(known.length);
      } finally {
        await restored.close();
      }
    }
    await shop.quiet();
    await expectInvariants(shop.query);
  }, 180_000);

  test('sends nothing at the moment of which all snapshots are', async () => {
    const urls = new Map(SERVICES.map((room) => [room, databaseUrl(shop.settings, room)]));
    let answered = false;
    let placing: Promise<unknown> | undefined;
    const snapshots = await snapshotsOf(urls, {
      limitMs: 5_000,
      async run() {
        placing = shop.place().then(() => {
          answered = true;
        });
        await sleep(400);
        expect(answered).toBe(false);
      },
    });
    await placing;
    const { rows } = (await snapshots.clients.get('orders')?.query('select count(*)::int as n from orders')) ?? {
      rows: [],
    };
    expect(rows).toEqual([{ n: (await shop.query('orders', 'select 1 from orders')).length - 1 }]);
    await snapshots.close();
  });

  describe('a file', () => {
    test('is readable by its owner only, and is not there before it is whole', async () => {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const path = join(folder, 'half.backup');
      const archive = await writeArchive(path);
      await archive.begin({ kind: 'picture', name: 'x' });
      await archive.data(Buffer.alloc(1_000_000));
      expect((await readdir(folder)).filter((name) => name.startsWith('half'))).toEqual([
        `half.backup.unfinished-${process.pid}`,
      ]);
      await archive.abandon();
      expect((await readdir(folder)).filter((name) => name.startsWith('half'))).toEqual([]);
    });

    const cut = (bytes: Buffer) => bytes.subarray(0, bytes.length - 1);
    const changed = (bytes: Buffer) => {
      const copy = Buffer.from(bytes);
      copy[copy.length >> 1] = (copy[copy.length >> 1] as number) ^ 1;
      return copy;
    };
    test.each([
      ['is cut off', cut, /cut off or was changed/],
      ['is cut off early', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1), /cut off or was changed/],
      ['was changed by one bit', changed, /cut off or was changed/],
      ['is empty', () => Buffer.alloc(0), /no backup/],
      ['is something else', () => Buffer.from('PK'.repeat(1_000)), /no backup/],
    ])('that %s is refused before anything is changed', async (_, spoil, reason) => {
      const place = await freshPlace(shop.settings);
      const spoilt = join(folder, 'spoilt.backup');
      await writeFile(spoilt, spoil(await readFile(file)));
      await expect(putBack(place, spoilt, { force: true })).rejects.toThrow(reason);
      expect(
        await rowsAt(place, 'orders', `select to_regclass('migrations') as m, to_regclass('${UNFINISHED}') as u`),
      ).toEqual([{ m: null, u: null }]);
    });
  });

  test('is not put where a shop is, unless that is said, and never where one runs', async () => {
    await expect(putBack(shop.settings, file, { force: true })).rejects.toThrow(
      /running on the databases of catalog, /,
    );
    const place = await freshPlace(shop.settings);
    await putBack(place, file, { force: false });
    await rowsAt(place, 'customers', `update customers set name = 'changed since'`);
    await rowsAt(
      place,
      'orders',
      'create table stranger (n integer); create function strange() returns int language sql return 1',
    );
    await expect(putBack(place, file, { force: false })).rejects.toThrow(
      /there is a shop already .*nothing was changed/,
    );
    expect(await rowsAt(place, 'customers', `select 1 from customers where name = 'changed since'`)).not.toEqual([]);
    await putBack(place, file, { force: true });
    expect(await rowsAt(place, 'customers', `select 1 from customers where name = 'changed since'`)).toEqual([]);
    expect(await rowsAt(place, 'orders', `select to_regclass('stranger') as there`)).toEqual([{ there: null }]);
  });

  test('that is half there does not start, and is put back by doing it again', async () => {
    const place = await freshPlace(shop.settings);
    const mend = await breakOff(place, 'orders', 'at its commit');
    await expect(putBack(place, file, { force: false })).rejects.toThrow('broken off');
    await mend();
    await expect(startOn(place)).rejects.toThrow(/a restore of the database of \w+ was not finished/);
    await putBack(place, file, { force: false });
    const restored = await startOn(place);
    const order = await restored.place();
    const [{ number: last } = { number: 0 }] = await shop.query<{ number: number }>(
      'orders',
      `select max(number)::int as number from orders where id = any($1)`,
      [
        (await restored.query<{ id: string }>('orders', 'select id from orders where id <> $1', [order.id])).map(
          ({ id }) => id,
        ),
      ],
    );
    expect(order.number).toBeGreaterThan(last);
    await restored.close();
  }, 60_000);

  test('whose database a newer version has changed does not start, and is not taken', async () => {
    const place = await freshPlace(shop.settings);
    await putBack(place, file, { force: false });
    await rowsAt(place, 'orders', `insert into migrations values ('orders/999_of_tomorrow.sql')`);
    const newer =
      /the database of orders was changed by a newer version of Tradewind, which has orders\/999_of_tomorrow\.sql/;
    await expect(startOn(place)).rejects.toThrow(newer);
    const path = join(folder, 'newer.backup');
    await expect(takeBackup(place, SERVICES, path)).rejects.toThrow(newer);
    expect((await readdir(folder)).filter((name) => name.startsWith('newer'))).toEqual([]);
  }, 60_000);
});

describe.skipIf(!hasRabbit())('a shop on RabbitMQ', () => {
  test('is taken when it is stopped, with what its queues have; and nothing of it is lost', async () => {
    const shop = await startTestShop({ topology: 'rabbitmq' });
    const path = join(folder, 'rabbit.backup');
    try {
      await shop.product({ product_id: 'KEPT', stock: 1_000 });
      await expect(takeBackup(shop.settings, SERVICES, path)).rejects.toThrow(/the shop is running/);
      const forgotten = { ...shop.settings, AMQP_URL: '' };
      await expect(takeBackup(forgotten, SERVICES, path)).rejects.toThrow(/AMQP_URL is needed here too/);
      await shop.quiet();
      await shop.shop.stop();
      const placed = await orderWhileNobodyListens(shop.settings);
      expect(await rowsAt(shop.settings, 'orders', `select id from outbox where type = 'order.placed'`)).toEqual([]);
      expect(await rowsAt(shop.settings, 'inventory', `select id from inbox where type = 'order.placed'`)).toEqual([]);

      await takeBackup(shop.settings, SERVICES, path);
      const place = await freshPlace({ ...shop.settings, AMQP_URL: '' });
      await putBack(place, path, { force: false });
      const restored = await startOn(place);
      try {
        await restored.quiet();
        await expectInvariants(restored.query);
        const rows = await restored.query(
          'orders',
          `select id from orders where status = 'confirmed' and id = any($1)`,
          [placed],
        );
        expect(rows).toHaveLength(placed.length);
      } finally {
        await restored.close();
      }
    } finally {
      await shop.close();
    }
  }, 120_000);

  test('is not put where messages of another shop wait, unless they may go', async () => {
    const shop = await startTestShop({ topology: 'rabbitmq' });
    const path = join(folder, 'rabbit-2.backup');
    try {
      await shop.quiet();
      await shop.shop.stop();
      await takeBackup(shop.settings, SERVICES, path);
      await orderWhileNobodyListens(shop.settings);
      const place = await freshPlace(shop.settings);
      await expect(putBack(place, path, { force: false })).rejects.toThrow(/messages of another shop wait in RabbitMQ/);
      await putBack(place, path, { force: true });
      const { DATABASE_URL, DATA_DIR, AMQP_NAMESPACE } = place;
      const settings = { DATABASE_URL, DATA_DIR, AMQP_NAMESPACE };
      const restored = await startTestShop({ topology: 'rabbitmq', prepared: false, settings });
      await restored.quiet();
      await expectInvariants(restored.query);
      await restored.close();
    } finally {
      await shop.close();
    }
  }, 120_000);
});

/** Orders alone runs, as if all others had just died: what it says is in no outbox any more, and in no inbox yet. */
async function orderWhileNobodyListens(settings: Settings): Promise<string[]> {
  const targets = ['orders', 'catalog', 'customers', 'gateway'] as const;
  const alone = await startShop({ settings, targets, log: silentLog });
  const place = callAt(alone.addresses.get('gateway') as string);
  const placed: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    const body = { email: 'shopper@example.com', items: [{ product_id: 'PROD001', quantity: 1 }] };
    const reply = await place<{ id: string }>('/api/checkout', { method: 'POST', body });
    expect(reply.status).toBe(201);
    placed.push(reply.body.id);
  }
  await eventually(async () => (await rowsAt(settings, 'orders', 'select from outbox')).length === 0);
  await alone.stop();
  return placed;
}
