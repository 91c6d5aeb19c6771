/**
 * Puts a backup where no shop is: nothing is changed before the whole file has been read and found sound, the place is
 * empty (or `force` says that what is there may go), and nobody uses it. Until all of it is there, the databases say so,
 * and no shop starts on them.
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
  fillTable,
  lookInto,
  markFinished,
  markUnfinished,
  setSequences,
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
}

/** Throws unless the file is whole and this version can read it. Room → the migrations that its tables come from. */
export async function readable(from: string): Promise<{ manifest: Manifest; plan: Map<ServiceName, Migration[]> }> {
  const manifest = await verifyArchive(from);
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
  return { manifest, plan };
}

/** `settings`: with the databases, which exist. */
export async function putBack(settings: Settings, from: string, { force }: { force: boolean }): Promise<PutBack> {
  const { manifest, plan } = await readable(from);
  const clients = new Map<ServiceName, pg.Client>();
  try {
    for (const room of SERVICES) {
      const opened = await connectTo(databaseUrl(settings, room), 'tradewind restore').catch((error) =>
        Promise.reject(notOpened(settings, room, error)),
      );
      clients.set(room, opened);
    }
    await requirePlace(settings, clients, force);
    for (const client of clients.values()) await markUnfinished(client);
    const filled = await fill(settings, from, clients, plan);
    const underway = await bringAll(clients, plan);
    for (const client of clients.values()) await client.query('analyze');
    for (const client of clients.values()) await markFinished(client);
    return { madeAt: manifest.made_at, ...filled, underway };
  } finally {
    await Promise.allSettled([...clients.values()].map((client) => client.end()));
  }
}

async function requirePlace(
  settings: Settings,
  clients: ReadonlyMap<ServiceName, pg.Client>,
  force: boolean,
): Promise<void> {
  const found = await Promise.all([...clients].map(async ([room, client]) => ({ room, ...(await lookInto(client)) })));
  const used = found.filter(({ inUse }) => inUse > 0).map(({ room }) => room);
  if (used.length > 0) throw new Error(`a shop is running on the databases of ${used.join(', ')}: stop it first`);
  const full = found.filter(({ empty }) => !empty).map(({ room }) => room);
  if (full.length > 0 && !force) {
    throw new Error(
      `there is a shop already (${full.join(', ')}): nothing was changed. With --force it is replaced, and lost`,
    );
  }
  if (!settings.AMQP_URL) return;
  const waiting = await waitingInQueues(settings, SERVICES);
  if (waiting > 0 && !force) {
    throw new Error(
      `${waiting} messages of another shop wait in RabbitMQ (AMQP_NAMESPACE ${settings.AMQP_NAMESPACE}): nothing was changed. With --force they are thrown away`,
    );
  }
  if (waiting > 0) await purgeQueues(settings, SERVICES);
}

/** Each database in a transaction of its own, as they come. */
async function fill(
  settings: Settings,
  from: string,
  clients: ReadonlyMap<ServiceName, pg.Client>,
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
  for (const client of clients.values()) await client.query('commit');
  return { rows, pictures };
}

async function bringAll(
  clients: ReadonlyMap<ServiceName, pg.Client>,
  plan: ReadonlyMap<ServiceName, readonly Migration[]>,
): Promise<number> {
  // A service that the backup did not know has no tables yet.
  const filled = [...clients].filter(([room]) => plan.get(room)?.length);
  const receivers = filled.map(([room, client]) => ({ client, types: TOPOLOGY[room] ?? [] }));
  let underway = 0;
  for (const [room, client] of filled) underway += await bringOutbox({ room, client }, receivers);
  for (const [, client] of filled) await dropRepeated(client);
  return underway;
}
