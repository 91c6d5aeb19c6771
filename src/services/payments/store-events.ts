/** All SQL of webhook events: what providers told us unasked, once each, and what became of it. */
import type { WebhookEvent, WebhookEventStatus } from '../../contracts/payments.ts';
import type { Tx } from '../../platform/database.ts';
import { columns, dynamicSql, sql } from '../../platform/database.ts';
import type { CursorValue } from '../../platform/page.ts';
import type { Fact } from './provider.ts';

type Query = Pick<Tx, 'query'>;
type Write = Pick<Tx, 'write'>;

/** What a provider told us, and what became of it. */
export interface WebhookRow {
  provider: string;
  event_id: string;
  type: string;
  reference: string;
  payment_id: string | null;
  order_id: string | null;
  fact: Fact;
  attempts: number;
  /** Until when it is taken; another time in its row means that somebody has woken it since. */
  next_attempt_at: string;
  received_at: string;
}

const INSERT_EVENT = sql(`
  insert into webhook_events (provider, event_id, type, reference, payment_id, order_id, fact, status, next_attempt_at,
    received_at)
  values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $8) on conflict do nothing`);
const CLAIM_EVENTS = sql(`
  update webhook_events set attempts = attempts + 1, next_attempt_at = $3
  where ctid = any (array(select ctid from webhook_events where status = 'waiting' and next_attempt_at <= $2
    order by next_attempt_at limit $1 for update skip locked))
  returning provider, event_id, type, reference, payment_id, order_id, fact, attempts, next_attempt_at, received_at`);
// Events of one batch are locked in the order of their key, each time in a statement of its own.
const LOCK_EVENTS = sql(`
  select from webhook_events join unnest($1::text[], $2::text[]) as asked (provider, event_id) using (provider, event_id)
  order by provider, event_id for update of webhook_events`);
const LOCK_BY_ORDERS = sql(`
  select from webhook_events where order_id = any($1::uuid[]) and status = 'waiting'
  order by provider, event_id for update`);
// What was woken while it was at work is looked at again at once: its payment may have come after we looked.
const UPDATE_EVENTS = sql(`
  update webhook_events set status = new.status, note = new.note,
    next_attempt_at = case when new.status = 'waiting' and webhook_events.next_attempt_at <> new.taken_until
      then webhook_events.next_attempt_at else new.next_attempt_at end
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
    as new (provider, event_id, status, note, next_attempt_at, taken_until)
  where webhook_events.provider = new.provider and webhook_events.event_id = new.event_id
    and webhook_events.status = 'waiting'`);
const WAKE_EVENTS = sql(`
  with woken as (
    update webhook_events set next_attempt_at = $2 where order_id = any($1::uuid[]) and status = 'waiting'
    returning order_id)
  update payments set next_attempt_at = $3 where order_id in (select order_id from woken)
    and status = 'processing' and attempts = 0`);
const FORGET_EVENTS = sql(`
  delete from webhook_events where ctid = any (array(
    select ctid from webhook_events where status <> 'waiting' and received_at < $1 order by received_at limit 5000))
  returning 1`);

/** The same event again changes nothing. */
export async function insertEvent(
  db: Query,
  event: Omit<WebhookRow, 'attempts' | 'next_attempt_at' | 'received_at'>,
  now: Date,
) {
  const { provider, event_id, type, reference, payment_id, order_id, fact } = event;
  await db.query(INSERT_EVENT, [provider, event_id, type, reference, payment_id, order_id, JSON.stringify(fact), now]);
}

export function claimEvents(db: Query, limit: number, now: Date, leaseUntil: Date): Promise<WebhookRow[]> {
  return db.query<WebhookRow>(CLAIM_EVENTS, [limit, now, leaseUntil]);
}

export interface WebhookVerdict {
  provider: string;
  event_id: string;
  status: 'waiting' | 'applied' | 'refused' | 'unmatched';
  note: string | null;
  next_attempt_at: string | null;
  /** As it was claimed. */
  taken_until: string;
}

export function updateEvents(tx: Write, verdicts: readonly WebhookVerdict[]): void {
  tx.write(LOCK_EVENTS, columns(verdicts, 'provider', 'event_id'));
  tx.write(
    UPDATE_EVENTS,
    columns(verdicts, 'provider', 'event_id', 'status', 'note', 'next_attempt_at', 'taken_until'),
  );
}

/** What came before the payments of these orders can be applied now: they are not charged before `heldUntil`. */
export function wakeEvents(tx: Write, orderIds: readonly string[], now: Date, heldUntil: Date): void {
  tx.write(LOCK_BY_ORDERS, [orderIds]);
  tx.write(WAKE_EVENTS, [orderIds, now, heldUntil]);
}

/** True when there may be more. */
export async function forgetEvents(db: Query, before: Date): Promise<boolean> {
  return (await db.query(FORGET_EVENTS, [before])).length === 5000;
}

export interface EventFilter {
  /** Those that name this order, or are about its charge. */
  order_id?: string | undefined;
  status?: WebhookEventStatus | undefined;
  /** Time, provider and name of the last one of the page before. */
  before?: readonly CursorValue[] | undefined;
  limit: number;
}

/** Newest first. */
export function listEvents(db: Query, { order_id, status, before, limit }: EventFilter): Promise<WebhookEvent[]> {
  const values: unknown[] = [limit];
  const where = ['true'];
  if (status) where.push(`status = $${values.push(status)}`);
  if (before) {
    const [at, provider, id] = before.map((value) => `$${values.push(value)}`);
    where.push(`(received_at, provider, event_id) < (${at}::timestamptz, ${provider}, ${id})`);
  }
  // Those of an order are few, and found first, whatever the planner takes them for.
  const source = order_id ? ofOrder(`$${values.push(order_id)}`) : 'webhook_events';
  return db.query<WebhookEvent>(
    dynamicSql(`
      select provider, event_id, type, reference, payment_id, order_id, status, note, attempts,
        next_attempt_at, received_at
      from ${source} where ${where.join(' and ')}
      order by received_at desc, provider desc, event_id desc limit $1`),
    values,
  );
}

/** News of a refund or a dispute names the charge only. */
const ofOrder = (order: string) => `(
  select * from webhook_events where order_id = ${order} or reference = any (array(
    select unnest(array[reference, transaction_id]) from payments where order_id = ${order})) offset 0) webhook_events`;
