/** All SQL of the notifications. */
import type { Notification, NotificationStatus } from '../../contracts/notifications.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { columns, sql } from '../../platform/database.ts';
import type { Contact, KnownCustomer, Resendable } from './notification.ts';
import type { Kind, MailData } from './templates.ts';

type Queryable = Pick<Tx, 'query'>;

const NOTIFICATION =
  'id, order_id, kind, channel, recipient, subject, status, attempts, last_error, message_id, created_at, sent_at';

const INSERT = sql(`
  insert into notifications (id, dedupe_key, order_id, customer_id, kind, recipient, subject, data, message_id,
    status, next_attempt_at, created_at)
  select *, case when recipient is null then 'waiting' else 'queued' end, $10::timestamptz, $10::timestamptz
  from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::jsonb[],
    $9::text[]) as draft (id, dedupe_key, order_id, customer_id, kind, recipient, subject, data, message_id)
  on conflict do nothing`);

// Locks each contact even where nothing is newer: whoever comes second sees what the first has written.
const SAVE_CONTACTS = sql(`
  insert into order_contacts as known (order_id, version, customer_id, email, name, number, guest_token)
  select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::text[])
    as contact (order_id, version, customer_id, email, name, number, guest_token) order by order_id
  on conflict (order_id) do update
    set version = excluded.version, customer_id = excluded.customer_id, email = excluded.email,
        name = excluded.name, number = excluded.number, guest_token = excluded.guest_token
    where known.version < excluded.version`);
const RELEASE = sql(`
  update notifications set
    recipient = contact.email, customer_id = contact.customer_id, next_attempt_at = $2,
    status = case when contact.email is null then 'failed' else 'queued' end,
    last_error = case when contact.email is null then 'the customer has closed the account' end,
    data = case when contact.email is not null then data || jsonb_build_object(
      'name', contact.name, 'number', contact.number, 'guest_token', contact.guest_token) end
  from order_contacts contact
  where notifications.order_id = any($1::uuid[]) and notifications.status = 'waiting'
    and contact.order_id = notifications.order_id and contact.version > 0`);

// Makes the rows there are to lock, so that two batches about one new customer meet here.
const LOCK_CUSTOMERS = sql(`
  insert into customers (customer_id, version)
  select distinct id, 0 from unnest($1::uuid[]) as heard (id) order by id
  on conflict (customer_id) do update set customer_id = excluded.customer_id
  returning customer_id, version, email, name, erased`);
const SAVE_CUSTOMERS = sql(`
  update customers set version = learnt.version, email = learnt.email, name = learnt.name, erased = learnt.erased
  from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::bool[])
    as learnt (customer_id, version, email, name, erased)
  where customers.customer_id = learnt.customer_id`);
const MOVE_MAILS = sql(`
  update notifications set recipient = moved.new
  from unnest($1::uuid[], $2::text[], $3::text[]) as moved (customer_id, old, new)
  where notifications.customer_id = moved.customer_id and lower(recipient) = lower(moved.old) and status = 'queued'`);
const MOVE_CONTACTS = sql(`
  update order_contacts set email = moved.new
  from unnest($1::uuid[], $2::text[], $3::text[]) as moved (customer_id, old, new)
  where order_contacts.customer_id = moved.customer_id and lower(email) = lower(moved.old)`);
const ERASE_MAILS = sql(`
  update notifications set recipient = null, data = null,
    status = case when status = 'sent' then 'sent' else 'failed' end,
    last_error = case when status = 'sent' then last_error else 'the customer has closed the account' end
  where customer_id = any($1::uuid[])`);
const ERASE_CONTACTS = sql(`
  update order_contacts set email = null, name = null, guest_token = null where customer_id = any($1::uuid[])`);

// Claimed means: not due again before the lease ends. `attempts` names the claim when its outcome comes back.
const CLAIM = sql(`
  update notifications set attempts = attempts + 1, next_attempt_at = $3
  where id = any(array(
    select id from notifications where status = 'queued' and next_attempt_at <= $1
    order by next_attempt_at, id limit $2 for update skip locked))
  returning id, order_id, kind, recipient, subject, data, attempts, message_id`);
const SAVE_OUTCOMES = sql(`
  update notifications set status = done.status, last_error = done.last_error, sent_at = done.sent_at,
    next_attempt_at = coalesce(done.next_attempt_at, notifications.next_attempt_at)
  from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
    as done (id, attempts, status, last_error, sent_at, next_attempt_at)
  where notifications.id = done.id and notifications.attempts = done.attempts and notifications.status = 'queued'`);

