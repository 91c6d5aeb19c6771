/** All SQL of the accounts. */
import type { Database, Tx } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';
import type { Account, Customer, Profile } from './customer.ts';

type Queryable = Pick<Tx, 'query'>;

const CUSTOMER = 'id, email, name, phone, address, role, version, created_at, updated_at';

const INSERT = sql(`
  insert into customers (id, email, password_hash, name, phone, address, role, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
  on conflict (email) do nothing returning ${CUSTOMER}`);
const FIND = sql(`select ${CUSTOMER} from customers where id = $1`);
const LOCK = sql(`select ${CUSTOMER} from customers where id = $1 for update`);
const CREDENTIALS = sql(`select ${CUSTOMER}, password_hash from customers where email = $1`);
const UPDATE = sql(`
  update customers set email = $2, name = $3, phone = $4, address = $5, password_hash = coalesce($6, password_hash),
    version = version + 1, updated_at = $7
  where id = $1 returning ${CUSTOMER}`);
const LOCK_FOR_CLOSING = sql(`
  select id, role, version from customers where id = $1 or role = 'admin' order by id for update`);
const DELETE = sql('delete from customers where id = $1');
const LIST = sql(`
  select ${CUSTOMER} from customers
  where id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') and ($2::text is null or email = $2)
  order by id desc limit $3`);

const ADMIN_LOCK = sql('select pg_advisory_xact_lock(7247411)');
const HAS_ADMIN = sql(`select exists (select from customers where role = 'admin') as found`);
const MAKE_ADMIN = sql(`
  insert into customers (id, email, password_hash, role, created_at, updated_at) values ($1, $2, $3, 'admin', $4, $4)
  on conflict (email) do update
    set password_hash = excluded.password_hash, role = 'admin', version = customers.version + 1,
        updated_at = excluded.updated_at`);

const KEY_LOCK = sql('select pg_advisory_xact_lock(7247412)');
const KEYS = sql('select kid, private_jwk from signing_keys order by created_at desc, kid');
const ADD_KEY = sql('insert into signing_keys (kid, private_jwk, created_at) values ($1, $2, $3)');

export interface NewCustomer extends Profile {
  id: string;
  password_hash: string;
}

/** Undefined when the e-mail is taken; of registrations at once one wins. */
export async function insertCustomer(tx: Tx, customer: NewCustomer): Promise<Customer | undefined> {
  const { id, email, password_hash, name, phone, address } = customer;
  const values = [id, email, password_hash, name, phone, asJson(address), 'customer', tx.now];
  return (await tx.query<Customer>(INSERT, values))[0];
}

export async function findCustomer(db: Queryable, id: string): Promise<Customer | undefined> {
  return (await db.query<Customer>(FIND, [id]))[0];
}

export async function lockCustomer(tx: Tx, id: string): Promise<Customer | undefined> {
  return (await tx.query<Customer>(LOCK, [id]))[0];
}

export type Credentials = Customer & { password_hash: string };

export async function findCredentials(db: Queryable, email: string): Promise<Credentials | undefined> {
  return (await db.query<Credentials>(CREDENTIALS, [email]))[0];
}

/** Throws what `isEmailTaken` recognises when another account has the e-mail. */
export async function updateCustomer(
  tx: Tx,
  id: string,
  { email, name, phone, address }: Profile,
  passwordHash: string | undefined,
): Promise<Customer> {
  const values = [id, email, name, phone, asJson(address), passwordHash ?? null, tx.now];
  return (await tx.query<Customer>(UPDATE, values))[0] as Customer;
}

export function isEmailTaken(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string };
  return code === '23505' && constraint === 'customers_email_key';
}

/** The account and every admin, locked: of two admins who close their accounts at once the second is the last. */
export function lockForClosing(tx: Tx, id: string): Promise<Account[]> {
  return tx.query<Account>(LOCK_FOR_CLOSING, [id]);
}

export async function deleteCustomer(tx: Tx, id: string): Promise<void> {
  await tx.query(DELETE, [id]);
}

export function listCustomers(
  db: Queryable,
  { after, email, limit }: { after: string | undefined; email: string | undefined; limit: number },
): Promise<Customer[]> {
  return db.query<Customer>(LIST, [after ?? null, email ?? null, limit]);
}

/** Replicas that start at once prepare the admin one after the other. */
export async function lockAdmins(tx: Tx): Promise<void> {
  await tx.query(ADMIN_LOCK);
}

export async function hasAdmin(db: Queryable): Promise<boolean> {
  return (await db.query<{ found: boolean }>(HAS_ADMIN))[0]?.found === true;
}

/** Makes an account an admin with this password, whatever it was before. */
export async function makeAdmin(tx: Tx, id: string, email: string, passwordHash: string): Promise<void> {
  await tx.query(MAKE_ADMIN, [id, email, passwordHash, tx.now]);
}

export interface PrivateKey {
  kid: string;
  private_jwk: { kty: string; crv: string; x: string; d: string };
}

/** The key that signs: the one there is, or `fresh`. */
export function ensureSigningKey(db: Database, fresh: PrivateKey): Promise<PrivateKey> {
  return db.transaction(async (tx) => {
    await tx.query(KEY_LOCK);
    const [key] = await tx.query<PrivateKey>(KEYS);
    if (key) return key;
    await tx.query(ADD_KEY, [fresh.kid, JSON.stringify(fresh.private_jwk), tx.now]);
    return fresh;
  });
}

export function listSigningKeys(db: Queryable): Promise<PrivateKey[]> {
  return db.query<PrivateKey>(KEYS);
}

/** A one-line address is a JSON string; without this the driver would send it as bare text. */
const asJson = (value: Customer['address']) => (value === null ? null : JSON.stringify(value));
