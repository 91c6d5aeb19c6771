/**
 * All databases of a shop as they were at one moment, while the shop goes on.
 *
 * What rooms know of each other passes through their outboxes: an event is sent by a commit that inserts into one, and
 * leaves it by a commit that deletes from it. So at the moment when every outbox is locked against writing, no event
 * begins or ends its way. Every snapshot is taken while all are locked:
 * - A receiver's snapshot knows no event that its sender's does not: the sender committed before the receiver could, hence
 *   before the locks, hence before every snapshot.
 * - An event that a sender's snapshot holds no longer in its outbox was removed before the locks. In one process it is
 *   removed only after every receiver has committed it: so before every snapshot too. What lies in a broker of its own is
 *   for `quiet` to empty meanwhile: nothing is published and removed while the locks are held.
 * Whoever wants to send waits for the locks, for some milliseconds. No lock outlives this process.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { BROKER } from './database.ts';
import { appliedIn, isUnfinished, UNFINISHED, UnfinishedRestore } from './migrations.ts';

/** The shop's own statements wait for ten seconds, so they see nothing of this but a pause. */
const LOCK_MS = 2_000;
const TRIES = 20;
/** A process that is frozen while it has the locks loses them. */
const FROZEN_MS = 5_000;

const OPTIONS =
  '-c timezone=UTC -c client_encoding=UTF8 -c datestyle=ISO -c statement_timeout=0 -c idle_in_transaction_session_timeout=0';

export interface Table {
  name: string;
  columns: string[];
}

export interface Sequence {
  name: string;
  last_value: string;
  is_called: boolean;
}

/** A connection to one room's database for as long as a backup or a restore takes. */
export async function connectTo(url: string, name: string): Promise<pg.Client> {
  const address = new URL(url);
  address.searchParams.delete('options');
  const client = new pg.Client({
    connectionString: address.href,
    application_name: name,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    options: `${new URL(url).searchParams.get('options') ?? ''} ${OPTIONS}`,
  });
  // Its statements fail, and that is told; the event alone must not end the process.
  client.on('error', () => {});
  await client.connect();
  return client;
}

export interface Snapshots {
  /** Room → a transaction that sees the moment, and nothing later. */
  readonly clients: ReadonlyMap<string, pg.Client>;
  /** How long the shop could send nothing. */
  readonly pauseMs: number;
  close(): Promise<void>;
}

/** `quiet` runs while nothing can be sent: it empties what carries messages outside of the databases. */
export async function snapshotsOf(
  urls: ReadonlyMap<string, string>,
  quiet?: { limitMs: number; run: () => Promise<void> },
  notOpened: (room: string, error: unknown) => unknown = (_, error) => error,
): Promise<Snapshots> {
  const opened: pg.Client[] = [];
  const open = async (room: string, url: string) => {
    const client = await connectTo(url, 'tradewind backup').catch((error) => Promise.reject(notOpened(room, error)));
    opened.push(client);
    return client;
  };
  const close = async () => void (await Promise.allSettled(opened.map((client) => client.end())));
  try {
    const gates = await each(urls, open);
    const clients = await each(urls, open);
    for (const [room, client] of clients) await requireWhole(room, client);
    if (!quiet) for (const client of clients.values()) await requireNoBroker(client);
    const began = await lockAll([...gates.values()], (quiet?.limitMs ?? 0) + FROZEN_MS);
    await quiet?.run();
    for (const client of clients.values()) await client.query('begin isolation level repeatable read, read only');
    // The first statement, not BEGIN, takes the snapshot.
    await Promise.all([...clients.values()].map((client) => client.query('select 1')));
    // A gate that was lost meanwhile fails here, and with it all that was seen behind it.
    await Promise.all([...gates.values()].map((gate) => gate.query('commit')));
    const pauseMs = performance.now() - began;
    for (const gate of gates.values()) await gate.end();
    return { clients, pauseMs, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function each(
  urls: ReadonlyMap<string, string>,
  open: (room: string, url: string) => Promise<pg.Client>,
): Promise<Map<string, pg.Client>> {
  return new Map(
    await Promise.all(
      [...urls].map(async ([room, url]): Promise<[string, pg.Client]> => [room, await open(room, url)]),
    ),
  );
}

async function requireWhole(room: string, client: pg.Client): Promise<void> {
  if (await isUnfinished(client)) throw new UnfinishedRestore(room);
  if (!(await appliedIn(client))) throw new Error(`the database of ${room} is empty: its service was never started`);
}

/** Not every mistake is seen: a shop that is not running has no connections. */
async function requireNoBroker(client: pg.Client): Promise<void> {
  const { rows } = await client.query(`select 1 from pg_stat_activity
    where datname = current_database() and application_name like 'tradewind-% ${BROKER}'`);
  if (rows.length > 0) throw new Error('the shop that is running uses RabbitMQ: AMQP_URL is needed here too');
}

/** All at once or none: while one is waited for, the others are not kept for long. When the first was locked. */
async function lockAll(gates: readonly pg.Client[], idleMs: number): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const began = performance.now();
    try {
      for (const gate of gates) {
        await gate.query(`begin; set local lock_timeout = ${LOCK_MS};
          set local idle_in_transaction_session_timeout = ${idleMs}; lock table outbox in share mode`);
      }
      return began;
    } catch (error) {
      await Promise.all(gates.map((gate) => gate.query('rollback')));
      if ((error as { code?: string }).code !== '55P03' && (error as { code?: string }).code !== '40P01') throw error;
      if (attempt === TRIES) throw new Error('the shop was too busy to be paused for a moment; try again later');
      await sleep(100 + Math.random() * 400);
    }
  }
}

/** Every table with the columns that are stored, those first that others refer to. */
export async function tablesIn(client: pg.Client): Promise<Table[]> {
  const { rows: tables } = await client.query(`
    select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and c.relname <> '${UNFINISHED}'
      and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    group by c.relname order by c.relname`);
  const { rows: links } = await client.query(`
    select distinct c.relname as child, p.relname as parent
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class p on p.oid = k.confrelid
    where k.contype = 'f' and k.conrelid <> k.confrelid and c.relnamespace = current_schema()::regnamespace`);
  return parentsFirst(tables, links);
}

/** Pure: in the order given, but what refers to others after them. A circle is cut where it is met. */
export function parentsFirst(tables: readonly Table[], links: readonly { child: string; parent: string }[]): Table[] {
  const sorted: Table[] = [];
  const seen = new Set<string>();
  const visit = (table: Table): void => {
    if (seen.has(table.name)) return;
    seen.add(table.name);
    for (const { child, parent } of links) {
      const found = child === table.name && tables.find(({ name }) => name === parent);
      if (found) visit(found);
    }
    sorted.push(table);
  };
  for (const table of tables) visit(table);
  return sorted;
}

/** Sequences belong to no snapshot: theirs may be later than the rows, which leaves out numbers and repeats none. */
export async function sequencesIn(client: pg.Client): Promise<Sequence[]> {
  const { rows } = await client.query(`select relname as name from pg_class
    where relkind = 'S' and relnamespace = current_schema()::regnamespace order by relname`);
  const found: Sequence[] = [];
  for (const { name } of rows) {
    const [row] = (await client.query(`select last_value, is_called from ${client.escapeIdentifier(name)}`)).rows;
    found.push({ name, ...row });
  }
  return found;
}

export const columnList = (client: pg.Client, columns: readonly string[]) =>
  columns.map((column) => client.escapeIdentifier(column)).join(', ');
