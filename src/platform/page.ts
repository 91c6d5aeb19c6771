/** Keyset pages: a cursor is the sort key of the last row shown, so any depth costs the same and nothing is skipped. */
import type { Rejection } from './problem.ts';
import { common, reject } from './problem.ts';

type Key = readonly (string | number)[];

export function encodeCursor(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

const KINDS = {
  uuid: (value: unknown) => typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  text: (value: unknown) => typeof value === 'string' && !value.includes('\0'),
  number: (value: unknown) => typeof value === 'number' && Number.isFinite(value),
};

/** The key in a cursor; undefined for the first page; a rejection when it is none of ours. */
export function decodeCursor(
  cursor: string | undefined,
  kinds: readonly (keyof typeof KINDS)[],
): Key | undefined | Rejection<'invalid-request'> {
  if (cursor === undefined) return undefined;
  try {
    const key = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Key;
    if (Array.isArray(key) && key.length === kinds.length && kinds.every((kind, i) => KINDS[kind](key[i]))) return key;
  } catch {}
  return reject(common.invalid, {
    errors: [{ pointer: '/query/cursor', detail: 'is not a next_cursor of this list' }],
  });
}

/** Cuts rows read with `limit + 1` into a page; the extra row only tells that there is another one. */
export function pageOf<Row>(
  rows: Row[],
  limit: number,
  key: (row: Row) => Key,
): { items: Row[]; next_cursor: string | null } {
  if (rows.length <= limit) return { items: rows, next_cursor: null };
  const items = rows.slice(0, limit);
  return { items, next_cursor: encodeCursor(key(items[limit - 1] as Row)) };
}
