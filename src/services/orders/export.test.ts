/** Orders as a file: the whole list, at the reader's pace, and never half of it that looks whole. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCsv } from '../../../test/csv.ts';
import type { TestRoom } from '../../../test/service-harness.ts';
import { eventually, message, openTestRoom } from '../../../test/service-harness.ts';
import { ProductCreated } from '../../contracts/catalog.ts';
import type { Order } from '../../contracts/orders.ts';
import { ListOrders, PlaceOrder } from '../../contracts/orders.ts';
import { sql } from '../../platform/database.ts';
import { orders } from './service.ts';

const ORDERS = 5_000;
const ADMIN = { authorization: 'Bearer admin.00000000-0000-7000-8000-000000000001' };

let room: TestRoom;
let address: string;
const query = <Row = unknown>(text: string) => room.service.db.query<Row>({ text });
beforeAll(async () => {
  room = await openTestRoom(orders);
  address = await room.service.listen('127.0.0.1', 0);
  const product = { product_id: 'MUG', name: 'Mug, "blue"', price: '12.50', currency: 'USD', version: 1, stock: 9 };
  await room.deliver([message(ProductCreated, product)]);
  // Twenty megabytes: more than sockets keep on the way.
  await query(`
    insert into orders (id, number, status, reason, email, name, payment_method, items, total_amount, currency, version,
      traceparent, processing_duration_ms, created_at, updated_at, refunded_amount)
    select (substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 1000000 + i,
      case when i % 10 = 0 then 'failed' else 'delivered' end, case when i % 10 = 0 then 'timed_out' end,
      'u' || i || '@example.com', 'User ' || i, 'pm_success',
      json_build_array(json_build_object('product_id', 'P', 'name', repeat('Long name ', 400), 'quantity', 2,
        'unit_price', '1.00', 'line_total', '2.00')),
      200 + i, 'EUR', 5, '', 1, at, at, i % 7
    from (select i, at, lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') as h
      from (select i, '2026-01-01T00:00:00Z'::timestamptz + i * interval '1 minute' as at from generate_series(1, ${ORDERS}) i) s) t`);
}, 120_000);
afterAll(() => room.close());

/** A reply whose body nobody reads yet. */
async function open(path: string, headers: Record<string, string> = ADMIN, from = address): Promise<IncomingMessage> {
  const request = get(`${from}${path}`, { headers, agent: false });
  const [reply] = (await once(request, 'response')) as [IncomingMessage];
  return reply;
}

async function read(reply: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of reply) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function sheet(path: string) {
  const reply = await open(path);
  expect(reply.statusCode).toBe(200);
  const text = await read(reply);
  const [head = [], ...rows] = parseCsv(text.replace(/^\ufeff/, ''));
  return { reply, text, head, rows: rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]]))) };
}

async function list(filter: object = {}): Promise<Order[]> {
  const found: Order[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const reply = await room.call(ListOrders, {
      as: 'admin',
      query: { ...filter, limit: 200, ...(cursor && { cursor }) },
    });
    if (!reply.ok) throw new Error(reply.problem.title);
    found.push(...reply.body.items);
    cursor = reply.body.next_cursor;
  }
  return found;
}

