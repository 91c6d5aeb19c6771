import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { As, TestRoom } from '../../../test/service-harness.ts';
import { message, openTestRoom } from '../../../test/service-harness.ts';
import { ProductCreated, ProductUpdated } from '../../contracts/catalog.ts';
import { CustomerDeleted } from '../../contracts/customers.ts';
import { StockDeducted } from '../../contracts/inventory.ts';
import type { Order } from '../../contracts/orders.ts';
import {
  ChangeStatus,
  DeleteOrder,
  ERASED_EMAIL,
  GetOrder,
  GetTimeline,
  ListOrders,
  PlaceOrder,
  StreamOrder,
} from '../../contracts/orders.ts';
import { PaymentProcessed, PaymentRefunded, PaymentRefundFailed } from '../../contracts/payments.ts';
import { newId } from '../../platform/clock.ts';
import { sql } from '../../platform/database.ts';
import { orders } from './service.ts';

let room: TestRoom;
beforeAll(async () => {
  room = await openTestRoom(orders);
  await room.deliver([
    product('MOUSE', 'Silent Mouse', { prices: { USD: '25.00', EUR: '23.00', JPY: '3800' } }),
    product('LAMP', 'Desk Lamp'),
  ]);
});
afterAll(() => room.close());

const product = (product_id: string, name: string, more: object = {}) =>
  message(ProductCreated, { product_id, name, price: '25.00', currency: 'USD', version: 1, stock: 9, ...more });

type Body = Record<string, unknown>;

async function place(body: Body = {}, as: As = 'guest'): Promise<Order & { guest_token?: string }> {
  const reply = await room.call(PlaceOrder, {
    as,
    body: { email: 'ann@example.com', items: [{ product_id: 'MOUSE', quantity: 1 }], ...body } as never,
  });
  if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
  return reply.body;
}

async function confirm({ id, total_amount, currency }: Order): Promise<void> {
  const paid = { order_id: id, payment_id: newId(), amount: total_amount, currency, transaction_id: 'tx' };
  await room.deliver([message(StockDeducted, { order_id: id, lines: [] })]);
  await room.deliver([message(PaymentProcessed, paid)]);
}

async function change(order: Order, body: Body) {
  return room.call(ChangeStatus, { as: 'admin', params: { id: order.id }, body: body as never });
}

async function finish(order: Order): Promise<void> {
  await confirm(order);
  await change(order, { status: 'shipped' });
  await change(order, { status: 'delivered' });
}

async function list(query: object, as: As = 'admin'): Promise<Order[]> {
  const reply = await room.call(ListOrders, { as, query });
  if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
  return reply.body.items;
}
const idsOf = (found: readonly Order[]) => found.map(({ id }) => id);

async function get(order: Order): Promise<Order> {
  const reply = await room.call(GetOrder, { as: 'admin', params: { id: order.id } });
  if (!reply.ok) throw new Error(reply.problem.title);
  return reply.body;
}

describe('prices', () => {
  test('follow the catalogue in each of its currencies', async () => {
    expect(await place({ currency: 'JPY' })).toMatchObject({ currency: 'JPY', total_amount: '3800' });
    await room.deliver([
      message(ProductUpdated, {
        product_id: 'MOUSE',
        name: 'Silent Mouse',
        price: '25.00',
        currency: 'USD',
        prices: { USD: '25.00', EUR: '22.00', JPY: '3800' },
        version: 2,
      }),
    ]);
    expect(await place({ currency: 'EUR' })).toMatchObject({ currency: 'EUR', total_amount: '22.00' });
  });
});

