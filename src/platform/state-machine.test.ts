import { expect, test } from 'vitest';
import type { Table } from './state-machine.ts';
import { drawTable, isIgnored } from './state-machine.ts';

type Door = 'open' | 'closed';
type Push = 'push' | 'pull' | 'kick';
type Step = { to: Door };
const DOOR: Table<Door, Push, Step> = {
  open: { push: { ignore: 'open already' }, pull: { to: 'closed' }, kick: { ignore: 'it swings' } },
  closed: { push: { to: 'open' }, pull: { ignore: 'closed already' }, kick: { to: 'open' } },
};

test('a cell is a step or a reason', () => {
  expect(isIgnored(DOOR.open.push)).toBe(true);
  expect(isIgnored(DOOR.open.pull)).toBe(false);
});

test('a table draws every step as an arrow and every cell as a cell', () => {
  expect(drawTable(DOOR).split('\n')).toEqual([
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> open',
    '  open --> closed: pull',
    '  closed --> open: push',
    '  closed --> open: kick',
    '```',
    '',
    '| status | push | pull | kick |',
    '|---|---|---|---|',
    '| **open** | _open already_ | → **closed** | _it swings_ |',
    '| **closed** | → **open** | _closed already_ | → **open** |',
  ]);
});

test('a blank cell does not compile', () => {
  // @ts-expect-error kick is missing
  const open: Table<Door, Push, Step>['open'] = { push: { to: 'open' }, pull: { to: 'closed' } };
  expect(open).toBeDefined();
});
