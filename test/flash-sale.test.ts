/** Never oversold: more buyers than stock, one replica or two, one line or several. */
import { afterEach, describe, expect, it } from 'vitest';
import type { TestShop } from './harness.ts';
import { hasRabbit, startTestShop, TOPOLOGIES } from './harness.ts';
import { expectInvariants } from './invariants.ts';

let shop: TestShop;
afterEach(async () => {
  await shop.close();
});

async function outcome(): Promise<Record<string, number>> {
  const rows = await shop.query<{ what: string; n: number }>(
    'orders',
    `select concat_ws(' ', status, reason) as what, count(*)::int as n from orders group by 1`,
  );
  return Object.fromEntries(rows.map(({ what, n }) => [what, n]));
}

describe.each(TOPOLOGIES)('a flash sale, %s', (topology) => {
  describe.skipIf(topology === 'rabbitmq' && !hasRabbit())('of 20 pieces', () => {
    it('sells 20 of 20 to 100 buyers at once', async () => {
      shop = await startTestShop({ topology });
      await shop.product({ product_id: 'HOT', stock: 20 });
      const items = [{ product_id: 'HOT', quantity: 1 }];
      await Promise.all(Array.from({ length: 100 }, () => shop.place({ items })));
      await shop.quiet();
      expect(await outcome()).toEqual({ confirmed: 20, 'failed out_of_stock': 80 });
      expect((await shop.call('/api/inventory/HOT')).body).toMatchObject({ available: 0, status: 'out_of_stock' });
      await expectInvariants(shop.query);
    });

    it('takes all lines of an order or none, with two inventory replicas at work', async () => {
      shop = await startTestShop({ topology });
      await shop.replica(['inventory']);
      await shop.product({ product_id: 'LEFT', stock: 20 });
      await shop.product({ product_id: 'RIGHT', stock: 30 });
      // Each order names its products in its own order: locks must not.
      const lines = [
        { product_id: 'LEFT', quantity: 1 },
        { product_id: 'RIGHT', quantity: 1 },
      ];
      await Promise.all(
        Array.from({ length: 100 }, (_, i) => shop.place({ items: i % 2 === 0 ? lines : [...lines].reverse() })),
      );
      await shop.quiet();
      expect(await outcome()).toEqual({ confirmed: 20, 'failed out_of_stock': 80 });
      expect((await shop.call('/api/inventory/LEFT')).body).toMatchObject({ available: 0 });
      expect((await shop.call('/api/inventory/RIGHT')).body).toMatchObject({ available: 10 });
      await expectInvariants(shop.query);
    });
  });
});