describe('a list', () => {
  let mouse: Order;
  let lamp: Order;
  beforeAll(async () => {
    mouse = await place({ name: 'Zoë Ångström', email: 'zoe@nordic.example', phone: '+46 70 123 45 67' });
    lamp = await place({ user_id: 'web-4711', items: [{ product_id: 'LAMP', quantity: 2 }] });
    await confirm(lamp);
  });

  test.each<[string, () => object]>([
    ['part of a name, without its accents', () => ({ text: 'angst' })],
    ['an e-mail', () => ({ text: 'zoe@nordic.example' })],
    ['a part of an e-mail', () => ({ text: 'nordic' })],
    ['a phone number', () => ({ text: '4670123' })],
    ['its number', () => ({ text: `#${mouse.number}` })],
    ['several words of different kinds', () => ({ text: 'zoe silent' })],
  ])('finds an order by %s', async (_, query) => {
    expect(idsOf(await list(query()))).toEqual([mouse.id]);
  });

  test('finds by reference, product and status, and by all of them at once', async () => {
    const query = { text: 'web-4711', product_id: 'LAMP', status: 'confirmed' };
    expect(idsOf(await list(query))).toEqual([lamp.id]);
    expect(idsOf(await list({ product_id: 'LAMP' }))).toEqual([lamp.id]);
    expect(await list({ ...query, product_id: 'MOUSE' })).toEqual([]);
    expect(await list({ ...query, status: 'pending' })).toEqual([]);
    expect(idsOf(await list({ status: 'pending' }))).toContain(mouse.id);
  });

  test('of words that nobody has, or of no words at all, is empty', async () => {
    expect(await list({ text: 'nobody' })).toEqual([]);
    expect(idsOf(await list({ ids: [mouse.id, newId(), lamp.id].join(',') }))).toEqual([lamp.id, mouse.id]);
    expect(await list({ ids: mouse.id, product_id: 'LAMP' })).toEqual([]);
    expect(await list({ text: "' & |" })).toEqual([]);
    expect(await list({ text: '㌀'.repeat(200) })).toEqual([]);
  });

  test('keeps to a span of time, its beginning included and its end not', async () => {
    const { created_at } = lamp;
    expect(idsOf(await list({ from: created_at }))).toContain(lamp.id);
    expect(idsOf(await list({ to: created_at }))).not.toContain(lamp.id);
    expect(await list({ from: '2030-01-01T00:00:00Z' })).toEqual([]);
  });

  test('shows customers their own, whatever they ask for', async () => {
    const ann = { customer: newId() };
    const own = await place({}, ann);
    expect(idsOf(await list({}, ann))).toEqual([own.id]);
    expect(await list({ text: 'zoe' }, ann)).toEqual([]);
    expect(await list({ customer_id: newId() }, ann)).toEqual([]);
    expect(idsOf(await list({ customer_id: ann.customer.toUpperCase() }, ann))).toEqual([own.id]);
  });

  test('has an index for every filter: no plan walks the whole table to find little', async () => {
    const plans = await Promise.all(
      [
        `select from orders where status = 'shipped' and deadline_at is null order by id desc limit 50`,
        `select from orders where status = 'pending' and deadline_at is not null order by id desc limit 50`,
        `select from order_terms join orders on orders.id = order_id where terms @@ '''zoe'':*'::tsquery`,
      ].map((text) => room.service.db.query<{ 'QUERY PLAN': string }>({ text: `explain ${text}` })),
    );
    const used = plans.map((lines) => lines.map((line) => line['QUERY PLAN']).join('\n'));
    expect(used[0]).toContain('orders_status');
    expect(used[1]).toContain('orders_deadline');
    expect(used[2]).toContain('order_terms_words');
  });
});