const LIST = sql(`
  select ${NOTIFICATION} from notifications
  where id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    and ($2::uuid is null or order_id = $2) and ($3::text is null or status = $3)
  order by id desc limit $4`);
const LOCK = sql('select status, recipient, resends from notifications where id = $1 for update');
const REQUEUE = sql(`
  update notifications set status = 'queued', resends = $2, message_id = $3, next_attempt_at = $4, sent_at = null,
    last_error = null
  where id = $1 returning ${NOTIFICATION}`);

export interface NewNotification {
  id: string;
  dedupe_key: string;
  order_id: string | null;
  customer_id: string | null;
  kind: Kind;
  recipient: string | null;
  subject: string;
  data: MailData[Kind];
  message_id: string;
}

/** Those without a recipient wait for one; those that exist already are left as they are. */
export async function insertNotifications(tx: Tx, drafts: readonly NewNotification[]): Promise<void> {
  if (drafts.length === 0) return;
  const rows = drafts.map((draft) => ({ ...draft, data: JSON.stringify(draft.data) }));
  const names = ['id', 'dedupe_key', 'order_id', 'customer_id', 'kind', 'recipient', 'subject', 'data', 'message_id'];
  await tx.query(INSERT, [...columns(rows, ...(names as (keyof NewNotification)[])), tx.now]);
}

export async function saveContacts(tx: Tx, contacts: readonly Contact[]): Promise<void> {
  await tx.query(
    SAVE_CONTACTS,
    columns(contacts, 'order_id', 'version', 'customer_id', 'email', 'name', 'number', 'guest_token'),
  );
}

/** Sends what waited for the contacts of these orders on its way. */
export async function releaseWaiting(tx: Tx, orderIds: readonly string[]): Promise<void> {
  await tx.query(RELEASE, [orderIds, tx.now]);
}

export function lockCustomers(tx: Tx, ids: readonly string[]): Promise<KnownCustomer[]> {
  return tx.query<KnownCustomer>(LOCK_CUSTOMERS, [ids]);
}

export async function saveCustomers(tx: Tx, customers: readonly KnownCustomer[]): Promise<void> {
  await tx.query(SAVE_CUSTOMERS, columns(customers, 'customer_id', 'version', 'email', 'name', 'erased'));
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
  await Promise.all([tx.query(ERASE_CONTACTS, [ids]), tx.query(ERASE_MAILS, [ids])]);
}

/** A mail that is being sent. */
export interface Claimed<K extends Kind = Kind> {
  id: string;
  order_id: string | null;
  kind: K;
  recipient: string;
  subject: string;
  data: MailData[K];
  attempts: number;
  message_id: string;
}

export function claimDue(db: Queryable, limit: number, now: Date, leaseUntil: Date): Promise<Claimed[]> {
  return db.query<Claimed>(CLAIM, [now, limit, leaseUntil]);
}

export interface SavedOutcome {
  id: string;
  attempts: number;
  status: NotificationStatus;
  last_error: string | null;
  sent_at: string | null;
  next_attempt_at: string | null;
}

/** Outcomes of claims that are still theirs; what was erased or claimed again meanwhile is left alone. */
export async function saveOutcomes(tx: Tx, outcomes: readonly SavedOutcome[]): Promise<void> {
  await tx.query(
    SAVE_OUTCOMES,
    columns(outcomes, 'id', 'attempts', 'status', 'last_error', 'sent_at', 'next_attempt_at'),
  );
}

export interface NotificationFilter {
  after: string | undefined;
  order_id: string | undefined;
  status: NotificationStatus | undefined;
  limit: number;
}

export function listNotifications(
  db: Database,
  { after, order_id, status, limit }: NotificationFilter,
): Promise<Notification[]> {
  return db.query<Notification>(LIST, [after ?? null, order_id ?? null, status ?? null, limit]);
}

export async function lockNotification(tx: Tx, id: string): Promise<Resendable | undefined> {
  return (await tx.query<Resendable>(LOCK, [id]))[0];
}

export async function requeue(tx: Tx, id: string, resends: number, messageId: string): Promise<Notification> {
  return (await tx.query<Notification>(REQUEUE, [id, resends, messageId, tx.now]))[0] as Notification;
}
