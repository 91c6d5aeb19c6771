/**
 * Marks of messages that may end the process. Such a message leaves no failed attempt behind: its claim is undone like
 * everything else, and the next start would meet it again, for ever.
 *
 * So what a starting process finds waiting is marked (one statement and a commit a batch) before it is handled, and is
 * its own for the length of a lease: other replicas pass over it. A death is a marked row whose lease ran out. Such rows
 * are handled alone, after all others, those with fewest marks first, marked again each time by the one replica that takes
 * them over, and buried when ALONE processes died over that one row and nothing else. Who survives a row takes its marks
 * away, or the row. A process marks a row once, however often its database goes away; in ordinary running nothing is
 * marked.
 *
 * A lease is known by its marks and its end: who has lost it finds no such row. It need not outlast the handling, because
 * a row that is being handled is locked, and whoever looks for what the dead have left passes over that.
 *
 * A kill by somebody else buries nothing unless it comes ALONE times within the handling of the same lone message.
 */
import type { Database, Tx } from './database.ts';
import { sql } from './database.ts';
import type { Attempt } from './dead-letters.ts';

/** So many processes die over a message that is handled alone before it is believed to be the cause. */
const ALONE = 3;
/** The mark of a row in a batch; more are of rows handled alone. */
const IN_BATCH = 1;
/** One more death, and it is believed. */
export const LAST_CHANCE = IN_BATCH + ALONE - 1;
/** Longer than it takes from the mark to the claim, by far. */
export const LEASE_MS = 10_000;
export const DIED = 'the process died while handling it';

const MARK_BATCH = sql(`
  update inbox set marks = ${IN_BATCH}, available_at = $3 where ctid = any (array(
    select ctid from inbox where available_at <= $1 and marks = 0 order by id limit $2 for update skip locked))
  returning id`);
// Found and marked in one: of several who look, one takes it over. What was marked as handled alone has seen a process
// die; but not where it was put back like that.
const TAKE_OVER = sql(`
  with ended as (
    select id, case when marks > ${IN_BATCH} and (marks <> ${LAST_CHANCE} or errors is not null) then $3::jsonb else '[]' end as died
    from inbox where marks > 0 and available_at <= $1 order by marks, id limit 1 for update skip locked)
  update inbox set marks = marks + 1, available_at = $2, errors = coalesce(errors, '[]') || died,
    attempts = attempts + jsonb_array_length(died)
  from ended where inbox.id = ended.id
  returning inbox.id, marks`);

/** What a process has marked is its own; known by both. */
export interface Lease {
  marks: number;
  until: Date;
}

/** All its chances are gone. */
export const isCause = ({ marks }: Lease) => marks > LAST_CHANCE + 1;

const leaseEnd = (now: Date) => new Date(now.getTime() + LEASE_MS);

/** What outlives the process need not outlive the server. */
const lazily = <T>(db: Database, work: (tx: Tx) => Promise<T>) => db.transaction(work, { durable: false });

/** Marks what is about to be handled together. */
export async function markBatch(db: Database, now: Date, limit: number): Promise<{ ids: string[]; lease: Lease }> {
  const until = leaseEnd(now);
  const rows = await lazily(db, (tx) => tx.query<{ id: string }>(MARK_BATCH, [now, limit, until]));
  return { ids: rows.map(({ id }) => id), lease: { marks: IN_BATCH, until } };
}

/** Marks, as handled alone, the row that processes have died over least. */
export async function takeOver(
  db: Database,
  now: Date,
  death: Attempt,
): Promise<{ id: string; lease: Lease } | undefined> {
  const until = leaseEnd(now);
  const values = [now, until, JSON.stringify([death])];
  const [row] = await lazily(db, (tx) => tx.query<{ id: string; marks: number }>(TAKE_OVER, values));
  return row && { id: row.id, lease: { marks: row.marks, until } };
}
