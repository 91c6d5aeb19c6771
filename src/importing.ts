/**
 * Sends a spreadsheet to a running shop: what `npm run import` does. It knows of the shop what any admin's client knows. A
 * long file goes in parts, one after another; broken off, it is sent again from the beginning, and what is there already
 * changes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ImportProducts, MAX_IMPORT_BYTES } from './contracts/catalog.ts';
import { ImportCustomers } from './contracts/customer-sheets.ts';
import { Login } from './contracts/customers.ts';
import type { ImportReport } from './contracts/shapes.ts';
import type { ProblemDocument } from './platform/client.ts';
import type { Endpoint } from './platform/contract.ts';
import { cellText } from './platform/csv.ts';
import { type CsvRecord, readCsv } from './platform/csv-read.ts';

export const USAGE = `npm run import -- --products=FILE | --customers=FILE [options]

Adds and changes products or customers of a running Tradewind from a CSV file, as Excel or the export in the admin write it:
the first line names the columns. Of products: product_id, name, description, category, price, currency, further_prices; for new
ones also stock, low_stock_threshold. Of customers: email, name, phone, notify_by, address or its parts (address_name, line1,
line2, city, region, postal_code, country); nobody is mailed, and whoever is new asks for a password. Every line is done whole, or refused and told with all its faults. The same file
again changes nothing.

  --products=FILE    UTF-8; commas, semicolons or tabs; of any length
  --customers=FILE   the same
  --dry-run          changes nothing, and says of each line what it would change
  --url=URL          the shop's gateway [http://localhost:9000, or where the settings of this folder put it]
  --token=TOKEN      an admin's access_token; else the admin of the settings logs in (ADMIN_EMAIL, ADMIN_PASSWORD)
  --json             one report of the whole as JSON
  --help

Ends with 0 when every line was taken, with 1 when some were refused or it could not be done, with 2 for wrong usage.`;

/** Lines of a part: each is a transaction, and an answer may take some seconds only. */
const PART_LINES = 200;
/** Room for a line that is longer than others. */
const PART_BYTES = MAX_IMPORT_BYTES / 4;
const CALL_LIMIT_MS = 60_000;
const TRIES = 20;
const AGAIN_MS = 1_000;
/** It may be otherwise in a moment. */
const BUSY = [429, 502, 503, 504];
const MAX_FILE_BYTES = 200 * 1024 * 1024;

/** What can be imported, and by which column a line is known. */
const KINDS = {
  products: { endpoint: ImportProducts, key: 'product_id', same: (id: string) => id },
  customers: { endpoint: ImportCustomers, key: 'email', same: (email: string) => email.toLowerCase() },
} as const;

export interface ImportWish {
  kind: keyof typeof KINDS;
  file: string;
  url: string;
  dryRun: boolean;
  json: boolean;
  token: string | undefined;
}

/** Something the user can act on: shown without a stack. */
export class ImportFault extends Error {}

export class ImportUsageFault extends ImportFault {}

/** Reads the command line; `'help'` when that is what it asks for. Throws an ImportUsageFault. */
export function readImportWish(args: readonly string[], gateway = 'http://localhost:9000'): ImportWish | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    ...{ products: text, customers: text, url: text, token: text, 'dry-run': flag, json: flag },
    help: { ...flag, short: 'h' },
  } as const;
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    values = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new ImportUsageFault((error as Error).message.split('. ')[0] as string);
  }
  if (values.help) return 'help';
  const { products, customers, url = gateway, token, json = false, 'dry-run': dryRun = false } = values;
  const file = products || customers;
  if (!file || (products && customers))
    throw new ImportUsageFault('one is needed: --products=FILE or --customers=FILE');
  if (!/^https?:/.test(url) || !URL.canParse(url)) throw new ImportUsageFault(`not a url: ${url}`);
  return { kind: products ? 'products' : 'customers', file, url: url.replace(/\/+$/, ''), token, json, dryRun };
}

/** A piece of the file with its first line, small enough to be taken at once. */
export interface Part {
  text: string;
  lines: number;
  /** What its line numbers are less than those of the file. */
  shift: number;
}

