/** All SQL of the notifications. */
import type {
  Kind,
  Notification,
  NotificationStatus,
  Suppression,
  SuppressionReason,
} from '../../contracts/notifications.ts';
import type { Channel } from '../../contracts/shapes.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { columns, dynamicSql, sql } from '../../platform/database.ts';
import type { Contact } from './contact.ts';
import type { KnownCustomer } from './customer-news.ts';
import { EXPIRED } from './customer-news.ts';
import type { Resendable, SavedOutcome, Tried } from './delivery.ts';
import type { Draft } from './drafts.ts';
import { ACCOUNT_CLOSED } from './drafts.ts';
import type { MailData } from './templates.ts';

type Queryable = Pick<Tx, 'query'>;

const NOTIFICATION = `id, order_id, customer_id, kind, channel, recipient, subject, status, attempts, last_error,
  message_id, provider_id, created_at, sent_at, case when status = 'queued' then next_attempt_at end as next_attempt_at`;

// An address that is not written to any more is found on the way in: its notification is recorded, and has failed.
const INSERT = sql(`
  insert into notifications (id, dedupe_key, order_id, customer_id, kind, channel, recipient, subject, data, message_id,
    expires_at, forget, status, last_error, next_attempt_at, created_at, traceparent)
  select draft.id, dedupe_key, order_id, customer_id, kind, draft.channel,
    case when suppressed.id is null or forget is distinct from 'all' then draft.recipient end, subject,
    case when suppressed.id is null or forget is null then data end, message_id, expires_at, forget,
    case when hopeless is not null or suppressed.id is not null then 'failed'
      when draft.recipient is null then 'waiting' else 'queued' end,
    coalesce(hopeless, 'address ' || suppressed.reason || ' on ' || to_char(suppressed.created_at, 'YYYY-MM-DD')),
    $13::timestamptz, $13::timestamptz, traceparent
  from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
      $9::jsonb[], $10::text[], $11::timestamptz[], $12::text[], $14::text[], $15::text[])
    as draft (id, dedupe_key, order_id, customer_id, kind, channel, recipient, subject, data, message_id, expires_at,
      forget, hopeless, traceparent)
  left join suppressions suppressed
    on suppressed.channel = draft.channel and suppressed.recipient = lower(draft.recipient) collate "C"
  on conflict do nothing`);

// Locks each contact even where nothing is newer: whoever comes second sees what the first has written. A row that was
// there already may have refunds waiting for it; a new one has none.
const SAVE_CONTACTS = sql(`
  with saved as (insert into order_contacts as known
    (order_id, version, customer_id, email, name, number, guest_token, phone, channels)
  select order_id, version, customer_id, email, name, number, guest_token, phone, string_to_array(channels, ',')
  from unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[])
    as contact (order_id, version, customer_id, email, name, number, guest_token, phone, channels) order by order_id
  on conflict (order_id) do update
    set version = excluded.version, customer_id = excluded.customer_id, email = excluded.email,
        name = excluded.name, number = excluded.number, guest_token = excluded.guest_token,
        phone = excluded.phone, channels = excluded.channels
    where known.version < excluded.version
  returning order_id, xmax <> 0 as was_there)
  select order_id from saved where was_there`);
