/** All SQL of the accounts. */
import type { Tx } from '../../platform/database.ts';
import { dynamicSql, sql } from '../../platform/database.ts';
import { type Look, lookStatement, SAMPLE, searchWords, WALK } from '../../platform/word-search.ts';
import { wordQueries, wordsOf } from '../../platform/words.ts';
import type { Account, Customer, Profile } from './customer.ts';

type Queryable = Pick<Tx, 'query'>;

const CUSTOMER = 'id, email, name, phone, address, notify_by, role, version, created_at, updated_at';
const AS_TERMS = (parameter: string) => `array_to_tsvector(string_to_array(${parameter}, E'\\n'))`;

const INSERT = sql(`
  insert into customers
    (id, email, password_hash, name, phone, address, role, created_at, updated_at, notify_by, terms)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, ${AS_TERMS('$10')})
  on conflict (email) do nothing returning ${CUSTOMER}`);
const FIND = sql(`select ${CUSTOMER} from customers where id = $1`);
const LOCK = sql(`select ${CUSTOMER}, password_hash from customers where id = $1 for update`);
const FIND_WITH_HASH = sql(`select ${CUSTOMER}, password_hash from customers where id = $1`);
const CREDENTIALS = sql(`select ${CUSTOMER}, password_hash from customers where email = $1`);
const UPDATE = sql(`
  update customers set email = $2, name = $3, phone = $4, address = $5, password_hash = coalesce($6, password_hash),
    version = version + 1, updated_at = $7, role = $8, notify_by = $9, terms = ${AS_TERMS('$10')}
  where id = $1 returning ${CUSTOMER}`);
const SET_PASSWORD = sql('update customers set password_hash = $2, updated_at = $3 where id = $1');
const LOCK_FOR_CLOSING = sql(`
  select id, role, version from customers where id = $1 or role = 'admin' order by id for update`);
const DELETE = sql('delete from customers where id = $1');

const ADMIN_LOCK = sql('select pg_advisory_xact_lock(7247411)');
const HAS_ADMIN = sql(`select exists (select from customers where role = 'admin') as found`);
const MAKE_ADMIN = sql(`
  insert into customers (id, email, password_hash, role, created_at, updated_at, terms)
  values ($1, $2, $3, 'admin', $4, $4, ${AS_TERMS('$5')})
  on conflict (email) do update
    set password_hash = excluded.password_hash, role = 'admin', version = customers.version + 1,
        updated_at = excluded.updated_at`);

export interface NewCustomer extends Profile {
  id: string;
  password_hash: string;
}

/** Undefined when the e-mail is taken; of registrations at once one wins. */
export async function insertCustomer(tx: Tx, customer: NewCustomer): Promise<Customer | undefined> {
  const { id, email, password_hash, name, phone, address, role, notify_by } = customer;
  const values = [id, email, password_hash, name, phone, asJson(address), role, tx.now, asJson(notify_by)];
  values.push(wordsOf(email, name, phone).join('\n'));
  return (await tx.query<Customer>(INSERT, values))[0];
}

export async function findCustomer(db: Queryable, id: string): Promise<Customer | undefined> {
  return (await db.query<Customer>(FIND, [id]))[0];
}

export async function findWithHash(db: Queryable, id: string): Promise<Credentials | undefined> {
  return (await db.query<Credentials>(FIND_WITH_HASH, [id]))[0];
}

export async function lockCustomer(tx: Tx, id: string): Promise<Credentials | undefined> {
  return (await tx.query<Credentials>(LOCK, [id]))[0];
}

export type Credentials = Customer & { password_hash: string };

export async function findCredentials(db: Queryable, email: string): Promise<Credentials | undefined> {
  return (await db.query<Credentials>(CREDENTIALS, [email]))[0];
}

export function setPassword(tx: Tx, id: string, hash: string): void {
  tx.write(SET_PASSWORD, [id, hash, tx.now]);
}

/** Throws what `isEmailTaken` recognises when another account has the e-mail. */
export async function updateCustomer(
  tx: Tx,
  id: string,
  { email, name, phone, address, role, notify_by }: Profile,
  passwordHash: string | undefined,
): Promise<Customer> {
  const values = [id, email, name, phone, asJson(address), passwordHash ?? null, tx.now, role, asJson(notify_by)];
  values.push(wordsOf(email, name, phone).join('\n'));
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

export interface CustomerFilter {
  after: string | undefined;
  email: string | undefined;
  text: string | undefined;
  role: string | undefined;
  limit: number;
}

/** Newest first: ids are UUIDv7. */
export function listCustomers(db: Queryable, { after, email, text, role, limit }: CustomerFilter): Promise<Customer[]> {
  const words = text === undefined ? [] : wordQueries(text);
  if (text !== undefined && words.length === 0) return Promise.resolve([]);
  const filters = [
    ['id < $', after],
    ['email = $', email],
    ['role = $', role],
  ].filter(([, value]) => value !== undefined);
  const conditions = ['true', ...filters.map(([condition], i) => (condition as string).replace('$', `$${i + 1}`))];
  const where = conditions.join(' and ');
  const own = filters.length + 1;
  const query = <Row>(statement: string, ...more: unknown[]) =>
    db.query<Row>(dynamicSql(statement), [...filters.map(([, value]) => value), ...more]);
  if (words.length === 0)
    return query(`select ${CUSTOMER} from customers where ${where} order by id desc limit $${own}`, limit);

  const newest = (count: number) =>
    `(select ${CUSTOMER}, terms from customers where ${where} order by id desc limit ${count})`;
  return searchWords(words, limit, {
    near: (all) =>
      query<Customer>(
        `select ${CUSTOMER} from ${newest(WALK)} newest where terms @@ $${own}::tsquery order by id desc limit $${own + 1}`,
        all,
        limit,
      ),
    look: async (asked) =>
      (
        await query<Look>(
          lookStatement(asked, { walk: newest(WALK), sample: `${newest(SAMPLE)} sample`, first: own }),
          ...asked,
        )
      )[0] as Look,
    everywhere: (all, rare) =>
      query<Customer>(
        `select ${CUSTOMER} from (select * from customers where terms @@ $${own}::tsquery offset 0) candidates
         where terms @@ $${own + 1}::tsquery and ${where} order by id desc limit $${own + 2}`,
        rare,
        all,
        limit,
      ),
  });
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
  await tx.query(MAKE_ADMIN, [id, email, passwordHash, tx.now, wordsOf(email).join('\n')]);
}

/** A one-line address is a JSON string; without this the driver would send it as bare text. */
const asJson = (value: unknown) => (value === null ? null : JSON.stringify(value));
