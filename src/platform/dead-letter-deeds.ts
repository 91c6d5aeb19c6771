/**
 * What people do about dead messages, with who, when and why.
 *
 * A retry puts the message back into the inbox under its own id, in the transaction that takes it from the dead: two who
 * press the same button do it once, and inbox_done decides that it takes effect once. Payloads stay in the database.
 */
import { newId } from './clock.ts';
import type { Tx } from './database.ts';
import { columns, sql } from './database.ts';
import type { Attempt, DeskAction } from './dead-letters.ts';
import { bury, ERASED } from './dead-letters.ts';
import { mayBeForgotten } from './inbox-memory.ts';
import { LEASE_MS } from './marks.ts';
import type { StoredEvent } from './message.ts';

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

const STOP_BATCH = 1_000;
const TOO_OLD = 'it came in a batch that was given up, and is so old that nobody knows if it has taken effect before';
const STOPPED = 'it came in a batch that was given up, and was stopped before it was tried again';

const LOCK_DEAD = sql(`
  select id from dead_letters where id = any($1::uuid[]) and status = 'dead' order by id for update`);
const FINISH = sql(`
  update dead_letters set status = $2, finished_at = $3 where id = any($1::uuid[])`);
const ERASE = sql(`update dead_letters set data = '${ERASED}', errors = '[]' where id = any($1::uuid[]) and erase`);
const CHANGE = sql(`
  update dead_letters set type = $2, source = $3, subject = $4, data = $5 where id = $1`);
// What an edit changes is kept as it was before.
const RECORD = sql(`
  insert into desk_actions (id, message_id, action, actor_id, actor, at, why, type_before, data_before)
  select deed.id, message_id, action, $4, $5, $6, $7,
    case when action = 'edit' then type end,
    case when action = 'edit' then case when erase then '${ERASED}' else data end end
  from unnest($1::uuid[], $2::uuid[], $3::text[]) as deed (id, message_id, action) join dead_letters dead on dead.id = message_id`);
const UNDO_DONE = sql('delete from inbox_done where id = any($1::uuid[])');
const MARK_DONE = sql(`
  insert into inbox_done (id) select * from unnest($1::uuid[]) on conflict do nothing returning id`);
// A copy that the broker delivered meanwhile may wait there: what goes on is the one that somebody has looked at.
const PUT_BACK = sql(`
  insert into inbox (id, type, source, subject, time, traceparent, data, available_at, marks, letter)
  select dead.id, type, source, subject, time, traceparent, data::json, again.available_at, again.marks, dead.id
  from unnest($1::uuid[], $2::timestamptz[], $3::smallint[]) as again (id, available_at, marks)
  join dead_letters dead on dead.id = again.id
  on conflict (id) do update
    set type = excluded.type, source = excluded.source, subject = excluded.subject, data = excluded.data,
        available_at = excluded.available_at, marks = excluded.marks, letter = excluded.letter, attempts = 0, errors = null`);
// What is known to have taken effect stays out: by the time it were handled it might be forgotten.
const PUT_IN = sql(`
  insert into inbox (id, type, source, subject, time, traceparent, data, available_at, letter)
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::json[],
    $8::timestamptz[], $9::uuid[]) as new (id)
  where not exists (select from inbox_done done where done.id = new.id)
  on conflict (id) do nothing`);
const LAST_DUE = sql('select max(available_at) as at from inbox where letter is not null');
// What is leased to somebody who handles it is not to be stopped; a lease ends soon.
const TAKE_BACK = sql(`
  delete from inbox where ctid = any (array(
    select ctid from inbox where letter is not null and available_at > case when marks = 0 then $1::timestamptz else $2::timestamptz end
    order by letter limit ${STOP_BATCH} for update skip locked))
  returning id, letter, type, source, subject, time, traceparent, data::text as data, attempts, errors`);
const DEAD_AGAIN = sql(`
  update dead_letters dead set status = 'dead', finished_at = null, data = taken.data, errors = dead.errors || taken.errors
  from unnest($1::uuid[], $2::text[], $3::jsonb[]) as taken (id, data, errors) where dead.id = taken.id and status = 'retried'`);

