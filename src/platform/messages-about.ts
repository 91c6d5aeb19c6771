/**
 * What a room still holds about one thing: to be sent, to be handled, handled after attempts that failed, or dead; and what
 * its auditor has found of it. What
 * was handled at once is only an id in inbox_done. Outbox and inbox are read from end to end: they are queues, and an
 * index on their subjects would be paid for by every message of every order (measured: a backlog of a million messages,
 * 1.1 GB, is read in a second). Whoever has fallen behind further than that must not be slowed down by those who look why.
 */
import type { Database, Tx } from './database.ts';
import { sql } from './database.ts';
import { type Attempt, type DeadLetter, WAITS } from './dead-letters.ts';
import type { StoredEvent } from './message.ts';

const MOST = 100;
const PATIENCE_MS = 2_000;
/** PostgreSQL's name for a statement that took too long. */
const TOOK_TOO_LONG = '57014';

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

const MENDED = sql(`
  select id, type, source, time, attempts, errors, handled_at from inbox_mended where subject = $1
  order by id limit ${MOST}`);
const FINDINGS = sql('select rule, detail, found_at from audit_findings where subject = $1 order by found_at, rule');
const WAITING = sql(`
  select distinct subject from (select subject from outbox union all select subject from inbox) waiting
  where subject = any($1)`);
const HURRY = sql(`set local statement_timeout = ${PATIENCE_MS}`);

interface Waiting extends Pick<StoredEvent, 'id' | 'type' | 'time'> {
  attempts: number;
  /** Null: at once. */
  next_attempt_at: string | null;
}

interface Mended {
  attempts: number;
  errors: Attempt[];
  handled_at: string;
}

export interface AboutSubject {
  outgoing: (Waiting & { last_error: string | null })[];
  incoming: (Waiting & { source: string; errors: Attempt[] })[];
  mended: (Pick<StoredEvent, 'id' | 'type' | 'time' | 'source'> & Mended)[];
  dead: Omit<DeadLetter, 'group' | 'data' | 'subject' | 'traceparent'>[];
  /** What the room's auditor has found of it. */
  findings: { rule: string; detail: string; found_at: string }[];
}

/** Of these subjects, those about which messages wait to be sent or handled; all of them when too many wait to look through. */
export async function waitingAbout(db: Pick<Database, 'transaction'>, subjects: readonly string[]): Promise<string[]> {
  const rows = await inAHurry(db, (tx) => tx.query<{ subject: string }>(WAITING, [subjects]));
  return rows?.map(({ subject }) => subject) ?? [...subjects];
}

/** By the subject of the messages: an entity's id. Oldest first, at most 100 of each; undefined: too many to look through. */
export function messagesAbout(db: Pick<Database, 'transaction'>, subject: string): Promise<AboutSubject | undefined> {
  return inAHurry(db, async (tx) => {
    const [outgoing, incoming, mended, dead, findings] = await Promise.all([
      tx.query<AboutSubject['outgoing'][number]>(OUTGOING, [subject]),
      tx.query<AboutSubject['incoming'][number]>(INCOMING, [subject]),
      tx.query<AboutSubject['mended'][number]>(MENDED, [subject]),
      tx.query<AboutSubject['dead'][number]>(DEAD, [subject]),
      tx.query<AboutSubject['findings'][number]>(FINDINGS, [subject]),
    ]);
    return { outgoing, incoming, mended, dead, findings };
  });
}

/** Undefined: it took too long. */
async function inAHurry<T>(db: Pick<Database, 'transaction'>, look: (tx: Tx) => Promise<T>): Promise<T | undefined> {
  try {
    return await db.transaction(async (tx) => {
      tx.write(HURRY);
      return look(tx);
    });
  } catch (error) {
    if ((error as { code?: string }).code === TOOK_TOO_LONG) return undefined;
    throw error;
  }
}
