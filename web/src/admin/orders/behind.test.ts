import { expect, test } from 'vitest';
import { isBehind } from './behind.ts';

const held = { reserved_delta: 2 };
const gone = { reserved_delta: -2 };

test.each([
  ['pending', [], false],
  ['awaiting_payment', [], true],
  ['confirmed', [held], false],
  ['shipped', [held], true],
  ['shipped', [held, gone], false],
  ['delivered', [gone, held], false],
  ['cancelled', [held], true],
  ['failed', [], false],
] as const)('of an order that is %s, with %j in the ledger, more is to come: %s', (status, movements, behind) => {
  expect(isBehind(status, movements)).toBe(behind);
});