// What waits for a way on which nobody is told is not needed; the rest goes on its way.
const RELEASE = sql(`
  with contact as (
    select order_id, customer_id, name, number, guest_token, channels, email, phone from order_contacts
    where order_id = any($1::uuid[]) and version > 0
  ), unwanted as (
    delete from notifications using contact
    where notifications.order_id = any($1::uuid[]) and notifications.status = 'waiting'
      and contact.order_id = notifications.order_id
      and not notifications.channel = any(coalesce(contact.channels, array['email']))
  )
  update notifications set
    recipient = reached.recipient, customer_id = contact.customer_id, next_attempt_at = $2, queued_at = $2,
    status = case when reached.recipient is null or suppressed.id is not null then 'failed' else 'queued' end,
    last_error = case when reached.recipient is null then $3
      when suppressed.id is not null
      then 'address ' || suppressed.reason || ' on ' || to_char(suppressed.created_at, 'YYYY-MM-DD') end,
    data = case when reached.recipient is not null then data || jsonb_build_object('name', contact.name,
      'number', contact.number, 'guest_token', contact.guest_token, 'account', contact.customer_id is not null) end
  from contact
    cross join lateral (values ('email', contact.email), ('sms', contact.phone)) as reached (channel, recipient)
    left join suppressions suppressed
      on suppressed.channel = reached.channel and suppressed.recipient = lower(reached.recipient) collate "C"
  where notifications.order_id = any($1::uuid[]) and notifications.status = 'waiting'
    and contact.order_id = notifications.order_id and reached.channel = notifications.channel
    and notifications.channel = any(coalesce(contact.channels, array['email']))
  returning notifications.channel`);

// Makes the rows there are to lock, so that two batches about one new customer meet here.
const LOCK_CUSTOMERS = sql(`
  insert into customers (customer_id, version)
  select distinct id, 0 from unnest($1::uuid[]) as heard (id) order by id
  on conflict (customer_id) do update set customer_id = excluded.customer_id
  returning customer_id, version, email, name, phone, notify_by, erased`);
const FIND_CUSTOMERS = sql(`
  select customer_id, version, email, name, phone, notify_by, erased from customers
  where customer_id = any($1::uuid[]) order by customer_id for no key update`);
const SAVE_CUSTOMERS = sql(`
  update customers set version = learnt.version, email = learnt.email, name = learnt.name, phone = learnt.phone,
    notify_by = string_to_array(learnt.notify_by, ','), erased = learnt.erased
  from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bool[])
    as learnt (customer_id, version, email, name, phone, notify_by, erased)
  where customers.customer_id = learnt.customer_id`);
// What is about the account stays with the address it is for: a warning must not follow whoever caused it.
const MOVE_MAILS = sql(`
  update notifications set recipient = moved.new
  from unnest($1::uuid[], $2::text[], $3::text[]) as moved (customer_id, old, new)
  where notifications.customer_id = moved.customer_id and lower(recipient) = lower(moved.old) and status = 'queued'
    and channel = 'email' and kind not in ('account_exists', 'email_changed', 'password_reset', 'password_changed')`);
const MOVE_CONTACTS = sql(`
  update order_contacts set email = moved.new
  from unnest($1::uuid[], $2::text[], $3::text[]) as moved (customer_id, old, new)
  where order_contacts.customer_id = moved.customer_id and lower(email) = lower(moved.old)`);
// What is on its way about an order still goes, and is forgotten once it has; everything else is forgotten now.
const ERASE_NOTIFICATIONS = sql(`
  update notifications set
    recipient = case when goes then recipient end, data = case when goes then data end,
    forget = case when goes then 'all' else forget end,
    status = case when goes or status = 'sent' then status else 'failed' end,
    last_error = case when goes or status = 'sent' then last_error else $2 end
  from (select id as found, status = 'queued' and order_id is not null as goes
    from notifications where customer_id = any($1::uuid[])) as all_of_them
  where id = found`);
const ERASE_SUPPRESSIONS = sql(`
  delete from suppressions where channel = 'email' and recipient = any(array(
    select lower(recipient) collate "C" from notifications where customer_id = any($1::uuid[]) and channel = 'email'))
    or channel = 'sms' and recipient = any(array(
    select recipient collate "C" from notifications where customer_id = any($1::uuid[]) and channel = 'sms'))`);
const ERASE_CONTACTS = sql(`
  update order_contacts set email = null, name = null, guest_token = null, phone = null
  where customer_id = any($1::uuid[])`);

const SAVE_PRODUCTS = sql(`
  insert into products as known (product_id, name, version)
  select distinct on (product_id) product_id, name, version
  from unnest($1::text[], $2::text[], $3::int[]) as news (product_id, name, version)
  order by product_id, version desc
  on conflict (product_id) do update set name = excluded.name, version = excluded.version
    where known.version < excluded.version`);
