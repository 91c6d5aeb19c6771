import { describe, expect, test } from 'vitest';
import { corrected, doubtful, folded, readSearch, searchTexts, variants, vocabulary } from './search.ts';

test('case, accents and punctuation inside of words make no difference', () => {
  expect(folded('Crème BRÛLÉE')).toBe('creme brulee');
  expect(folded('USB-C/HDMI, 2.5 m')).toBe('usb c hdmi  2 5 m');
  expect(folded('ЧАЙНИК')).toBe('чаиник');
  expect(folded('50% \u0000\ud800 off')).not.toMatch(/[\0\ud800%]/);
});

test('the id of a product is among its most important words', () => {
  const texts = searchTexts({ product_id: 'KB-75-BRN', name: 'Keyboard', category: 'Accessories', description: 'x' });
  expect(texts).toEqual({ search_name: 'keyboard kb 75 brn', search_category: 'accessories', search_description: 'x' });
});

describe('a search', () => {
  test('may end in an unfinished word', () => {
    expect(readSearch(' Wireless  Head')).toEqual({ text: 'wireless', prefix: 'head', whole: 'wireless head' });
    expect(readSearch('KB-75')).toEqual({ text: 'kb', prefix: '75', whole: 'kb-75' });
  });
  test.each(['"noise cancelling" head', 'head -phones', 'tea or coffee', 'x'])('%s is taken at its word', (search) => {
    expect(readSearch(search).prefix).toBeUndefined();
  });
  test('of punctuation alone is a search for nothing', () => {
    expect(readSearch('%_\\!')).toEqual({ text: '', prefix: undefined, whole: '%_\\!' });
  });
});

describe('a typing mistake', () => {
  const words = vocabulary(['Wireless Headphones', 'Notebook A5', 'Smart Watch', 'Desk Lamp']);
  const fix = (search: string) => {
    const asked = doubtful(search).flatMap((word) => variants(word).map((variant) => ({ asked: word, variant })));
    return corrected(
      search,
      asked.flatMap((one) =>
        words.filter(({ variant }) => variant === one.variant).map(({ word }) => ({ asked: one.asked, word })),
      ),
    );
  };

  test.each([
    ['hedphones', 'headphones'],
    ['headphonnes', 'headphones'],
    ['haedphones', 'headphones'],
    ['headphonex', 'headphone'],
    ['wireles hedphone', 'wireless headphone'],
    ['samrt', 'smart'],
  ])('%s is put right to %s', (wrong, right) => {
    expect(fix(wrong)).toBe(right);
  });

  test.each([
    'headphones',
    'watch lamp',
    'hxadphonx',
    'kb 75',
    '"hedphones"',
    'lmp',
    'zzzz',
    // One letter that means four words: what is made of a search is no longer than a search may be.
    `${'\ufdfa'.repeat(20)} hedphones`,
  ])('%s is left alone', (text) => {
    expect(fix(text)).toBeUndefined();
  });
});
