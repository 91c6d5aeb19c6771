/** All SQL of statistics. */
import type { StatisticsStep } from '../../contracts/orders.ts';
import { STATISTICS } from '../../contracts/orders.ts';
import type { Tx } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';
import type { Counts, Slot, Tally, Window } from './statistics.ts';
import { BOUNDS, slotsOf } from './statistics.ts';

type Query = Pick<Tx, 'query'>;
type Write = Pick<Tx, 'write'>;

/** Milliseconds since 1970, as everywhere here: until when the history is counted for good, and until when once so far. */
export interface Marks {
  settled: number;
  counted: number;
}

// Who is not first leaves it to the other replica.
const LOCK_MARKS = sql('select settled_until, counted_until from statistics_marks for update skip locked');
const MOVE_MARKS = sql('update statistics_marks set settled_until = $1, counted_until = $2');
// What a step made of an order: what was only noted left it as the entry before did.
const COUNT = sql(`
  with learnt as materialized (
    select date_trunc('minute', entry.at) as minute, entry.refunded, orders.currency, orders.total_amount, orders.reason,
      case when entry.version = 1 then 'placed' when entry.refunded is not null then 'refunded' else entry.status end
        as became,
      case when entry.version = 1 then orders.processing_duration_ms
        else extract(epoch from entry.at - orders.created_at)::float8 * 1000 end as duration
    from order_history entry join orders on orders.id = entry.order_id
    where entry.at >= $1 and entry.at < $2 and (entry.version = 1
      -- What was charged too late to count as revenue is not taken off it when it goes back.
      or (entry.refunded is not null and exists (
        select from order_history earlier
        where earlier.order_id = entry.order_id and earlier.version < entry.version and earlier.status = 'confirmed'))
      or (entry.status in ('confirmed', 'failed', 'cancelled') and not exists (
        select from order_history before
        where before.order_id = entry.order_id and before.version = entry.version - 1 and before.status = entry.status))))
  select minute, became, coalesce(case became when 'failed' then reason else currency end, '') as key,
    case when became in ('placed', 'confirmed') then width_bucket(duration, $3::float8[]) end as bucket,
    count(*) as times,
    sum(case became when 'confirmed' then total_amount when 'refunded' then refunded else 0 end)::float8 as amount
  from learnt group by 1, 2, 3, 4`);
const CLEAR_SLOTS = sql('delete from order_statistics where unit = $1 and at >= $2 and at < $3');
const INSERT_SLOTS = sql(`
  insert into order_statistics
    (unit, at, placed, confirmed, cancelled, failures, revenue, refunded, checkout_ms, confirm_ms)
  select $1, * from json_to_recordset($2) as slot (at timestamptz, placed integer, confirmed integer, cancelled integer,
    failures json, revenue json, refunded json, checkout_ms integer[], confirm_ms integer[])`);
const READ_SLOTS = sql('select * from order_statistics where unit = $1 and at >= $2 and at < $3 order by at');
// Minutes go when their hour is there, which it is long before.
const DROP_MINUTES = sql(`
  delete from order_statistics where unit = 'minute' and at in
    (select at from order_statistics where unit = 'minute' and at < $1 order by at limit $2)`);
// Marks and slots as of one moment: what one has left out is in the other. Long units as far as they are made, then
// shorter ones.
const READ_COUNTED = sql(`
  with marks as materialized (
    select *, date_trunc('day', settled_until) as days_until, date_trunc('hour', settled_until) as hours_until
    from statistics_marks),
  spans (unit, since, until) as (
    select 'day', $1::timestamptz, days_until from marks where $3 = 'day'
    union all
    select 'hour', case $3 when 'day' then greatest($1, days_until) else $1 end, hours_until from marks where $3 <> 'minute'
    union all
    select 'minute', case $3 when 'minute' then $1 else greatest($1, hours_until) end, counted_until from marks)
  select marks.settled_until, marks.counted_until, slots.* from marks left join lateral (
    select slot.* from spans join order_statistics slot
      on slot.unit = spans.unit and slot.at >= spans.since and slot.at < least(spans.until, $2)) slots on true`);
const READ_WAITING = sql(`
  select count(*) filter (where status = 'pending') as pending,
    count(*) filter (where status = 'awaiting_payment') as awaiting_payment,
    min(created_at) as oldest_at, count(*) filter (where created_at < $1) as stuck
  from (select status, created_at from orders where deadline_at is not null order by deadline_at
    limit ${STATISTICS.waiting}) waiting`);

interface MarksRow {
  settled_until: string;
  counted_until: string;
}

type SlotRow = Counts & { at: string };

const marksOf = (row: MarksRow): Marks => ({
  settled: Date.parse(row.settled_until),
  counted: Date.parse(row.counted_until),
});
const slotOf = ({ at, ...row }: SlotRow): Slot => ({ ...row, at: Date.parse(at) });
const time = (ms: number) => new Date(ms);

/** Undefined while another replica counts. */
export async function lockMarks(tx: Query): Promise<Marks | undefined> {
  const [row] = await tx.query<MarksRow>(LOCK_MARKS);
  return row && marksOf(row);
}

export function moveMarks(tx: Write, { settled, counted }: Marks): void {
  tx.write(MOVE_MARKS, [time(settled), time(counted)]);
}

/** What the history tells of a span of time, by the minute. */
export async function countHistory(db: Query, from: number, to: number): Promise<Slot[]> {
  return slotsOf(await db.query<Tally>(COUNT, [time(from), time(to), BOUNDS]));
}

export async function readSlots(db: Query, unit: StatisticsStep, from: number, to: number): Promise<Slot[]> {
  return (await db.query<SlotRow>(READ_SLOTS, [unit, time(from), time(to)])).map(slotOf);
}

/** Puts these in the place of all that begin in a span. */
export function replaceSlots(
  tx: Write,
  unit: StatisticsStep,
  { from, to }: { from: number; to: number },
  slots: readonly Slot[],
): void {
  tx.write(CLEAR_SLOTS, [unit, time(from), time(to)]);
  if (slots.length > 0)
    tx.write(INSERT_SLOTS, [unit, JSON.stringify(slots.map((slot) => ({ ...slot, at: time(slot.at) })))]);
}

export function dropMinutes(tx: Write, before: number, limit: number): void {
  tx.write(DROP_MINUTES, [time(before), limit]);
}

/** What is counted of a window, in slots of any length that do not overlap, and until when that is. */
export async function readCounted(db: Query, { from, to, step }: Window): Promise<{ marks: Marks; slots: Slot[] }> {
  const rows = await db.query<MarksRow & Partial<SlotRow>>(READ_COUNTED, [time(from), time(to), step]);
  const slots = rows.flatMap((row) => (row.at ? [slotOf(row as SlotRow)] : []));
  return { marks: marksOf(rows[0] as MarksRow), slots };
}

export interface Waiting {
  pending: number;
  awaiting_payment: number;
  oldest_at: string | null;
  stuck: number;
}

export async function readWaiting(db: Query, stuckSince: string): Promise<Waiting> {
  return (await db.query<Waiting>(READ_WAITING, [stuckSince]))[0] as Waiting;
}
