/**
 * CSV for spreadsheets (RFC 4180, UTF-8 with a byte order mark, without which Excel takes it for another encoding). What a
 * shopper typed must not become a formula in the owner's spreadsheet: cells that begin like one get an apostrophe in front
 * (OWASP, "CSV Injection"). Pure.
 */

export type Cell = string | number | null | undefined;

export const BYTE_ORDER_MARK = '\ufeff';

/** Also after spaces, which some programs pass over, and in the full width that some keyboards write. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;
const PLAIN_NUMBER = /^[+-]?\d+(\.\d+)?$/;
const SPECIAL = /[",\r\n]/;

/** A line with its end; nothing is an empty cell. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(written).join(',')}\r\n`;
}

function written(cell: Cell): string {
  const text = harmless(String(cell ?? ''));
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What begins with apostrophes already gets one more before a formula, so that one taken away is always ours. */
const isDangerous = (text: string) => {
  const bare = text.replace(/^'+/, '');
  return FORMULA.test(bare) && !PLAIN_NUMBER.test(bare);
};
const harmless = (text: string) => (isDangerous(text) ? `'${text}` : text);

/** The text of a cell that `csvLine` has written, or somebody by hand. */
export const cellText = (cell: string) => (cell.startsWith("'") && isDangerous(cell) ? cell.slice(1) : cell);
