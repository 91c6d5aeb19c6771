/** What no one at the desk may read. */
import { describe, expect, test } from 'vitest';
import { eventually, openTestRoom } from '../../test/service-harness.ts';
import { PasswordChanged, PasswordResetRequested } from '../contracts/customers.ts';
import { DESKS } from '../contracts/dead-letters.ts';
import type { EventContract } from '../platform/contract.ts';
import type { DeadLetter } from '../platform/dead-letters.ts';
import { isRejection } from '../platform/problem.ts';
import { notifications } from '../services/notifications/service.ts';
import { become } from './edit.ts';
import { hide, MASK, mask } from './secrets.ts';

const contracts = new Map<string, EventContract>(
  [PasswordResetRequested, PasswordChanged].map((event) => [event.name, event]),
);
const type = PasswordResetRequested.name;
const id = '01900000-0000-7000-8000-000000000001';
const token = 'a-live-"token"-of-somebody';
const data = { id, email: 'a@b.test', name: null, token, expires_at: '2999-01-02T03:04:05Z' };
const text = JSON.stringify(data);
const shown = JSON.stringify({ ...data, token: MASK });

describe('a secret is masked', () => {
  test.each([
    ['in its event', type, text, shown],
    ['in what is none of ours', 'thing.unheard_of', text, shown],
    ['in a batch', 'undecodable', `[{"data":${text}},{"data":${text}}]`, `[{"data":${shown}},{"data":${shown}}]`],
    ['in what is cut off', 'undecodable', '{"token": "a-live', `{"token": "${MASK}"`],
    ['and none where there is none', type, '{"token": null}', '{"token": null}'],
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

test('nobody at the desk reads the token of a forgotten password, and it is mailed all the same', async () => {
  const room = await openTestRoom(notifications, { SHOP_URL: 'https://shop.example' });
  try {
    const rows = (text: string) => room.service.db.query<Record<string, unknown>>({ text });
    const envelope = { id, type, source: 'customers', subject: id, time: data.expires_at, traceparent: null };
    await room.service.inbox.store([{ ...envelope, data: JSON.stringify({ ...data, name: 5 }) }]);
    await eventually(async () => (await rows('select 1 from dead_letters')).length === 1);
    const desk = DESKS.notifications;
    const asked = { as: 'admin', params: { id } } as const;
    const letter = await room.call(desk.get, asked);
    expect(letter.ok && JSON.parse(letter.body.data)).toEqual({ ...data, name: 5, token: MASK });
    const change = { data: JSON.parse(shown) };
    const dry = await room.call(desk.rehearse, { ...asked, body: change });
    const written = dry.ok && dry.body.tables.find(({ table }) => table === 'notifications');
    expect(written).toMatchObject({ count: 1, rows: [{ after: { kind: 'password_reset', data: { token: MASK } } }] });
    expect(JSON.stringify([letter, dry])).not.toContain(JSON.stringify(token).slice(1, -1));
    expect((await room.call(desk.retry, { ...asked, body: { ...change, why: 'no number' } })).status).toBe(200);
    await eventually(async () => (await rows('select 1 from inbox')).length === 0);
    expect((await rows('select data from notifications')).map((row) => row.data)).toMatchObject([{ token }]);
    expect(JSON.stringify(await room.call(desk.get, asked))).not.toContain(JSON.stringify(token).slice(1, -1));
  } finally {
    await room.close();
  }
});