describe('the file', () => {
  test('is the list, line by line, with its name and its mark', async () => {
    const { reply, text, rows } = await sheet('/orders/export');
    expect(reply.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(reply.headers['content-disposition']).toMatch(/^attachment; filename="orders-\d{4}-\d\d-\d\d\.csv"$/);
    expect(text.startsWith('\ufeffnumber,id,created_at,status,')).toBe(true);
    const all = await list();
    expect(all).toHaveLength(ORDERS);
    expect(rows).toEqual(
      all.map((order) => ({
        ...{ number: String(order.number), id: order.id, created_at: order.created_at, status: order.status },
        ...{ reason: order.reason ?? '', email: order.email, name: order.name, customer_id: '' },
        ...{ items: `2× ${order.items[0]?.name}`, total_amount: order.total_amount, currency: 'EUR' },
        ...{ refunded_amount: order.refunded_amount, payment_method: 'pm_success', tracking_number: '' },
        ...{ shipping_name: '', shipping_line1: '', shipping_line2: '', shipping_city: '', shipping_region: '' },
        ...{ shipping_postal_code: '', shipping_country: '' },
      })),
    );
  });

  test.each([
    'status=failed',
    'from=2026-01-02T00:00:00Z&to=2026-01-03T00:00:00Z',
    'email=u17@example.com',
    'status=failed&from=2026-01-03T00:00:00Z',
    'text=nobody',
  ])('has what the list has with the filters %s', async (filter) => {
    const expected = (await list(Object.fromEntries(new URLSearchParams(filter)))).map(({ id }) => id);
    const { rows, head } = await sheet(`/orders/export?${filter}`);
    expect(rows.map(({ id }) => id)).toEqual(expected);
    expect(head).toContain('tracking_number');
    expect(expected.length < ORDERS).toBe(true);
  });

  test('has what shoppers typed as text: lines, quotes, and formulas that calculate nothing', async () => {
    const evil = '=HYPERLINK("https://evil.example","Invoice")';
    const shipping_address = { name: '@SUM(A1)', line1: 'Rose "Lane", 1\nbehind', city: '-2+3', country: 'DE' };
    const placed = await room.call(PlaceOrder, {
      body: { email: 'mallory@example.com', name: evil, shipping_address, items: [{ product_id: 'MUG', quantity: 2 }] },
    });
    if (!placed.ok) throw new Error(placed.problem.title);
    const { rows, text } = await sheet('/orders/export?text=mallory');
    expect(rows).toMatchObject([
      {
        name: `'${evil}`,
        shipping_name: `'@SUM(A1)`,
        shipping_line1: shipping_address.line1,
        shipping_city: `'-2+3`,
        shipping_country: 'DE',
        tracking_number: '',
        items: '2× Mug, "blue"',
        total_amount: '25.00',
        status: 'pending',
      },
    ]);
    expect(text).not.toMatch(/(^|[,"\r\n])[=@]/);
    await query(`delete from orders where id = '${placed.body.id}'`);
  });

  test('shows where a parcel is and an address of one line, in whichever batch', async () => {
    await query(`
      update orders set tracking = '{"number":"RR123"}', shipping_address = '"Rose Lane 1, Leith"' where email = 'u1@example.com'`);
    const { rows } = await sheet('/orders/export?to=2026-01-01T10:00:00Z');
    expect(rows).toHaveLength(599);
    expect(rows.at(-1)).toMatchObject({
      tracking_number: 'RR123',
      shipping_line1: 'Rose Lane 1, Leith',
      shipping_city: '',
    });
  });

  test('is for admins, and of filters that there are', async () => {
    expect((await open('/orders/export', {})).statusCode).toBe(401);
    expect((await open('/orders/export', { authorization: 'Bearer customer.x' })).statusCode).toBe(403);
    const reply = await open('/orders/export?limit=5');
    expect(reply.statusCode).toBe(422);
    expect(JSON.parse(await read(reply))).toMatchObject({ errors: [{ pointer: '/query/limit' }] });
  });
});

describe('a reader', () => {
  test('that is slow keeps nothing in the database, and its place from the next, until it goes', async () => {
    const slow = await Promise.all([1, 2, 3].map(() => open('/orders/export')));
    const refused = await open('/orders/export');
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '15']);
    expect(JSON.parse(await read(refused))).toMatchObject({ type: 'urn:tradewind:problem:unavailable' });
    await eventually(async () => {
      const busy = await query(`
        select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
          and (state = 'active' or state like 'idle in transaction%')`);
      return busy.length === 0;
    });
    slow[0]?.destroy();
    await eventually(async () => {
      const reply = await open('/orders/export?email=u1@example.com');
      const { statusCode } = reply;
      await read(reply);
      return statusCode === 200;
    });
    const rest = slow[1] as IncomingMessage;
    expect(parseCsv((await read(rest)).replace(/^\ufeff/, ''))).toHaveLength(ORDERS + 1);
    slow[2]?.destroy();
  });

  test('that leaves before it has got anything leaves its place, too', async () => {
    await room.service.db.transaction(async (tx) => {
      await tx.query(sql('lock table orders in access exclusive mode'));
      const waiting = [1, 2, 3].map(() => get(`${address}/orders/export`, { headers: ADMIN, agent: false }));
      await eventually(async () => (await open('/orders/export')).statusCode === 503);
      for (const request of waiting) request.on('error', () => {}).destroy();
    });
    await eventually(async () => {
      const replies = await Promise.all([1, 2, 3].map(() => open('/orders/export?email=u1@example.com')));
      await Promise.all(replies.map(read));
      return replies.every(({ statusCode }) => statusCode === 200);
    });
  });

  test('is told by a broken transfer when the rest cannot be read', async () => {
    const reply = await open('/orders/export');
    await query('alter table orders rename to elsewhere');
    try {
      await expect(read(reply).then(({ length }) => length)).rejects.toThrow(/aborted/);
    } finally {
      await query('alter table elsewhere rename to orders');
    }
    expect((await sheet('/orders/export?email=u1@example.com')).rows).toHaveLength(1);
  });

  test('that is in the middle does not keep the room from stopping, and knows that it was cut off', async () => {
    const replica = await room.replica();
    const other = await replica.listen('127.0.0.1', 0);
    const reply = await open('/orders/export', ADMIN, other);
    const ended = expect(read(reply).then(({ length }) => length)).rejects.toThrow(/aborted/);
    const started = performance.now();
    await replica.finish();
    expect(performance.now() - started).toBeLessThan(3_000);
    await ended;
  });
});
