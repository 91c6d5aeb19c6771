/**
 * The file of a backup: a line that says what it is, a gzip stream of frames, and a SHA-256 over all before it. It is
 * written beside its place and renamed when it is complete and on the disk, so what has its name is whole; and it is read
 * from end to end before anything of it is believed. The digest shows damage, not a forger, who can make one too.
 *
 * A frame is a letter, four bytes of length, and so many bytes: `H` begins an entry and describes it in JSON, `D` is data
 * of the entry, `E` ends the file and counts the entries.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createGunzip, createGzip } from 'node:zlib';
import type { Sequence } from '../platform/snapshot.ts';

const MAGIC = Buffer.from('tradewind backup 1\n');
const DIGEST_BYTES = 32;
const CHUNK = 64 * 1024;
/** No frame of ours is longer: a picture is cut into chunks too, a row of a table is not. */
const LARGEST_FRAME = 1024 * 1024 * 1024;
/** Much of it is ids and numbers: more effort buys little. */
const LEVEL = 4;

export interface Manifest {
  kind: 'shop';
  version: string;
  made_at: string;
  /** Room → the migrations of its database, with the digests of their files. */
  rooms: Record<string, { name: string; digest: string }[]>;
}
export type Entry =
  | Manifest
  | { kind: 'picture'; name: string }
  | { kind: 'table'; room: string; table: string; columns: string[] }
  | { kind: 'sequences'; room: string; sequences: Sequence[] };

/** The file is no whole backup. */
export class BrokenArchive extends Error {}

export interface ArchiveWriter {
  begin(entry: Entry): Promise<void>;
  data(chunk: Buffer): Promise<void>;
  /** Makes it a backup; how many bytes it has. */
  finish(): Promise<number>;
  /** Leaves nothing behind. */
  abandon(): Promise<void>;
}

/** Readable by its owner only: the shop's keys and its customers are in it. */
export async function writeArchive(path: string): Promise<ArchiveWriter> {
  const draft = `${path}.unfinished-${process.pid}`;
  const file = await open(draft, 'wx', 0o600);
  const hash = createHash('sha256');
  let bytes = 0;
  const write = async (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
    await file.writeFile(chunk);
  };
  await write(MAGIC);
  const gzip = createGzip({ level: LEVEL });
  const written = (async () => {
    for await (const chunk of gzip) await write(chunk as Buffer);
  })();
  // Told by whoever writes next.
  written.catch(() => gzip.destroy());

  let entries = 0;
  let waiting: Buffer[] = [];
  let size = 0;
  async function frame(letter: string, body: Buffer): Promise<void> {
    const head = Buffer.alloc(5);
    head.write(letter, 0, 'latin1');
    head.writeUInt32BE(body.length, 1);
    if (gzip.destroyed) await written;
    gzip.write(head);
    if (!gzip.write(body)) await Promise.race([once(gzip, 'drain'), written]);
  }
  async function flush(): Promise<void> {
    if (size === 0) return;
    const body = Buffer.concat(waiting);
    waiting = [];
    size = 0;
    await frame('D', body);
  }

  return {
    async begin(entry) {
      await flush();
      entries += 1;
      await frame('H', Buffer.from(JSON.stringify(entry)));
    },
    async data(chunk) {
      waiting.push(chunk);
      size += chunk.length;
      if (size >= CHUNK) await flush();
    },
    async finish() {
      await flush();
      await frame('E', Buffer.from(JSON.stringify({ entries })));
      gzip.end();
      await written;
      const digest = hash.digest();
      await file.writeFile(digest);
      await file.sync();
      await file.close();
      await rename(draft, path);
      await flushFolder(dirname(path));
      return bytes + digest.length;
    },
    async abandon() {
      gzip.destroy();
      await written.catch(() => {});
      await file.close().catch(() => {});
      await rm(draft, { force: true });
    },
  };
}

