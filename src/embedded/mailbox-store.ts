// The mails on disk and an index of them in memory. A mail is one file named after its Message-ID, complete before it is
// acknowledged (written under another name, then renamed), so it survives a kill of this process; the same Message-ID again
// is the same mail, kept once and counted, as real mail systems do. Only the newest `keep` stay.
import { createHash } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HEAD_LIMIT, readSummary, type Summary } from './mailbox-headers.ts';

export interface MailEntry extends Summary {
  id: string;
  /** in bytes */
  size: number;
  /** how often the same mail came again since this process started */
  repeats: number;
  /** grows with every arrival; microseconds since 1970, made unique, so it keeps growing over a restart */
  seq: number;
  searched: string;
}

export interface MailFilter {
  /** part of an address or a subject */
  query?: string | undefined;
  /** part of the To field */
  to?: string | undefined;
  /** older than this seq */
  before?: number | undefined;
  /** newer than this seq */
  since?: number | undefined;
  limit: number;
}

export type MailStore = Awaited<ReturnType<typeof openMailStore>>;

export async function openMailStore(dir: string, keep: number) {
  await mkdir(dir, { recursive: true });
  // Mails hold keys to orders and accounts: they are nobody else's.
  await chmod(dir, 0o700);
  const byId = new Map<string, MailEntry>(); // in order of arrival
  const arriving = new Map<string, Promise<void>>();
  const file = (id: string) => join(dir, `${id}.eml`);
  let last = 0;

  function index(id: string, mail: Buffer, size: number, arrived: number): void {
    const summary = readSummary(mail);
    last = Math.max(last + 1, Math.floor(arrived * 1_000));
    const searched = `${summary.from}\n${summary.to}\n${summary.subject}`.toLowerCase();
    const date = summary.date || new Date(arrived).toISOString();
    byId.set(id, { ...summary, date, id, size, repeats: 0, seq: last, searched });
  }

  async function dropOldest(): Promise<void> {
    const surplus = [...byId.keys()].slice(0, Math.max(0, byId.size - keep));
    for (const id of surplus) byId.delete(id);
    await Promise.all(surplus.map((id) => rm(file(id), { force: true })));
  }

  async function write(id: string, mail: Buffer): Promise<void> {
    const draft = join(dir, `${id}.tmp`);
    await writeFile(draft, mail);
    await rename(draft, file(id));
    index(id, mail, mail.length, Date.now());
    if (byId.size > keep) await dropOldest();
  }

  /** Resolves when the mail is safely a file. */
  async function save(mail: Buffer): Promise<void> {
    const { message_id } = readSummary(mail);
    const id = createHash('sha256')
      .update(message_id || mail)
      .digest('hex');
    // The same mail, being written: if that fails, this one is written instead.
    while (arriving.has(id)) await arriving.get(id)?.catch(() => {});
    const known = byId.get(id);
    if (known) {
      known.repeats += 1;
      return;
    }
    const written = write(id, mail).finally(() => arriving.delete(id));
    arriving.set(id, written);
    await written;
  }

  function list({ query = '', to = '', before = Number.POSITIVE_INFINITY, since = 0, limit }: MailFilter) {
    const words = query.toLowerCase();
    const address = to.toLowerCase();
    const matching = [...byId.values()]
      .filter((mail) => mail.searched.includes(words) && mail.to.toLowerCase().includes(address))
      .reverse();
    const page = matching.filter((mail) => mail.seq < before && mail.seq > since);
    const items = page.slice(0, limit);
    return { items, more: page.length > items.length, total: matching.length, latest: last };
  }

  async function clear(): Promise<void> {
    const ids = [...byId.keys()];
    byId.clear();
    for (const id of ids) await rm(file(id), { force: true });
  }

  for (const { id, arrived, size, head } of await readFolder(dir)) index(id, head, size, arrived);
  await dropOldest();
  return { save, list, clear, get: (id: string) => byId.get(id), source: (id: string) => readFile(file(id)) };
}

interface StoredMail {
  id: string;
  arrived: number;
  size: number;
  head: Buffer;
}

async function readFolder(dir: string): Promise<StoredMail[]> {
  const mails: StoredMail[] = [];
  const names = await readdir(dir);
  const work = names.values();
  const worker = async () => {
    for (const name of work) {
      if (name.endsWith('.tmp')) await rm(join(dir, name), { force: true });
      else if (/^[0-9a-f]{64}\.eml$/.test(name)) mails.push(await readHead(dir, name));
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return mails.sort((a, b) => a.arrived - b.arrived);
}

async function readHead(dir: string, name: string): Promise<StoredMail> {
  const handle = await open(join(dir, name));
  try {
    const { size, mtimeMs } = await handle.stat();
    const head = Buffer.alloc(Math.min(size, HEAD_LIMIT));
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return { id: name.slice(0, 64), arrived: mtimeMs, size, head: head.subarray(0, bytesRead) };
  } finally {
    await handle.close();
  }
}
