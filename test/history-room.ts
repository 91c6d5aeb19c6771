/** The room orders with a history that a test makes up, a clock that stands until it is moved, and what is true of both. */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { fromMinor } from '../src/contracts/money.ts';
import type { OrderStatistics, StatisticsStep } from '../src/contracts/orders.ts';
import { idAt, systemClock } from '../src/platform/clock.ts';
import { isRejection } from '../src/platform/problem.ts';
import { createCounting, GRACE_MS } from '../src/services/orders/counting.ts';
import { orders } from '../src/services/orders/service.ts';
import { readStatistics } from '../src/services/orders/statistics-routes.ts';
import { openTestRoom } from './service-harness.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** When the history begins. */
export const START = Date.parse('2026-03-10T00:00:00.000Z');
const LENGTH: Record<StatisticsStep, number> = { minute: MINUTE, hour: HOUR, day: DAY };

export const iso = (time: number) => new Date(time).toISOString();

export interface Life {
  placed: number;
  took?: number;
  amount?: number;
  currency?: string;
  /** When, what it was after it, and what went back. */
  steps?: [at: number, status: string, refunded?: number][];
}

interface Row {
  order_id: string;
  version: number;
  at: string;
  status: string;
  refunded: number | null;
  total_amount: number;
  currency: string;
}

export type HistoryRoom = Awaited<ReturnType<typeof openHistoryRoom>>;

export async function openHistoryRoom() {
  const room = await openTestRoom(orders);
  const clock = { ...systemClock, time: START, now: () => new Date(clock.time) };
  const query = <Found = unknown>(text: string, values: unknown[] = []) =>
    room.service.db.query<Found>({ text }, values);
  let numbers = 0;

  /** Nothing has ever happened. */
  async function reset(): Promise<void> {
    clock.time = START;
    await query('truncate orders, order_history, order_terms, order_statistics');
    await query('update statistics_marks set settled_until = $1, counted_until = $1', [iso(START)]);
  }

  async function entry(id: string, version: number, at: number, status: string, refunded: number | null = null) {
    await query(
      `insert into order_history (order_id, version, at, event, status, refunded) values ($1, $2, $3, 'e', $4, $5)`,
      [id, version, iso(at), status, refunded],
    );
  }

  async function write({ placed, took = 5, amount = 1000, currency = 'EUR', steps = [] }: Life): Promise<string> {
    numbers += 1;
    const id = `${idAt(new Date(placed)).slice(0, 24)}${randomBytes(6).toString('hex')}`;
    const status = steps.at(-1)?.[1] ?? 'pending';
    const reason = status === 'failed' || status === 'cancelled' ? status : null;
    const deadline = status === 'pending' || status === 'awaiting_payment' ? iso(placed) : null;
    await query(
      `insert into orders (id, number, status, reason, email, payment_method, items, total_amount, currency, version,
         traceparent, processing_duration_ms, created_at, updated_at, deadline_at)
       values ($1, $2, $3, $4, 'a@example.com', 'pm', '[]', $5, $6, $7, '', $8, $9, $9, $10)`,
      [id, numbers, status, reason, amount, currency, steps.length + 1, took, iso(placed), deadline],
    );
    await entry(id, 1, placed, 'pending');
    for (const [i, [at, after, refunded]] of steps.entries()) await entry(id, i + 2, at, after, refunded);
    return id;
  }

  const counting = () => createCounting(room.service.db, clock);

  async function marks(): Promise<{ settled: number; counted: number }> {
    const [row] = await query<Record<'settled_until' | 'counted_until', string>>('select * from statistics_marks');
    return { settled: Date.parse(row?.settled_until ?? ''), counted: Date.parse(row?.counted_until ?? '') };
  }

  /** Counts until everything that is safely over is settled. */
  async function catchUp(pass = counting()): Promise<void> {
    const over = Math.floor((clock.time - GRACE_MS) / MINUTE) * MINUTE;
    do await pass();
    while ((await marks()).settled < over);
    await pass();
  }

  async function statistics(asked: { from?: number; to?: number; step?: StatisticsStep } = {}) {
    const { from = START, to = clock.time, step } = asked;
    const span = { from: iso(from), to: iso(to), ...(step && { step }) };
    const found = await readStatistics(room.service.db, span, clock.now());
    if (isRejection(found)) throw new Error(JSON.stringify(found));
    return found;
  }

  /** The same from the history itself, said plainly. */
  async function truth(from: number, to: number, length: number) {
    const points = Array.from({ length: (to - from) / length }, (_, i) => ({
      at: iso(from + i * length),
      ...{ placed: 0, confirmed: 0, failed: 0, cancelled: 0 },
      revenue: {} as Record<string, number>,
      refunded: {} as Record<string, number>,
    }));
    const rows = await query<Row>(`
      select entry.*, total_amount, currency from order_history entry join orders on id = order_id order by order_id, version`);
    const counted = new Set<string>();
    for (const [i, { order_id, at, version, refunded, status, currency, total_amount }] of rows.entries()) {
      const isRevenue = counted.has(order_id);
      if (status === 'confirmed') counted.add(order_id);
      const point = points[Math.floor((Date.parse(at) - from) / length)];
      if (!point) continue;
      if (version === 1) point.placed += 1;
      else if (refunded !== null) {
        if (isRevenue) point.refunded[currency] = (point.refunded[currency] ?? 0) + refunded;
      } else if (rows[i - 1]?.status !== status) {
        if (status === 'confirmed') point.revenue[currency] = (point.revenue[currency] ?? 0) + total_amount;
        if (status in point) point[status as 'confirmed'] += 1;
      }
    }
    const amounts = (sums: Record<string, number>) =>
      Object.fromEntries(Object.entries(sums).map(([currency, sum]) => [currency, fromMinor(sum, currency)]));
    return points.map((point) => ({ ...point, revenue: amounts(point.revenue), refunded: amounts(point.refunded) }));
  }

  async function expectTruth(from: number, to: number, step: StatisticsStep): Promise<void> {
    const plain = ({ points }: OrderStatistics) => points.map(({ checkout_ms: _a, confirm_ms: _b, ...point }) => point);
    expect(plain(await statistics({ from, to, step }))).toEqual(await truth(from, to, LENGTH[step]));
  }

  return { room, clock, query, reset, write, entry, counting, marks, catchUp, statistics, expectTruth };
}
