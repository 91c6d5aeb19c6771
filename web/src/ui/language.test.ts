import { expect, test } from 'vitest';
import { languageOf } from './language.ts';

test.each([
  [['de-CH', 'en'], 'de-CH'],
  [['en-US@posix'], 'en-US'],
  [['pt_BR.UTF-8'], 'pt-BR'],
  [['*', 'C', 'fr'], 'fr'],
  [[''], 'en'],
  [[], 'en'],
])('of %j the language that Intl is asked in is %s', (wished, language) => {
  expect(languageOf(wished)).toBe(language);
  expect(() => new Intl.NumberFormat(languageOf(wished))).not.toThrow();
});
