/** RabbitMQ as three nodes: the one that leads is killed under load, and the shop goes on with the other two. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '../src/platform/log.ts';
import { startShop } from '../src/shop.ts';
import { fastFolder } from './fast-folder.ts';
import type { PlacedOrder, TestShop } from './harness.ts';
import { eventually, startTestShop } from './harness.ts';
import { expectInvariants } from './invariants.ts';
import type { ClusterNode } from './rabbit.ts';
import { rabbitBinary, startRabbitCluster } from './rabbit.ts';

const after: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end();
});

/** Orders at a steady rate, each by somebody of their own; what was accepted comes back. */
function shoppers(shop: TestShop, everyMs: number) {
  const placed: PlacedOrder[] = [];
  const refused: unknown[] = [];
  let going = true;
  const all = (async () => {
    const underway: Promise<unknown>[] = [];
    for (let i = 0; going; i += 1) {
      const order = { email: `cluster-${i}@example.com`, items: [{ product_id: 'ENDLESS', quantity: 1 }] };
      underway.push(
        shop.place(order).then(
          (one) => placed.push(one),
          (error) => refused.push(error),
        ),
      );
      await sleep(everyMs);
    }
    await Promise.all(underway);
  })();
  return {
    placed,
    async stop() {
      going = false;
      await all;
      return { placed, refused };
    },
  };
}

describe.skipIf(!rabbitBinary())('a RabbitMQ of three nodes', () => {
  it('loses the one that leads: no order is lost, one mail each, and the node comes back', async () => {
    const dir = await mkdtemp(join(fastFolder(), 'tradewind-cluster-'));
    after.push(() => rm(dir, { recursive: true, force: true }));
    const cluster = await startRabbitCluster(dir, 3);
    after.push(cluster.stop);
    const [first] = cluster.nodes as [ClusterNode, ...ClusterNode[]];

    // The shop is on one of the nodes, which therefore leads its queues; replicas of its rooms are on the other two.
    const shop = await startTestShop({ topology: 'rabbitmq', amqpUrl: cluster.url });
    after.push(shop.close);
    const namespace = shop.settings.AMQP_NAMESPACE;
    const ours = async (asked: ClusterNode) =>
      (await cluster.queues(asked)).filter(({ name }) => name.startsWith(namespace));
    let before = await ours(first);
    const onAll = async (asked: ClusterNode) => {
      before = await ours(asked);
      return before.length > 10 && before.every(({ online }) => online.length === 3);
    };
    await eventually(
      () => onAll(first),
      () => `not on three nodes: ${JSON.stringify(before)}`,
      30_000,
    );
    const leader = cluster.nodes.find(({ name }) => name === before[0]?.leader) as ClusterNode;
    expect(before.filter((queue) => queue.leader !== leader.name)).toEqual([]);
    const others = cluster.nodes.filter((node) => node !== leader);
    for (const { url } of others) {
      const replica = await startShop({
        settings: { ...shop.settings, AMQP_URL: url },
        targets: ['inventory', 'payments', 'notifications'],
        log: silentLog,
      });
      after.push(replica.stop);
    }
    await shop.product({ product_id: 'ENDLESS', stock: 1_000_000 });

    const load = shoppers(shop, 40);
    await eventually(async () => load.placed.length > 25);
    await leader.kill();
    const atKill = load.placed.length;
    await eventually(async () => load.placed.length > atKill + 50);
    // Orders go all their way with two nodes only.
    const last = load.placed.at(-1) as PlacedOrder;
    await eventually(
      async () =>
        (await shop.query('orders', `select from orders where id = '${last.id}' and status = 'confirmed'`)).length > 0,
      () => 'not confirmed with two nodes',
      60_000,
    );
    const meanwhile = await ours(others[0] as ClusterNode);
    expect(meanwhile.filter((queue) => queue.leader === leader.name)).toEqual([]);

    await leader.start();
    const { placed, refused } = await load.stop();
    expect(refused).toEqual([]);
    await shop.quiet();
    const rows = await shop.query('orders', `select status, count(*)::int as n from orders group by 1`);
    expect(rows).toEqual([{ status: 'confirmed', n: placed.length }]);
    const mails = await fetch(`${shop.mailbox.http}/api/messages?limit=200`);
    const { total } = (await mails.json()) as { total: number };
    expect(total).toBe(placed.length);
    await expectInvariants(shop.query);
    await eventually(
      () => onAll(leader),
      () => `not on three nodes: ${JSON.stringify(before)}`,
      40_000,
    );
  }, 180_000);
});
