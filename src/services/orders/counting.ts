/**
 * Counts the history of orders for statistics, apart from the transactions that write it: those have nothing to do with it.
 *
 * Twice, because a transaction may end after the moment it names: every ten seconds what came since the last time, so
 * that little is left to be counted while a dashboard waits; and each minute once more when it is safely over, in place of
 * what was counted first. Both move their mark in the transaction that writes the counts: whatever is killed, and however
 * many replicas there are, nothing is counted twice or passed over.
 */
import type { StatisticsStep } from '../../contracts/orders.ts';
import { STATISTICS } from '../../contracts/orders.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { floorTo, fold } from './statistics.ts';
import type { Marks } from './store-statistics.ts';
import { countHistory, dropMinutes, lockMarks, moveMarks, readSlots, replaceSlots } from './store-statistics.ts';

const MINUTE = 60_000;
const SLICE_MS = 10_000;
/** Nearly all transactions have ended by then; those that have not are found when their minute is settled. */
const SETTLING_MS = 5_000;
/**
 * A transaction has about ten statements, each of which the server ends after 30 s, and no pause longer than 15 s; twice
 * that leaves room for clocks that differ.
 */
export const GRACE_MS = 10 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Counts are settled in steps of about this long, within a day of the history. */
const AIM_MS = 250;
/** A mark further ahead than this was moved by a clock that was wrong. */
const MOST_AHEAD_MS = HOUR;
const DROP_AT_ONCE = 10_000;

/** One pass of the worker. */
export function createCounting(db: Database, clock: Clock): () => Promise<boolean> {
  /** Of the history, at once. */
  let most = MINUTE;
  /** Nothing is due before. */
  let next = 0;

  return async () => {
    const now = clock.now().getTime();
    if (now < next) return false;
    const started = performance.now();
    // Counted again if it is lost: it need not wait for the disk.
    const moved = await db
      .transaction((tx) => count(tx, now, most), { durable: false })
      .catch((error) => {
        most = Math.max(MINUTE, floorTo('minute', most / 4));
        throw error;
      });
    if (moved) {
      const step = moved.after.settled - moved.before.settled;
      const fits = performance.now() - started < AIM_MS;
      most = Math.min(DAY, Math.max(MINUTE, fits ? step * 2 : floorTo('minute', step / 2)));
      next = dueAt(moved.after);
    }
    // With a rest between two steps: there may be years to catch up with, and shoppers are waiting.
    return false;
  };
}

/** When there is something to do after these marks. */
function dueAt({ settled, counted }: Marks): number {
  return Math.min(settled + MINUTE + GRACE_MS, counted + SLICE_MS + SETTLING_MS);
}

/** Does one step and answers with what it moved; undefined when another replica is at it. */
async function count(tx: Tx, now: number, most: number): Promise<{ before: Marks; after: Marks } | undefined> {
  const found = await lockMarks(tx);
  if (!found) return undefined;
  const before = found.counted > now + MOST_AHEAD_MS ? backTo(floorTo('day', now) - DAY) : found;
  const over = floorTo('minute', now - GRACE_MS);
  const after =
    before.settled < over
      ? await settle(tx, before, Math.min(over, before.settled + most))
      : await add(tx, before, now);
  if (after !== found) moveMarks(tx, after);
  return { before, after };
}

/** To count again does no harm. */
const backTo = (time: number): Marks => ({ settled: time, counted: time });

/** Counts whole minutes for good; with the last minute of an hour or a day, that hour or day. */
async function settle(tx: Tx, { settled, counted }: Marks, until: number): Promise<Marks> {
  replaceSlots(tx, 'minute', { from: settled, to: until }, await countHistory(tx, settled, until));
  await close(tx, 'hour', 'minute', settled, until);
  await close(tx, 'day', 'hour', settled, until);
  if (floorTo('hour', settled) !== floorTo('hour', until)) {
    dropMinutes(tx, floorTo('day', until) - STATISTICS.minutesKeptDays * DAY, DROP_AT_ONCE);
  }
  return { settled: until, counted: Math.max(counted, until) };
}

/** Makes the units that end within a span, of what is shorter. */
async function close(tx: Tx, unit: StatisticsStep, of: StatisticsStep, from: number, to: number): Promise<void> {
  const span = { from: floorTo(unit, from), to: floorTo(unit, to) };
  if (span.from === span.to) return;
  replaceSlots(tx, unit, span, fold(await readSlots(tx, of, span.from, span.to), unit));
}

/** Adds what came since the last time to the minutes it came in. */
async function add(tx: Tx, marks: Marks, now: number): Promise<Marks> {
  const until = Math.floor((now - SETTLING_MS) / SLICE_MS) * SLICE_MS;
  if (until <= marks.counted) return marks;
  const span = { from: floorTo('minute', marks.counted), to: until };
  const known = await readSlots(tx, 'minute', span.from, marks.counted);
  const more = await countHistory(tx, marks.counted, until);
  replaceSlots(tx, 'minute', span, fold([...known, ...more], 'minute'));
  return { ...marks, counted: until };
}
