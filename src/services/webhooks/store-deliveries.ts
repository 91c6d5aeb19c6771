/** All SQL of deliveries once they are there: who takes them, what came of them, what is shown, sent again and forgotten. */
import type { WebhookAttempt, WebhookDelivery, WebhookDeliveryStatus } from '../../contracts/webhooks.ts';
import { WEBHOOK_LIMITS } from '../../contracts/webhooks.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { columns, dynamicSql, sql } from '../../platform/database.ts';
import type { SavedDelivery, Tried } from './delivery.ts';

type Query = Pick<Database, 'query'>;

/** Requests to one address side by side: a slow one does not keep the others waiting, and none is flooded. */
const SIDE_BY_SIDE = 8;
const KEPT_ATTEMPTS = 30;
const FORGET_AT_ONCE = 1_000;

// Whoever is busy least comes first: some that hang do not keep the others waiting.
const CLAIM = sql(`
  update deliveries set attempts = deliveries.attempts + 1, next_attempt_at = $3, leased_until = $3
  from webhooks, messages
  where webhooks.id = deliveries.webhook_id and messages.id = deliveries.message_id
    and deliveries.id = any (array(
      select due.id from (
        select id, (select count(*) from deliveries busy where busy.webhook_id = webhooks.id and leased_until > $2) as busy
        from webhooks where status = 'enabled') told
      cross join lateral (
        select id from deliveries waiting
        where waiting.webhook_id = told.id and status = 'waiting' and next_attempt_at <= $2
        order by next_attempt_at for update skip locked limit greatest(0, ${SIDE_BY_SIDE} - told.busy)) due
      order by told.busy limit $1))
  returning deliveries.id, deliveries.webhook_id, deliveries.message_id, deliveries.attempts,
    deliveries.queued_attempts, webhooks.url, messages.payload,
    array[secret] || array(select one->>'secret' from jsonb_array_elements(old_secrets) one
      where (one->>'until')::timestamptz > $2) as secrets`);
const END_LEASES = sql(`
  update deliveries set next_attempt_at = $1, leased_until = null where status = 'waiting' and leased_until > $1`);
// Only of the last attempt: one that took longer than its lease is no longer asked, nor one that was put on its way anew.
const SAVE = sql(`
  update deliveries set status = new.status, last_error = new.last_error, next_attempt_at = new.next_attempt_at,
    delivered_at = new.delivered_at, leased_until = null,
    history = case when jsonb_array_length(history) >= ${KEPT_ATTEMPTS} then history - 0 else history end || new.entry
  from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::int[], $8::jsonb[])
    as new (id, attempts, status, last_error, next_attempt_at, delivered_at, queued_attempts, entry)
  where deliveries.id = new.id and deliveries.attempts = new.attempts and deliveries.status = 'waiting'
    and deliveries.queued_attempts = new.queued_attempts`);

const DELIVERY = `deliveries.id, webhook_id, message_id, type, subject, status, attempts, last_error, next_attempt_at,
  delivered_at, deliveries.created_at`;
const GET = sql(`
  select ${DELIVERY}, payload, history from deliveries join messages on messages.id = message_id
  where deliveries.id = $1`);
// What is being sent just now stays with whoever sends it.
const REPLAY = `status = 'waiting', queued_attempts = attempts, delivered_at = null,
  next_attempt_at = case when leased_until > $2 then next_attempt_at else $2 end`;
const REPLAY_ONE = sql(`update deliveries set ${REPLAY} where id = $1`);
const REPLAY_SINCE = sql(`
  update deliveries set ${REPLAY} where id = any (array(
    select id from deliveries where webhook_id = $1 and created_at >= $3
      and (status = 'failed' or $4 and status = 'delivered')
    order by id limit ${WEBHOOK_LIMITS.replay} for update))
  returning created_at`);
const INSERT_TEST = sql(`
  with kept as (
    insert into messages (id, type, subject, payload, created_at)
    select $1, $3, $4, $5, $7::timestamptz from webhooks where id = $6 returning id
  )
  insert into deliveries (id, webhook_id, message_id, next_attempt_at, created_at)
  select $2, $6, id, $7, $7 from kept returning id`);
const CLOSE = sql(`
  insert into closed_customers (id, closed_at) select unnest($1::uuid[]), $2 on conflict do nothing`);
const ABOUT = sql(`
  select id, type, payload from messages where customer_id = any($1::uuid[]) order by id for update`);
const REWRITE = sql(`
  update messages set payload = new.payload from unnest($1::uuid[], $2::text[]) as new (id, payload)
  where messages.id = new.id`);
const FORGET_CLOSED = sql('delete from closed_customers where closed_at < $1');
const FORGET_OLD = sql(`
  delete from messages where id = any (array(
    select id from messages where created_at < $1 order by created_at limit ${FORGET_AT_ONCE})) returning id`);
