/**
 * What a search means. Texts of products and searches are folded alike (case, accents, punctuation), so "USB-C" finds
 * "usb c" and "Café" finds "cafe" whatever the locale of the database. A word that nothing has is replaced by one that
 * differs by one letter (added, left out, exchanged with another or with its neighbour), if the shop knows one. Pure.
 */
import { fold } from '../../platform/words.ts';

/** Case, accents and the punctuation inside of words, gone. */
export function folded(text: string): string {
  return fold(text).replace(/[^\p{L}\p{N}\s"-]|(?<=\S)-/gu, ' ');
}

/** The words of a text as the index has them. */
const plain = (text: string) => folded(text).replace(/["-]/g, ' ');
const wordsOf = (text: string) => plain(text).split(/\s+/).filter(Boolean);

/** Texts for the index, in the order of their weight. */
export interface SearchTexts {
  search_name: string;
  search_category: string;
  search_description: string;
}

export function searchTexts(product: {
  product_id: string;
  name: string;
  category: string;
  description: string;
}): SearchTexts {
  return {
    search_name: plain(`${product.name} ${product.product_id}`),
    search_category: plain(product.category),
    search_description: plain(product.description),
  };
}

export interface Search {
  /** In the language of `websearch_to_tsquery`. */
  text: string;
  /** The last word when it may be the beginning of a longer one; it is not part of `text` then. */
  prefix: string | undefined;
  /** The whole search in small letters: a product with this very name or id comes first. */
  whole: string;
}

/** A search with a phrase, an exclusion or an alternative is taken at its word. */
export function readSearch(search: string): Search {
  const text = folded(search).trim().replace(/\s+/g, ' ');
  const whole = search.trim().replace(/\s+/g, ' ').toLowerCase();
  const words = text.split(' ');
  const last = words.at(-1) as string;
  if (/["-]/.test(text) || words.includes('or') || last.length < 2) return { text, prefix: undefined, whole };
  return { text: words.slice(0, -1).join(' '), prefix: last, whole };
}

const MIN = 4;
const MAX = 32;
/** Numbers and parts of part numbers are not corrected: 512 is no mistake for 513. */
const correctable = (word: string) => word.length >= MIN && word.length <= MAX && !/\p{N}/u.test(word);

/** A word, and itself without one letter. Words that differ by one edit have one of these in common. */
export function variants(word: string): string[] {
  const letters = [...word];
  return [...new Set([word, ...letters.map((_, i) => letters.filter((__, j) => j !== i).join(''))])];
}

/** The words by which mistaken ones are put right: those of names and categories, plurals also without their s. */
export function vocabulary(texts: readonly string[]): { variant: string; word: string }[] {
  const words = new Set(
    texts.flatMap(wordsOf).flatMap((word) => (/[^s]s$/.test(word) ? [word, word.slice(0, -1)] : [word])),
  );
  return [...words]
    .filter(correctable)
    .flatMap((word) => variants(word).map((variant) => ({ variant, word })))
    .sort((a, b) => (a.variant + a.word < b.variant + b.word ? -1 : 1));
}

/** The words of a search that may be mistaken; none when it is more than words. */
export function doubtful(search: string): string[] {
  const text = folded(search);
  return /["-]/.test(text) ? [] : [...new Set(wordsOf(text).filter(correctable))];
}

/** A correction is a search, and no longer than one may be: letters that fold into words would make cursors of any length. */
const MAX_SEARCH = 200;

/** The search with its unknown words put right, or undefined when there is nothing better. */
export function corrected(search: string, known: readonly { asked: string; word: string }[]): string | undefined {
  const better = new Map<string, string>();
  for (const asked of doubtful(search)) {
    const candidates = known.filter((one) => one.asked === asked && isOneEdit(asked, one.word)).map(({ word }) => word);
    const sure = known.some((one) => one.asked === asked && one.word === asked);
    const [best] = candidates.sort((a, b) => score(asked, b) - score(asked, a) || (a < b ? -1 : 1));
    if (best !== undefined && !sure) better.set(asked, best);
  }
  if (better.size === 0) return undefined;
  const instead = wordsOf(search)
    .map((word) => better.get(word) ?? word)
    .join(' ');
  return [...instead].length > MAX_SEARCH ? undefined : instead;
}

/** Mistakes keep the first letter more often than not, and mostly exchange letters or leave one out. */
function score(asked: string, word: string): number {
  const letters = (text: string) => [...text].sort().join('');
  return (
    (asked[0] === word[0] ? 4 : 0) + (letters(asked) === letters(word) ? 2 : 0) + (word.length > asked.length ? 1 : 0)
  );
}

/** Sharing a variant also pairs words that are two edits apart (a letter left out here, another there). */
function isOneEdit(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let start = 0;
  while (start < short.length && short[start] === long[start]) start += 1;
  let end = 0;
  while (end < short.length - start && short.at(-1 - end) === long.at(-1 - end)) end += 1;
  const [left, right] = [short.slice(start, short.length - end), long.slice(start, long.length - end)];
  const exchanged = left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
  return exchanged || (left.length <= 1 && right.length <= 1);
}
