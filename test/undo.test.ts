/** Whatever goes wrong in the middle, everything is undone, once: slow providers, lost answers, cancels, deadlines. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { PlacedOrder, TestShop, TestShopOptions } from './harness.ts';
import { createShops, eventually, hasRabbit, TOPOLOGIES } from './harness.ts';
import { expectInvariants } from './invariants.ts';

let shop: TestShop;
const shops = createShops();
afterEach(async () => {
  await shop.quiet();
  await expectInvariants(shop.query);
});

const cancel = (order: PlacedOrder) =>
  shop.call(`/api/orders/${order.id}/cancel?token=${order.guest_token}`, {
    method: 'POST',
    body: { reason: 'changed my mind' },
  });
const payment = async (order: PlacedOrder) =>
  (
    await shop.query<{ status: string; refunded_amount: string; attempts: number; void_requested: boolean }>(
      'payments',
      'select * from payments where order_id = $1',
      [order.id],
    )
  )[0];
const charges = (order: PlacedOrder) =>
  shop.query<{ outcome: string }>(
    'payments',
    'select outcome from test_provider_charges join payments on payments.id::text = key where order_id = $1',
    [order.id],
  );
const refunds = (order: PlacedOrder) =>
  shop.query<{ amount: string; kind: string }>(
    'payments',
    'select refunds.amount, refunds.kind from refunds join payments on payments.id = payment_id where order_id = $1',
    [order.id],
  );

describe.each(TOPOLOGIES)('undoing, %s', (topology) => {
  describe.skipIf(topology === 'rabbitmq' && !hasRabbit())('an order', () => {
    const start = async (settings: TestShopOptions['settings'] = {}) => {
      shop = await shops.open({ topology, settings });
    };
    afterAll(shops.close);

    it('charges once when the provider answers after its time-out', async () => {
      await start({ PAYMENT_LATENCY_MS: '700', PAYMENT_TIMEOUT_MS: '300' });
      const placed = await shop.place();
      await shop.until(placed, 'confirmed');
      expect(await charges(placed)).toEqual([{ outcome: 'succeeded' }]);
      expect((await payment(placed))?.attempts).toBeGreaterThan(1);
    });

    it('cancelled before inventory heard of it: the late wish for stock is refused by the tombstone', async () => {
      await start();
      const inventory = shop.shop.services.get('inventory');
      await inventory?.inbox.worker.stop();
      const placed = await shop.place();
      const heard = () => shop.query('inventory', 'select type from inbox where subject = $1', [placed.id]);
      await eventually(async () => (await heard()).length === 1);
      // The wish is held up; the undo overtakes it.
      await shop.query('inventory', `update inbox set available_at = 'infinity' where subject = $1`, [placed.id]);
      expect((await cancel(placed)).body).toMatchObject({ status: 'cancelled', reason: 'changed my mind' });
      await eventually(async () => (await heard()).length === 2);
      inventory?.inbox.worker.start();
      const allocation = async () =>
        (
          await shop.query<{ status: string }>('inventory', 'select status from allocations where order_id = $1', [
            placed.id,
          ])
        )[0];
      await eventually(async () => (await allocation())?.status === 'void');
      await shop.query('inventory', `update inbox set available_at = '-infinity' where subject = $1`, [placed.id]);
      await shop.quiet();
      expect(await allocation()).toEqual({ status: 'void' });
      expect(await shop.query('inventory', 'select 1 from movements where order_id = $1', [placed.id])).toEqual([]);
      expect(await charges(placed)).toEqual([]);
    });

    it('cancelled before its charge was asked for: nothing is charged', async () => {
      await start();
      const payments = shop.shop.services.get('payments');
      await payments?.inbox.worker.stop();
      const placed = await shop.place();
      await shop.until(placed, 'awaiting_payment');
      await cancel(placed);
      const waiting = () => shop.query('payments', 'select 1 from inbox where subject = $1', [placed.id]);
      await eventually(async () => (await waiting()).length === 2);
      payments?.inbox.worker.start();
      await eventually(async () => (await payment(placed))?.status === 'voided');
      expect(await charges(placed)).toEqual([]);
    });

    it('cancelled while the provider is charging: refunded once', async () => {
      await start({ PAYMENT_LATENCY_MS: '600', PAYMENT_TIMEOUT_MS: '5000' });
      const placed = await shop.place();
      await eventually(async () => (await payment(placed))?.attempts === 1);
      await cancel(placed);
      await eventually(async () => (await payment(placed))?.status === 'succeeded');
      await shop.quiet();
      expect(await refunds(placed)).toEqual([{ amount: '7999', kind: 'order_ended' }]);
      expect(await shop.get(placed)).toMatchObject({ status: 'cancelled' });
    });

    it('cancelled after an attempt whose outcome nobody knows: found out, and refunded once', async () => {
      await start({ PAYMENT_LATENCY_MS: '600', PAYMENT_TIMEOUT_MS: '5000' });
      const placed = await shop.place({ payment_method: 'pm_lost_answer' });
      await eventually(async () => (await charges(placed)).length === 1);
      await cancel(placed);
      await shop.quiet();
      expect(await payment(placed)).toMatchObject({ status: 'succeeded', refunded_amount: '7999' });
      expect(await refunds(placed)).toHaveLength(1);
    });

    it('cancelled after it was confirmed: stock and money go back, once, however often it is asked', async () => {
      await start();
      const level = async () => (await shop.call<{ available: number }>('/api/inventory/PROD001')).body.available;
      const before = await level();
      const placed = await shop.place({ items: [{ product_id: 'PROD001', quantity: 3 }] });
      await shop.until(placed, 'confirmed');
      const answers = await Promise.all([cancel(placed), cancel(placed), cancel(placed)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
      await shop.quiet();
      expect(await level()).toBe(before);
      expect(await refunds(placed)).toEqual([{ amount: '23997', kind: 'order_ended' }]);
      const kinds = await shop.query(
        'notifications',
        'select kind from notifications where order_id = $1 order by kind',
        [placed.id],
      );
      expect(kinds).toEqual([{ kind: 'cancelled' }, { kind: 'confirmed' }, { kind: 'refunded' }]);
    });

    it('cannot be cancelled once it has left', async () => {
      await start();
      const placed = await shop.place();
      await shop.until(placed, 'confirmed');
      const token = await shop.admin();
      await shop.call(`/api/orders/${placed.id}/status`, { method: 'PATCH', body: { status: 'shipped' }, token });
      expect(await cancel(placed)).toMatchObject({ status: 409, body: { legal_statuses: ['delivered'] } });
    });

    it('waits for payment no longer than its deadline; a payment that comes later is refunded once', async () => {
      await start({ PAYMENT_LATENCY_MS: '2500', PAYMENT_DEADLINE_SECONDS: '1' });
      const placed = await shop.place();
      const order = await shop.until(placed, 'failed');
      expect(order.reason).toBe('timed_out');
      await shop.quiet();
      expect(await payment(placed)).toMatchObject({ status: 'succeeded', refunded_amount: '7999' });
      expect(await refunds(placed)).toHaveLength(1);
      const [allocation] = await shop.query('inventory', 'select status from allocations where order_id = $1', [
        placed.id,
      ]);
      expect(allocation).toEqual({ status: 'restored' });
    });

    it('waits for stock no longer than its deadline; stock that is taken later is given back', async () => {
      await start({ STOCK_DEADLINE_SECONDS: '1' });
      const inventory = shop.shop.services.get('inventory');
      await inventory?.inbox.worker.stop();
      const placed = await shop.place();
      const order = await shop.until(placed, 'failed');
      expect(order.reason).toBe('timed_out');
      inventory?.inbox.worker.start();
    });

    it('that cannot be ended is put off, and does not keep the others waiting', async () => {
      await start({ STOCK_DEADLINE_SECONDS: '1' });
      const inventory = shop.shop.services.get('inventory');
      await inventory?.inbox.worker.stop();
      const [stuck, other] = [await shop.place(), await shop.place()];
      // Too large for any event: telling of its end fails, whenever it is tried.
      await shop.query('orders', `update orders set email = repeat('x', 70000) where id = $1`, [stuck.id]);
      expect((await shop.until(other, 'failed')).reason).toBe('timed_out');
      expect(await shop.get(stuck)).toMatchObject({ status: 'pending' });

      await shop.query('orders', `update orders set email = 'mended@example.com', deadline_at = now() where id = $1`, [
        stuck.id,
      ]);
      expect((await shop.until(stuck, 'failed')).reason).toBe('timed_out');
      inventory?.inbox.worker.start();
    });

    it('is refunded by the shop in parts, never beyond what was charged', async () => {
      await start();
      const token = await shop.admin();
      const placed = await shop.place();
      await shop.until(placed, 'confirmed');
      const [{ id } = { id: '' }] = await shop.query<{ id: string }>(
        'payments',
        'select id from payments where order_id = $1',
        [placed.id],
      );
      const refund = (body: object) => shop.call(`/api/payments/${id}/refund`, { method: 'POST', body, token });
      const parts = await Promise.all([
        refund({ amount: '50.00' }),
        refund({ amount: '50.00' }),
        refund({ amount: 29.99 }),
      ]);
      expect(parts.map(({ status }) => status).sort()).toEqual([202, 202, 409]);
      expect(await refund({ amount: '0.001' })).toMatchObject({ status: 422 });
      await refund({});
      expect(await refund({})).toMatchObject({ status: 409 });
      await shop.quiet();
      expect(await payment(placed)).toMatchObject({ refunded_amount: '7999' });
      expect(await shop.get(placed)).toMatchObject({ status: 'confirmed' });
    });
  });
});