const WAITING = sql(`
  select count(*) as webhook_deliveries_waiting,
    coalesce(extract(epoch from now() - min(created_at)), 0)::float as webhook_deliveries_oldest_age_seconds
  from (select deliveries.created_at from deliveries join webhooks on webhooks.id = webhook_id
    where deliveries.status = 'waiting' and webhooks.status = 'enabled' order by deliveries.id limit 10001) counted`);
const DISABLED = sql(`
  select count(*) as webhooks_given_up from webhooks where status = 'disabled' and disabled_by <> 'admin'`);

export interface Claimed extends Tried {
  message_id: string;
  url: string;
  payload: string;
  /** The one that is valid, and perhaps the one before. */
  secrets: string[];
}

export function claimDue(db: Query, limit: number, now: Date, leaseUntil: Date): Promise<Claimed[]> {
  return db.query<Claimed>(CLAIM, [limit, now, leaseUntil]);
}

export async function endLeases(db: Query, now: Date): Promise<void> {
  await db.query(END_LEASES, [now]);
}

export function saveDeliveries(tx: Pick<Tx, 'write'>, saved: readonly SavedDelivery[]): void {
  const names = [
    'id',
    'attempts',
    'status',
    'last_error',
    'next_attempt_at',
    'delivered_at',
    'queued_attempts',
  ] as const;
  tx.write(SAVE, [...columns(saved, ...names), saved.map(({ entry }) => JSON.stringify(entry))]);
}

export interface DeliveryFilter {
  webhook_id?: string | undefined;
  status?: WebhookDeliveryStatus | undefined;
  before: string | undefined;
  limit: number;
}

/** Newest first. */
export function listDeliveries(db: Query, { webhook_id, status, before, limit }: DeliveryFilter) {
  const values: unknown[] = [limit];
  const conditions = [
    webhook_id && `webhook_id = $${values.push(webhook_id)}`,
    status && `status = $${values.push(status)}`,
    before && `deliveries.id < $${values.push(before)}`,
  ].filter((one) => one !== undefined);
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
  return db.query<WebhookDelivery>(
    dynamicSql(`select ${DELIVERY} from deliveries join messages on messages.id = message_id ${where}
      order by deliveries.id desc limit $1`),
    values,
  );
}

export async function getDelivery(db: Query, id: string) {
  type Row = WebhookDelivery & { payload: string; history: WebhookAttempt[] };
  return (await db.query<Row>(GET, [id]))[0];
}

export async function replayDelivery(db: Query, id: string, now: Date): Promise<void> {
  await db.query(REPLAY_ONE, [id, now]);
}

export interface TestDelivery {
  id: string;
  delivery_id: string;
  webhook_id: string;
  type: string;
  subject: string;
  payload: string;
}

/** False when its webhook is gone. */
export async function insertTest(db: Query, test: TestDelivery, now: Date): Promise<boolean> {
  const { id, delivery_id, type, subject, payload, webhook_id } = test;
  return (await db.query(INSERT_TEST, [id, delivery_id, type, subject, payload, webhook_id, now])).length > 0;
}

/** What was made since then, oldest first; how many, and since when there may be more. */
export async function replaySince(
  db: Query,
  webhookId: string,
  { since, all, now }: { since: string; all: boolean; now: Date },
) {
  const rows = await db.query<{ created_at: string }>(REPLAY_SINCE, [webhookId, now, since, all]);
  const last = rows
    .map(({ created_at }) => created_at)
    .sort()
    .at(-1);
  return { replayed: rows.length, more_since: rows.length === WEBHOOK_LIMITS.replay && last ? last : null };
}

/** Remembers closed accounts, and takes their people out of what was said about them. */
export async function closeCustomers(
  tx: Tx,
  customers: readonly string[],
  without: (type: string, payload: string) => string,
): Promise<void> {
  tx.write(CLOSE, [customers, tx.now]);
  const about = await tx.query<{ id: string; type: string; payload: string }>(ABOUT, [customers]);
  if (about.length === 0) return;
  tx.write(REWRITE, [about.map(({ id }) => id), about.map(({ type, payload }) => without(type, payload))]);
}

/** True when there may be more. */
export async function forgetBefore(db: Query, before: Date): Promise<boolean> {
  await db.query(FORGET_CLOSED, [before]);
  return (await db.query(FORGET_OLD, [before])).length === FORGET_AT_ONCE;
}

export type Waiting = { webhook_deliveries_waiting: number; webhook_deliveries_oldest_age_seconds: number };

/** For a scrape. */
export const readWaiting = (db: Query) => db.query<Waiting>(WAITING);
export const readGivenUp = (db: Query) => db.query<{ webhooks_given_up: number }>(DISABLED);