const PRODUCT_NAMES = sql('select product_id, name from products where product_id = any($1::text[])');

export interface NewNotification extends Draft {
  id: string;
  subject: string;
  message_id: string;
  traceparent: string | null;
}

/**
 * Those without a recipient wait for one; those that exist already are left as they are; those that cannot be sent have
 * failed.
 */
export async function insertNotifications(tx: Tx, drafts: readonly NewNotification[]): Promise<void> {
  if (drafts.length === 0) return;
  const rows = drafts.map((draft) => ({ ...draft, data: draft.data && JSON.stringify(draft.data) }));
  const own = columns(rows, 'id', 'dedupe_key', 'order_id', 'customer_id', 'kind', 'channel', 'recipient', 'subject');
  const more = columns(rows, 'data', 'message_id', 'expires_at', 'forget');
  await tx.query(INSERT, [...own, ...more, tx.now, ...columns(rows, 'hopeless', 'traceparent')]);
}

/** Answers with the orders that something may have waited for. */
export async function saveContacts(tx: Tx, contacts: readonly Contact[]): Promise<string[]> {
  const rows = contacts.map((contact) => ({ ...contact, channels: contact.channels.join(',') }));
  const names = ['order_id', 'version', 'customer_id', 'email', 'name', 'number', 'guest_token', 'phone', 'channels'];
  const awaited = await tx.query<{ order_id: string }>(SAVE_CONTACTS, columns(rows, ...(names as (keyof Contact)[])));
  return awaited.map(({ order_id }) => order_id);
}

/** Sends what waited for the contacts of these orders on its way; answers with the channels it goes. */
export async function releaseWaiting(tx: Tx, orderIds: readonly string[]): Promise<Channel[]> {
  if (orderIds.length === 0) return [];
  const released = await tx.query<{ channel: Channel }>(RELEASE, [orderIds, tx.now, ACCOUNT_CLOSED]);
  return released.map(({ channel }) => channel);
}

/** Locks what is known of customers, and the place of those who are not: nobody closes an account meanwhile. */
export async function lockCustomers(tx: Tx, ids: readonly string[]): Promise<KnownCustomer[]> {
  if (ids.length === 0) return [];
  const found = await tx.query<KnownCustomer>(FIND_CUSTOMERS, [ids]);
  const known = new Set(found.map(({ customer_id }) => customer_id));
  const missing = ids.filter((id) => !known.has(id));
  return missing.length === 0 ? found : [...found, ...(await tx.query<KnownCustomer>(LOCK_CUSTOMERS, [missing]))];
}

export async function saveCustomers(tx: Tx, customers: readonly KnownCustomer[]): Promise<void> {
  const rows = customers.map((customer) => ({ ...customer, notify_by: customer.notify_by?.join(',') ?? null }));
  await tx.query(
    SAVE_CUSTOMERS,
    columns(rows, 'customer_id', 'version', 'email', 'name', 'phone', 'notify_by', 'erased'),
  );
}

export async function moveRecipients(
  tx: Tx,
  moved: readonly { customer_id: string; from: string; to: string }[],
): Promise<void> {
  if (moved.length === 0) return;
  const values = columns(moved, 'customer_id', 'from', 'to');
  await Promise.all([tx.query(MOVE_CONTACTS, values), tx.query(MOVE_MAILS, values)]);
}

export async function eraseCustomers(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  // In this order: the addresses are read from the notifications before they are gone from there.
  await Promise.all([
    tx.query(ERASE_SUPPRESSIONS, [ids]),
    tx.query(ERASE_CONTACTS, [ids]),
    tx.query(ERASE_NOTIFICATIONS, [ids, ACCOUNT_CLOSED]),
  ]);
}

