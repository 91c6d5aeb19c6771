/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the reply of a request is stored by the transaction that
 * did its work, so the same key and body get the same answer for 24 hours, and another body is refused.
 *
 * A repeat that arrives while the first is still being written waits for it (milliseconds) instead of being told to
 * come back; two replicas that race collide on the primary key, and the loser's retry finds the winner's reply.
 * Rejections are not stored: nothing was done, and the next try may find the fault mended.
 */
import { createHash } from 'node:crypto';
import type { Caller } from './auth.ts';
import type { Database, Tx } from './database.ts';
import { columns, sql } from './database.ts';
import type { Rejection } from './problem.ts';
import { common, isRejection, reject } from './problem.ts';

export const KEPT_MS = 24 * 3_600_000;

export interface IdempotencyKey {
  /** Caller and route. */
  scope: string;
  key: string;
  /** Digest of the request. */
  fingerprint: string;
}

export interface StoredReply {
  status: number;
  headers: Record<string, string>;
  /** Body as it was sent. */
  text: string;
}

/** Reads the header: an RFC 8941 string ("abc") or bare; 1 to 255 characters. */
export function readKey(
  header: string | undefined,
  route: string,
  caller: Caller,
  body: Buffer | undefined,
): IdempotencyKey | Rejection | undefined {
  if (header === undefined) return undefined;
  const key = /^"([^"]*)"$/.exec(header)?.[1] ?? header;
  if (key.length < 1 || key.length > 255) {
    const errors = [{ pointer: '/headers/idempotency-key', detail: 'must have 1 to 255 characters' }];
    return reject(common.malformed, { errors });
  }
  const who = caller.role === 'guest' ? 'guest' : caller.id;
  const fingerprint = createHash('sha256')
    .update(body ?? '')
    .digest('base64url');
  return { scope: `${who} ${route}`, key, fingerprint };
}

const FIND = sql(`
  select asked.n::int as n, found.fingerprint, found.status, found.headers, found.body as text
  from unnest($1::text[], $2::text[]) with ordinality as asked (scope, key, n)
  join idempotency_keys found on found.scope = asked.scope and found.key = asked.key
  where found.created_at > $3`);
const SAVE = sql(`
  insert into idempotency_keys (scope, key, fingerprint, status, headers, body, created_at)
  select * , $7::timestamptz
  from unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::json[], $6::text[])
  on conflict (scope, key) do update
    set fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,
        body = excluded.body, created_at = excluded.created_at
    where idempotency_keys.created_at <= $8
  returning 1`);
const FORGET = sql('delete from idempotency_keys where scope = any($1::text[])');
const EXPIRED_AT_ONCE = 5_000;
const EXPIRE = sql(`
  delete from idempotency_keys where (scope, key) in
    (select scope, key from idempotency_keys where created_at <= $1 limit ${EXPIRED_AT_ONCE}) returning 1`);

export type KeyReused = Rejection<'idempotency-key-reused'>;

/** For each key: the stored reply, a rejection when it was used for something else, or undefined when it is new. */
export async function findReplies(
  tx: Pick<Tx, 'query' | 'now'>,
  keys: readonly (IdempotencyKey | undefined)[],
): Promise<(StoredReply | KeyReused | undefined)[]> {
  const asked = keys.map((key) => key ?? { scope: '', key: '', fingerprint: '' });
  const answers: (StoredReply | KeyReused | undefined)[] = keys.map(() => undefined);
  if (!keys.some(Boolean)) return answers;
  const found = await tx.query<StoredReply & { n: number; fingerprint: string }>(FIND, [
    ...columns(asked, 'scope', 'key'),
    new Date(tx.now.getTime() - KEPT_MS),
  ]);
  for (const { n, fingerprint, ...reply } of found) {
    answers[n - 1] = fingerprint === asked[n - 1]?.fingerprint ? replayed(reply) : reject(common.keyReused);
  }
  return answers;
}

export function replayed(reply: StoredReply): StoredReply {
  return { ...reply, headers: { ...reply.headers, 'idempotency-replayed': 'true' } };
}

/** Stores replies in the transaction that earned them; throws when another replica stored one of the keys meanwhile. */
export async function saveReplies(tx: Tx, replies: readonly (IdempotencyKey & StoredReply)[]): Promise<void> {
  if (replies.length === 0) return;
  // One key order for everyone, or two replicas could wait for each other.
  const rows = [...replies]
    .sort((a, b) => (a.scope + a.key < b.scope + b.key ? -1 : 1))
    .map((reply) => ({ ...reply, headers: JSON.stringify(reply.headers) }));
  const saved = await tx.query(SAVE, [
    ...columns(rows, 'scope', 'key', 'fingerprint', 'status', 'headers', 'text'),
    tx.now,
    new Date(tx.now.getTime() - KEPT_MS),
  ]);
  if (saved.length < rows.length) {
    throw Object.assign(new Error('an Idempotency-Key was used twice at once'), { code: '40001' });
  }
}

/** Does the work of one keyed request in one transaction with its reply. */
export async function once<Code extends string = never>(
  db: Database,
  key: IdempotencyKey | undefined,
  work: (tx: Tx) => Promise<StoredReply | Rejection<Code>>,
): Promise<StoredReply | Rejection<Code> | KeyReused> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await db.transaction(async (tx) => {
        const [known] = await findReplies(tx, [key]);
        if (known) return known;
        const reply = await work(tx);
        if (key && 'status' in reply) await saveReplies(tx, [{ ...key, ...reply }]);
        // A repeat that waited for the first one's locks may be refused for what the first has done.
        if (key && isRejection(reply)) return (await findReplies(tx, [key]))[0] ?? reply;
        return reply;
      });
    } catch (error) {
      if ((error as { code?: string }).code !== '40001' || tries === 3) throw error;
    }
  }
}

/** Forgets every reply of these scopes, whatever its age: they may hold what must be erased. */
export async function forgetReplies(tx: Pick<Tx, 'query'>, scopes: readonly string[]): Promise<void> {
  await tx.query(FORGET, [scopes]);
}

/** Forgets keys older than 24 hours; true when there may be more. */
export async function expireKeys(db: Database, now: Date): Promise<boolean> {
  return (await db.query(EXPIRE, [new Date(now.getTime() - KEPT_MS)])).length === EXPIRED_AT_ONCE;
}