type LineFaults = ImportReport['faults'];

/** Cuts between records, never within one. What is about the same as an earlier line is left out, and told. */
export function cut(
  text: string,
  { key, same }: { key: string; same: (id: string) => string },
  most = PART_LINES,
  bytes = PART_BYTES,
): { parts: Part[]; repeated: LineFaults } {
  const [head, ...records] = readCsv(text).records;
  if (!head) throw new ImportFault('the file is empty');
  if (records.length === 0) throw new ImportFault('the file has a first line, and nothing below it');
  const repeated = repeatedLines(head, records, key, same);
  const out = new Set(repeated.map(({ line }) => line));
  const first = withEnd(text.slice(head.start, head.end));
  const parts: Part[] = [];
  let part: Part | undefined;
  let size = 0;
  let end = head.end;
  for (const record of records) {
    const whole = text.slice(record.start, record.end);
    // Lines that are left out stay as empty ones, so that the others keep their numbers.
    const own = out.has(record.line) ? whole.replace(/[^\r\n]/g, '') : whole;
    const weight = Buffer.byteLength(own);
    if (!part || part.lines >= most || size + weight > bytes) {
      part = { text: first + own, lines: 0, shift: record.line - 1 - countLines(first) };
      parts.push(part);
      size = weight;
    } else {
      part.text += text.slice(end, record.start) + own;
      size += weight;
    }
    part.lines += out.has(record.line) ? 0 : 1;
    end = record.end;
  }
  return { parts: parts.filter(({ lines }) => lines > 0), repeated };
}

function repeatedLines(
  head: CsvRecord,
  records: readonly CsvRecord[],
  key: string,
  same: (id: string) => string,
): LineFaults {
  const index = head.cells.findIndex((cell) => cell.trim().toLowerCase() === key);
  const seen = new Map<string, number>();
  return records.flatMap(({ line, cells, fault }) => {
    const id = cellText(cells[index] ?? '').trim();
    if (fault || id === '') return [];
    const earlier = seen.get(same(id));
    if (earlier === undefined) seen.set(same(id), line);
    const errors = [{ column: key, detail: `is in line ${earlier} already` }];
    return earlier === undefined ? [] : [{ line, id, errors }];
  });
}

const countLines = (text: string) => text.split(/\r\n|\r|\n/).length - 1;
const withEnd = (line: string) => (/[\r\n]$/.test(line) ? line : `${line}\n`);

export interface Admin {
  email: string;
  password: string;
}

/** Sends all of it; the report is of the whole file, by its own line numbers. `progress` hears of each part. */
export async function importFile(
  bytes: Buffer,
  wish: ImportWish,
  admin: Admin,
  progress: (done: number, all: number) => void,
): Promise<ImportReport> {
  const { parts, repeated } = cut(textOf(bytes), KINDS[wish.kind]);
  const all = parts.reduce((sum, { lines }) => sum + lines, repeated.length);
  const report: ImportReport = {
    ...{ dry_run: wish.dryRun, lines: repeated.length, created: 0, changed: 0, unchanged: 0, refused: repeated.length },
    ...{ changes: [], faults: [...repeated] },
  };
  let token = wish.token ?? (await logIn(wish, admin));
  for (const { text, shift } of parts) {
    let reply = await send(wish, token, text);
    if (reply.status === 401 && wish.token === undefined) {
      // A long file outlives a token.
      token = await logIn(wish, admin);
      reply = await send(wish, token, text);
    }
    if (!reply.ok) throw new ImportFault(`${progressOf(report, all)}: ${await problemOf(reply, wish)}`);
    add(report, (await reply.json()) as ImportReport, shift);
    progress(report.lines, all);
  }
  report.faults.sort((a, b) => a.line - b.line);
  return report;
}

function textOf(bytes: Buffer): string {
  if (bytes.length > MAX_FILE_BYTES) throw new ImportFault('the file has more than 200 MiB: cut it');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ImportFault('the file is not in UTF-8: save it as "CSV UTF-8"');
  }
}