async function flushFolder(path: string): Promise<void> {
  const folder: FileHandle | undefined = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** Reads all of it; throws a BrokenArchive unless it is as it was written. What it is a backup of, and its digest, which no other has. */
export async function verifyArchive(path: string): Promise<{ manifest: Manifest; digest: string }> {
  const { size } = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new BrokenArchive(error.code === 'ENOENT' ? `there is no file ${path}` : error.message);
  });
  if (size < MAGIC.length + DIGEST_BYTES) throw new BrokenArchive(`${path} is no backup of a shop`);
  const hash = createHash('sha256');
  let start = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { end: size - DIGEST_BYTES - 1 })) {
    if (start.length < MAGIC.length) start = Buffer.concat([start, chunk as Buffer]).subarray(0, MAGIC.length);
    hash.update(chunk as Buffer);
  }
  if (!start.equals(MAGIC)) throw new BrokenArchive(`${path} is no backup of a shop, or one of another kind`);
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(DIGEST_BYTES), 0, DIGEST_BYTES, size - DIGEST_BYTES);
  await file.close();
  if (!buffer.equals(hash.digest()))
    throw new BrokenArchive(`${path} is cut off or was changed: its checksum is wrong`);
  let manifest: Manifest | undefined;
  for await (const { entry, data } of readArchive(path)) {
    if (entry.kind === 'shop') manifest = entry;
    for await (const _ of data) void _;
  }
  if (!manifest) throw new BrokenArchive(`${path} does not say what it is a backup of`);
  return { manifest, digest: buffer.toString('hex') };
}

export interface ReadEntry {
  entry: Entry;
  /** To be read to its end before the next entry. */
  data: AsyncIterable<Buffer>;
}

/** The entries of a file that has been verified, in the order in which they were written. */
export async function* readArchive(path: string): AsyncGenerator<ReadEntry> {
  const { size } = await stat(path);
  const packed = createReadStream(path, { start: MAGIC.length, end: size - DIGEST_BYTES - 1 });
  const gunzip = createGunzip();
  packed.on('error', (error) => gunzip.destroy(error));
  packed.pipe(gunzip);
  const frames = framesOf(gunzip as AsyncIterable<Buffer>);
  let entries = 0;
  let next: IteratorResult<Frame, undefined> = await frames.next();
  while (!next.done && next.value.letter === 'H') {
    entries += 1;
    const entry = JSON.parse(next.value.body.toString()) as Entry;
    const follow: { frame: IteratorResult<Frame, undefined> | undefined } = { frame: undefined };
    const data = dataOf(frames, (frame) => {
      follow.frame = frame;
    });
    yield { entry, data };
    for await (const _ of data) void _;
    if (!follow.frame) throw new Error(`an entry of ${path} was left in the middle`);
    next = follow.frame;
  }
  const end = next.done ? undefined : next.value;
  if (end?.letter !== 'E' || JSON.parse(end.body.toString()).entries !== entries)
    throw new BrokenArchive(`${path} ends too soon`);
}

interface Frame {
  letter: string;
  body: Buffer;
}

/** Until something else comes, which `after` is told. */
async function* dataOf(
  frames: AsyncGenerator<Frame, undefined>,
  after: (frame: IteratorResult<Frame, undefined>) => void,
): AsyncGenerator<Buffer> {
  for (;;) {
    const frame = await frames.next();
    if (frame.done || frame.value.letter !== 'D') return after(frame);
    yield frame.value.body;
  }
}

async function* framesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Frame, undefined> {
  let held: Buffer[] = [];
  let size = 0;
  let wanted = 5;
  let letter = '';
  for await (const chunk of bytes) {
    held.push(chunk);
    size += chunk.length;
    while (size >= wanted) {
      const all = Buffer.concat(held);
      const part = all.subarray(0, wanted);
      held = [all.subarray(wanted)];
      size -= wanted;
      if (letter) yield { letter, body: part };
      if (!letter && part.readUInt32BE(1) > LARGEST_FRAME) throw new BrokenArchive('a part of it is too long');
      wanted = letter ? 5 : part.readUInt32BE(1);
      letter = letter ? '' : part.toString('latin1', 0, 1);
    }
  }
  return undefined;
}
