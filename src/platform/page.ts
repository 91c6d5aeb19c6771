/**
 * Keyset pages: a cursor holds the sort key of the last row seen, so a page costs the same however deep it lies and
 * rows written meanwhile neither repeat nor hide others. Opaque to clients, and checked like anything they send.
 */
import { isId } from './clock.ts';
import type { Rejection } from './problem.ts';
import { common, reject } from './problem.ts';

export type CursorValue = string | number;

export function encodeCursor(values: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** What PostgreSQL takes as text: no NUL, no half of a surrogate pair. */
const isText = (value: unknown) => typeof value === 'string' && !/[\0\p{Surrogate}]/u.test(value);

/**
 * The values of a cursor, or a fault at /query/cursor when it is none of ours. `fits` looks closer where the database
 * would (a uuid, a time).
 */
export function decodeCursor(
  text: string,
  arity: number,
  fits: (values: CursorValue[]) => boolean = () => true,
): CursorValue[] | Rejection<'invalid-request'> {
  const values = parse(text);
  if (
    Array.isArray(values) &&
    values.length === arity &&
    values.every((value) => isText(value) || Number.isSafeInteger(value)) &&
    fits(values)
  ) {
    return values;
  }
  return reject(common.invalid, {
    errors: [{ pointer: '/query/cursor', detail: 'must be the next_cursor of the page before' }],
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** The id in the cursor of a list that is ordered by id alone; undefined on the first page. */
export function decodeIdCursor(text: string | undefined): string | undefined | Rejection<'invalid-request'> {
  if (text === undefined) return undefined;
  const values = decodeCursor(text, 1, ([id]) => isId(String(id)));
  return Array.isArray(values) ? (values[0] as string) : values;
}

/** As replies tell times; a day and a year that PostgreSQL has, too: `Date` takes the 30th of February for the 2nd of March. */
function isTime(value: CursorValue | undefined): boolean {
  const text = String(value);
  const time = new Date(text);
  return /^(?!0000)\d{4}-/.test(text) && !Number.isNaN(time.getTime()) && time.toISOString() === text;
}

/** Like `decodeIdCursor`, of a list that is ordered by a time first: the time, and what decides among those of one moment. */
export function decodeTimeCursor(
  text: string | undefined,
  arity: number,
  fits: (values: CursorValue[]) => boolean = () => true,
): CursorValue[] | undefined | Rejection<'invalid-request'> {
  if (text === undefined) return undefined;
  return decodeCursor(text, arity, (values) => isTime(values[0]) && fits(values));
}

/** Rows of a page of a list that can be asked for by ids. */
export const pageSize = ({ limit, ids }: { limit?: number; ids?: string }) => limit ?? ids?.split(',').length ?? 50;

export interface Page<Row> {
  items: Row[];
  next_cursor: string | null;
}

/** Rows were asked for with `limit + 1`: the one too many says that there is a next page. */
export function cutPage<Row>(
  rows: readonly Row[],
  limit: number,
  key: (last: Row) => readonly CursorValue[],
): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next_cursor: rows.length > limit && last !== undefined ? encodeCursor(key(last)) : null };
}