const progressOf = ({ lines }: ImportReport, all: number) =>
  lines === 0 ? 'nothing was taken' : `${lines} of ${all} lines were taken, then it ended; send the file again`;

function add(sum: ImportReport, part: ImportReport, shift: number): void {
  for (const name of ['lines', 'created', 'changed', 'unchanged', 'refused'] as const) sum[name] += part[name];
  sum.changes.push(...part.changes.map((one) => ({ ...one, line: one.line + shift })));
  sum.faults.push(...part.faults.map((one) => ({ ...one, line: one.line + shift })));
}

async function send(wish: ImportWish, token: string, text: string): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/csv' };
  const query = wish.dryRun ? '?dry_run=true' : '';
  for (let attempt = 1; ; attempt += 1) {
    const reply = await ask(wish, KINDS[wish.kind].endpoint, { headers, body: text }, query).catch(
      (error) => error as ImportFault,
    );
    const again = reply instanceof Error || BUSY.includes(reply.status);
    if (!again || attempt === TRIES) {
      if (reply instanceof Error) throw reply;
      return reply;
    }
    // A part that was taken, its answer lost, changes nothing the second time.
    const after = reply instanceof Error ? 0 : Number(reply.headers.get('retry-after') ?? 0);
    await sleep(Math.min(60_000, Math.max(AGAIN_MS, after * 1000)));
  }
}

async function logIn(wish: ImportWish, { email, password }: Admin): Promise<string> {
  if (password === '')
    throw new ImportFault(`only admins may import. Say the password of ${email}, ADMIN_PASSWORD=…, or give --token=…`);
  const headers = { 'content-type': 'application/json' };
  const reply = await ask(wish, Login, { headers, body: JSON.stringify({ email, password }) });
  if (!reply.ok) throw new ImportFault(`${email} was not let in: ${await problemOf(reply, wish)}`);
  return ((await reply.json()) as { access_token: string }).access_token;
}

async function ask({ url }: ImportWish, endpoint: Endpoint, init: RequestInit, query = ''): Promise<Response> {
  const signal = AbortSignal.timeout(CALL_LIMIT_MS);
  try {
    return await fetch(`${url}${endpoint.publicPaths[0]}${query}`, { ...init, method: endpoint.method, signal });
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    const hint = cause?.code === 'ECONNREFUSED' ? 'start a shop with: npm start' : (cause?.code ?? message);
    throw new ImportFault(`no shop answers at ${url}; ${hint}`);
  }
}

async function problemOf(reply: Response, { url }: ImportWish): Promise<string> {
  try {
    const { title, status, detail, errors = [] } = JSON.parse(await reply.text()) as ProblemDocument;
    const faults = errors.map((one) => `\n  ${one.pointer.replace(/^\/(columns\/)?/, '')} ${one.detail}`);
    return `${title} (${status})${detail ? `: ${detail}` : ''}${faults.join('')}`;
  } catch {
    return `${url} is no Tradewind: ${reply.status}`;
  }
}

/** What comes from a file must not speak to the terminal. */
const plain = (text: string) => text.replace(/\p{Cc}/gu, ' ');

/** In words: what a dry run would change, every line that was refused, and the sum. */
export function told(report: ImportReport): string {
  const changes = report.dry_run ? report.changes : [];
  const lines = changes.map(({ line, id, action, cells }) => {
    const what = cells.map(({ column, from, to }) => `${column} ${from === undefined ? '' : `"${from}" → `}"${to}"`);
    return `  line ${line}: ${id} ${action === 'created' ? 'is new' : 'changes'}: ${what.join(', ')}`;
  });
  const faults = report.faults.flatMap(({ line, id, errors }) =>
    errors.map(({ column, detail }) => `✗ line ${line}${id && ` (${id})`}: ${column && `${column} `}${detail}`),
  );
  const { created, changed, unchanged, refused, dry_run } = report;
  const sum = `${created} new, ${changed} changed, ${unchanged} as they were, ${refused} refused`;
  const last = dry_run ? `Nothing was done. It would be: ${sum}` : sum;
  return [...[...lines, ...faults].map(plain), last].join('\n');
}
