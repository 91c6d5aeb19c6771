/** Statistics against a real database: what is shown is what the history says, whoever counts it, and however often. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestRoom } from '../../../test/service-harness.ts';
import { message, openTestRoom } from '../../../test/service-harness.ts';
import { ProductCreated } from '../../contracts/catalog.ts';
import { StockDeducted, StockDeductionFailed } from '../../contracts/inventory.ts';
import { fromMinor } from '../../contracts/money.ts';
import type { Order, OrderStatistics, StatisticsStep } from '../../contracts/orders.ts';
import { ChangeStatus, DeleteOrder, GetStatistics, ListOrders, PlaceOrder } from '../../contracts/orders.ts';
import { PaymentFailed, PaymentProcessed, PaymentRefunded, PaymentRefundFailed } from '../../contracts/payments.ts';
import { idAt, newId } from '../../platform/clock.ts';
import { sql } from '../../platform/database.ts';
import { isRejection } from '../../platform/problem.ts';
import { createCounting, GRACE_MS } from './counting.ts';
import { orders } from './service.ts';
import { BOUNDS } from './statistics.ts';
import { readStatistics } from './statistics-routes.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2026-03-10T00:00:00.000Z');

let room: TestRoom;
beforeAll(async () => {
  room = await openTestRoom(orders);
});
afterAll(() => room.close());

const query = <Row = unknown>(text: string, values: unknown[] = []) => room.service.db.query<Row>({ text }, values);
const iso = (time: number) => new Date(time).toISOString();

/** A clock that stands until it is moved. */
let time = START;
const clock = { now: () => new Date(time) };
const counting = () => createCounting(room.service.db, clock);

/** Nothing has ever happened. */
beforeEach(async () => {
  time = START;
  await query('truncate orders, order_history, order_terms, order_statistics');
  await query('update statistics_marks set settled_until = $1, counted_until = $1', [iso(START)]);
});

interface Life {
  placed: number;
  took?: number;
  amount?: number;
  currency?: string;
  reason?: string | null;
  /** When, what it was after it, and what went back. */
  steps?: [at: number, status: string, refunded?: number][];
}

let numbers = 0;
async function write({ placed, took = 5, amount = 1000, currency = 'EUR', reason = null, steps = [] }: Life) {
  numbers += 1;
  const id = `${idAt(new Date(placed)).slice(0, 24)}${randomBytes(6).toString('hex')}`;
  const status = steps.at(-1)?.[1] ?? 'pending';
  const waits = status === 'pending' || status === 'awaiting_payment';
  const why = status === 'failed' || status === 'cancelled' ? (reason ?? 'cancelled') : null;
  await query(
    `insert into orders (id, number, status, reason, email, payment_method, items, total_amount, currency, version,
       traceparent, processing_duration_ms, created_at, updated_at, deadline_at)
     values ($1, $2, $3, $4, 'a@example.com', 'pm', '[]', $5, $6, $7, '', $8, $9, $9, $10)`,
    [id, numbers, status, why, amount, currency, steps.length + 1, took, iso(placed), waits ? iso(placed) : null],
  );
  await entry(id, 1, placed, 'pending');
  for (const [i, [at, after, refunded]] of steps.entries()) await entry(id, i + 2, at, after, refunded);
  return id;
}

async function entry(id: string, version: number, at: number, status: string, refunded: number | null = null) {
  const values = [id, version, iso(at), status, refunded];
  await query(
    `insert into order_history (order_id, version, at, event, status, refunded) values ($1, $2, $3, 'e', $4, $5)`,
    values,
  );
}

async function statistics(asked: { from?: number; to?: number; step?: StatisticsStep } = {}): Promise<OrderStatistics> {
  const { from = START, to = time, step } = asked;
  const span = { from: iso(from), to: iso(to), ...(step && { step }) };
  const found = await readStatistics(room.service.db, span, new Date(time));
  if (isRejection(found)) throw new Error(JSON.stringify(found));
  return found;
}

