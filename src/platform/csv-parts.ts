/**
 * A long CSV file in parts, one request each, and their reports as one: the same for `npm run import` and for the pages. Pure,
 * and without anything of Node's.
 */

import { cellText } from './csv.ts';
import type { Report } from './csv-import.ts';
import { type CsvRecord, readCsv } from './csv-read.ts';

/** Nothing can be made of the file. */
export class CsvFault extends Error {}

/** Lines of a part: each is a transaction, and an answer may take some seconds only. */
const PART_LINES = 200;
/** Room for a line that is longer than others, in what the shop takes at once (2 MiB). */
const PART_BYTES = 512 * 1024;

/** A piece of the file with its first line, small enough to be taken at once. */
export interface Part {
  text: string;
  lines: number;
  /** What its line numbers are less than those of the file. */
  shift: number;
}

type LineFaults = Report['faults'];

/** Cuts between records, never within one. What is about the same as an earlier line is left out, and told. */
export function cut(
  text: string,
  { key, same }: { key: string; same: (id: string) => string },
  most = PART_LINES,
  bytes = PART_BYTES,
): { parts: Part[]; repeated: LineFaults } {
  const [head, ...records] = readCsv(text).records;
  if (!head) throw new CsvFault('the file is empty');
  if (records.length === 0) throw new CsvFault('the file has a first line, and nothing below it');
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
    const weight = new TextEncoder().encode(own).length;
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

/** Nothing done yet but to leave out what is about the same as an earlier line. */
export const noReport = (dryRun: boolean, repeated: LineFaults): Report => ({
  ...{ dry_run: dryRun, lines: repeated.length, created: 0, changed: 0, unchanged: 0, refused: repeated.length },
  ...{ changes: [], faults: [...repeated] },
});

/** Adds the report of a part; its lines become those of the file. */
export function add(sum: Report, part: Report, shift: number): void {
  for (const name of ['lines', 'created', 'changed', 'unchanged', 'refused'] as const) sum[name] += part[name];
  sum.changes.push(...part.changes.map((one) => ({ ...one, line: one.line + shift })));
  sum.faults.push(...part.faults.map((one) => ({ ...one, line: one.line + shift })));
}
