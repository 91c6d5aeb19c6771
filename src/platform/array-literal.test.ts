/** Lists come back from PostgreSQL as they were given, and as the driver would have written them. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openScratchDatabase, type ScratchDatabase } from '../../test/scratch-database.ts';
import { arrayLiteral, encoded } from './array-literal.ts';
import { sql } from './database.ts';

const ECHO = sql('select $1::text[] as list');

let scratch: ScratchDatabase;
beforeAll(async () => {
  scratch = await openScratchDatabase();
});
afterAll(() => scratch.close());

const echo = async (list: unknown[]) => (await scratch.db.query<{ list: unknown[] }>(ECHO, [list]))[0]?.list;
/** All that a text of PostgreSQL can hold. */
const text = fc.string({ unit: 'binary' }).map((given) => given.replaceAll('\0', ''));
const awkward = fc.constantFrom(
  '',
  ' ',
  'null',
  'NULL',
  'nUll',
  '{}',
  '{"a":"b\\"c"}',
  '"',
  '\\',
  '\\\\"',
  ',',
  "'",
  'a b',
  '\n\t\r',
  '\u0001\u001f\u007f\u0085',
  '\u2028',
  '😀',
  'é',
  '-0',
  '1e5',
  'Infinity',
  'ﬀ',
);

describe('a list', () => {
  test('comes back as it was given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fc.oneof(text, awkward, fc.json()), { nil: null })), async (list) => {
        expect(await echo(list)).toEqual(list);
      }),
      { numRuns: 300 },
    );
  });

  test('of numbers and of what is not there, too', async () => {
    expect(await echo([1, -2.5, 1e21, Number.MAX_SAFE_INTEGER, true, false, null, undefined])).toEqual([
      '1',
      '-2.5',
      '1e+21',
      '9007199254740991',
      'true',
      'false',
      null,
      null,
    ]);
    expect(await echo([])).toEqual([]);
  });

  test('with half a character is what the driver makes of it', async () => {
    expect(await echo(['a\ud800b'])).toEqual(['a\ufffdb']);
  });
});

test('what has anything else in it is left to the driver', () => {
  const at = new Date();
  const bytes = Buffer.from('a');
  for (const list of [[at], [bytes], [['a']], [{ a: 1 }]]) {
    expect(arrayLiteral(list)).toBeUndefined();
    expect(encoded([list, at, bytes, 'a', 1, null])).toEqual([list, at, bytes, 'a', 1, null]);
  }
});
