/** What the shop leans on goes away and comes back: nothing is lost, nothing happens twice. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { startMailbox } from '../src/embedded/mailbox.ts';
import { fastFolder } from './fast-folder.ts';
import { freePort } from './free-port.ts';
import type { PlacedOrder, TestShop } from './harness.ts';
import { eventually, hasRabbit, startTestShop } from './harness.ts';
import { expectInvariants } from './invariants.ts';
import { rabbitBinary, startRabbitNode } from './rabbit.ts';

let shop: TestShop;
const after: (() => Promise<void>)[] = [];
afterEach(async () => {
  await shop.close();
  for (const end of after.splice(0)) await end();
});

const ENDLESS = [{ product_id: 'ENDLESS', quantity: 1 }];

/** Places an order every few milliseconds until told to stop; what was accepted comes back. */
function shoppers(): { stop: () => Promise<PlacedOrder[]> } {
  const placed: PlacedOrder[] = [];
  let going = true;
  const one = async () => {
    while (going) {
      await shop.place({ items: ENDLESS }).then(
        (order) => placed.push(order),
        () => {},
      );
      await sleep(20);
    }
  };
  const all = Promise.all([one(), one(), one(), one()]);
  return {
    async stop() {
      going = false;
      await all;
      return placed;
    },
  };
}

async function expectAllConfirmed(placed: PlacedOrder[]): Promise<void> {
  await shop.quiet();
  const rows = await shop.query<{ status: string; n: number }>(
    'orders',
    'select status, count(*)::int as n from orders where id = any($1) group by 1',
    [placed.map(({ id }) => id)],
  );
  expect(rows).toEqual([{ status: 'confirmed', n: placed.length }]);
  await expectInvariants(shop.query);
}

describe('the mail server', () => {
  it('goes away and comes back: mails are late, one each', async () => {
    const dir = await mkdtemp(join(fastFolder(), 'tradewind-mail-'));
    const ports = { smtpPort: await freePort(), httpPort: await freePort() };
    after.push(() => rm(dir, { recursive: true, force: true }));
    shop = await startTestShop({ settings: { SMTP_URL: `smtp://127.0.0.1:${ports.smtpPort}` } });
    const placed = await Promise.all(
      Array.from({ length: 20 }, (_, i) => shop.place({ email: `late${i}@example.com` })),
    );
    for (const order of placed) await shop.until(order, 'confirmed');
    await eventually(
      async () =>
        (
          await shop.query(
            'notifications',
            `select 1 from notifications where status = 'queued' and last_error is not null`,
          )
        ).length > 0,
    );

    const mailbox = await startMailbox({ dir, host: '127.0.0.1', ...ports });
    after.push(mailbox.stop);
    await expectAllConfirmed(placed);
    const reply = await fetch(`http://127.0.0.1:${ports.httpPort}/api/messages?limit=200`);
    const { items } = (await reply.json()) as { items: { to: string; repeats: number }[] };
    expect(items.map(({ to }) => to).sort()).toEqual(placed.map(({ email }) => email).sort());
    expect(items.filter(({ repeats }) => repeats > 0)).toEqual([]);
  });
});

describe('the database', () => {
  it('drops every connection under load: all that was accepted is done, once', async () => {
    shop = await startTestShop();
    await shop.product({ product_id: 'ENDLESS', stock: 1_000_000 });
    const load = shoppers();
    for (let i = 0; i < 5; i += 1) {
      await sleep(300);
      await shop.query(
        'orders',
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name like 'tradewind-%' and datname like $1 and pid <> pg_backend_pid()`,
        [`${new URL(shop.settings.DATABASE_URL).pathname.slice(1)}%`],
      );
    }
    const placed = await load.stop();
    expect(placed.length).toBeGreaterThan(20);
    await expectAllConfirmed(placed);
  });
});

describe.skipIf(!hasRabbit() || !rabbitBinary())('the broker', () => {
  it('is killed and started again under load: nothing is lost, nothing happens twice', async () => {
    const dir = await mkdtemp(join(fastFolder(), 'tradewind-rabbit-'));
    const node = await startRabbitNode(dir);
    after.push(async () => {
      await node.stop();
      await rm(dir, { recursive: true, force: true });
    });
    shop = await startTestShop({ topology: 'rabbitmq', amqpUrl: node.url });
    await shop.product({ product_id: 'ENDLESS', stock: 1_000_000 });
    const load = shoppers();
    await sleep(700);
    await node.kill();
    // Checkout does not need the broker: orders go on being accepted.
    const meanwhile = await shop.place({ items: ENDLESS });
    expect(meanwhile.status).toBe('pending');
    await sleep(700);
    await node.start();
    await sleep(700);
    const placed = [...(await load.stop()), meanwhile];
    expect(placed.length).toBeGreaterThan(20);
    await expectAllConfirmed(placed);
  }, 120_000);
});

describe.skipIf(!hasRabbit())('quiet', () => {
  it('changes nothing: idle connections that were cut are made again for the next order', async () => {
    shop = await startTestShop({ topology: 'rabbitmq', amqpUrl: inject('amqpUrl') });
    const first = await shop.place();
    await shop.until(first, 'confirmed');
    await shop.quiet();
    // What minutes of silence do to a connection, at once: the server ends them all.
    await shop.query(
      'orders',
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name like 'tradewind-%' and datname like $1 and pid <> pg_backend_pid()`,
      [`${new URL(shop.settings.DATABASE_URL).pathname.slice(1)}%`],
    );
    await sleep(100);
    const second = await shop.place();
    await shop.until(second, 'confirmed');
    await expectAllConfirmed([first, second]);
  });
});