/** Product names, the newest of each. */
export async function saveProducts(
  tx: Tx,
  products: readonly { product_id: string; name: string; version: number }[],
): Promise<void> {
  await tx.query(SAVE_PRODUCTS, columns(products, 'product_id', 'name', 'version'));
}

export async function productNames(tx: Tx, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.query<{ product_id: string; name: string }>(PRODUCT_NAMES, [ids]);
  return new Map(rows.map(({ product_id, name }) => [product_id, name]));
}

// ── sending ──

// Claimed means: not due again before the lease ends. `attempts` names the claim when its outcome comes back.
const CLAIM = sql(`
  update notifications set attempts = attempts + 1, next_attempt_at = $3
  where id = any(array(
    select id from notifications where channel = $4 and status = 'queued' and next_attempt_at <= $1
    order by next_attempt_at, id limit $2 for update skip locked))
  returning id, order_id, kind, channel, recipient, subject, data, attempts, message_id, expires_at, queued_attempts,
    traceparent, coalesce(queued_at, created_at) as queued_at`);
const END_LEASES = sql(
  `update notifications set next_attempt_at = $1 where status = 'queued' and next_attempt_at > $1`,
);
const SAVE_OUTCOMES = sql(`
  update notifications set status = done.status, last_error = done.last_error, sent_at = done.sent_at,
    provider_id = done.provider_id,
    next_attempt_at = coalesce(done.next_attempt_at, notifications.next_attempt_at),
    data = case when done.status <> 'queued' and forget is not null then null else data end,
    recipient = case when done.status <> 'queued' and forget = 'all' then null else recipient end
  from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[])
    as done (id, attempts, status, last_error, sent_at, next_attempt_at, provider_id)
  where notifications.id = done.id and notifications.attempts = done.attempts and notifications.status = 'queued'`);
const SUPPRESS = sql(`
  insert into suppressions (id, channel, recipient, reason, detail, created_at)
  select id, channel, lower(recipient), reason, detail, $6::timestamptz
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
    as news (id, channel, recipient, reason, detail)
  on conflict do nothing`);
// A lease is left to whoever holds it.
const EXPIRE = sql(`
  update notifications set status = 'failed', last_error = $2, data = null,
    recipient = case when forget = 'all' then null else recipient end
  where status = 'queued' and expires_at <= $1 and next_attempt_at <= $1`);

/** A notification that is being sent. */
export interface Claimed<K extends Kind = Kind> extends Tried {
  order_id: string | null;
  kind: K;
  subject: string;
  data: MailData[K];
  message_id: string;
  expires_at: string | null;
  traceparent: string | null;
}

export function claimDue(
  db: Queryable,
  channel: Channel,
  limit: number,
  now: Date,
  leaseUntil: Date,
): Promise<Claimed[]> {
  return db.query<Claimed>(CLAIM, [now, limit, leaseUntil, channel]);
}

/** Whatever is to be sent is due now. */
export async function endLeases(db: Queryable, now: Date): Promise<void> {
  await db.query(END_LEASES, [now]);
}

/** Outcomes of claims that are still theirs; what was erased or claimed again meanwhile is left alone. */
export function saveOutcomes(tx: Tx, outcomes: readonly SavedOutcome[]): void {
  tx.write(
    SAVE_OUTCOMES,
    columns(outcomes, 'id', 'attempts', 'status', 'last_error', 'sent_at', 'next_attempt_at', 'provider_id'),
  );
}

export interface NewSuppression {
  id: string;
  channel: Channel;
  recipient: string;
  reason: SuppressionReason;
  detail: string | null;
}

/** What is there already stays as it is. */
export async function suppress(tx: Tx, news: readonly NewSuppression[]): Promise<void> {
  if (news.length === 0) return;
  await tx.query(SUPPRESS, [...columns(news, 'id', 'channel', 'recipient', 'reason', 'detail'), tx.now]);
}

/** Gives up, and forgets, what is of no use any more. */
export async function expireDue(db: Queryable, now: Date): Promise<void> {
  await db.query(EXPIRE, [now, EXPIRED]);
}

