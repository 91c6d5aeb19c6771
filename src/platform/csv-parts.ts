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
/** Room for a line that is longer than others, in what the shop takes at once. */
const PART_BYTES = 512 * 1024;
/** Characters of an id in the report. */
const SHOWN = 200;

/** A piece of the file with its first line, small enough to be taken at once. */
export interface Part {
  text: string;
  lines: number;
  /** What its line numbers are less than those of the file. */
  shift: number;
}

/** What is imported: by which column a line is known, and how much the shop takes at once. */
export interface SheetKind {
  key: string;
  /** Of two lines with the same only the first is taken. */
  same: (id: string) => string;
  maxBytes: number;
}

type LineFaults = Report['faults'];

/** Cuts between records, never within one. Lines that cannot be sent are left out, and told. */
export function cut(
  text: string,
  kind: SheetKind,
  most = PART_LINES,
  bytes = PART_BYTES,
): { parts: Part[]; refused: LineFaults } {
  const [head, ...records] = readCsv(text).records;
  if (!head) throw new CsvFault('the file is empty');
  if (head.fault) throw new CsvFault(`the first line ${head.fault}`);
  if (records.length === 0) throw new CsvFault('the file has a first line, and nothing below it');
  const first = withEnd(text.slice(head.start, head.end));
  const room = kind.maxBytes - bytesOf(first);
  const refused = refusedLines(text, head, records, kind, room);
  const out = new Set(refused.map(({ line }) => line));
  const parts: Part[] = [];
  let part: Part | undefined;
  let size = 0;
  let end = head.end;
  for (const record of records) {
    const gap = text.slice(end, record.start);
    const whole = text.slice(record.start, record.end);
    end = record.end;
    const isOut = out.has(record.line);
    // Lines that are left out stay as empty ones, so that the others keep their numbers.
    const own = isOut ? whole.replace(/[^\r\n]/g, '') : whole;
    const weight = bytesOf(gap) + bytesOf(own);
    if (part && part.lines < most && size + weight <= Math.min(bytes, room)) {
      part.text += gap + own;
      size += weight;
    } else if (isOut) {
      part = undefined;
      continue;
    } else {
      part = { text: first + own, lines: 0, shift: record.line - 1 - countLines(first) };
      parts.push(part);
      size = bytesOf(own);
    }
    part.lines += isOut ? 0 : 1;
  }
  return { parts, refused };
}

/** What is about the same as an earlier line, cannot be read, or is more than the shop takes at once, which would spoil its part. */
function refusedLines(
  text: string,
  head: CsvRecord,
  records: readonly CsvRecord[],
  { key, same, maxBytes }: SheetKind,
  room: number,
): LineFaults {
  const index = head.cells.findIndex((cell) => cell.trim().toLowerCase() === key);
  const seen = new Map<string, number>();
  const faultOf = ({ line, start, end, fault }: CsvRecord, id: string) => {
    if (fault) return { column: '', detail: fault };
    if (bytesOf(text.slice(start, end)) > room)
      return { column: '', detail: `is too long: with the first line at most ${maxBytes} bytes are taken at once` };
    const earlier = id === '' ? undefined : seen.get(same(id));
    if (id !== '' && earlier === undefined) seen.set(same(id), line);
    return earlier === undefined ? undefined : { column: key, detail: `is in line ${earlier} already` };
  };
  return records.flatMap((record) => {
    const id = cellText(record.cells[index] ?? '').trim();
    const fault = faultOf(record, id);
    return fault ? [{ line: record.line, id: id.slice(0, SHOWN), errors: [fault] }] : [];
  });
}

const bytesOf = (text: string) => new TextEncoder().encode(text).length;
const countLines = (text: string) => text.split(/\r\n|\r|\n/).length - 1;
const withEnd = (line: string) => (/[\r\n]$/.test(line) ? line : `${line}\n`);

/** Nothing done yet but to leave out what cannot be sent. */
export const noReport = (dryRun: boolean, refused: LineFaults): Report => ({
  ...{ dry_run: dryRun, lines: refused.length, created: 0, changed: 0, unchanged: 0, refused: refused.length },
  ...{ changes: [], faults: [...refused] },
});

/** Adds the report of a part; its lines become those of the file. */
export function add(sum: Report, part: Report, shift: number): void {
  for (const name of ['lines', 'created', 'changed', 'unchanged', 'refused'] as const) sum[name] += part[name];
  sum.changes.push(...part.changes.map((one) => ({ ...one, line: one.line + shift })));
  sum.faults.push(...part.faults.map((one) => ({ ...one, line: one.line + shift })));
}
