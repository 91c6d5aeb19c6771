/**
 * Finding rows by words: what is stored is a set of plain words, without case and accents; what is asked finds every row
 * that has, for each of its words, one that begins so. Plain PostgreSQL (tsvector, GIN), no dictionary: names, numbers
 * and addresses have no grammar. Pure.
 */

const MAX_WORDS = 16;
/** Characters of a word that count: PostgreSQL keeps lexemes up to 2 KiB, and nobody types as much. */
const MAX_LENGTH = 100;

/** Without case and accents; ß is ss. The locale of a database has no say in it. */
export const fold = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ß', 'ss');
const cut = (word: string) => (word.length > MAX_LENGTH ? [...word].slice(0, MAX_LENGTH).join('') : word);
const parts = (word: string) => word.split(/[^\p{L}\p{N}]+/u).filter(Boolean);

/** The words of some texts: `Ann.Lee@example.com` is found as a whole and by each of its parts. */
export function wordsOf(...texts: (string | null | undefined)[]): string[] {
  const words = texts.flatMap((text) => (text ? fold(text).split(/\s+/) : []));
  return [...new Set(words.flatMap((word) => [word, ...parts(word)]).map(cut))].filter(Boolean);
}

/** A search as tsqueries, one a word; none when there is no word in it. Signs around a word do not count: `#1042` is 1042. */
export function wordQueries(search: string): string[] {
  const words = fold(search)
    .split(/\s+/)
    .map((word) => word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''))
    .filter(Boolean)
    .slice(0, MAX_WORDS);
  return words.map((word) => `${lexeme(cut(word))}:*`);
}

/** A word as a lexeme of a tsquery: taken as it is, whatever is in it. */
export const lexeme = (word: string) => `'${word.replace(/['\\]/g, '\\$&')}'`;
