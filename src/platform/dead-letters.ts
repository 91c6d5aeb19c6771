/**
 * Messages nobody could handle. Nothing leaves without a trace: a message that was sent on its way again or put aside
 * (dead-letter-deeds.ts) stays readable, with who did it, when and why, for FORGET_AFTER_MS.
 *
 * Payloads may be large: what lists many messages reads none of them.
 */
import type { Database, Tx } from './database.ts';
import { columns, dynamicSql, sql } from './database.ts';
import type { StoredEvent } from './message.ts';
import type { CursorValue } from './page.ts';

/** One attempt that failed. */
export interface Attempt {
  /** ISO 8601. */
  at: string;
  error: string;
}

/** What a list says of it. */
export interface DeadSummary extends Omit<StoredEvent, 'data'> {
  cause: string;
  /** Cause and type without ids and numbers, as a digest: what was dead of the same cause has the same. */
  group: string;
  attempts: number;
  died_at: string;
  status: 'dead' | 'retried' | 'discarded';
  finished_at: string | null;
  /** Retried, and still in the inbox. */
  waiting: boolean;
}

export interface DeadLetter extends DeadSummary {
  data: string;
  errors: Attempt[];
}

export const UNDECODABLE = 'undecodable';
/** How long it is kept what became of a message. */
export const FORGET_AFTER_MS = 90 * 24 * 3_600_000;
const FORGET_BATCH = 1_000;
const COUNTED = 10_000;
const GROUPS = 200;
/** Payloads in memory at once. */
const BATCH_BYTES = 4 * 1024 * 1024;

const BURY = sql(`
  insert into dead_letters as known
    (id, type, source, subject, time, traceparent, data, cause, attempts, died_at, errors)
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
    $8::text[], $9::int[], $10::timestamptz[], $11::jsonb[])
  on conflict (id) do update
    set data = excluded.data, cause = excluded.cause, attempts = excluded.attempts, died_at = excluded.died_at, status = 'dead',
        finished_at = null, errors = known.errors || excluded.errors
    where known.status = 'retried'`);

/** As it is said of a row that is called `dead`. */
export const WAITS = `status = 'retried' and exists (select from inbox where letter = dead.id)`;
const SUMMARY = `id, type, source, subject, time, traceparent, cause, cause_group as "group", attempts, died_at, status,
  finished_at, ${WAITS} as waiting`;
const GET = sql(`select ${SUMMARY}, data, errors from dead_letters dead where id = $1`);
const SUMMARY_OF = sql(`select ${SUMMARY} from dead_letters dead where id = $1`);
const IDS_OF_GROUP = sql(`
  select id from dead_letters where cause_group = $1 and status = 'dead' order by id limit $2`);
// As many as their payloads allow, and one at least.
const OF_GROUP = sql(`
  select ${SUMMARY}, data, errors from dead_letters dead where id in (
    select id from (
      select id, sum(size) over (order by id) - size as before from (
        select id, octet_length(data) as size from dead_letters
        where cause_group = $1 and status = 'dead' and ($2::uuid is null or id > $2) order by id limit $3) next
    ) sized where before < ${BATCH_BYTES})
  order by id`);
const ACTIONS = sql(`
  select action, actor_id, actor, at, why, type_before, data_before
  from desk_actions where message_id = $1 order by id`);
const CAUSES = sql(`
  select cause_group as "group", type, count(*), min(died_at) as first, max(died_at) as last, count(*) over () as groups,
    -- In whole words.
    case when length(cause_shape(min(cause))) <= 300 then cause_shape(min(cause))
      else regexp_replace(left(cause_shape(min(cause)), 299), '\\s+\\S*$', '') || '…' end as cause
  from (select cause_group, type, cause, died_at from dead_letters where status = 'dead' order by died_at desc limit ${COUNTED}) dead
  group by cause_group, type order by count(*) desc, max(died_at) desc limit ${GROUPS}`);
const WAITING = sql(`
  select cause_group as "group", count(*) from (select letter from inbox where letter is not null limit ${COUNTED}) again
  join dead_letters dead on dead.id = letter group by cause_group order by count(*) desc`);
// Nothing in an outbox can never be published, but it may wait for a queue that is full or not there.
const UNSENT = sql(`
  select count(*), min(time) as oldest, max(last_error) as error
  from (select time, last_error from outbox where attempts >= 5 order by id limit ${COUNTED}) stuck`);

export const ERASED = 'erased: it was about somebody who has closed their account';
// What is no message is not searched: it may be large, and nobody knows what it says.
const ERASE = sql(`
  with about as (
    update dead_letters dead set erase = true,
      data = case when status = 'dead' then data else '${ERASED}' end,
      errors = case when status = 'dead' then errors else '[]' end
    from unnest($1::text[]) as closed (id)
    where not erase and type <> '${UNDECODABLE}' and (subject = closed.id or position(closed.id in data) > 0)
    returning dead.id
  )
  update desk_actions set data_before = '${ERASED}' where message_id in (select id from about) and data_before is not null`);
