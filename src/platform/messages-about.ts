/**
 * What a room still holds about one thing: to be sent, to be handled, or dead. What was handled is only an id in
 * inbox_done. Outbox and inbox are read from end to end: they are queues, and an index on their subjects would be paid
 * for by every message of every order (measured: a backlog of a million messages, 1.1 GB, is read in a second).
 */
import type { Database } from './database.ts';
import { sql } from './database.ts';
import { type Attempt, type DeadLetter, WAITS } from './dead-letters.ts';
import type { StoredEvent } from './message.ts';

const MOST = 100;

const OUTGOING = sql(`
  select id, type, time, attempts, last_error, case when isfinite(available_at) then available_at end as next_attempt_at
  from outbox where subject = $1 order by id limit ${MOST}`);
const INCOMING = sql(`
  select id, type, source, time, attempts, coalesce(errors, '[]') as errors,
    case when isfinite(available_at) then available_at end as next_attempt_at
  from inbox where subject = $1 order by id limit ${MOST}`);
// What no room could read has no subject: a batch that the broker gave up is searched for the thing.
const DEAD = sql(`
  select id, type, source, time, status, cause, attempts, errors, died_at, finished_at,
    ${WAITS} as waiting
  from dead_letters dead where subject = $1 or (subject = '' and position($1 in data) > 0)
  order by id limit ${MOST}`);

interface Waiting extends Pick<StoredEvent, 'id' | 'type' | 'time'> {
  attempts: number;
  /** Null: at once. */
  next_attempt_at: string | null;
}

export interface AboutSubject {
  outgoing: (Waiting & { last_error: string | null })[];
  incoming: (Waiting & { source: string; errors: Attempt[] })[];
  dead: Omit<DeadLetter, 'group' | 'data' | 'subject' | 'traceparent'>[];
}

/** By the subject of the messages: an entity's id. Oldest first, at most 100 of each. */
export async function messagesAbout(db: Pick<Database, 'query'>, subject: string): Promise<AboutSubject> {
  const [outgoing, incoming, dead] = await Promise.all([
    db.query<AboutSubject['outgoing'][number]>(OUTGOING, [subject]),
    db.query<AboutSubject['incoming'][number]>(INCOMING, [subject]),
    db.query<AboutSubject['dead'][number]>(DEAD, [subject]),
  ]);
  return { outgoing, incoming, dead };
}