/** The same from the history itself, said plainly: sums by point. */
async function truth(from: number, to: number, length: number) {
  const rows = await query<{
    order_id: string;
    version: number;
    at: string;
    status: string;
    refunded: number | null;
    total_amount: number;
    currency: string;
  }>('select h.*, o.total_amount, o.currency from order_history h join orders o on o.id = h.order_id order by 1, 2');
  const points = Array.from({ length: (to - from) / length }, (_, i) => ({
    at: iso(from + i * length),
    ...{ placed: 0, confirmed: 0, failed: 0, cancelled: 0 },
    revenue: {} as Record<string, number>,
    refunded: {} as Record<string, number>,
  }));
  for (const [i, row] of rows.entries()) {
    const point = points[Math.floor((Date.parse(row.at) - from) / length)];
    if (!point) continue;
    const { currency } = row;
    if (row.version === 1) point.placed += 1;
    else if (row.refunded !== null) point.refunded[currency] = (point.refunded[currency] ?? 0) + row.refunded;
    else if (rows[i - 1]?.status !== row.status) {
      if (row.status === 'confirmed') point.revenue[currency] = (point.revenue[currency] ?? 0) + row.total_amount;
      if (row.status in point) point[row.status as 'confirmed'] += 1;
    }
  }
  const amounts = (sums: Record<string, number>) =>
    Object.fromEntries(Object.entries(sums).map(([currency, sum]) => [currency, fromMinor(sum, currency)]));
  return points.map((point) => ({ ...point, revenue: amounts(point.revenue), refunded: amounts(point.refunded) }));
}

const plain = (found: OrderStatistics) => found.points.map(({ checkout_ms: _a, confirm_ms: _b, ...point }) => point);

async function expectTruth(from: number, to: number, step: StatisticsStep): Promise<void> {
  const length = { minute: MINUTE, hour: HOUR, day: DAY }[step];
  expect(plain(await statistics({ from, to, step }))).toEqual(await truth(from, to, length));
}

