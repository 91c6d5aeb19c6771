/**
 * Sends a spreadsheet to a running shop: what `npm run import` does. It knows of the shop what any admin's client knows. A
 * long file goes in parts, one after another; broken off, it is sent again from the beginning, and what is there already
 * changes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ImportProducts, MAX_IMPORT_BYTES } from './contracts/catalog.ts';
import { ImportCustomers, MAX_CUSTOMER_IMPORT_BYTES } from './contracts/customer-sheets.ts';
import { Login } from './contracts/customers.ts';
import type { ImportReport } from './contracts/shapes.ts';
import type { ProblemDocument } from './platform/client.ts';
import type { Endpoint } from './platform/contract.ts';
import { add, CsvFault, cut, noReport } from './platform/csv-parts.ts';

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

const CALL_LIMIT_MS = 60_000;
const TRIES = 20;
const AGAIN_MS = 1_000;
/** It may be otherwise in a moment. */
const BUSY = [429, 502, 503, 504];
const MAX_FILE_BYTES = 200 * 1024 * 1024;

/** What can be imported. */
const KINDS = {
  products: { endpoint: ImportProducts, key: 'product_id', same: (id: string) => id, maxBytes: MAX_IMPORT_BYTES },
  customers: {
    ...{ endpoint: ImportCustomers, key: 'email', same: (email: string) => email.toLowerCase() },
    maxBytes: MAX_CUSTOMER_IMPORT_BYTES,
  },
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
  const { parts, refused } = cutFile(textOf(bytes), wish.kind);
  const all = parts.reduce((sum, { lines }) => sum + lines, refused.length);
  const report = noReport(wish.dryRun, refused);
  let token = wish.token ?? (await logIn(wish, admin));
  for (const { text, shift } of parts) {
    try {
      let reply = await send(wish, token, text);
      if (reply.status === 401 && wish.token === undefined) {
        // A long file outlives a token.
        token = await logIn(wish, admin);
        reply = await send(wish, token, text);
      }
      if (!reply.ok) throw new ImportFault(await problemOf(reply, wish));
      add(report, (await reply.json()) as ImportReport, shift);
    } catch (error) {
      throw error instanceof ImportFault ? new ImportFault(`${progressOf(report, all)}: ${error.message}`) : error;
    }
    progress(report.lines, all);
  }
  report.faults.sort((a, b) => a.line - b.line);
  return report;
}

function cutFile(text: string, kind: ImportWish['kind']) {
  try {
    return cut(text, KINDS[kind]);
  } catch (error) {
    if (error instanceof CsvFault) throw new ImportFault(error.message);
    throw error;
  }
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
