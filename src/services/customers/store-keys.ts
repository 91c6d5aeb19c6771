/** All SQL of the keys that sign access tokens. */
import type { Database, Tx } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';

const LOCK = sql('select pg_advisory_xact_lock(7247412)');
const LIST = sql('select kid, private_jwk, active_from from signing_keys order by active_from desc, kid');
const ADD = sql('insert into signing_keys (kid, private_jwk, created_at, active_from) values ($1, $2, $3, $4)');
// The newest that is active stays: it is the one that signs.
const FORGET = sql(`
  delete from signing_keys where active_from < (
    select max(active_from) from signing_keys where active_from <= $1)`);
const REMOVE = sql(`
  delete from signing_keys where kid = $1 and active_from < (
    select max(active_from) from signing_keys where active_from <= $2) returning kid`);

export interface PrivateKey {
  kid: string;
  private_jwk: { kty: string; crv: string; x: string; d: string };
}

export interface SigningKey extends PrivateKey {
  active_from: string;
}

/** Newest first. */
export function listSigningKeys(db: Pick<Tx, 'query'>): Promise<SigningKey[]> {
  return db.query<SigningKey>(LIST);
}

/** Adds a key, unless `keep` says that the ones there are will do; of several at once one adds. */
export function addSigningKey(
  db: Pick<Database, 'transaction'>,
  fresh: PrivateKey,
  activeFrom: Date,
  keep: (newest: SigningKey | undefined) => boolean,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    await tx.query(LOCK);
    const [newest] = await listSigningKeys(tx);
    if (keep(newest)) return false;
    tx.write(ADD, [fresh.kid, JSON.stringify(fresh.private_jwk), tx.now, activeFrom]);
    return true;
  });
}

/** Forgets keys that were followed by another one before this time. */
export async function forgetSigningKeys(db: Pick<Database, 'query'>, before: Date): Promise<void> {
  await db.query(FORGET, [before]);
}

/** False when there is no such key, or it is the one that signs, or the next. */
export async function removeSigningKey(db: Pick<Database, 'query'>, kid: string, now: Date): Promise<boolean> {
  return (await db.query(REMOVE, [kid, now])).length > 0;
}
