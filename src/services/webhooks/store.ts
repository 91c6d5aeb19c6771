/** All SQL of addresses and of what is said to them; store-deliveries.ts has what becomes of that. */
import type { DisabledBy, Webhook, WebhookStatus } from '../../contracts/webhooks.ts';
import { WEBHOOK_LIMITS } from '../../contracts/webhooks.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { columns, sql } from '../../platform/database.ts';
import type { WebhookNews } from './delivery.ts';
import { PATIENCE_MS } from './delivery.ts';

type Query = Pick<Database, 'query'>;
type Write = Pick<Tx, 'write'>;

// ── addresses ──

const WEBHOOK = `id, url, description, types, status, disabled_by, failing_since, created_at, updated_at,
  (select count(*) from (select from deliveries where webhook_id = webhooks.id and status = 'waiting' limit 1001) counted)
    as waiting`;
const WANTED = sql(`select distinct unnest(types) as type from webhooks where status = 'enabled'`);
const LIST = sql(`select ${WEBHOOK} from webhooks order by id`);
const GET = sql(`select ${WEBHOOK} from webhooks where id = $1`);
// One after the other, so that none too many is counted.
const LOCK_ALL = sql('lock table webhooks in share row exclusive mode');
const COUNT = sql('select count(*) from webhooks');
const INSERT = sql(`
  insert into webhooks (id, url, description, types, secret, status, created_at, updated_at)
  values ($1, $2, $3, $4, $5, 'enabled', $6, $6)`);
// Who is enabled begins anew: its failures were those of another address, or are mended.
const UPDATE = sql(`
  update webhooks set url = coalesce($2, url), description = coalesce($3, description), types = coalesce($4, types),
    status = coalesce($5, status), updated_at = $6,
    disabled_by = case when coalesce($5, status) = 'disabled' then coalesce(disabled_by, 'admin') end,
    failing_since = case when $2 is null and ($5 is null or $5 = 'disabled') then failing_since end
  where id = $1 returning id`);
/** Nobody makes so many in a day but by mistake. */
const OLD_SECRETS = 20;
const REMOVE = sql('delete from webhooks where id = $1 returning id');
const ROTATE = sql(`
  update webhooks set secret = $2, updated_at = $4,
    old_secrets = coalesce((
      select jsonb_agg(one) from jsonb_array_elements(old_secrets) one where (one->>'until')::timestamptz > $4), '[]')
      || jsonb_build_object('secret', secret, 'until', $3::timestamptz)
  where id = $1 and jsonb_array_length(old_secrets) < ${OLD_SECRETS} returning id`);
const HEAR = sql(`
  update webhooks set
    failing_since = case when not arrived then coalesce(failing_since, $4) end,
    status = case when gone or not arrived and failing_since < $5 then 'disabled' else status end,
    disabled_by = case when status = 'disabled' then disabled_by when gone then 'gone'
      when not arrived and failing_since < $5 then 'failing' end
  from unnest($1::uuid[], $2::text[], $3::bool[], $6::bool[]) as news (webhook_id, asked, arrived, gone)
  where id = webhook_id and url = asked and (gone or not arrived or failing_since is not null)
  returning id, status, disabled_by`);

export async function readWantedTypes(db: Query): Promise<string[]> {
  return (await db.query<{ type: string }>(WANTED)).map(({ type }) => type);
}

export function listWebhooks(db: Query): Promise<Webhook[]> {
  return db.query<Webhook>(LIST);
}

export async function getWebhook(db: Query, id: string): Promise<Webhook | undefined> {
  return (await db.query<Webhook>(GET, [id]))[0];
}

export interface NewWebhook {
  id: string;
  url: string;
  description: string;
  types: string[];
  secret: string;
}

/** False when there are too many. */
export async function insertWebhook(tx: Tx, webhook: NewWebhook): Promise<boolean> {
  await tx.query(LOCK_ALL);
  const [row] = await tx.query<{ count: number }>(COUNT);
  if ((row?.count ?? 0) >= WEBHOOK_LIMITS.webhooks) return false;
  const { id, url, description, types, secret } = webhook;
  tx.write(INSERT, [id, url, description, types, secret, tx.now]);
  return true;
}

export interface WebhookChange {
  url?: string;
  description?: string;
  types?: string[];
  status?: WebhookStatus;
}

/** False when there is no such webhook. */
export async function updateWebhook(db: Query, id: string, change: WebhookChange, now: Date): Promise<boolean> {
  const { url = null, description = null, types = null, status = null } = change;
  return (await db.query(UPDATE, [id, url, description, types, status, now])).length > 0;
}

export async function deleteWebhook(db: Query, id: string): Promise<boolean> {
  return (await db.query(REMOVE, [id])).length > 0;
}

export async function rotateSecret(db: Query, id: string, secret: string, oldUntil: Date, now: Date): Promise<boolean> {
  return (await db.query(ROTATE, [id, secret, oldUntil, now])).length > 0;
}

/** What attempts said of their addresses; answers with those that are disabled now. */
export async function hearOf(
  tx: Pick<Tx, 'query'>,
  news: readonly WebhookNews[],
  now: Date,
): Promise<{ id: string; status: WebhookStatus; disabled_by: DisabledBy | null }[]> {
  const since = new Date(now.getTime() - PATIENCE_MS);
  return tx.query(HEAR, [...columns(news, 'webhook_id', 'url', 'arrived'), now, since, news.map(({ gone }) => gone)]);
}

// ── messages and their deliveries ──

// Whoever is told stays until the deliveries are written.
const SUBSCRIBED = sql(`
  select id, types from webhooks where status = 'enabled' and types && $1::text[] order by id for key share`);
const CLOSED = sql('select id from closed_customers where id = any($1::uuid[])');
const INSERT_MESSAGES = sql(`
  insert into messages (id, type, subject, customer_id, payload, created_at)
  select *, $6::timestamptz from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[])
  on conflict do nothing`);
const INSERT_DELIVERIES = sql(`
  insert into deliveries (id, webhook_id, message_id, next_attempt_at, created_at)
  select *, $4::timestamptz, $4::timestamptz from unnest($1::uuid[], $2::uuid[], $3::uuid[])
  on conflict do nothing`);

export interface NewMessage {
  id: string;
  type: string;
  subject: string;
  customer_id: string | null;
  /** The body, byte for byte as it is signed. */
  payload: string;
}

export interface NewDelivery {
  id: string;
  webhook_id: string;
  message_id: string;
}

/** Who wants to be told of any of these. */
export function findSubscribed(tx: Pick<Tx, 'query'>, types: readonly string[]) {
  return tx.query<{ id: string; types: string[] }>(SUBSCRIBED, [types]);
}

/** Those of these customers whose accounts are closed. */
export async function findClosed(tx: Pick<Tx, 'query'>, customers: readonly string[]): Promise<Set<string>> {
  return new Set((await tx.query<{ id: string }>(CLOSED, [customers])).map(({ id }) => id));
}

export function insertMessages(
  tx: Write,
  messages: readonly NewMessage[],
  deliveries: readonly NewDelivery[],
  now: Date,
): void {
  tx.write(INSERT_MESSAGES, [...columns(messages, 'id', 'type', 'subject', 'customer_id', 'payload'), now]);
  tx.write(INSERT_DELIVERIES, [...columns(deliveries, 'id', 'webhook_id', 'message_id'), now]);
}