describe('shipping', () => {
  test('tells where the parcel is, to whoever looks and whoever listens', async () => {
    const order = await place();
    await confirm(order);
    const tracking = { carrier: 'Post', number: 'RR123', url: 'https://post.example/RR123' };
    expect(await change(order, { status: 'shipped', tracking })).toMatchObject({ ok: true, body: { tracking } });
    expect(await get(order)).toMatchObject({ status: 'shipped', tracking });
    const said = (await room.outbox()).filter(({ type, subject }) => type === 'order.shipped' && subject === order.id);
    expect(said.map(({ data }) => data.tracking)).toEqual([tracking]);
  });

  test.each([
    [{ status: 'delivered', tracking: { number: '1' } }, '/tracking'],
    [{ status: 'shipped', tracking: { number: '1', url: 'javascript:alert(1)' } }, '/tracking/url'],
    [{ status: 'shipped', tracking: {} }, '/tracking/number'],
  ])('takes no tracking that is none: %j', async (body, pointer) => {
    const order = await place();
    await confirm(order);
    const reply = await change(order, body);
    expect(reply).toMatchObject({ ok: false, status: 422, problem: { errors: [{ pointer }] } });
    expect(await get(order)).toMatchObject({ status: 'confirmed', tracking: null });
  });

  test('is refused once all of the money has gone back, and refunds are counted once', async () => {
    const order = await place();
    await confirm(order);
    const facts = { order_id: order.id, payment_id: newId(), currency: 'USD', reason: 'damaged' };
    const half = message(PaymentRefunded, { ...facts, refund_id: newId(), amount: '12.50' });
    await room.deliver([half]);
    await room.deliver([half]);
    expect(await get(order)).toMatchObject({ refunded_amount: '12.50' });
    await room.deliver([message(PaymentRefunded, { ...facts, refund_id: newId(), amount: '12.50' })]);
    const reply = await change(order, { status: 'shipped' });
    expect(reply).toMatchObject({ status: 409, problem: { legal_statuses: ['cancelled'] } });
  });
});

describe('a refund that a bank sends back', () => {
  const facts = (order: { id: string }) => ({
    ...{ order_id: order.id, payment_id: newId(), refund_id: newId() },
    ...{ amount: '25.00', currency: 'USD', reason: 'damaged' },
  });

  test('is taken off again, seen in the history, and the order can be shipped', async () => {
    const order = await place();
    await confirm(order);
    const refund = facts(order);
    await room.deliver([message(PaymentRefunded, refund)]);
    expect(await get(order)).toMatchObject({ refunded_amount: '25.00' });
    const failed = message(PaymentRefundFailed, { ...refund, reason: 'lost_or_stolen_card' });
    await room.deliver([failed]);
    await room.deliver([failed]);
    expect(await get(order)).toMatchObject({ refunded_amount: '0.00', status: 'confirmed' });
    const timeline = await room.call(GetTimeline, { as: 'admin', params: { id: order.id } });
    expect(timeline.ok && timeline.body.items.at(-1)).toMatchObject({
      event: 'payment.refund.failed',
      note: '25.00 USD: lost_or_stolen_card',
    });
    expect(await change(order, { status: 'shipped' })).toMatchObject({ ok: true });
  });

  test('and is heard of before the refund itself counts once both are here', async () => {
    const order = await place();
    await confirm(order);
    const refund = facts(order);
    await room.deliver([message(PaymentRefundFailed, refund)]);
    expect(await get(order)).toMatchObject({ refunded_amount: '0.00' });
    // Given again meanwhile: this one stays.
    await room.deliver([message(PaymentRefunded, { ...refund, refund_id: newId() })]);
    await room.deliver([message(PaymentRefunded, refund)]);
    expect(await get(order)).toMatchObject({ refunded_amount: '25.00' });
  });
});

describe('deleting an order', () => {
  test('takes it out of every list and page, keeps its books, and is refused while it lives', async () => {
    const order = await place({ name: 'Deleted Soon' });
    const remove = () => room.call(DeleteOrder, { as: 'admin', params: { id: order.id } });
    expect(await remove()).toMatchObject({ status: 409 });
    await finish(order);
    expect(await remove()).toMatchObject({ ok: true, status: 204 });
    expect(await remove()).toMatchObject({ status: 404 });
    expect(await list({ text: 'deleted soon' })).toEqual([]);
    const params = { id: order.id };
    expect(await room.call(GetTimeline, { as: 'admin', params })).toMatchObject({ status: 404 });
    // For whoever follows its books: admins only, and only when they ask for it.
    const asked = { params, query: { deleted: true } };
    const found = await room.call(GetOrder, { as: 'admin', ...asked });
    expect(found).toMatchObject({ status: 200, body: { deleted_at: expect.stringMatching(/Z$/) } });
    expect(await room.call(GetTimeline, { as: 'admin', ...asked })).toMatchObject({ status: 200 });
    const guest = { params, query: { deleted: true, token: order.guest_token as string } };
    expect(await room.call(GetOrder, guest)).toMatchObject({ status: 404 });
    const kept = await room.service.db.query(sql('select from order_history where order_id = $1'), [order.id]);
    expect(kept.length).toBeGreaterThan(3);
  });
});