/** Sends dead messages on their way again, those that are still dead; returns these. Wakes nobody. */
export async function retryDead(tx: Tx, retries: readonly Retry[], deed: Deed): Promise<string[]> {
  const ids = await lockDead(tx, retries);
  const byId = new Map(retries.map((retry) => [retry.id, retry]));
  const again = ids.map((id) => byId.get(id) as Retry);
  record(tx, ids, deed, (id) => (byId.get(id)?.edit ? 'edit' : 'retry'));
  for (const { id, edit } of again) {
    if (edit) tx.write(CHANGE, [id, edit.type, edit.source, edit.subject, edit.data]);
  }
  tx.write(FINISH, [ids, 'retried', deed.at]);
  tx.write(UNDO_DONE, [ids]);
  const back = again.filter(({ inside }) => !inside).map((one) => ({ ...one, at: one.availableAt.toISOString() }));
  tx.write(PUT_BACK, columns(back, 'id', 'at', 'marks'));
  tx.write(ERASE, [ids]);
  const inside = again.flatMap((one) =>
    (one.inside ?? []).map((event) => ({ ...event, at: one.availableAt.toISOString(), letter: one.id })),
  );
  if (inside.length > 0) await unpack(tx, inside, deed);
  return ids;
}

/** What is so old that it may have taken effect unremembered is for a person to decide. */
async function unpack(tx: Tx, inside: readonly (StoredEvent & { at: string; letter: string })[], deed: Deed) {
  const old = new Map(inside.filter((event) => mayBeForgotten(event, deed.at)).map((event) => [event.id, event]));
  const unknown = await tx.query<{ id: string }>(MARK_DONE, [[...old.keys()]]);
  const none = { attempts: 0, errors: [], died_at: deed.at.toISOString() };
  const doubtful = unknown.map(({ id }) => ({ ...(old.get(id) as StoredEvent), ...none, cause: TOO_OLD }));
  if (doubtful.length > 0) await bury(tx, doubtful);
  const young = inside.filter(({ id }) => !old.has(id));
  tx.write(PUT_IN, columns(young, 'id', 'type', 'source', 'subject', 'time', 'traceparent', 'data', 'at', 'letter'));
}

/** When the last of what is on its way again is due. */
export async function lastDue(tx: Pick<Tx, 'query'>): Promise<Date | undefined> {
  const [row] = await tx.query<{ at: string | null }>(LAST_DUE);
  return row?.at ? new Date(row.at) : undefined;
}

/** Puts aside what is still dead; returns these. */
export async function discardDead(tx: Tx, ids: readonly string[], deed: Deed): Promise<string[]> {
  const gone = await lockDead(
    tx,
    ids.map((id) => ({ id })),
  );
  tx.write(FINISH, [gone, 'discarded', deed.at]);
  tx.write(ERASE, [gone]);
  record(tx, gone, deed, () => 'discard');
  return gone;
}

type Taken = StoredEvent & { letter: string; attempts: number; errors: Attempt[] | null };

/** Takes back what was retried and is not yet due; how many, and whether there may be more. */
export async function stopRetries(tx: Tx, deed: Deed): Promise<{ stopped: number; more: boolean }> {
  const lease = new Date(deed.at.getTime() + LEASE_MS);
  const taken = await tx.query<Taken>(TAKE_BACK, [deed.at, lease]);
  const ids = taken.map(({ id }) => id);
  // As of everything that is dead: coming again, it takes no effect.
  tx.write(MARK_DONE, [ids]);
  const own = taken.filter(({ id, letter }) => id === letter);
  const errorsOf = ({ errors }: Taken) => JSON.stringify(errors ?? []);
  tx.write(DEAD_AGAIN, [own.map(({ id }) => id), own.map(({ data }) => data), own.map(errorsOf)]);
  const died_at = deed.at.toISOString();
  const inside = taken.filter(({ id, letter }) => id !== letter);
  if (inside.length > 0) {
    await bury(
      tx,
      inside.map((row) => ({ ...row, errors: row.errors ?? [], cause: STOPPED, died_at })),
    );
  }
  record(tx, ids, deed, () => 'stop');
  return { stopped: taken.length, more: taken.length === STOP_BATCH };
}

async function lockDead(tx: Tx, ids: readonly { id: string }[]): Promise<string[]> {
  const dead = await tx.query<{ id: string }>(LOCK_DEAD, [ids.map(({ id }) => id)]);
  return dead.map(({ id }) => id);
}

function record(tx: Tx, ids: readonly string[], deed: Deed, actionOf: (id: string) => DeskAction['action']): void {
  const { actor, at, why } = deed;
  tx.write(RECORD, [ids.map(() => newId()), ids, ids.map(actionOf), actor.id, actor.email, at.toISOString(), why]);
}
