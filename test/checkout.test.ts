/** An order goes all the way, whatever carries the messages: the same tests on both topologies. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlacedOrder, TestShop } from './harness.ts';
import { eventually, hasRabbit, startTestShop, TOPOLOGIES } from './harness.ts';
import { expectInvariants } from './invariants.ts';

describe.each(TOPOLOGIES)('checkout, %s', (topology) => {
  describe.skipIf(topology === 'rabbitmq' && !hasRabbit())('of a shopper', () => {
    let shop: TestShop;
    beforeAll(async () => {
      shop = await startTestShop({ topology });
    });
    afterAll(async () => {
      await shop.quiet();
      await expectInvariants(shop.query);
      await shop.close();
    });

    const checkout = (body: object, headers: Record<string, string> = {}) =>
      shop.call<PlacedOrder>('/api/checkout', { method: 'POST', body, headers });

    it.each([
      [
        'price_at_purchase and a numeric product',
        { user_id: 7, email: 'a@example.com', items: [{ product_id: 123, quantity: 1, price_at_purchase: 999 }] },
      ],
      [
        'user_id, user_email and a price in a string',
        { user_id: 1, user_email: 'test@example.com', items: [{ product_id: 1, quantity: 1, price: '1299.99' }] },
      ],
      [
        'customer_name, customer_email and numeric prices',
        {
          customer_name: 'John Doe',
          customer_email: 'john@example.com',
          items: [
            { product_id: 'PROD001', quantity: 2, price: 79.99 },
            { product_id: 'PROD002', quantity: 1, price: 29.99 },
          ],
        },
      ],
    ])('speaks the dialect with %s: confirmed, stock down, mail in the mailbox', async (_dialect, body) => {
      const product = String(body.items[0]?.product_id);
      const before = (await shop.call<{ available: number }>(`/api/inventory/${product}`)).body.available;

      const reply = await checkout(body);
      expect(reply.status).toBe(201);
      expect(reply.headers.get('location')).toBe(`/api/orders/${reply.body.id}`);
      expect(reply.body).toMatchObject({
        status: 'pending',
        currency: 'USD',
        processing_duration_ms: expect.any(Number),
      });

      const order = await shop.until(reply.body, 'confirmed');
      expect(order.deadline_at).toBeNull();
      const after = (await shop.call<{ available: number }>(`/api/inventory/${product}`)).body.available;
      expect(before - after).toBe(body.items[0]?.quantity);
      await eventually(async () => (await shop.mails(order.email)).length === 1);
    });

    it('names what it has made by an address that leads there', async () => {
      const token = await shop.admin();
      const body = { product_id: `LINK-${topology}`, name: 'Link', price: 1 };
      const made = await shop.call('/api/products', { method: 'POST', body, token });
      expect(made.headers.get('location')).toBe(`/api/products/${body.product_id}`);
      expect((await shop.call(made.headers.get('location') as string)).status).toBe(200);
    });

    it('tells the order’s story in its timeline', async () => {
      const placed = await shop.place();
      await shop.until(placed, 'confirmed');
      const { body } = await shop.call<{ items: { event: string; status: string }[]; next: string }>(
        `/api/orders/${placed.id}/timeline?token=${placed.guest_token}`,
      );
      expect(body.items.map(({ event, status }) => [event, status])).toEqual([
        ['order.placed', 'pending'],
        ['product.stock.deducted', 'awaiting_payment'],
        ['payment.processed', 'confirmed'],
      ]);
      expect(body.next).toBe('Waiting to be shipped');
    });

    it('charges the sum of the lines in the catalogue’s prices', async () => {
      const items = [
        { product_id: 'PROD001', quantity: 2 },
        { product_id: 'PROD002', quantity: 3 },
        { product_id: 'PROD001', quantity: 1 },
      ];
      const placed = await shop.place({ items });
      expect(placed.items).toMatchObject([
        { product_id: 'PROD001', quantity: 3, unit_price: '79.99', line_total: '239.97' },
        { product_id: 'PROD002', quantity: 3, unit_price: '29.99', line_total: '89.97' },
      ]);
      expect(placed.total_amount).toBe('329.94');
      await shop.until(placed, 'confirmed');
      const [charge] = await shop.query('payments', 'select amount, status from payments where order_id = $1', [
        placed.id,
      ]);
      expect(charge).toEqual({ amount: '32994', status: 'succeeded' });
    });

    it('makes one order of the same Idempotency-Key sent ten times at once', async () => {
      const key = { 'idempotency-key': `"${randomUUID()}"` };
      const body = { email: 'once@example.com', items: [{ product_id: 'PROD003', quantity: 1 }] };
      const replies = await Promise.all(Array.from({ length: 10 }, () => checkout(body, key)));
      expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(201));
      expect(new Set(replies.map((reply) => JSON.stringify(reply.body))).size).toBe(1);

      const later = await checkout(body, key);
      expect(later.body).toEqual(replies[0]?.body);
      expect(later.headers.get('idempotency-replayed')).toBe('true');
      const other = await checkout({ ...body, items: [{ product_id: 'PROD003', quantity: 2 }] }, key);
      expect(other).toMatchObject({ status: 422, body: { type: 'urn:tradewind:problem:idempotency-key-reused' } });
      const rows = await shop.query('orders', 'select 1 from orders where email = $1', ['once@example.com']);
      expect(rows).toHaveLength(1);
    });

    it.each([
      ['pm_declined', 'declined'],
      ['pm_insufficient_funds', 'insufficient_funds'],
    ])('fails with %s, and gives the stock back', async (payment_method, reason) => {
      const level = async () => (await shop.call<{ available: number }>('/api/inventory/PROD004')).body.available;
      const before = await level();
      const placed = await shop.place({ payment_method, items: [{ product_id: 'PROD004', quantity: 5 }] });
      const order = await shop.until(placed, 'failed');
      expect(order.reason).toBe('payment_declined');
      await eventually(async () => (await level()) === before);
      const [payment] = await shop.query('payments', 'select status, reason from payments where order_id = $1', [
        placed.id,
      ]);
      expect(payment).toEqual({ status: 'failed', reason });
    });

    it.each(['pm_flaky', 'pm_lost_answer'])('charges once when the provider is %s', async (payment_method) => {
      const placed = await shop.place({ payment_method });
      await shop.until(placed, 'confirmed');
      const charges = await shop.query(
        'payments',
        `select outcome, calls from test_provider_charges join payments on payments.id::text = key where order_id = $1`,
        [placed.id],
      );
      expect(charges).toEqual([{ outcome: 'succeeded', calls: 2 }]);
    });

    it('carries 256 clients at once without an error', async () => {
      const replies = await Promise.all(
        Array.from({ length: 256 }, (_, i) =>
          checkout({ email: `crowd${i}@example.com`, items: [{ product_id: 'PROD005', quantity: 1 }] }),
        ),
      );
      const refused = replies.filter(({ status }) => status !== 201);
      expect(refused).toEqual([]);
      await shop.quiet();
      const [row] = await shop.query(
        'orders',
        `select count(*)::int as n from orders where email like 'crowd%' and status <> 'confirmed' and reason is distinct from 'out_of_stock'`,
      );
      expect(row).toEqual({ n: 0 });
    });

    it('ships and delivers along the table, and the stock leaves the books', async () => {
      const token = await shop.admin();
      const placed = await shop.place({ items: [{ product_id: 'PROD002', quantity: 2 }] });
      await shop.until(placed, 'confirmed');
      const before = (await shop.call<{ on_hand: number }>('/api/inventory/PROD002')).body.on_hand;
      const patch = (status: string) =>
        shop.call(`/api/orders/${placed.id}/status`, { method: 'PATCH', body: { status }, token });
      expect(await patch('delivered')).toMatchObject({
        status: 409,
        body: { current_status: 'confirmed', legal_statuses: ['cancelled', 'shipped'] },
      });
      expect((await patch('shipped')).status).toBe(200);
      await eventually(
        async () => (await shop.call<{ on_hand: number }>('/api/inventory/PROD002')).body.on_hand === before - 2,
      );
      expect((await patch('delivered')).body).toMatchObject({ status: 'delivered' });
      expect((await patch('cancelled')).status).toBe(409);
    });
  });
});
