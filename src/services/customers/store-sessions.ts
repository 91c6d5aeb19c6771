/** All SQL of proving who one is: sessions and their refresh tokens, password resets, failed logins. */
import type { Tx } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';
import type { Customer } from './customer.ts';
import type { RefreshToken, Session } from './session.ts';
import type { Attempts } from './throttle.ts';

type Queryable = Pick<Tx, 'query'>;

// Only while the password that was looked at is still the account's: a change in between waits here, or is seen.
const INSERT_SESSION = sql(`
  insert into sessions (id, customer_id, created_at, used_at, expires_at)
  select $1, id, $3, $3, $4 from customers where id = $2 and password_hash = $5 for share
  returning id`);
const INSERT_TOKEN = sql('insert into refresh_tokens (digest, session_id, issued_at, parent) values ($1, $2, $3, $4)');
const SESSION_OF = sql('select session_id from refresh_tokens where digest = $1');
// Sessions before their tokens, as when they end: whoever comes with a token of this chain queues here.
const LOCK_SESSION = sql('select customer_id, created_at, expires_at from sessions where id = $1 for update');
const FIND_TOKEN = sql(`
  select used_at, exists (select from refresh_tokens twin
    where twin.parent = token.parent and twin.digest <> token.digest and twin.used_at <= $2) as twin_used
  from refresh_tokens token where digest = $1`);
const USE_TOKEN = sql('update refresh_tokens set used_at = coalesce(used_at, $2) where digest = $1');
const USE_SESSION = sql('update sessions set used_at = $2, expires_at = $3 where id = $1');
const END_SESSION = sql('delete from sessions where id = $1');
const END_SESSIONS = sql('delete from sessions where customer_id = $1 and id <> all($2::uuid[])');
const LIST_SESSIONS = sql(
  'select created_at, used_at, expires_at from sessions where customer_id = $1 order by created_at',
);

const ASK_RESET = sql('insert into reset_requests (id, email, traceparent) values ($1, $2, $3)');
const TAKE_REQUESTS = sql(`
  delete from reset_requests where id = any (array(select id from reset_requests order by id limit $1 for update skip locked))
  returning email, traceparent`);
const FIND_BY_EMAILS = sql(`
  select id, email, name, (select count(*)::int from password_resets
    where customer_id = customers.id and password_resets.created_at > $2) as recent
  from customers where email = any($1::text[]) order by id for no key update`);
const INSERT_RESETS = sql(`
  insert into password_resets (digest, customer_id, created_at, expires_at)
  select *, $3::timestamptz, $4::timestamptz from unnest($1::bytea[], $2::uuid[])`);
const TAKE_RESET = sql(
  'delete from password_resets where digest = $1 and customer_id = $2 and expires_at > $3 returning 1',
);
const FIND_RESET = sql(`
  select customers.id, customers.email from password_resets join customers on customers.id = customer_id
  where digest = $1 and expires_at > $2`);
const FORGET_RESETS = sql('delete from password_resets where customer_id = $1');

const LOCK_ATTEMPTS = sql(`
  insert into login_attempts (digest, failures, failed_at) values ($1, 0, $2)
  on conflict (digest) do update set digest = excluded.digest returning failures, blocked_until, failed_at`);
const SAVE_ATTEMPTS = sql(`
  update login_attempts set failures = $2, blocked_until = $3, failed_at = $4 where digest = $1`);
const FORGET_ATTEMPTS = sql('delete from login_attempts where digest = $1');

const FORGET_OLD = [
  sql(
    'delete from sessions where id = any (array(select id from sessions where expires_at <= $1 limit $2)) returning 1',
  ),
  // What is older was refused long ago; a copy of it is no longer told from a made-up one, and refused as well.
  sql(`delete from refresh_tokens where digest = any (array(
    select digest from refresh_tokens where used_at <= $1::timestamptz - interval '7 days' limit $2)) returning 1`),
  sql(`delete from password_resets where digest = any (array(
    select digest from password_resets where expires_at <= $1 limit $2)) returning 1`),
  sql(`delete from login_attempts where digest = any (array(
    select digest from login_attempts where failed_at <= $1::timestamptz - interval '1 day' limit $2)) returning 1`),
];

