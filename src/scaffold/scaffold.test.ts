import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeSettings } from '../config.ts';
import { faultsOf, filesOf, freePort, writeFiles } from './scaffold.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tradewind-scaffold-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('a service can be called', () => {
  test.each(['loyalty', 'gift-cards', 'v2', 'a1-b2-c3'])('%s', (name) => expect(faultsOf(root, name)).toEqual([]));
});

describe('no service can be called', () => {
  const FORM = expect.stringContaining('small letters and digits');
  test.each<[string, ...unknown[]]>([
    ['Loyalty', FORM],
    ['loyalty_points', FORM],
    ['2fast', FORM],
    ['-x', FORM],
    ['a--b', FORM],
    ['../etc', FORM],
    ['', FORM, expect.stringContaining('2 to 30')],
    ['x'.repeat(31), expect.stringContaining('2 to 30')],
    ['orders', 'there is a service orders already'],
    ['gateway', 'gateway means something else already', expect.stringContaining('PORT_GATEWAY')],
    ['web', expect.stringContaining('PORT_WEB, a setting that it would have')],
    ['database', expect.stringContaining('DATABASE_URL')],
    ['products', expect.stringMatching(/^its address would be that of catalog\./)],
    ['auth', expect.stringMatching(/^its address would be that of customers\./)],
    ['metrics', 'metrics means something else already'],
    ['dead-letters', expect.stringMatching(/^its address would be that of/)],
  ])('%j', (name, ...faults) => expect(faultsOf(root, name)).toEqual(faults));

  test('what the name of a contract, a folder or a test is', () => {
    for (const [path, name] of [
      ['src/contracts/shapes.ts', 'shapes'],
      ['src/services/half/routes.ts', 'half'],
    ] as const) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), '');
      expect(faultsOf(root, name)).toContain(`${path} is there already`);
    }
    expect(faultsOf(root, 'half')).toContain('src/services/half is not empty');
  });
});

test('its port is one that nothing else has by default', () => {
  const taken = describeSettings().filter(({ name }) => name.startsWith('PORT_'));
  expect(taken.map(({ fallback }) => fallback)).not.toContain(String(freePort()));
});

test('no file that is there is written over', () => {
  const files = filesOf('loyalty', 8006);
  writeFiles(root, files);
  expect(() => writeFiles(root, files)).toThrow(/EEXIST/);
  expect(faultsOf(root, 'loyalty')).toHaveLength(Object.keys(files).length + 1);
});

test('nothing of the template is left over', () => {
  const text = Object.entries(filesOf('gift-cards', 8007)).flat().join('\n');
  expect(text).not.toMatch(/__\w+__/);
  expect(text).toContain('/** Gift cards: points');
});
