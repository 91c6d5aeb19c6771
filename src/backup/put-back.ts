/**
 * Puts a backup where no shop is: nothing is changed before the whole file has been read and found sound, the place is
 * empty (or `force` says that what is there may go), and nobody uses it. Until all of it is there, the databases say so,
 * and no shop starts on them. Run again with the same file it goes on: from the beginning, or to its end if only that is missing.
 */
import type pg from 'pg';
import type { Settings } from '../config.ts';
import { SERVICES, type ServiceName } from '../contracts/registry.ts';
import { VERSION } from '../documents.ts';
import { knownMigrations, type Migration } from '../platform/migrations.ts';
import {
  beginAnew,
  bringOutbox,
  dropRepeated,
  type Found,
  fillTable,
  lookInto,
  markComplete,
  setMark,
  setSequences,
  takeMarkOff,
} from '../platform/refill.ts';
import { connectTo } from '../platform/snapshot.ts';
import { databaseUrl, notOpened, openPictures, TOPOLOGY } from '../shop.ts';
import type { Manifest } from './archive.ts';
import { readArchive, verifyArchive } from './archive.ts';
import { purgeQueues, waitingInQueues } from './queues.ts';

export interface PutBack {
  madeAt: string;
  rows: number;
  pictures: number;
  /** Events that were on their way, and are in the inboxes of their receivers now. */
  underway: number;
  /** An earlier run had done all but its end: nothing was put back by this one. */
  ended: boolean;
}

interface Readable {
  manifest: Manifest;
  digest: string;
  plan: Map<ServiceName, Migration[]>;
}

/** Throws unless the file is whole and this version can read it. Room → the migrations that its tables come from. */
export async function readable(from: string): Promise<Readable> {
  const { manifest, digest } = await verifyArchive(from);
  const made = `it was made by version ${manifest.version}, and this is ${VERSION}`;
  const plan = new Map<ServiceName, Migration[]>(SERVICES.map((room) => [room, []]));
  for (const [room, applied] of Object.entries(manifest.rooms)) {
    if (!plan.has(room as ServiceName))
      throw new Error(`the backup has a service "${room}" that is none here: ${made}`);
    const known = new Map((await knownMigrations(room)).map((one) => [one.name, one]));
    const unknown = applied.filter(({ name }) => !known.has(name)).map(({ name }) => name);
    if (unknown.length > 0) throw new Error(`this version does not know ${unknown.join(', ')} of the backup: ${made}`);
    const changed = applied.filter(({ name, digest }) => known.get(name)?.digest !== digest).map(({ name }) => name);
    if (changed.length > 0)
      throw new Error(`${changed.join(', ')} is not what it was when the backup was made: ${made}`);
    const names = new Set(applied.map(({ name }) => name));
    plan.set(
      room as ServiceName,
      [...known.values()].filter(({ name }) => names.has(name)),
    );
  }
  return { manifest, digest, plan };
}

type Clients = ReadonlyMap<ServiceName, pg.Client>;

/** `settings`: with the databases, which exist. */
export async function putBack(settings: Settings, from: string, { force }: { force: boolean }): Promise<PutBack> {
  const { manifest, digest, plan } = await readable(from);
  const clients = new Map<ServiceName, pg.Client>();
  try {
    for (const room of SERVICES) {
      const opened = await connectTo(databaseUrl(settings, room), 'tradewind restore').catch((error) =>
        Promise.reject(notOpened(settings, room, error)),
      );
      clients.set(room, opened);
    }
    const found = await lookIntoAll(clients);
    if (isAllThere(found, digest)) {
      for (const client of clients.values()) await takeMarkOff(client);
      return { madeAt: manifest.made_at, rows: 0, pictures: 0, underway: 0, ended: true };
    }
    const waiting = await requirePlace(settings, found, force);
    const filled = await replace({ settings, from, digest, clients, plan, found, waiting });
    const underway = await bringAll(clients, plan);
    for (const client of clients.values()) await client.query('analyze');
    // Killed while the marks come off, it leaves some rooms with one and some without: each that is left says that all is there.
    for (const client of clients.values()) await markComplete(client);
    for (const client of clients.values()) await takeMarkOff(client);
    return { madeAt: manifest.made_at, ...filled, underway, ended: false };
  } finally {
    await Promise.allSettled([...clients.values()].map((client) => client.end()));
  }
}

