/**
 * A page of rows that have some words, newest first, in milliseconds whatever the words are. The planner cannot choose
 * the way: it does not know how often a beginning of words occurs, and takes a typed number for one row in fifty. So:
 *
 * 1. Look through the newest rows, as the list has them: what is frequent fills a page soon (a word that one row in fifty
 *    has, after 2,500 of them).
 * 2. Else read from the index what has those of the words that are rare, which is little. A word that every tenth row
 *    has would be most of the work there; the rows that are read are asked for it instead.
 */

/** Rows that are looked through, for a page and for how frequent words are. Measured with a million orders: 4,000 in 10 ms. */
export const WALK = 7_000;
export const SAMPLE = 1_000;
/** From this part of rows on a word is frequent. */
const FREQUENT = 0.1;

export interface Look {
  walked: number;
  having: number[];
}

/** The two ways through a list, with its other filters and its limit. `all` and `rare` are tsqueries. */
export interface WordSearch<Row> {
  /** Those with all words among the newest `WALK` rows of the list. */
  near(all: string): Promise<Row[]>;
  /** How many rows the newest `WALK` are, and how many of the newest `SAMPLE` have each word. */
  look(words: readonly string[]): Promise<Look>;
  /** Those with all words, by the index on the rare ones. */
  everywhere(all: string, rare: string): Promise<Row[]>;
}

/** `words`: as `wordQueries` gives them, at least one. `limit`: rows of a full page. */
export async function searchWords<Row>(
  words: readonly string[],
  limit: number,
  { near, look, everywhere }: WordSearch<Row>,
): Promise<Row[]> {
  const all = words.join(' & ');
  const found = await near(all);
  if (found.length >= limit) return found;
  const { walked, having } = await look(words);
  if (walked < WALK) return found;
  const rare = words.filter((_, i) => (having[i] as number) < SAMPLE * FREQUENT);
  return everywhere(all, (rare.length > 0 ? rare : words).join(' & '));
}

/** `look` as a statement; the words are parameters from `$first` on. `walk` and `sample`: the newest rows of the list. */
export function lookStatement(
  words: readonly string[],
  { walk, sample, first }: { walk: string; sample: string; first: number },
): string {
  const counts = words.map((_, i) => `count(*) filter (where terms @@ $${first + i}::tsquery)::int`);
  return `select (select count(*)::int from ${walk} walk) as walked, array[${counts.join(', ')}] as having from ${sample}`;
}