const FORGET = sql(`
  with gone as (
    delete from dead_letters where id in (
      select id from dead_letters where status <> 'dead' and finished_at < $1 order by finished_at limit ${FORGET_BATCH})
    returning id
  ), forgotten as (
    delete from desk_actions where message_id in (select id from gone)
  )
  select id from gone`);

/** PostgreSQL takes no NUL in text; what failed must be kept all the same, or it fails for ever. */
export const storable = (text: string) => text.replaceAll('\0', '\ufffd');

export type Burial = StoredEvent & { cause: string; attempts: number; errors: Attempt[]; died_at: string };

/** Keeps what is dead. What was put aside stays aside when it comes again. */
export async function bury(tx: Pick<Tx, 'query'>, dead: readonly Burial[]): Promise<void> {
  const rows = dead.map((one) => ({
    ...one,
    data: storable(one.data),
    cause: storable(one.cause),
    errors: JSON.stringify(one.errors),
  }));
  await tx.query(
    BURY,
    columns(
      rows,
      'id',
      'type',
      'source',
      'subject',
      'time',
      'traceparent',
      'data',
      'cause',
      'attempts',
      'died_at',
      'errors',
    ),
  );
}

export interface CauseGroup {
  group: string;
  type: string;
  /** Without ids and numbers. */
  cause: string;
  count: number;
  first: string;
  last: string;
}

export async function readCauses(db: Pick<Database, 'query'>) {
  const [groups, again, [unsent]] = await Promise.all([
    db.query<CauseGroup & { groups: number }>(CAUSES),
    db.query<{ group: string; count: number }>(WAITING),
    db.query<{ count: number; oldest: string | null; error: string | null }>(UNSENT),
  ]);
  return {
    groups: groups as CauseGroup[],
    more_groups: (groups[0]?.groups ?? 0) - groups.length,
    waiting: again.reduce((sum, { count }) => sum + count, 0),
    waiting_groups: again.slice(0, GROUPS),
    unsent: unsent ?? { count: 0, oldest: null, error: null },
  };
}

export interface DeadFilter {
  status?: DeadLetter['status'];
  type?: string;
  group?: string;
}

/** What died last first; `limit + 1` rows, so that the page knows of the next. */
export function listDead(
  db: Pick<Database, 'query'>,
  { status, type, group }: DeadFilter,
  { before, limit }: { before?: readonly CursorValue[] | undefined; limit: number },
): Promise<DeadSummary[]> {
  const values: unknown[] = [];
  const given = (value: unknown) => `$${values.push(value)}`;
  const conditions = [
    // Said as it is in the index.
    status === 'dead' ? `status = 'dead'` : status && `status = ${given(status)}`,
    type !== undefined && `type = ${given(type)}`,
    group !== undefined && `cause_group = ${given(group)}`,
    before !== undefined && `(died_at, id) < (${before.map(given).join(', ')})`,
  ].filter(Boolean);
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
  return db.query(
    dynamicSql(
      `select ${SUMMARY} from dead_letters dead ${where} order by died_at desc, id desc limit ${given(limit + 1)}`,
    ),
    values,
  );
}

export async function getDead(db: Pick<Database, 'query'>, id: string): Promise<DeadLetter | undefined> {
  return (await db.query<DeadLetter>(GET, [id]))[0];
}

export async function summaryOf(db: Pick<Database, 'query'>, id: string): Promise<DeadSummary | undefined> {
  return (await db.query<DeadSummary>(SUMMARY_OF, [id]))[0];
}

export interface DeskAction {
  action: 'retry' | 'edit' | 'discard' | 'stop';
  actor_id: string;
  actor: string;
  at: string;
  why: string;
  type_before: string | null;
  data_before: string | null;
}

/** With as many characters of the payloads of before. */
export const actionsOf = (db: Pick<Database, 'query'>, id: string) => db.query<DeskAction>(ACTIONS, [id]);

/** The next dead ones of a group, oldest first: none when there are no more, else as many as are good for memory. */
export const deadOfGroup = (db: Pick<Database, 'query'>, group: string, after: string | undefined, limit: number) =>
  db.query<DeadLetter>(OF_GROUP, [group, after ?? null, limit]);

export const deadIdsOfGroup = (db: Pick<Database, 'query'>, group: string, limit: number) =>
  db.query<{ id: string }>(IDS_OF_GROUP, [group, limit]);

/**
 * Erases what is dead about those who have closed their accounts: found by their ids. What is still to be dealt with keeps its
 * payload until it is.
 */
export function eraseDead(tx: Pick<Tx, 'write'>, customers: readonly string[]): void {
  if (customers.length > 0) tx.write(ERASE, [customers]);
}

/** Forgets what was finished long ago; true when there is more. */
export async function forgetFinished(db: Pick<Database, 'query'>, now: Date): Promise<boolean> {
  const gone = await db.query(FORGET, [new Date(now.getTime() - FORGET_AFTER_MS)]);
  return gone.length === FORGET_BATCH;
}
