import { expect, test } from 'vitest';
import { rowsOf } from './rows.ts';

const result = (names: string[], rows: unknown[][]) =>
  ({ fields: names.map((name) => ({ name })), rows }) as unknown as Parameters<typeof rowsOf>[1];

test('a row has its columns by name, in their order, and is nobody else’s', () => {
  const [first, second] = rowsOf<Record<string, unknown>>(
    {},
    result(
      ['id', 'a "quoted" name', 'gone'],
      [
        [1, 'x', null],
        [2, 'y', ['z']],
      ],
    ),
  );
  expect(first).toEqual({ id: 1, 'a "quoted" name': 'x', gone: null });
  expect(Object.keys(second ?? {})).toEqual(['id', 'a "quoted" name', 'gone']);
  (first as Record<string, unknown>).id = 3;
  expect(second).toEqual({ id: 2, 'a "quoted" name': 'y', gone: ['z'] });
});

test('a statement whose table has other columns since answers with them', () => {
  const statement = { text: 'select *' };
  expect(rowsOf(statement, result(['id'], [[1]]))).toEqual([{ id: 1 }]);
  expect(rowsOf(statement, result(['id', 'new'], [[1, 2]]))).toEqual([{ id: 1, new: 2 }]);
  expect(rowsOf(statement, result(['id', 'renamed'], [[1, 2]]))).toEqual([{ id: 1, renamed: 2 }]);
  expect(rowsOf(statement, result(['id', 'new'], []))).toEqual([]);
});

test('several statements in one text have no rows', () => {
  const several = [result([], []), result(['id'], [[1]])] as unknown as Parameters<typeof rowsOf>[1];
  expect(rowsOf({}, several)).toEqual([]);
});
