/**
 * Messages that were handled after attempts that failed. A row that is handled leaves the inbox and its tries with it; of
 * these they are kept for FORGET_AFTER_MS, written by the transaction that handled the message. What never failed writes
 * nothing here.
 */
import type { Database, Tx } from './database.ts';
import { columns, sql } from './database.ts';
import type { Attempt } from './dead-letters.ts';
import { FORGET_AFTER_MS } from './dead-letters.ts';
import type { StoredEvent } from './message.ts';

const FORGET_BATCH = 1_000;

// A message that failed, died, was sent on its way again and failed once more is the same message.
const KEEP = sql(`
  insert into inbox_mended as known (id, type, source, subject, time, attempts, errors, handled_at)
  select *, $8::timestamptz from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::int[],
    $7::jsonb[])
  on conflict (id) do update
    set attempts = excluded.attempts, errors = excluded.errors, handled_at = excluded.handled_at`);
const FORGET = sql(`
  delete from inbox_mended where id in (
    select id from inbox_mended where handled_at < $1 order by handled_at limit ${FORGET_BATCH})
  returning id`);

export interface Tried extends StoredEvent {
  attempts: number;
  /** Null: none has failed. */
  errors: Attempt[] | null;
}

/** Keeps the tries of those that took some. */
export function keepTries(tx: Pick<Tx, 'write' | 'now'>, handled: readonly Tried[]): void {
  const rows = handled.flatMap((row) => (row.errors ? [{ ...row, errors: JSON.stringify(row.errors) }] : []));
  if (rows.length === 0) return;
  tx.write(KEEP, [...columns(rows, 'id', 'type', 'source', 'subject', 'time', 'attempts', 'errors'), tx.now]);
}

/** Forgets what was handled long ago; true when there is more. */
export async function forgetTries(db: Pick<Database, 'query'>, now: Date): Promise<boolean> {
  const gone = await db.query(FORGET, [new Date(now.getTime() - FORGET_AFTER_MS)]);
  return gone.length === FORGET_BATCH;
}
