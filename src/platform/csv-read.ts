/**
 * CSV as people send it: RFC 4180, and what spreadsheets make of it (semicolons or tabs instead of commas, ends of line of
 * any kind, a byte order mark, empty lines). What is wrong in one record is said of that record, and spoils no other. Pure.
 */
export interface CsvRecord {
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** Why it cannot be read. */
  readonly fault?: string;
  /** Where it is in the text, with its end of line. */
  readonly start: number;
  readonly end: number;
}

const MIDDLE = 'has a quotation mark in the middle of a cell: put the cell in quotation marks and double it';
const AFTER = 'has something after the closing quotation mark of a cell';
const UNCLOSED = 'has a quotation mark that is never closed';

/** The records of a text, without those that are empty. */
export function readCsv(text: string): { delimiter: string; records: CsvRecord[] } {
  const begin = text.startsWith('\ufeff') ? 1 : 0;
  const delimiter = delimiterOf(text.slice(begin, lineEnd(text, begin)));
  const records: CsvRecord[] = [];
  let line = 1;
  for (let at = begin; at < text.length; ) {
    const record = readRecord(text, at, delimiter);
    const end = afterEnd(text, record.at);
    if (record.fault || record.cells.some((cell) => cell !== ''))
      records.push({ line, cells: record.cells, ...(record.fault && { fault: record.fault }), start: at, end });
    line += countLines(text, at, end);
    at = end;
  }
  return { delimiter, records };
}

/** Of the first line the one that is there most often. */
function delimiterOf(head: string): string {
  const counts = [',', ';', '\t'].map((one) => ({ one, count: head.split(one).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).one;
}

interface Read {
  cells: string[];
  /** Where its end of line is. */
  at: number;
  fault?: string;
}

function readRecord(text: string, start: number, delimiter: string): Read {
  const cells: string[] = [];
  let fault: string | undefined;
  for (let at = start; ; at += 1) {
    const cell = text[at] === '"' ? readQuoted(text, at, delimiter) : readPlain(text, at, delimiter);
    cells.push(cell.text);
    fault ??= cell.fault;
    at = cell.at;
    if (text[at] !== delimiter) return fault ? { cells, at, fault } : { cells, at };
  }
}

interface Cell {
  text: string;
  at: number;
  fault?: string;
}

function readPlain(text: string, start: number, delimiter: string): Cell {
  let at = start;
  while (at < text.length && text[at] !== delimiter && !isEnd(text[at])) at += 1;
  const found = text.slice(start, at);
  return found.includes('"') ? { text: found, at, fault: MIDDLE } : { text: found, at };
}

function readQuoted(text: string, start: number, delimiter: string): Cell {
  const parts: string[] = [];
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return { text: '', at: text.length, fault: UNCLOSED };
    parts.push(text.slice(from, quote));
    if (text[quote + 1] !== '"') {
      const rest = readPlain(text, quote + 1, delimiter);
      const cell = { text: parts.join('"'), at: rest.at };
      return rest.text === '' ? cell : { ...cell, fault: AFTER };
    }
    from = quote + 2;
  }
}

const isEnd = (char: string | undefined) => char === '\n' || char === '\r';

function lineEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isEnd(text[at])) at += 1;
  return at;
}

function afterEnd(text: string, at: number): number {
  if (text[at] === '\r' && text[at + 1] === '\n') return at + 2;
  return Math.min(text.length, at + 1);
}

function countLines(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at += 1)
    if (text[at] === '\n' || (text[at] === '\r' && text[at + 1] !== '\n')) count += 1;
  return count;
}
