/** Statistics and waiting orders as admins see them. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HistoryRoom } from '../../../test/history-room.ts';
import { HOUR, iso, MINUTE, openHistoryRoom, START } from '../../../test/history-room.ts';
import type { TestRoom } from '../../../test/service-harness.ts';
import { message } from '../../../test/service-harness.ts';
import { ProductCreated } from '../../contracts/catalog.ts';
import { StockDeducted, StockDeductionFailed } from '../../contracts/inventory.ts';
import type { Order } from '../../contracts/orders.ts';
import { ChangeStatus, DeleteOrder, GetStatistics, ListOrders, PlaceOrder } from '../../contracts/orders.ts';
import { PaymentFailed, PaymentProcessed, PaymentRefunded, PaymentRefundFailed } from '../../contracts/payments.ts';
import { newId } from '../../platform/clock.ts';
import { GRACE_MS } from './counting.ts';
import { BOUNDS } from './statistics.ts';

let history: HistoryRoom;
let clock: HistoryRoom['clock'];
let room: TestRoom;
beforeAll(async () => {
  history = await openHistoryRoom();
  clock = history.clock;
  room = history.room;
});
afterAll(() => room.close());
beforeEach(() => history.reset());

describe('what an order was through', () => {
  const place = async (quantity = 1): Promise<Order> => {
    const reply = await room.call(PlaceOrder, {
      body: { email: 'ann@example.com', items: [{ product_id: 'MOUSE', quantity }] },
    });
    if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
    return reply.body;
  };
  const facts = ({ id, total_amount }: Order) => ({
    ...{ order_id: id, payment_id: newId(), amount: total_amount, currency: 'USD' },
    ...{ transaction_id: 'tx', refund_id: newId(), reason: 'r' },
  });
  const change = (order: Order, status: 'cancelled' | 'shipped' | 'delivered') =>
    room.call(ChangeStatus, { as: 'admin', params: { id: order.id }, body: { status } });

  test('is counted once each, whatever came twice or changed nothing', async () => {
    const since = Date.now();
    await history.query('update statistics_marks set settled_until = $1, counted_until = $1', [iso(since - MINUTE)]);
    const product = { product_id: 'MOUSE', name: 'Mouse', price: '25.00', currency: 'USD', version: 1, stock: 9 };
    await room.deliver([message(ProductCreated, product)]);
    const [kept, undone, declined, short, waiting] = [
      await place(2),
      await place(),
      await place(),
      await place(),
      await place(),
    ];
    await room.deliver([kept, undone, declined].map(({ id }) => message(StockDeducted, { order_id: id, lines: [] })));
    await room.deliver([message(StockDeductionFailed, { order_id: short.id, reason: 'r', short: [] })]);
    await room.deliver([message(PaymentFailed, facts(declined))]);
    for (const order of [kept, undone, undone, kept]) await room.deliver([message(PaymentProcessed, facts(order))]);
    await change(undone, 'cancelled');
    await change(undone, 'cancelled');
    await room.deliver([message(PaymentRefunded, facts(undone))]);
    const part = { ...facts(kept), amount: '10.00' };
    await room.deliver([message(PaymentRefunded, part), message(PaymentRefundFailed, { ...part, amount: '4.00' })]);
    await change(kept, 'shipped');
    await change(kept, 'delivered');
    await room.call(DeleteOrder, { as: 'admin', params: { id: kept.id } });

    const whole = async () => {
      const reply = await room.call(GetStatistics, { as: 'admin', query: { from: iso(since) } });
      if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
      return reply.body;
    };
    const live = await whole();
    expect(live.totals).toMatchObject({
      ...{ placed: 5, confirmed: 2, failed: 2, cancelled: 1 },
      revenue: { USD: '75.00' },
      refunded: { USD: '31.00' },
      failures: { out_of_stock: 1, payment_declined: 1, timed_out: 0 },
      checkout_ms: { p50: expect.any(Number), p99: expect.any(Number) },
      confirm_ms: { p50: expect.any(Number), p99: expect.any(Number) },
    });
    expect(live.waiting).toMatchObject({ pending: 1, awaiting_payment: 0, stuck: 0, oldest_at: waiting.created_at });
    expect(live.uncounted).toBeNull();

    clock.time = Date.now() + 2 * GRACE_MS;
    await history.catchUp();
    expect((await history.marks()).settled).toBeGreaterThan(Date.now());
    expect((await whole()).totals).toEqual(live.totals);
  });

  test('is shown to admins only', async () => {
    expect(await room.call(GetStatistics, {})).toMatchObject({ status: 401 });
    expect(await room.call(GetStatistics, { as: { customer: newId() } })).toMatchObject({ status: 403 });
    const bad = await room.call(GetStatistics, { as: 'admin', query: { from: '2020-01-01T00:00:00Z' } });
    expect(bad).toMatchObject({ status: 422, problem: { errors: [{ pointer: '/query/from' }] } });
  });
});

describe('durations', () => {
  test('are put into the same buckets here and there', async () => {
    const samples = fc.sample(fc.double({ min: 0, max: 1e9, noNaN: true }), 500);
    const all = [...samples, ...BOUNDS, 0, 1e12];
    const rows = await history.query<{ ms: number; bucket: number }>(
      'select ms, width_bucket(ms, $2::float8[]) as bucket from unnest($1::float8[]) ms',
      [all, BOUNDS],
    );
    for (const { ms, bucket } of rows) expect(bucket).toBe(BOUNDS.filter((bound) => bound <= ms).length);
  });

  test('of checkouts and confirmations come out as their percentiles', async () => {
    clock.time = START + 5 * MINUTE;
    for (let i = 1; i <= 100; i += 1) {
      const placed = START + i;
      await history.write({
        placed,
        took: i,
        steps: [
          [placed + 10, 'awaiting_payment'],
          [placed + 100 * i, 'confirmed'],
        ],
      });
    }
    for (const pass of [async () => {}, history.counting()]) {
      await pass();
      const { checkout_ms, confirm_ms } = (await history.statistics()).totals;
      for (const [found, exact] of [
        [checkout_ms?.p50, 50],
        [checkout_ms?.p99, 99],
        [confirm_ms?.p50, 5_000],
        [confirm_ms?.p99, 9_900],
      ] as const) {
        expect(Math.abs((found as number) / exact - 1)).toBeLessThan(0.1);
      }
    }
  });
});

describe('orders that wait', () => {
  const waiting = async (more: object = {}) => {
    const reply = await room.call(ListOrders, {
      as: 'admin',
      query: { waiting_since: iso(clock.time - MINUTE), ...more },
    });
    if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
    return { ids: reply.body.items.map(({ id }) => id), next: reply.body.next_cursor };
  };

  test('are counted whatever the span, and those that are stuck are listed, the oldest first, in pages', async () => {
    clock.time = START + HOUR;
    const stuck: string[] = [];
    for (const [ago, status] of [
      [70, 'pending'],
      [65, 'awaiting_payment'],
      [600, 'pending'],
    ] as const) {
      const placed = clock.time - ago * 1000;
      stuck.push(await history.write({ placed, steps: status === 'pending' ? [] : [[placed + 1, status]] }));
    }
    const oldest = [stuck[2], stuck[0], stuck[1]];
    await history.write({ placed: clock.time - 5_000 });
    await history.write({ placed: clock.time - 50_000, steps: [[clock.time, 'confirmed']] });
    const found = (await history.statistics({ from: clock.time - MINUTE })).waiting;
    expect(found).toEqual({
      ...{ pending: 3, awaiting_payment: 1, stuck: 3 },
      oldest_at: iso(clock.time - 600_000),
      stuck_since: iso(clock.time - MINUTE),
    });
    expect((await waiting({ waiting_since: found.stuck_since })).ids).toEqual(oldest);
    const first = await waiting({ limit: 2 });
    expect(first.ids).toEqual(oldest.slice(0, 2));
    expect(await waiting({ limit: 2, cursor: first.next })).toEqual({ ids: oldest.slice(2), next: null });
    expect((await waiting({ status: 'awaiting_payment' })).ids).toEqual([stuck[1]]);
    expect((await waiting({ status: 'confirmed' })).ids).toEqual([]);
    expect((await history.statistics({ from: clock.time - MINUTE })).waiting.oldest_at).toBe(iso(clock.time - 600_000));
  });

  test('are found by their deadlines, also when most orders wait, and none waiting is nothing', async () => {
    expect((await history.statistics({ from: START - 1 })).waiting).toMatchObject({
      pending: 0,
      oldest_at: null,
      stuck: 0,
    });
    const lines = await history.query<{ 'QUERY PLAN': string }>(`
      explain select orders.* from (select * from orders where deadline_at is not null offset 0) orders
      where orders.created_at < now() order by orders.id limit 51`);
    expect(lines.map((line) => line['QUERY PLAN']).join('\n')).toContain('orders_deadline');
  });
});