/** A session with its first refresh token; false when the password is no longer this one. */
export async function insertSession(
  tx: Tx,
  session: { id: string; customer_id: string; password_hash: string; digest: Buffer; expires_at: Date },
): Promise<boolean> {
  const { id, customer_id, password_hash, digest, expires_at } = session;
  const made = await tx.query(INSERT_SESSION, [id, customer_id, tx.now, expires_at, password_hash]);
  if (made.length > 0) tx.write(INSERT_TOKEN, [digest, id, tx.now, null]);
  return made.length > 0;
}

/** A refresh token, with its session locked. `graceStart`: a twin used before it has had its own way for long. */
export async function lockRefreshToken(tx: Tx, digest: Buffer, graceStart: Date): Promise<RefreshToken | undefined> {
  const [found] = await tx.query<{ session_id: string }>(SESSION_OF, [digest]);
  if (!found) return undefined;
  const [session] = await tx.query<Session>(LOCK_SESSION, [found.session_id]);
  const [token] = await tx.query<Pick<RefreshToken, 'used_at' | 'twin_used'>>(FIND_TOKEN, [digest, graceStart]);
  return session && token && { ...found, ...session, ...token };
}

/** One refresh token becomes the next, and the session lasts anew. */
export function exchangeToken(tx: Tx, sessionId: string, old: Buffer, next: Buffer, expiresAt: Date): void {
  tx.write(USE_TOKEN, [old, tx.now]);
  tx.write(INSERT_TOKEN, [next, sessionId, tx.now, old]);
  tx.write(USE_SESSION, [sessionId, tx.now, expiresAt]);
}

export function endSession(tx: Tx, sessionId: string): void {
  tx.write(END_SESSION, [sessionId]);
}

/** Ends every session of an account but those. */
export function endSessions(tx: Tx, customerId: string, except: readonly string[] = []): void {
  tx.write(END_SESSIONS, [customerId, except]);
}

export function listSessions(
  db: Queryable,
  customerId: string,
): Promise<{ created_at: string; used_at: string; expires_at: string }[]> {
  return db.query(LIST_SESSIONS, [customerId]);
}

export async function askReset(db: Queryable, id: string, email: string, traceparent: string): Promise<void> {
  await db.query(ASK_RESET, [id, email, traceparent]);
}

export function takeResetRequests(tx: Tx, limit: number): Promise<{ email: string; traceparent: string | null }[]> {
  return tx.query(TAKE_REQUESTS, [limit]);
}

/** The accounts of some addresses, each with how many links it was sent since a time. */
export function findByEmails(
  tx: Tx,
  emails: readonly string[],
  since: Date,
): Promise<(Pick<Customer, 'id' | 'email' | 'name'> & { recent: number })[]> {
  return tx.query(FIND_BY_EMAILS, [emails, since]);
}

export function insertResets(tx: Tx, resets: readonly { digest: Buffer; customer_id: string }[], until: Date): void {
  const digests = resets.map(({ digest }) => digest);
  const customers = resets.map(({ customer_id }) => customer_id);
  tx.write(INSERT_RESETS, [digests, customers, tx.now, until]);
}

/** Whose a link is, without using it up. */
export async function findReset(
  db: Queryable,
  digest: Buffer,
  now: Date,
): Promise<{ id: string; email: string } | undefined> {
  return (await db.query<{ id: string; email: string }>(FIND_RESET, [digest, now]))[0];
}

/** Uses up a link of a locked account; false when it is gone or too old. */
export async function takeReset(tx: Tx, digest: Buffer, customerId: string): Promise<boolean> {
  return (await tx.query(TAKE_RESET, [digest, customerId, tx.now])).length > 0;
}

export function forgetResets(tx: Tx, customerId: string): void {
  tx.write(FORGET_RESETS, [customerId]);
}

/** The failed logins of an address, locked. */
export async function lockAttempts(tx: Tx, digest: Buffer): Promise<Attempts> {
  return (await tx.query<Attempts>(LOCK_ATTEMPTS, [digest, tx.now]))[0] as Attempts;
}

export function saveAttempts(tx: Tx, digest: Buffer, { failures, blocked_until, failed_at }: Attempts): void {
  tx.write(SAVE_ATTEMPTS, [digest, failures, blocked_until, failed_at]);
}

export async function forgetAttempts(db: Queryable, digest: Buffer): Promise<void> {
  await db.query(FORGET_ATTEMPTS, [digest]);
}

/** Removes what is no longer good for anything; true when there may be more. */
export async function forgetOld(db: Queryable, now: Date, limit: number): Promise<boolean> {
  const gone = await Promise.all(FORGET_OLD.map((statement) => db.query(statement, [now, limit])));
  return gone.some(({ length }) => length === limit);
}