// ── what people ask for ──

const GET = sql(`select ${NOTIFICATION}, data from notifications where id = $1`);
const LOCK = sql(`
  select status, channel, recipient, resends, data is not null as has_data from notifications where id = $1 for update`);
const REQUEUE = sql(`
  update notifications set status = 'queued', recipient = $5, resends = $2, message_id = $3, next_attempt_at = $4,
    queued_at = $4, queued_attempts = attempts, sent_at = null, last_error = null, provider_id = null
  where id = $1 returning ${NOTIFICATION}`);
const SUPPRESSION = 'id, channel, recipient, reason, detail, created_at';
const SUPPRESSED = sql(`select ${SUPPRESSION} from suppressions where channel = $1 and recipient = lower($2)`);
const LIFT = sql('delete from suppressions where id = $1 returning id');

export interface NotificationFilter {
  before: string | undefined;
  /** Who may see no others, whoever's are asked for. */
  owner: string | undefined;
  order_id?: string | undefined;
  customer_id?: string | undefined;
  status?: NotificationStatus | undefined;
  kind?: Kind | undefined;
  channel?: Channel | undefined;
  recipient?: string | undefined;
  limit: number;
}

/** Newest first. Planned with its values: what is rare has an index of its own. */
export function listNotifications(db: Database, filter: NotificationFilter): Promise<Notification[]> {
  const { before, owner, order_id, customer_id, status, kind, channel, recipient, limit } = filter;
  const where = conditions({
    'id < $': before,
    'order_id = $': order_id,
    'customer_id = $': customer_id,
    '$ = customer_id': owner,
    'status = $': status,
    'kind = $': kind,
    'channel = $': channel,
    'lower(recipient) collate "C" = lower($)': recipient,
  });
  return db.query<Notification>(
    dynamicSql(`select ${NOTIFICATION} from notifications where ${where.text} order by id desc limit $1`),
    [limit, ...where.values],
  );
}

/** Conditions that have a value, numbered from $2. */
function conditions(all: Record<string, string | undefined>): { text: string; values: string[] } {
  const given = Object.entries(all).filter((one): one is [string, string] => one[1] !== undefined);
  const texts = given.map(([condition], i) => condition.replace('$', `$${i + 2}`));
  return { text: ['true', ...texts].join(' and '), values: given.map(([, value]) => value) };
}

export async function getNotification(
  db: Database,
  id: string,
): Promise<(Notification & { kind: Kind; data: MailData[Kind] | null }) | undefined> {
  return (await db.query<Notification & { kind: Kind; data: MailData[Kind] | null }>(GET, [id]))[0];
}

export async function lockNotification(tx: Tx, id: string): Promise<Resendable | undefined> {
  return (await tx.query<Resendable>(LOCK, [id]))[0];
}

export async function requeue(
  tx: Tx,
  id: string,
  { resends, messageId, recipient }: { resends: number; messageId: string; recipient: string },
): Promise<Notification> {
  return (await tx.query<Notification>(REQUEUE, [id, resends, messageId, tx.now, recipient]))[0] as Notification;
}

export async function suppressed(tx: Queryable, channel: Channel, recipient: string): Promise<Suppression | undefined> {
  return (await tx.query<Suppression>(SUPPRESSED, [channel, recipient]))[0];
}

/** False when there was none. */
export async function liftSuppression(db: Queryable, id: string): Promise<boolean> {
  return (await db.query(LIFT, [id])).length > 0;
}

export function listSuppressions(
  db: Database,
  filter: { before: string | undefined; channel?: Channel; recipient?: string; limit: number },
): Promise<Suppression[]> {
  const { before, channel, recipient, limit } = filter;
  const where = conditions({ 'id < $': before, 'channel = $': channel, 'recipient = lower($)': recipient });
  return db.query<Suppression>(
    dynamicSql(`select ${SUPPRESSION} from suppressions where ${where.text} order by id desc limit $1`),
    [limit, ...where.values],
  );
}