type FoundIn = Found & { room: ServiceName };

const lookIntoAll = (clients: Clients): Promise<FoundIn[]> =>
  Promise.all([...clients].map(async ([room, client]) => ({ room, ...(await lookInto(client)) })));

/** This file has been put back already, but for some marks. */
function isAllThere(found: readonly FoundIn[], digest: string): boolean {
  const marks = found.flatMap(({ mark }) => (mark ? [mark] : []));
  return marks.some(({ complete }) => complete) && marks.every(({ file }) => file === digest);
}

/** How many messages wait in RabbitMQ, which may go. */
async function requirePlace(settings: Settings, found: readonly FoundIn[], force: boolean): Promise<number> {
  const used = found.filter(({ inUse }) => inUse > 0).map(({ room }) => room);
  if (used.length > 0) throw new Error(`a shop is running on the databases of ${used.join(', ')}: stop it first`);
  const full = found.filter(({ empty }) => !empty).map(({ room }) => room);
  if (full.length > 0 && !force) {
    throw new Error(
      `there is a shop already (${full.join(', ')}): nothing was changed. With --force it is replaced, and lost`,
    );
  }
  if (!settings.AMQP_URL) return 0;
  const waiting = await waitingInQueues(settings, SERVICES);
  if (waiting > 0 && !force) {
    throw new Error(
      `${waiting} messages of another shop wait in RabbitMQ (AMQP_NAMESPACE ${settings.AMQP_NAMESPACE}): nothing was changed. With --force they are thrown away`,
    );
  }
  return waiting;
}

interface Replacement extends Omit<Readable, 'manifest'> {
  settings: Settings;
  from: string;
  clients: Clients;
  found: readonly FoundIn[];
  waiting: number;
}

/**
 * What is there goes and what is in the file comes, in every room. All of it is in the transactions, and every room marked,
 * before the first thing is done that cannot be undone: a failure until then leaves what was there, as it was.
 */
async function replace({ settings, from, digest, clients, plan, found, waiting }: Replacement) {
  let undoable = true;
  try {
    for (const client of clients.values()) await setMark(client, { file: digest, complete: false });
    const filled = await fill(settings, from, clients, plan);
    undoable = false;
    if (waiting > 0) await purgeQueues(settings, SERVICES);
    for (const client of clients.values()) await client.query('commit');
    return filled;
  } catch (error) {
    if (undoable) await Promise.allSettled(found.map((one) => undo(clients.get(one.room) as pg.Client, one)));
    throw error;
  }
}

/** The mark is of what is there: half of another file, or all of it. */
async function undo(client: pg.Client, { mark }: Found): Promise<void> {
  await client.query('rollback');
  await (mark ? setMark(client, mark) : takeMarkOff(client));
}

/** Each database in a transaction of its own, which the caller commits. */
async function fill(
  settings: Settings,
  from: string,
  clients: Clients,
  plan: ReadonlyMap<ServiceName, readonly Migration[]>,
): Promise<{ rows: number; pictures: number }> {
  for (const [room, migrations] of plan) await beginAnew(clients.get(room) as pg.Client, room, migrations);
  const store = await openPictures(settings);
  let [rows, pictures] = [0, 0];
  for await (const { entry, data } of readArchive(from)) {
    if (entry.kind === 'picture') {
      const chunks: Buffer[] = [];
      for await (const chunk of data) chunks.push(chunk);
      await store.put(entry.name, Buffer.concat(chunks));
      pictures += 1;
    } else if (entry.kind === 'table') {
      const table = { name: entry.table, columns: entry.columns };
      rows += await fillTable(clients.get(entry.room as ServiceName) as pg.Client, table, data);
    } else if (entry.kind === 'sequences') {
      await setSequences(clients.get(entry.room as ServiceName) as pg.Client, entry.sequences);
    }
  }
  return { rows, pictures };
}

async function bringAll(clients: Clients, plan: ReadonlyMap<ServiceName, readonly Migration[]>): Promise<number> {
  // A service that the backup did not know has no tables yet.
  const filled = [...clients].filter(([room]) => plan.get(room)?.length);
  const receivers = filled.map(([room, client]) => ({ client, types: TOPOLOGY[room] ?? [] }));
  let underway = 0;
  for (const [room, client] of filled) underway += await bringOutbox({ room, client }, receivers);
  for (const [, client] of filled) await dropRepeated(client);
  return underway;
}
