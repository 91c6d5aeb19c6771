/**
 * Brings a database to the newest schema, and turns back where that cannot be: a database that a newer version has
 * changed is not written by an older one, and one whose restore was not finished is not opened at all.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';
import type { Database } from './database.ts';

export interface Migration {
  /** Folder and file, for example `orders/001_orders.sql`: how it is remembered as applied. */
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text, in hexadecimal. */
  readonly digest: string;
}

/** The platform's own files. */
export const PLATFORM_MIGRATIONS = new URL('./migrations/', import.meta.url);

/** There while a restore is under way; what a killed one leaves is half a shop. */
export const UNFINISHED = 'restore_unfinished';

const MIGRATION_LOCK = 7_247_331;

/** All files of the folders, in the order in which they are applied. */
export async function migrationsIn(folders: readonly URL[]): Promise<Migration[]> {
  const found: Migration[] = [];
  for (const folder of folders) {
    for (const file of (await readdir(folder)).filter((one) => one.endsWith('.sql')).sort()) {
      const text = await readFile(new URL(file, folder), 'utf8');
      const digest = createHash('sha256').update(text).digest('hex');
      found.push({ name: `${folder.pathname.split('/').at(-3)}/${file}`, text, digest });
    }
  }
  return found;
}

/** What this version knows of a service's database. */
export const knownMigrations = (service: string): Promise<Migration[]> =>
  migrationsIn([PLATFORM_MIGRATIONS, new URL(`../services/${service}/migrations/`, import.meta.url)]);

/** What a database knows and this version does not: a newer one has been here. */
export class NewerDatabase extends Error {
  constructor(service: string, unknown: readonly string[]) {
    super(
      `the database of ${service} was changed by a newer version of Tradewind, which has ${unknown.join(', ')}: start that version, or restore a backup from before the upgrade`,
    );
  }
}

export class UnfinishedRestore extends Error {
  constructor(service: string) {
    super(
      `a restore of the database of ${service} was not finished: run npm run restore again with the same file, to its end`,
    );
  }
}

type Client = Pick<pg.ClientBase, 'query'>;

/** The names of what has been applied, oldest first; undefined where nothing ever was. */
export async function appliedIn(client: Client): Promise<string[] | undefined> {
  const { rows } = await client.query(`select to_regclass('migrations') is not null as known`);
  if (!rows[0].known) return undefined;
  return (await client.query('select name from migrations order by applied_at, name')).rows.map(({ name }) => name);
}

export async function isUnfinished(client: Client): Promise<boolean> {
  return (await client.query(`select to_regclass('${UNFINISHED}') is not null as there`)).rows[0].there;
}

/** Applies those that are not yet, inside the caller's transaction; how many. */
export async function applyMigrations(client: Client, service: string, all: readonly Migration[]): Promise<number> {
  await client.query(
    'create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())',
  );
  const applied = new Set(await appliedIn(client));
  const names = new Set(all.map(({ name }) => name));
  const unknown = [...applied].filter((name) => !names.has(name));
  if (unknown.length > 0) throw new NewerDatabase(service, unknown);
  const due = all.filter(({ name }) => !applied.has(name));
  for (const { name, text } of due) {
    try {
      await client.query(text);
    } catch (error) {
      throw new Error(`migration ${name} of ${service} failed: ${(error as Error).message}`, { cause: error });
    }
    await client.query('insert into migrations (name) values ($1)', [name]);
  }
  return due.length;
}

/**
 * The platform's files, then the room's, each once, in name order, all in one transaction under an advisory lock, so that
 * any number of replicas may start at once.
 */
export async function migrate(db: Database, folders: readonly URL[]): Promise<number> {
  const all = await migrationsIn(folders);
  const client = await db.pool.connect();
  try {
    await client.query('begin');
    // Another replica may be migrating for as long as it takes.
    await client.query('set local lock_timeout = 0');
    await client.query('set local statement_timeout = 0');
    await client.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    if (await isUnfinished(client)) throw new UnfinishedRestore(db.service);
    const count = await applyMigrations(client, db.service, all);
    await client.query('commit');
    client.release();
    return count;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
