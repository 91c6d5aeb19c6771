/** What no one at the desk may read. */
import { describe, expect, test } from 'vitest';
import { PasswordChanged, PasswordResetRequested } from '../contracts/customers.ts';
import type { EventContract } from '../platform/contract.ts';
import type { DeadLetter } from '../platform/dead-letters.ts';
import { isRejection } from '../platform/problem.ts';
import { become } from './edit.ts';
import { hide, MASK, mask } from './secrets.ts';

const contracts = new Map<string, EventContract>(
  [PasswordResetRequested, PasswordChanged].map((event) => [event.name, event]),
);
const type = PasswordResetRequested.name;
const id = '01900000-0000-7000-8000-000000000001';
const token = 'a-live-"token"-of-somebody';
const data = { id, email: 'a@b.test', name: null, token, expires_at: '2026-01-02T03:04:05Z' };
const text = JSON.stringify(data);
const shown = JSON.stringify({ ...data, token: MASK });

describe('a secret is masked', () => {
  test.each([
    ['in its event', type, text, shown],
    ['in what is none of ours', 'thing.unheard_of', text, shown],
    ['in a batch', 'undecodable', `[{"data":${text}},{"data":${text}}]`, `[{"data":${shown}},{"data":${shown}}]`],
    ['in what is cut off', 'undecodable', '{"token": "a-live', `{"token": "${MASK}"`],
    ['of the wrong type', type, '{"token":12345678}', `{"token":"${MASK}"}`],
  ])('%s', (_, of, given, told) => {
    expect(mask(contracts, of, given)).toBe(told);
  });

  test('and only where the contract says that it is one', () => {
    expect(mask(contracts, PasswordChanged.name, text)).toBe(text);
  });

  test('wherever a handler would write it', () => {
    const rows = { after: { link: `https://shop.test/reset?token=${token}` }, email: 'a@b.test' };
    expect(hide(contracts, [{ type, data }], rows)).toEqual({
      after: { link: `https://shop.test/reset?token=${MASK}` },
      email: 'a@b.test',
    });
  });
});

describe('an edit under the mask', () => {
  const letter = { id, type, subject: id, data: text, cause: 'no' } as DeadLetter;
  const edited = (change: object) => become(contracts, letter, { data: { ...JSON.parse(shown), ...change } });

  test('keeps the secret that is stored', () => {
    expect(edited({})).toBeUndefined();
    expect(edited({ name: 'Ada' })).toMatchObject({ data: JSON.stringify({ ...data, name: 'Ada' }) });
    expect(edited({ token: 'another' })).toMatchObject({ data: JSON.stringify({ ...data, token: 'another' }) });
  });

  test('is refused where nothing is stored', () => {
    const told = become(contracts, { ...letter, type: 'undecodable', data: 'half' }, { type, data: JSON.parse(shown) });
    expect(isRejection(told) && told.errors?.map(({ pointer }) => pointer)).toEqual(['/data/token']);
  });
});
