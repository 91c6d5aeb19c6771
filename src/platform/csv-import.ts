/**
 * A table that somebody sends: what is wrong with the table is a refusal, what is wrong with a line is in the report. Lines
 * are taken one after another, each by itself: whoever does one does it whole or not at all, and a file that was broken off
 * is sent again.
 */
import { cellText } from './csv.ts';
import { readCsv } from './csv-read.ts';
import type { Fault, Rejection } from './problem.ts';
import { common, reject } from './problem.ts';

export interface LineFault {
  column: string;
  detail: string;
}

/** A line as what its columns are called; only those that the file has. */
export type Line = Readonly<Record<string, string>>;

export interface CellChange {
  column: string;
  /** Undefined: there was nothing. */
  from?: string;
  to: string;
}

/** What became of a line, or would. */
export type Outcome =
  | { action: 'created' | 'changed'; cells: CellChange[] }
  | { action: 'unchanged' }
  | { action: 'refused'; errors: LineFault[] };

export interface Report {
  dry_run: boolean;
  lines: number;
  created: number;
  changed: number;
  unchanged: number;
  refused: number;
  changes: { line: number; id: string; action: 'created' | 'changed'; cells: CellChange[] }[];
  faults: { line: number; id: string; errors: LineFault[] }[];
}

export interface Sheet {
  /** The column that says what a line is about. */
  key: string;
  columns: readonly string[];
  maxLines: number;
  /** Of the key as it counts: two lines with the same are about the same. */
  same?: (key: string) => string;
}

const SHOWN = 200;
const shown = (text: string) => (text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text);

export const refused = (column: string, detail: string): Outcome => ({
  action: 'refused',
  errors: [{ column, detail }],
});

interface Numbered {
  number: number;
  id: string;
  /** What is wrong before anybody has looked at what it says. */
  fault: LineFault | undefined;
  line: Line;
}

/** The lines of a file, or all that is wrong with it as a whole. */
export function readSheet(raw: Buffer, sheet: Sheet): Numbered[] | Rejection<'malformed-request' | 'invalid-request'> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return reject(common.malformed, { detail: 'the file is not in UTF-8: save it as "CSV UTF-8"' });
  }
  if (text.includes('\0')) return reject(common.malformed, { detail: 'there is a NUL character in it: it is no CSV' });
  const [head, ...records] = readCsv(text).records;
  const heads = (head?.cells ?? []).map((cell) => cell.trim().toLowerCase());
  const errors = head?.fault
    ? [{ pointer: '/columns', detail: `the first line ${head.fault}` }]
    : headFaults(heads, sheet);
  if (errors.length === 0 && records.length > sheet.maxLines)
    errors.push({
      pointer: '/lines',
      detail: `there are ${records.length}, and at most ${sheet.maxLines} are taken at once`,
    });
  if (errors.length > 0) return reject(common.invalid, { errors });
  const seen = new Map<string, number>();
  return records.map(({ line: number, cells, fault }) => {
    const line: Line = Object.fromEntries(heads.map((name, i) => [name, cellText(cells[i] ?? '')]));
    const id = (line[sheet.key] ?? '').trim();
    const before = lineFault(sheet, heads, cells, fault, seen, id);
    const counted = (sheet.same ?? String)(id);
    if (!fault && id && !seen.has(counted)) seen.set(counted, number);
    return { number, id: shown(id), fault: before, line: { ...line, [sheet.key]: id } };
  });
}

function headFaults(heads: readonly string[], { key, columns }: Sheet): Fault[] {
  const errors: Fault[] = [];
  if (!heads.includes(key))
    errors.push({ pointer: `/columns/${key}`, detail: 'is needed: the first line names the columns' });
  for (const [i, name] of heads.entries()) {
    const pointer = `/columns/${name.slice(0, 50).replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!columns.includes(name)) errors.push({ pointer, detail: `is not known here; there are ${columns.join(', ')}` });
    else if (heads.indexOf(name) < i) errors.push({ pointer, detail: 'is there twice' });
    if (errors.length === 50) break;
  }
  return errors;
}

function lineFault(
  { key, same = String }: Sheet,
  heads: readonly string[],
  cells: readonly string[],
  fault: string | undefined,
  seen: ReadonlyMap<string, number>,
  id: string,
): LineFault | undefined {
  if (fault) return { column: '', detail: fault };
  if (cells.length !== heads.length)
    return { column: '', detail: `has ${cells.length} cells, and the first line has ${heads.length}` };
  if (!id) return { column: key, detail: 'is needed' };
  const earlier = seen.get(same(id));
  return earlier === undefined ? undefined : { column: key, detail: `is in line ${earlier} already` };
}

/** Takes the lines in their order. */
export async function takeLines(
  lines: readonly Numbered[],
  dryRun: boolean,
  take: (line: Line) => Promise<Outcome>,
): Promise<Report> {
  const report: Report = {
    ...{ dry_run: dryRun, lines: lines.length, created: 0, changed: 0, unchanged: 0, refused: 0 },
    ...{ changes: [], faults: [] },
  };
  for (const { number, id, fault, line } of lines) {
    const outcome = fault ? { action: 'refused' as const, errors: [fault] } : await take(line);
    report[outcome.action] += 1;
    if (outcome.action === 'refused') report.faults.push({ line: number, id, errors: outcome.errors });
    else if (outcome.action !== 'unchanged') {
      const cells = outcome.cells.map(({ column, from, to }) => ({
        column,
        ...(from !== undefined && { from: shown(from) }),
        to: shown(to),
      }));
      report.changes.push({ line: number, id, action: outcome.action, cells });
    }
  }
  return report;
}
