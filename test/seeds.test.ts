/**
 * What five older systems asked of their users, asked of this shop (docs/seeds.md maps every line), and below it what
 * was found when those systems were run: each defect as a test that it does not happen here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ServiceName } from '../src/contracts/registry.ts';
import type { Target } from '../src/shop.ts';
import { TARGETS } from '../src/shop.ts';
import type { PlacedOrder, Reply, TestShop, TestShopOptions } from './harness.ts';
import { eventually, hasRabbit, startTestShop } from './harness.ts';
import { expectInvariants } from './invariants.ts';
import { openLine } from './tcp-proxy.ts';

let shop: TestShop;

/** A request to a room's own port, as those systems' users made them. */
async function at(room: ServiceName, path: string, body?: unknown, token?: string, method = body ? 'POST' : 'GET') {
  const reply = await fetch(`${shop.shop.addresses.get(room)}${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, body: text ? JSON.parse(text) : undefined } as Reply<
    Record<string, unknown> & { items: Record<string, unknown>[] }
  >;
}

const settle = async () => {
  await shop.quiet();
  await expectInvariants(shop.query);
};

describe('what the older systems asked', () => {
  let admin: string;
  beforeAll(async () => {
    shop = await startTestShop({ settings: { PAYMENT_LATENCY_MS: '100' } });
    admin = await shop.admin();
  });
  afterAll(async () => {
    await settle();
    await shop.close();
  });

  async function account(email: string) {
    const { body } = await at(
      'customers',
      '/customers',
      { email, password: 'a long enough secret', name: 'Ann Lee', address: '1 Quay, Leith' },
      admin,
    );
    const login = await at('customers', '/auth/login', { email, password: 'a long enough secret' });
    return { id: body.id as string, token: login.body.access_token as string };
  }

  describe('000: products, orders and customers with RabbitMQ', () => {
    it('keeps products, customers and orders: created, read, changed, deleted', async () => {
      const product = { product_id: 'MUG-000', name: 'Mug', description: 'Holds coffee', price: 12.5, stock: 5 };
      expect(await at('catalog', '/products', product, admin)).toMatchObject({ status: 201, body: { price: '12.50' } });
      const change = { price: '13.00' };
      expect((await at('catalog', '/products/MUG-000', change, admin, 'PATCH')).body.price).toBe('13.00');
      expect((await at('catalog', '/products')).body.items.length).toBeGreaterThan(5);

      const ann = await account('ann@000.example');
      expect((await at('customers', `/customers/${ann.id}`, undefined, ann.token)).body).toMatchObject({
        name: 'Ann Lee',
      });
      const renamed = await at('customers', `/customers/${ann.id}`, { name: 'Ann B. Lee' }, ann.token, 'PATCH');
      expect(renamed.body.name).toBe('Ann B. Lee');
      expect((await at('customers', '/customers', undefined, admin)).body.items.length).toBeGreaterThan(0);

      await eventually(
        async () => (await shop.query('orders', `select 1 from products where price = 1300`)).length === 1,
      );
      const items = [{ product_id: 'MUG-000', quantity: 2, price_at_purchase: 13 }];
      const order = await at('orders', '/orders', { customer_id: ann.id, items }, ann.token);
      expect(order).toMatchObject({ status: 201, body: { status: 'pending', customer_id: ann.id } });
      await shop.until({ id: order.body.id as string }, 'confirmed');
      const stock = await at('inventory', '/inventory/MUG-000');
      expect(stock.body).toMatchObject({ available: 3 });

      expect((await at('catalog', '/products/MUG-000', undefined, admin, 'DELETE')).status).toBe(204);
      expect((await at('orders', `/orders/${order.body.id}`, undefined, ann.token)).body.items[0]).toMatchObject({
        name: 'Mug',
      });
    });

    it('checks a customer_id with the customers service', async () => {
      const items = [{ product_id: 1, quantity: 1 }];
      const nobody = '01900000-0000-7000-8000-000000000000';
      const unknown = await at('orders', '/orders', { customer_id: nobody, email: 'x@000.example', items }, admin);
      expect(unknown).toMatchObject({ status: 422, body: { type: 'urn:tradewind:problem:unknown-customer' } });
    });

    it('tells by events what became of an order: pending to confirmed, or failed where stock is short', async () => {
      const events = async ({ id, guest_token }: PlacedOrder) => {
        const { body } = await at('orders', `/orders/${id}/timeline?token=${guest_token}`);
        return body.items.map(({ event, status }) => `${event} → ${status}`);
      };
      const fine = await shop.place({ items: [{ product_id: 456, quantity: 1 }] });
      await shop.until(fine, 'confirmed');
      expect(await events(fine)).toEqual([
        'order.placed → pending',
        'product.stock.deducted → awaiting_payment',
        'payment.processed → confirmed',
      ]);
      const short = await shop.place({ items: [{ product_id: 456, quantity: 5_000 }] });
      await shop.until(short, 'failed');
      expect(await events(short)).toEqual(['order.placed → pending', 'product.stock.deduction.failed → failed']);
    });
  });

  describe('001: one event, many listeners', () => {
    it('an order of the Laptop (123) reaches stock and mailbox, and the stock survives', async () => {
      const before = (await at('inventory', '/inventory/123')).body.available as number;
      const order = await shop.place({ email: 'fan@001.example', items: [{ product_id: 123, quantity: 1 }] });
      await shop.until(order, 'confirmed');
      expect((await at('inventory', '/inventory/123')).body.available).toBe(before - 1);
      await eventually(async () => (await shop.mails('fan@001.example')).length === 1);
      expect((await at('catalog', '/products/123')).body.name).toBe('Laptop');
    });
  });

  describe('002: orders viewed and their status changed', () => {
    it('ships and delivers an order, and refuses what is out of turn', async () => {
      const order = await shop.place({ email: 'two@002.example' });
      await shop.until(order, 'confirmed');
      const set = (status: string) => at('orders', `/orders/${order.id}/status`, { status }, admin, 'PATCH');
      expect((await set('delivered')).status).toBe(409);
      expect((await set('shipped')).body.status).toBe('shipped');
      expect((await set('delivered')).body.status).toBe('delivered');
      expect((await at('orders', '/orders', undefined, admin)).body.items.map(({ id }) => id)).toContain(order.id);
      expect((await at('orders', `/orders/${order.id}`, undefined, admin, 'DELETE')).status).toBe(204);
    });
  });

  describe('003: asynchronous checkout', () => {
    const body = {
      user_id: 1,
      user_email: 'test@003.example',
      items: [{ product_id: 1, quantity: 1, price: '1299.99' }],
    };

    it('answers at once, pays and mails behind it', async () => {
      const started = performance.now();
      const reply = await shop.call<PlacedOrder>('/api/checkout', { method: 'POST', body });
      expect(performance.now() - started).toBeLessThan(500);
      expect(reply).toMatchObject({ status: 201, body: { status: 'pending', total_amount: '1299.99' } });
      await shop.until(reply.body, 'confirmed');
      await eventually(async () => (await shop.mails('test@003.example')).length === 1);
    });

    it('answers for its health at every door, and its documented queries still answer', async () => {
      expect((await shop.call('/health')).body.status).toBe('ok');
      for (const room of ['orders', 'payments', 'notifications'] as const) {
        expect((await at(room, '/health')).body).toMatchObject({ status: 'ok', service: room });
      }
      const [order] = await shop.query<Record<string, string>>(
        'orders',
        'select id, email, status, total_amount, processing_duration_ms from orders order by created_at desc',
      );
      expect(Number(order?.processing_duration_ms)).toBeLessThan(500);
      const [payment] = await shop.query(
        'payments',
        'select id, order_id, amount, status, transaction_id from payments order by created_at desc',
      );
      expect(payment).toMatchObject({ transaction_id: expect.any(String) });
    });
  });

  describe('004: order processing', () => {
    it('takes the documented order, and shows it, its stock and its notifications', async () => {
      expect((await at('inventory', '/inventory')).body.items.map(({ product_id }) => product_id)).toContain('PROD001');
      const order = await at('orders', '/orders', {
        customer_name: 'John Doe',
        customer_email: 'john@004.example',
        items: [
          { product_id: 'PROD001', quantity: 2, price: 79.99 },
          { product_id: 'PROD002', quantity: 1, price: 29.99 },
        ],
      });
      expect(order).toMatchObject({ status: 201, body: { total_amount: '189.97', name: 'John Doe' } });
      const { id, guest_token } = order.body as unknown as PlacedOrder;
      await shop.until({ id, guest_token }, 'confirmed');
      expect((await at('orders', `/orders/${id}?token=${guest_token}`)).body.status).toBe('confirmed');
      await eventually(async () => {
        const told = await at('notifications', `/notifications?order_id=${id}`, undefined, admin);
        return told.body.items.some(({ kind, status }) => kind === 'confirmed' && status === 'sent');
      });
    });

    it('checks stock and holds it without an order', async () => {
      const items = [{ product_id: 'PROD003', quantity: 2 }];
      expect((await at('inventory', '/inventory/check', { items })).body).toMatchObject({ available: true });
      const held = await at('inventory', '/reservations', { items, ttl_seconds: 60 }, admin);
      expect(held.status).toBe(201);
      expect((await at('inventory', `/reservations/${held.body.id}`, undefined, admin, 'DELETE')).status).toBe(204);
    });

    it('tells by mail and by SMS', async () => {
      const order = await shop.place({
        email: 'sms@004.example',
        phone: '+1 555 010 4004',
        notify_by: ['email', 'sms'],
      });
      await shop.until(order, 'confirmed');
      await eventually(async () => {
        const told = await at('notifications', `/notifications?order_id=${order.id}`, undefined, admin);
        const sent = told.body.items.filter(({ status }) => status === 'sent').map(({ channel }) => channel);
        return sent.includes('email') && sent.includes('sms');
      });
    });
  });
});

describe('what was found when they were run does not happen here', () => {
  const after: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await settle();
    await shop.close();
    for (const end of after.splice(0)) await end();
  });
  const start = async (options: TestShopOptions = {}) => {
    shop = await startTestShop(options);
  };
  /** A shop whose line to the broker can be cut. */
  async function startOnLine() {
    const url = new URL(inject('amqpUrl'));
    const line = await openLine({ host: url.hostname, port: Number(url.port || 5672) });
    after.push(line.close);
    await start({ topology: 'rabbitmq', amqpUrl: Object.assign(url, { host: `127.0.0.1:${line.port}` }).href });
    return line;
  }

  it('000, 002, 003 stand still at 32 clients: here 320 orders of 32 clients are placed and confirmed', async () => {
    await start();
    await shop.product({ product_id: 'PLENTY', stock: 1_000 });
    const placed: PlacedOrder[] = [];
    const client = async () => {
      for (let i = 0; i < 10; i += 1) placed.push(await shop.place({ items: [{ product_id: 'PLENTY', quantity: 1 }] }));
    };
    await Promise.all(Array.from({ length: 32 }, client));
    await shop.quiet();
    const rows = await shop.query(`orders`, `select status, count(*)::int as n from orders group by 1`);
    expect(rows).toEqual([{ status: 'confirmed', n: 320 }]);
  });

  it.skipIf(!hasRabbit())('000 sells 70 of 60 with two consumers: here 60 of 60', async () => {
    await start({ topology: 'rabbitmq' });
    await shop.product({ product_id: 'SIXTY', stock: 60 });
    await shop.replica(['inventory']);
    const items = [{ product_id: 'SIXTY', quantity: 1 }];
    await Promise.all(Array.from({ length: 100 }, () => shop.place({ items })));
    await shop.quiet();
    const rows = await shop.query('orders', 'select status, count(*)::int as n from orders group by 1 order by 1');
    expect(rows).toEqual([
      { status: 'confirmed', n: 60 },
      { status: 'failed', n: 40 },
    ]);
  });

  it.skipIf(!hasRabbit())('000 loses orders when the broker goes: here they wait for it', async () => {
    const line = await startOnLine();
    await shop.product({ product_id: 'PLENTY', stock: 1_000 });
    const items = [{ product_id: 'PLENTY', quantity: 1 }];
    const placed = [await shop.place({ items })];
    line.cut();
    for (let i = 0; i < 20; i += 1) placed.push(await shop.place({ items }));
    line.mend();
    for (const order of placed) await shop.until(order, 'confirmed');
  });

  it('000 sells at the price the client names: here that is a 409 with both prices', async () => {
    await start();
    const body = { email: 'cheap@example.com', items: [{ product_id: 1, quantity: 1, price: 0.01 }] };
    const reply = await shop.call<Record<string, unknown>>('/api/checkout', { method: 'POST', body });
    expect(reply).toMatchObject({
      status: 409,
      body: { errors: [{ pointer: '/items/0/price', your_price: '0.01', current_price: '1299.99' }] },
    });
    expect(await shop.query('orders', 'select from orders')).toEqual([]);
  });

  it('000 keeps passwords in the clear: here no database has one', async () => {
    await start();
    const password = 'unmistakable-harbour-4711';
    await shop.call('/api/customers', { method: 'POST', body: { email: 'p@example.com', password } });
    await shop.call('/api/auth/login', { method: 'POST', body: { email: 'p@example.com', password } });
    for (const room of TARGETS.filter((target) => target !== 'gateway')) {
      const tables = await shop.query<{ name: string }>(
        room,
        `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
      );
      for (const { name } of tables) {
        const found = await shop.query(room, `select from ${name} t where t::text like '%${password}%'`);
        expect([room, name, found.length]).toEqual([room, name, 0]);
      }
    }
  });

  it('003 never confirms an order and pays one a second: here twenty that take a second each are paid together', async () => {
    await start({ settings: { PAYMENT_LATENCY_MS: '1000' } });
    const orders = await Promise.all(Array.from({ length: 20 }, () => shop.place()));
    const started = performance.now();
    for (const order of orders) await shop.until(order, 'confirmed');
    expect(performance.now() - started).toBeLessThan(6_000);
  });

  it('003 pays twice when it dies between paying and saying so: here the answer may be lost as often as it likes', async () => {
    await start();
    const order = await shop.place({ payment_method: 'pm_lost_answer' });
    await shop.until(order, 'confirmed');
    const charges = await shop.query<{ calls: number }>('payments', 'select calls from test_provider_charges');
    expect(charges).toHaveLength(1);
    expect(charges[0]?.calls).toBeGreaterThan(1);
  });

  it.skipIf(!hasRabbit())(
    '003 loses every event after five idle minutes: here a connection that idled away is made again',
    async () => {
      const line = await startOnLine();
      await shop.until(await shop.place(), 'confirmed');
      await shop.quiet();
      line.cut();
      line.mend();
      await shop.until(await shop.place(), 'confirmed');
    },
  );

  it.skipIf(!hasRabbit())(
    '001 loses orders while a consumer is down: here its queue keeps them, even before it was ever started',
    async () => {
      const down: readonly Target[] = ['inventory', 'notifications'];
      await start({ topology: 'rabbitmq', targets: TARGETS.filter((one) => !down.includes(one)) });
      const body = { product_id: 'LATE', name: 'Late', price: '10.00', stock: 5 };
      await shop.call('/api/products', { method: 'POST', body, token: await shop.admin() });
      let order: PlacedOrder | undefined;
      await eventually(async () => {
        order = await shop.place({ items: [{ product_id: 'LATE', quantity: 1 }] }).catch(() => undefined);
        return order !== undefined;
      });
      await sleep(300);
      expect((await shop.get(order as PlacedOrder)).status).toBe('pending');
      await shop.replica(down);
      await shop.until(order as PlacedOrder, 'confirmed');
    },
  );

  it('004 loses everything on restart: here an order is where it was', async () => {
    await start();
    const order = await shop.place();
    await shop.until(order, 'confirmed');
    await shop.quiet();
    await shop.shop.stop();
    const again = await shop.replica(TARGETS);
    const reply = await fetch(`${again.addresses.get('gateway')}/api/orders/${order.id}?token=${order.guest_token}`);
    expect(await reply.json()).toMatchObject({ id: order.id, status: 'confirmed' });
  });
});