describe('a closed account', () => {
  const personal = { name: 'Cleo Erasable', phone: '+1 555 010 9999', shipping_address: 'Rose Lane 1' };
  const close = (customer: string) => room.deliver([message(CustomerDeleted, { id: customer, version: 2 })]);
  const everything = async () => {
    const tables = ['orders', 'order_terms', 'idempotency_keys', 'order_history'];
    const rows = await Promise.all(
      tables.map((table) => room.service.db.query({ text: `select t::text from ${table} t` })),
    );
    return JSON.stringify(rows);
  };

  test('keeps its orders and nothing personal in them: at once where they have ended, else when they do', async () => {
    const customer = newId();
    const cleo = { customer };
    const body = { ...personal, email: 'cleo@erasable.example' };
    const ended = await place(body, cleo);
    const open = await place(body, cleo);
    await finish(ended);
    await confirm(open);
    await room.call(PlaceOrder, {
      as: cleo,
      idempotencyKey: 'k1',
      body: { ...body, items: [{ product_id: 'LAMP', quantity: 1 }] } as never,
    });

    await close(customer);
    await close(customer);
    expect(await get(ended)).toMatchObject({ email: ERASED_EMAIL, name: null, phone: null, shipping_address: null });
    expect(await get(ended)).toMatchObject({ total_amount: ended.total_amount, items: ended.items });
    // The parcel still has to arrive.
    expect(await get(open)).toMatchObject({ status: 'confirmed', ...personal });

    await change(open, { status: 'shipped', tracking: { number: 'CLEO-1' } });
    await change(open, { status: 'delivered' });
    expect(await get(open)).toMatchObject({ status: 'delivered', email: ERASED_EMAIL, tracking: null });
    const last = (await room.outbox()).filter(({ type, subject }) => type === 'order.delivered' && subject === open.id);
    // Said once more to whom, so that they are told; kept nowhere.
    expect(last.map(({ data }) => data.email)).toEqual(['cleo@erasable.example']);

    const [pending] = await list({ customer_id: customer, status: 'pending' });
    await change(pending as Order, { status: 'cancelled', note: 'Cleo asked for it' });
    expect((await everything()).match(/cleo.{20}|erasable\.example|rose lane/i)).toBeNull();
  });

  test('orders nothing more, though its token is still good for minutes', async () => {
    const customer = newId();
    await close(customer);
    await expect(place({}, { customer })).rejects.toThrow(/unauthorized/);
  });
});

describe('watching', () => {
  test('is for whoever may see the order, from an event of this stream on', async () => {
    const order = await place();
    const watch = (query: object, headers: Record<string, string> = {}) =>
      room.service.door.handle(StreamOrder, {
        url: '/',
        params: { id: order.id },
        query: query as Record<string, unknown>,
        headers,
        body: undefined,
        receivedAt: 0,
      });
    expect((await watch({})).status).toBe(404);
    expect((await watch({ token: 'wrong' })).status).toBe(404);
    const token = order.guest_token;
    expect((await watch({ token }, { 'last-event-id': '-1' })).status).toBe(422);
    const reply = await watch({ token }, { 'last-event-id': '0' });
    expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream' } });
    (reply.body as { destroy(): void }).destroy();
  });
});
