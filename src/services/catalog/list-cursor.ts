/**
 * The cursor of a list belongs to the list it came from: it is sealed together with the filters and the order, so a
 * cursor of another search or sort, or one that somebody has changed, is refused instead of showing a wrong page.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CursorValue } from '../../platform/page.ts';
import { decodeCursor, encodeCursor } from '../../platform/page.ts';
import type { Rejection } from '../../platform/problem.ts';
import { isRejection } from '../../platform/problem.ts';

const SEAL_BYTES = 12;

function seal(key: Buffer, query: object, values: readonly CursorValue[]): Buffer {
  const bound = Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHmac('sha256', key)
    .update(JSON.stringify([bound, values]))
    .digest()
    .subarray(0, SEAL_BYTES);
}

export function sealCursor(key: Buffer, query: object, values: readonly CursorValue[]): string {
  return encodeCursor([...values, seal(key, query, values).toString('base64url')]);
}

/** The values that were sealed, or a fault at /query/cursor. */
export function openCursor(
  key: Buffer,
  query: object,
  text: string,
  arity: number,
): CursorValue[] | Rejection<'invalid-request'> {
  const values = decodeCursor(text, arity + 1, (found) => {
    const given = Buffer.from(String(found.at(-1)), 'base64url');
    return given.length === SEAL_BYTES && timingSafeEqual(given, seal(key, query, found.slice(0, -1)));
  });
  return isRejection(values) ? values : values.slice(0, -1);
}
