import { expect, test } from 'vitest';
import { cutPage, decodeCursor, decodeIdCursor, decodeTimeCursor, encodeCursor } from './page.ts';
import { isRejection } from './problem.ts';

test('a cursor comes back as the values it was made of', () => {
  expect(decodeCursor(encodeCursor(['Größe “42”', 7]), 2)).toEqual(['Größe “42”', 7]);
});

test.each([
  ['no base64', '%%%'],
  ['no JSON', Buffer.from('{').toString('base64url')],
  ['no list', Buffer.from('"a"').toString('base64url')],
  ['another length', encodeCursor(['a'])],
  ['a NUL', encodeCursor(['a', '\0'])],
  ['half a surrogate pair', encodeCursor(['a', '\ud800'])],
  ['a fraction', encodeCursor(['a', 1.5])],
  ['an object', Buffer.from('["a",{}]').toString('base64url')],
])('a cursor that is %s is refused where it stands', (_, text) => {
  const refused = decodeCursor(text, 2);
  expect(refused).toMatchObject({ rejected: { status: 422 }, errors: [{ pointer: '/query/cursor' }] });
});

test('an id cursor is a uuid or nothing', () => {
  const id = '0190a7c0-0000-7000-8000-000000000000';
  expect(decodeIdCursor(undefined)).toBeUndefined();
  expect(decodeIdCursor(encodeCursor([id]))).toBe(id);
  expect(isRejection(decodeIdCursor(encodeCursor(['1; drop'])))).toBe(true);
});

test('a time cursor begins with a time that PostgreSQL has, or is none', () => {
  const at = '2026-03-01T12:00:00.000Z';
  expect(decodeTimeCursor(undefined, 2)).toBeUndefined();
  expect(decodeTimeCursor(encodeCursor([at, 'a']), 2)).toEqual([at, 'a']);
  for (const wrong of [
    ...['yesterday', '2026-13-01T12:00:00.000Z', '2026-02-30T00:00:00.000Z', '2026-03-01T24:00:00.000Z'],
    ...['0000-01-01T00:00:00.000Z', '+012026-03-01T12:00:00.000Z', '2026-03-01T12:00:00Z'],
  ])
    expect(isRejection(decodeTimeCursor(encodeCursor([wrong, 'a']), 2)), wrong).toBe(true);
  expect(isRejection(decodeTimeCursor(encodeCursor([at, 'a']), 2, ([, one]) => one === 'b'))).toBe(true);
});

test('a page has a next one exactly when there was a row too many', () => {
  expect(cutPage([1, 2, 3], 2, (last) => [last])).toEqual({ items: [1, 2], next_cursor: encodeCursor([2]) });
  expect(cutPage([1, 2], 2, (last) => [last])).toEqual({ items: [1, 2], next_cursor: null });
  expect(cutPage([], 2, (last) => [last])).toEqual({ items: [], next_cursor: null });
});
