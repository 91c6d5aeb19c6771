import { describe, expect, test } from 'vitest';
import { lexeme, wordQueries, wordsOf } from './words.ts';

describe('the words of a text', () => {
  test('are found as a whole and by their parts, without case and accents, each once', () => {
    expect(wordsOf('Zoë Ångström', 'Ann.Lee@Example.com', null, undefined, '')).toEqual([
      'zoe',
      'angstrom',
      'ann.lee@example.com',
      'ann',
      'lee',
      'example',
      'com',
    ]);
  });
});

test('a word that unfolds beyond what PostgreSQL keeps is cut, stored and asked for alike', () => {
  const [long = ''] = wordsOf('㌀'.repeat(200));
  expect(Buffer.byteLength(long)).toBeLessThan(1_000);
  expect(wordQueries('㌀'.repeat(200))).toEqual([`'${long}':*`]);
});

describe('a search', () => {
  test.each([
    ['Zoë head', "'zoe':* & 'head':*"],
    ['#1042', "'1042':*"],
    ['  ann.lee@example.com ', "'ann.lee@example.com':*"],
    ["O'Brien", "'o\\'brien':*"],
  ])('%s asks for %s', (search, query) => {
    expect(wordQueries(search).join(' & ')).toBe(query);
  });

  test('of no words asks for nothing', () => {
    expect(wordQueries(' - # ')).toEqual([]);
  });

  test('cannot become an operator', () => {
    expect(wordQueries('a | !b')).toEqual(["'a':*", "'b':*"]);
    expect(lexeme("x' | 'y")).toBe("'x\\' | \\'y'");
  });
});