/** Counts until everything that is safely over is settled. */
async function catchUp(pass = counting()): Promise<void> {
  for (;;) {
    await pass();
    const [row] = await query<{ settled_until: string }>('select settled_until from statistics_marks');
    if (Date.parse(row?.settled_until as string) >= Math.floor((time - GRACE_MS) / MINUTE) * MINUTE) break;
  }
  await pass();
}

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
    await query('update statistics_marks set settled_until = $1, counted_until = $1', [iso(since - MINUTE)]);
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

    time = Date.now() + 2 * GRACE_MS;
    await catchUp();
    const [marks] = await query<{ settled_until: string }>('select settled_until from statistics_marks');
    expect(Date.parse(marks?.settled_until as string)).toBeGreaterThan(Date.now());
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
    const rows = await query<{ ms: number; bucket: number }>(
      'select ms, width_bucket(ms, $2::float8[]) as bucket from unnest($1::float8[]) ms',
      [all, BOUNDS],
    );
    for (const { ms, bucket } of rows) expect(bucket).toBe(BOUNDS.filter((bound) => bound <= ms).length);
  });

  test('of checkouts and confirmations come out as their percentiles', async () => {
    time = START + 5 * MINUTE;
    for (let i = 1; i <= 100; i += 1) {
      const placed = START + i;
      await write({
        placed,
        took: i,
        steps: [
          [placed + 10, 'awaiting_payment'],
          [placed + 100 * i, 'confirmed'],
        ],
      });
    }
    for (const pass of [async () => {}, counting()]) {
      await pass();
      const { checkout_ms, confirm_ms } = (await statistics()).totals;
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

/** Orders with their entries, each as it becomes visible: never before the entry before it. */
const histories = (mostLate: number) =>
  fc.array(
    fc.record({
      placed: fc.nat(3 * HOUR),
      amount: fc.nat(5000),
      currency: fc.constantFrom('EUR', 'USD', 'JPY'),
      entries: fc.array(
        fc.record({
          wait: fc.nat(20 * MINUTE),
          late: fc.nat(mostLate),
          status: fc.constantFrom('awaiting_payment', 'confirmed', 'confirmed', 'failed', 'cancelled', 'shipped'),
          refunded: fc.option(fc.integer({ min: -500, max: 500 }), { nil: null, freq: 5 }),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
    { maxLength: 12 },
  );
type Histories = typeof histories extends (late: number) => fc.Arbitrary<infer H> ? H : never;

/** Writes the orders, and answers with their entries in the order in which they can be seen. */
async function prepare(lives: Histories) {
  await query('truncate orders, order_history, order_statistics');
  await query('update statistics_marks set settled_until = $1, counted_until = $1', [iso(START)]);
  const rows: { seen: number; write: () => Promise<void> }[] = [];
  for (const { entries, placed, ...facts } of lives) {
    const id = await write({ ...facts, placed: START + placed });
    await query('delete from order_history where order_id = $1', [id]);
    let [at, seen, was] = [START + placed, START + placed, 'pending'];
    for (const [i, { wait, late, status, refunded }] of entries.entries()) {
      if (i > 0) at += wait;
      seen = Math.max(seen, at + late);
      // A refund leaves an order what it was.
      if (i > 0 && refunded === null) was = status;
      const values = [id, i + 1, at, was, i > 0 ? refunded : null] as const;
      rows.push({ seen, write: () => entry(...values) });
    }
  }
  return rows.toSorted((a, b) => a.seen - b.seen);
}

const rests = fc.array(fc.nat(25 * MINUTE), { maxLength: 12 });

describe('the counting', () => {
  test('comes to what the history says, however late its rows came and whenever it ran', async () => {
    await fc.assert(
      fc.asyncProperty(histories(9 * MINUTE), rests, async (lives, waits) => {
        const rows = await prepare(lives);
        const pass = counting();
        time = START;
        for (const wait of [...waits, 12 * HOUR]) {
          time += wait;
          while (rows[0] && rows[0].seen <= time) await rows.shift()?.write();
          await pass();
        }
        await catchUp(pass);
        await expectTruth(START, START + 6 * HOUR, 'minute');
        await expectTruth(START, START + 12 * HOUR, 'hour');
        await expectTruth(START, START + DAY, 'day');
      }),
      { numRuns: 40 },
    );
  });

  test('and what came since show at every moment what the history says by then', async () => {
    await fc.assert(
      fc.asyncProperty(histories(0), rests, async (lives, waits) => {
        const rows = await prepare(lives);
        const pass = counting();
        time = START;
        for (const wait of waits) {
          time += wait + 1;
          while (rows[0] && rows[0].seen <= time) await rows.shift()?.write();
          // As long as it keeps up: otherwise it says what is missing.
          await catchUp(pass);
          await expectTruth(START, Math.ceil(time / HOUR) * HOUR, 'hour');
          await expectTruth(START, START + DAY, 'day');
          const hour = Math.max(START, Math.floor((time - HOUR) / MINUTE) * MINUTE);
          await expectTruth(hour, Math.ceil(time / MINUTE) * MINUTE, 'minute');
        }
      }),
      { numRuns: 30 },
    );
  });

  test('adds up a minute as it goes by', async () => {
    const pass = counting();
    const seconds = [3, 14, 15, 33, 47, 59, 61];
    for (time = START + 1000; time < START + 90_000; time += 2_000) {
      if (seconds[0] && START + seconds[0] * 1000 <= time) {
        const placed = START + (seconds.shift() as number) * 1000;
        await write({ placed, steps: [[placed + 20, 'confirmed']] });
      }
      await pass();
      await expectTruth(START, Math.ceil(time / MINUTE) * MINUTE, 'minute');
    }
    expect(seconds).toEqual([]);
    const [row] = await query<{ counted_until: string }>('select counted_until from statistics_marks');
    expect(time - Date.parse(row?.counted_until as string)).toBeLessThan(20_000);
  });

  test('by three replicas at once, none of which waits for another, is the same', async () => {
    for (let i = 0; i < 300; i += 1) {
      const placed = START + i * 40_000;
      await write({
        placed,
        steps: [
          [placed + 500, 'awaiting_payment'],
          [placed + 900, 'confirmed'],
        ],
      });
    }
    const replicas = [counting(), counting(), counting()];
    for (time = START; time < START + 4 * HOUR; time += 7 * MINUTE) {
      await Promise.all(replicas.flatMap((pass) => [pass(), pass()]));
    }
    await catchUp();
    await expectTruth(START, START + 4 * HOUR, 'hour');
    await expectTruth(START, START + 4 * HOUR, 'minute');
  });

  test('leaves the turn to whoever has it', async () => {
    time = START + HOUR;
    await room.service.db.transaction(async (tx) => {
      await tx.query(sql('select from statistics_marks for update'));
      const before = performance.now();
      await counting()();
      expect(performance.now() - before).toBeLessThan(1_000);
    });
    const marks = () => query<{ settled_until: string }>('select settled_until from statistics_marks');
    expect(await marks()).toMatchObject([{ settled_until: iso(START) }]);
    await counting()();
    expect(await marks()).not.toMatchObject([{ settled_until: iso(START) }]);
  });

  test('that is ended anywhere in the middle goes on as if it had not been', async () => {
    for (let i = 0; i < 100; i += 1)
      await write({ placed: START + i * 30_000, steps: [[START + i * 40_000, 'failed']] });
    await query(`create function break() returns trigger language plpgsql as
      $$ begin if random() < 0.6 then raise 'killed'; end if; return new; end $$`);
    for (const table of ['order_statistics', 'statistics_marks']) {
      await query(`create trigger break after insert or update on ${table} for each row execute function break()`);
    }
    let broken = 0;
    for (time = START + MINUTE; time < START + 2 * HOUR; time += 3 * MINUTE) {
      await counting()().catch(() => {
        broken += 1;
      });
    }
    await query('drop function break() cascade');
    expect(broken).toBeGreaterThan(5);
    await catchUp();
    await expectTruth(START, START + 2 * HOUR, 'minute');
    await expectTruth(START, START + 2 * HOUR, 'hour');
  });

  test('of a shop that has years behind it goes in steps, says what is missing, and shows the last minutes meanwhile', async () => {
    for (let i = 0; i < 400; i += 1) await write({ placed: START + i * 6 * HOUR });
    time = START + 100 * DAY;
    await write({ placed: time - 5_000 });
    const pass = counting();
    await pass();
    const early = await statistics({ from: START });
    expect(early.uncounted?.to).toBe(iso(time - 5 * MINUTE));
    expect(Date.parse(early.uncounted?.from as string)).toBeLessThan(START + 2 * DAY);
    expect(early.points.at(-1)?.placed).toBe(1);
    let passes = 1;
    for (; (await statistics({ from: START })).uncounted; passes += 1) await pass();
    expect(passes).toBeGreaterThan(90);
    await expectTruth(START, START + 100 * DAY, 'day');
    await expectTruth(START + 90 * DAY, START + 100 * DAY, 'hour');
  });

  test('keeps minutes for a year, and hours and days for good', async () => {
    await write({ placed: START + 1 });
    time = START + 20 * MINUTE;
    await catchUp();
    const units = async () =>
      (await query<{ unit: string }>('select unit from order_statistics')).map(({ unit }) => unit);
    expect(await units()).toEqual(['minute']);
    time = START + DAY + GRACE_MS;
    await catchUp();
    expect((await units()).sort()).toEqual(['day', 'hour', 'minute']);
    time = START + 368 * DAY;
    await catchUp();
    expect((await units()).sort()).toEqual(['day', 'hour']);
    expect((await statistics({ from: START, to: START + HOUR })).points).toMatchObject([{ placed: 1 }]);
  });

  test('finds a span of the history without reading the rest', async () => {
    const [plan] = await query<{ 'QUERY PLAN': string }>(
      `explain select from order_history where at >= now() - interval '20 seconds' and at < now()`,
    ).then((lines) => [lines.map((line) => line['QUERY PLAN']).join('\n')]);
    expect(plan).toContain('order_history_at');
  });
});

describe('orders that wait', () => {
  const waiting = async (more: object = {}) => {
    const reply = await room.call(ListOrders, { as: 'admin', query: { waiting_since: iso(time - MINUTE), ...more } });
    if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
    return { ids: reply.body.items.map(({ id }) => id), next: reply.body.next_cursor };
  };

  test('are counted whatever the span, and those that are stuck are listed, the oldest first, in pages', async () => {
    time = START + HOUR;
    const stuck: string[] = [];
    for (const [ago, status] of [
      [70, 'pending'],
      [65, 'awaiting_payment'],
      [600, 'pending'],
    ] as const) {
      const placed = time - ago * 1000;
      stuck.push(await write({ placed, steps: status === 'pending' ? [] : [[placed + 1, status]] }));
    }
    const oldest = [stuck[2], stuck[0], stuck[1]];
    await write({ placed: time - 5_000 });
    await write({ placed: time - 50_000, steps: [[time, 'confirmed']] });
    const found = (await statistics({ from: time - MINUTE })).waiting;
    expect(found).toEqual({
      ...{ pending: 3, awaiting_payment: 1, stuck: 3 },
      oldest_at: iso(time - 600_000),
      stuck_since: iso(time - MINUTE),
    });
    expect((await waiting({ waiting_since: found.stuck_since })).ids).toEqual(oldest);
    const first = await waiting({ limit: 2 });
    expect(first.ids).toEqual(oldest.slice(0, 2));
    expect(await waiting({ limit: 2, cursor: first.next })).toEqual({ ids: oldest.slice(2), next: null });
    expect((await waiting({ status: 'awaiting_payment' })).ids).toEqual([stuck[1]]);
    expect((await waiting({ status: 'confirmed' })).ids).toEqual([]);
    expect((await statistics({ from: time - MINUTE })).waiting.oldest_at).toBe(iso(time - 600_000));
  });

  test('are found by their deadlines, also when most orders wait, and none waiting is nothing', async () => {
    expect((await statistics({ from: START - 1 })).waiting).toMatchObject({ pending: 0, oldest_at: null, stuck: 0 });
    const lines = await query<{ 'QUERY PLAN': string }>(`
      explain select orders.* from (select * from orders where deadline_at is not null offset 0) orders
      where orders.created_at < now() order by orders.id limit 51`);
    expect(lines.map((line) => line['QUERY PLAN']).join('\n')).toContain('orders_deadline');
  });
});
