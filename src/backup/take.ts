/** Takes a whole shop into one file: every room's database as it was at one moment, and the pictures that are shown. */
import type pg from 'pg';
import type { Settings } from '../config.ts';
import type { ServiceName } from '../contracts/registry.ts';
import { VERSION } from '../documents.ts';
import { copyOut } from '../platform/copy.ts';
import type { Migration } from '../platform/migrations.ts';
import { appliedIn, knownMigrations, NewerDatabase } from '../platform/migrations.ts';
import { columnList, sequencesIn, snapshotsOf, tablesIn } from '../platform/snapshot.ts';
import { databaseUrl, notOpened, openPictures } from '../shop.ts';
import type { ArchiveWriter, Manifest } from './archive.ts';
import { writeArchive } from './archive.ts';
import { EMPTY_LIMIT_MS, emptyQueues } from './queues.ts';

export interface Taken {
  bytes: number;
  rows: number;
  pictures: number;
  /** Removed by somebody before they could be copied. */
  missing: number;
  /** How long the shop could take no orders. */
  pauseMs: number;
}

export async function takeBackup(settings: Settings, rooms: readonly ServiceName[], to: string): Promise<Taken> {
  const urls = new Map(rooms.map((room) => [room, databaseUrl(settings, room)] as const));
  const quiet = settings.AMQP_URL && { limitMs: EMPTY_LIMIT_MS, run: () => emptyQueues(settings, urls) };
  const snapshots = await snapshotsOf(urls, quiet || undefined, (room, error) =>
    notOpened(settings, room as ServiceName, error),
  );
  try {
    const archive = await writeArchive(to);
    try {
      await archive.begin(await manifestOf(snapshots.clients));
      // First: what is removed from now on is there for a while only.
      const pictures = await takePictures(settings, snapshots.clients.get('catalog'), archive);
      let rows = 0;
      for (const [room, client] of snapshots.clients) rows += await takeRoom(room, client, archive);
      const bytes = await archive.finish();
      return { bytes, rows, ...pictures, pauseMs: snapshots.pauseMs };
    } catch (error) {
      await archive.abandon();
      throw error;
    }
  } finally {
    await snapshots.close();
  }
}

async function manifestOf(clients: ReadonlyMap<string, pg.Client>): Promise<Manifest> {
  const rooms: Manifest['rooms'] = {};
  for (const [room, client] of clients) {
    const known = new Map((await knownMigrations(room)).map((one) => [one.name, one]));
    const applied = (await appliedIn(client)) ?? [];
    const unknown = applied.filter((name) => !known.has(name));
    if (unknown.length > 0) throw new NewerDatabase(room, unknown);
    rooms[room] = applied.map((name) => ({ name, digest: (known.get(name) as Migration).digest }));
  }
  return { kind: 'shop', version: VERSION, made_at: new Date().toISOString(), rooms };
}

async function takePictures(settings: Settings, catalogue: pg.Client | undefined, archive: ArchiveWriter) {
  if (!catalogue) return { pictures: 0, missing: 0 };
  const store = await openPictures(settings);
  const query = async ({ text }: { text: string }) => (await catalogue.query(text)).rows as never;
  let [pictures, missing] = [0, 0];
  for (const name of await store.names({ query })) {
    const bytes = await store.load(name);
    if (!bytes) missing += 1;
    if (!bytes) continue;
    pictures += 1;
    await archive.begin({ kind: 'picture', name });
    await archive.data(bytes);
  }
  return { pictures, missing };
}

async function takeRoom(room: string, client: pg.Client, archive: ArchiveWriter): Promise<number> {
  let rows = 0;
  for (const { name: table, columns } of await tablesIn(client)) {
    await archive.begin({ kind: 'table', room, table, columns });
    const text = `copy ${client.escapeIdentifier(table)} (${columnList(client, columns)}) to stdout`;
    for await (const chunk of copyOut(client, text)) {
      rows += linesIn(chunk as Buffer);
      await archive.data(chunk as Buffer);
    }
  }
  await archive.begin({ kind: 'sequences', room, sequences: await sequencesIn(client) });
  return rows;
}

/** Each row ends with a line feed, and has none inside: there they are written \\n. */
function linesIn(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) count += 1;
  return count;
}
