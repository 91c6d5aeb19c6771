/** A spreadsheet on its way into the shop: read, cut into parts, sent one after another; the report is of the whole. */
import { ImportProducts, MAX_IMPORT_BYTES } from '../../../../src/contracts/catalog.ts';
import { ImportCustomers, MAX_CUSTOMER_IMPORT_BYTES } from '../../../../src/contracts/customer-sheets.ts';
import type { ImportReport } from '../../../../src/contracts/shapes.ts';
import { add, CsvFault, cut, noReport, type SheetKind } from '../../../../src/platform/csv-parts.ts';
import { send } from '../../api/client.ts';
import { addressOf, isPassing, Problem } from '../../api/http.ts';

export interface Kind extends SheetKind {
  endpoint: typeof ImportProducts | typeof ImportCustomers;
}

export const PRODUCTS: Kind = {
  ...{ endpoint: ImportProducts, key: 'product_id', same: (id: string) => id },
  maxBytes: MAX_IMPORT_BYTES,
};
export const CUSTOMERS: Kind = {
  ...{ endpoint: ImportCustomers, key: 'email', same: (email: string) => email.toLowerCase() },
  maxBytes: MAX_CUSTOMER_IMPORT_BYTES,
};

const MAX_MB = 50;
const TRIES = 8;
const AGAIN_MS = 1_000;

/** The text of a file; throws a Problem that says what to do about it. */
export async function readText(file: File): Promise<string> {
  if (file.size > MAX_MB * 1024 * 1024) {
    throw unusable(`It is larger than ${MAX_MB} MB: cut it, or use npm run import on the server.`);
  }
  const bytes = await file.arrayBuffer().catch(() => {
    throw unusable('The file has changed or cannot be read: choose it again.');
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unusable('It is not text in UTF-8. In Excel, save it as “CSV UTF-8”.');
  }
}

const unusable = (detail: string) => new Problem({ title: 'This file cannot be imported', detail }, 0);

export interface Sending {
  kind: Kind;
  text: string;
  /** Nothing is changed, and each line is looked at. */
  dryRun: boolean;
  /** Lines that are done, of how many. */
  onProgress: (done: number, all: number) => void;
  signal: AbortSignal;
}

export interface Sent {
  /** Of what was answered, which is all of it unless it was broken off. */
  report: ImportReport;
  /** Lines of the file. */
  all: number;
  /** Why it did not come to its end. */
  broken?: { error: unknown };
}

/**
 * Sends all of it. Broken off, it is sent again from the beginning: what is there already changes nothing. Throws when nothing
 * can be made of the text.
 */
export async function sendSheet({ kind, text, dryRun, onProgress, signal }: Sending): Promise<Sent> {
  const { parts, refused } = cutText(text, kind);
  const all = parts.reduce((sum, { lines }) => sum + lines, refused.length);
  const report = noReport(dryRun, refused);
  const sent: Sent = { report, all };
  try {
    onProgress(report.lines, all);
    for (const part of parts) {
      add(report, await sendPart(kind, part.text, dryRun, signal), part.shift);
      onProgress(report.lines, all);
    }
  } catch (error) {
    sent.broken = { error };
  }
  report.faults.sort((a, b) => a.line - b.line);
  return sent;
}

function cutText(text: string, kind: Kind) {
  try {
    return cut(text, kind);
  } catch (error) {
    throw error instanceof CsvFault ? unusable(`${capital(error.message)}.`) : error;
  }
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);

/** A part whose answer was lost changes nothing the second time. */
async function sendPart({ endpoint }: Kind, body: string, dryRun: boolean, signal: AbortSignal): Promise<ImportReport> {
  const address = addressOf(endpoint, { query: dryRun ? { dry_run: true } : {} });
  const headers = { 'content-type': 'text/csv' };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await send(address, { method: endpoint.method, headers, body, signal });
      return (await answer.json()) as ImportReport;
    } catch (error) {
      if (signal.aborted || attempt === TRIES || !isPassing(error)) throw error;
      const after = error instanceof Problem ? error.retryAfterMs : undefined;
      await pause(after ?? AGAIN_MS, signal);
      signal.throwIfAborted();
    }
  }
}

/** Over as soon as the signal says so. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
