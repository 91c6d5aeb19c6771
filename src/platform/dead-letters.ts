/**
 * Messages nobody could handle, and what people do about them. Nothing leaves without a trace: a message that was sent
 * on its way again or put aside stays readable, with who did it, when and why, for FORGET_AFTER_MS.
 *
 * A retry puts the message back into the inbox under its own id, in the transaction that takes it from the dead: two who
 * press the same button do it once, and inbox_done decides that it takes effect once.
 */
import { newId } from './clock.ts';
import type { Database, Tx } from './database.ts';
import { columns, dynamicSql, sql } from './database.ts';
import type { StoredEvent } from './message.ts';

/** One attempt that failed. */
export interface Attempt {
  /** ISO 8601. */
  at: string;
  error: string;
}

export interface DeadLetter extends StoredEvent {
  cause: string;
  /** Cause and type without ids and numbers, as a digest: what was dead of the same cause has the same. */
  group: string;
  attempts: number;
  errors: Attempt[];
  died_at: string;
  status: 'dead' | 'retried' | 'discarded';
  finished_at: string | null;
  /** Retried, and still in the inbox. */
  waiting: boolean;
}

/** Who does something to a dead message, and why. */
export interface Deed {
  actor: { id: string; email: string };
  why: string;
  at: Date;
}

/** What a message became by an edit. */
export type Edit = Pick<StoredEvent, 'type' | 'source' | 'subject' | 'data'>;

export interface Retry {
  id: string;
  edit?: Edit;
  /** What was in it goes on instead, under ids of its own: a batch that a broker gave up. */
  inside?: readonly StoredEvent[];
  availableAt: Date;
  /** With how many marks it goes back: more than none is handled alone and with care. */
  marks: number;
}

export const UNDECODABLE = 'undecodable';
/** How long it is kept what became of a message. */
export const FORGET_AFTER_MS = 90 * 24 * 3_600_000;
const FORGET_BATCH = 1_000;
const COUNTED = 10_000;

const BURY = sql(`
  insert into dead_letters as known
    (id, type, source, subject, time, traceparent, data, cause, attempts, died_at, errors)
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
    $8::text[], $9::int[], $10::timestamptz[], $11::jsonb[])
  on conflict (id) do update
    set cause = excluded.cause, attempts = excluded.attempts, died_at = excluded.died_at, status = 'dead',
        finished_at = null, errors = known.errors || excluded.errors
    where known.status = 'retried'`);

const FIELDS = `id, type, source, subject, time, traceparent, data, cause, cause_group as "group", attempts, errors,
  died_at, status, finished_at, status = 'retried' and exists (select from inbox where inbox.id = dead.id) as waiting`;
const GET = sql(`select ${FIELDS} from dead_letters dead where id = $1`);
const LOCK_DEAD = sql(`
  select ${FIELDS} from dead_letters dead where id = any($1::uuid[]) and status = 'dead' order by id for update`);
const OF_GROUP = sql(`
  select ${FIELDS} from dead_letters dead where cause_group = $1 and status = 'dead' and ($2::uuid is null or id > $2)
  order by id limit $3`);
const ACTIONS = sql(`
  select action, actor_id, actor, at, why, type_before, data_before from desk_actions where message_id = $1 order by id`);
const CAUSES = sql(`
  select cause_group as "group", type, cause_shape(min(cause)) as cause, count(*), min(died_at) as first, max(died_at) as last
  from (select * from dead_letters where status = 'dead' order by id desc limit ${COUNTED}) dead
  group by cause_group, type order by count(*) desc, max(died_at) desc`);
const WAITING = sql(`
  select count(*) from (select id from dead_letters where status <> 'dead' order by finished_at desc limit ${COUNTED}) done
  join inbox using (id)`);
// Nothing in an outbox can never be published, but it may wait for a queue that is full or not there.
const UNSENT = sql(`
  select count(*), min(time) as oldest, max(last_error) as error
  from (select time, last_error from outbox where attempts >= 5 order by id limit ${COUNTED}) stuck`);

const FINISH = sql(`
  update dead_letters set status = $2, finished_at = $3 where id = any($1::uuid[])`);
const CHANGE = sql(`
  update dead_letters set type = $2, source = $3, subject = $4, data = $5 where id = $1`);
const RECORD = sql(`
  insert into desk_actions (id, message_id, action, actor_id, actor, at, why, type_before, data_before)
  select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[], $7::text[],
    $8::text[], $9::text[])`);
const UNDO_DONE = sql('delete from inbox_done where id = any($1::uuid[])');
const put = (again: string) =>
  sql(`
  insert into inbox (id, type, source, subject, time, traceparent, data, available_at, marks)
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::json[],
    $8::timestamptz[], $9::smallint[])
  on conflict (id) do ${again}`);
const PUT_IN = put('nothing');
// A copy that the broker delivered meanwhile may wait there: what goes on is the one that somebody has looked at.
const PUT_BACK = put(`update
    set type = excluded.type, source = excluded.source, subject = excluded.subject, data = excluded.data,
        available_at = excluded.available_at, marks = excluded.marks, attempts = 0, errors = null`);
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
  const [groups, [waiting], [unsent]] = await Promise.all([
    db.query<CauseGroup>(CAUSES),
    db.query<{ count: number }>(WAITING),
    db.query<{ count: number; oldest: string | null; error: string | null }>(UNSENT),
  ]);
  return { groups, waiting: waiting?.count ?? 0, unsent: unsent ?? { count: 0, oldest: null, error: null } };
}

