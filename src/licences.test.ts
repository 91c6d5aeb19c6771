import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isAccepted, packagesOf } from './licences.ts';

test('every package that is installed has a licence that was looked at', () => {
  const packages = packagesOf(readFileSync('package-lock.json', 'utf8'));
  expect(packages.length).toBeGreaterThan(100);
  expect(packages.filter(({ licence }) => !isAccepted(licence))).toEqual([]);
});

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0)', true],
  ['Apache-2.0 AND LGPL-3.0-or-later AND MIT', true],
  ['GPL-3.0', false],
  ['MIT AND AGPL-3.0', false],
  ['unknown', false],
])('%s: %s', (expression, accepted) => {
  expect(isAccepted(expression)).toBe(accepted);
});
