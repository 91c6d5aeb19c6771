import { expect, test } from 'vitest';
import type { WordSearch } from './word-search.ts';
import { SAMPLE, searchWords, WALK } from './word-search.ts';

/** A list of rows, newest first, each with its words; tells which ways were gone. */
function listOf(rows: readonly string[]) {
  const ways: string[] = [];
  const has = (row: string, query: string) => query.split(' & ').every((word) => row.split(' ').includes(word));
  const search = (limit: number): WordSearch<string> => ({
    async near(all) {
      ways.push('near');
      return rows
        .slice(0, WALK)
        .filter((row) => has(row, all))
        .slice(0, limit);
    },
    async look(words) {
      ways.push('look');
      const having = words.map((word) => rows.slice(0, SAMPLE).filter((row) => has(row, word)).length);
      return { walked: rows.slice(0, WALK).length, having };
    },
    async everywhere(all, rare) {
      ways.push(`everywhere by ${rare}`);
      return rows
        .filter((row) => has(row, rare))
        .filter((row) => has(row, all))
        .slice(0, limit);
    },
  });
  return { ways, find: (limit: number, ...words: string[]) => searchWords(words, limit, search(limit)) };
}

const OLD = ['old shop', 'old rare shop'];
/** Every row has `shop`, every second `often`. */
const MANY = [...Array.from({ length: WALK * 2 }, (_, i) => `shop n${i}${i % 2 ? ' often' : ''}`), ...OLD];

test('a page of what is frequent is among the newest', async () => {
  const { ways, find } = listOf(MANY);
  expect(await find(10, 'shop', 'often')).toHaveLength(10);
  expect(ways).toEqual(['near']);
});

test('what is rare is found however old it is, by its rare words', async () => {
  const { ways, find } = listOf(MANY);
  expect(await find(10, 'shop', 'rare')).toEqual(['old rare shop']);
  expect(ways).toEqual(['near', 'look', 'everywhere by rare']);
});

test('words that are all frequent and seldom together are found by all of them', async () => {
  const { ways, find } = listOf([...Array.from({ length: WALK }, (_, i) => (i % 2 ? 'a' : 'b')), 'a b']);
  expect(await find(10, 'a', 'b')).toEqual(['a b']);
  expect(ways.at(-1)).toBe('everywhere by a & b');
});

test('a list that was looked through to its end holds no more', async () => {
  const { ways, find } = listOf(OLD);
  expect(await find(10, 'rare')).toEqual(['old rare shop']);
  expect(await find(10, 'nothing')).toEqual([]);
  expect(ways).toEqual(['near', 'look', 'near', 'look']);
});