export interface DeadFilter {
  status?: DeadLetter['status'];
  type?: string;
  group?: string;
}

/** Newest messages first; `limit + 1` rows, so that the page knows of the next. */
export function listDead(
  db: Pick<Database, 'query'>,
  { status, type, group }: DeadFilter,
  { before, limit }: { before?: string | undefined; limit: number },
): Promise<DeadLetter[]> {
  const values: unknown[] = [];
  const given = (value: unknown) => `$${values.push(value)}`;
  const conditions = [
    // Said as it is in the index.
    status === 'dead' ? `status = 'dead'` : status && `status = ${given(status)}`,
    type !== undefined && `type = ${given(type)}`,
    group !== undefined && `cause_group = ${given(group)}`,
    before !== undefined && `id < ${given(before)}`,
  ].filter(Boolean);
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
  return db.query(
    dynamicSql(`select ${FIELDS} from dead_letters dead ${where} order by id desc limit ${given(limit + 1)}`),
    values,
  );
}

export async function getDead(db: Pick<Database, 'query'>, id: string): Promise<DeadLetter | undefined> {
  return (await db.query<DeadLetter>(GET, [id]))[0];
}

export interface DeskAction {
  action: 'retry' | 'edit' | 'discard';
  actor_id: string;
  actor: string;
  at: string;
  why: string;
  type_before: string | null;
  data_before: string | null;
}

export const actionsOf = (db: Pick<Database, 'query'>, id: string) => db.query<DeskAction>(ACTIONS, [id]);

/** The next dead ones of a group, oldest first. */
export const deadOfGroup = (db: Pick<Database, 'query'>, group: string, after: string | undefined, limit: number) =>
  db.query<DeadLetter>(OF_GROUP, [group, after ?? null, limit]);

/** Sends dead messages on their way again, those that are still dead; returns these. Wakes nobody. */
export async function retryDead(tx: Tx, retries: readonly Retry[], deed: Deed): Promise<string[]> {
  const dead = await lockDead(tx, retries);
  const byId = new Map(retries.map((retry) => [retry.id, retry]));
  const again = dead.map((letter) => ({ letter, ...(byId.get(letter.id) as Retry) }));
  for (const { id, edit } of again) {
    if (edit) tx.write(CHANGE, [id, edit.type, edit.source, edit.subject, edit.data]);
  }
  const ids = dead.map(({ id }) => id);
  tx.write(FINISH, [ids, 'retried', deed.at]);
  record(tx, dead, deed, ({ id }) => (byId.get(id)?.edit ? 'edit' : 'retry'));
  tx.write(UNDO_DONE, [ids]);
  const rowsOf = (events: readonly StoredEvent[], { availableAt, marks }: Retry) =>
    events.map((event) => ({ ...event, available_at: availableAt.toISOString(), marks }));
  const stored = ['id', 'type', 'source', 'subject', 'time', 'traceparent', 'data', 'available_at', 'marks'] as const;
  const back = again.flatMap((one) => (one.inside ? [] : rowsOf([{ ...one.letter, ...one.edit }], one)));
  const inside = again.flatMap((one) => rowsOf(one.inside ?? [], one));
  tx.write(PUT_BACK, columns(back, ...stored));
  if (inside.length > 0) tx.write(PUT_IN, columns(inside, ...stored));
  return ids;
}

/** Puts dead messages aside, those that are still dead; returns these. */
export async function discardDead(tx: Tx, ids: readonly string[], deed: Deed): Promise<string[]> {
  const dead = await lockDead(
    tx,
    ids.map((id) => ({ id })),
  );
  const gone = dead.map(({ id }) => id);
  tx.write(FINISH, [gone, 'discarded', deed.at]);
  record(tx, dead, deed, () => 'discard');
  return gone;
}

const lockDead = (tx: Tx, ids: readonly { id: string }[]) => tx.query<DeadLetter>(LOCK_DEAD, [ids.map(({ id }) => id)]);

function record(
  tx: Tx,
  dead: readonly DeadLetter[],
  deed: Deed,
  actionOf: (letter: DeadLetter) => DeskAction['action'],
): void {
  const rows = dead.map((letter) => {
    const action = actionOf(letter);
    const before = action === 'edit' ? letter : undefined;
    return {
      id: newId(),
      message_id: letter.id,
      action,
      actor_id: deed.actor.id,
      actor: deed.actor.email,
      at: deed.at.toISOString(),
      why: deed.why,
      type_before: before?.type ?? null,
      data_before: before?.data ?? null,
    };
  });
  const stored = [
    'id',
    'message_id',
    'action',
    'actor_id',
    'actor',
    'at',
    'why',
    'type_before',
    'data_before',
  ] as const;
  tx.write(RECORD, columns(rows, ...stored));
}

/** Forgets what was finished long ago; true when there is more. */
export async function forgetFinished(db: Pick<Database, 'query'>, now: Date): Promise<boolean> {
  const gone = await db.query(FORGET, [new Date(now.getTime() - FORGET_AFTER_MS)]);
  return gone.length === FORGET_BATCH;
}
