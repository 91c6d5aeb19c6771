/** What no one at the desk may read. */
import { describe, expect, test } from 'vitest';
import { eventually, message, openTestRoom } from '../../test/service-harness.ts';
import { ProductCreated } from '../contracts/catalog.ts';
import { PasswordChanged, PasswordResetRequested } from '../contracts/customers.ts';
import { DESKS } from '../contracts/dead-letters.ts';
import { StockDeducted } from '../contracts/inventory.ts';
import { PlaceOrder } from '../contracts/orders.ts';
import { EVENTS } from '../contracts/registry.ts';
import type { EventContract } from '../platform/contract.ts';
import type { DeadLetter } from '../platform/dead-letters.ts';
import { MASK } from '../platform/mask.ts';
import { isRejection } from '../platform/problem.ts';
import { notifications } from '../services/notifications/service.ts';
import { orders } from '../services/orders/service.ts';
import { become } from './edit.ts';
import { hide, mask } from './secrets.ts';

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
    ['and none where there is none', type, '{"token":null}', '{"token":null}'],
    ['whatever else is written', type, '{ "expires_at" : 1.0 }', '{ "expires_at" : 1.0 }'],
    [
      'at any depth',
      type,
      '{"nested":[{"token":["X"]}],"token":{"a":"Y"}}',
      `{"nested":[{"token":"${MASK}"}],"token":"${MASK}"}`,
    ],
    ['under an escaped name', type, '{"tok\\u0065n":"X"}', `{"token":"${MASK}"}`],
    ['said twice', type, '{"token":"X","token":null}', '{"token":null}'],
    ['in what is cut off inside of it', type, '{"token": {"a": "X"', `{"token": "${MASK}"`],
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

test('a secret is hidden however deep it was, whole before its parts, and in the payload of another', () => {
  const one = { type, data: { token: { a: ['a-secret'], b: 'a-secret-and-more' } } };
  const told = { cause: 'no a-secret-and-more', data: JSON.stringify({ note: 'a-secret' }), at: new Date(0) };
  expect(hide(contracts, [one], told)).toEqual({
    cause: `no ${MASK}`,
    data: JSON.stringify({ note: MASK }),
    at: new Date(0).toISOString(),
  });
});

test('every event with a secret says who is told it', () => {
  const SAYS = ['email', 'phone', 'notify_by', 'customer_id'];
  const secret = EVENTS.filter(({ secrets }) => secrets.length > 0);
  expect(secret.length).toBeGreaterThan(1);
  for (const { data, addressees } of secret) {
    expect([...addressees].sort()).toEqual(SAYS.filter((name) => name in data.properties).sort());
  }
});

describe('an edit under the mask', () => {
  const letter = { id, type, subject: id, data: text, cause: 'no' } as DeadLetter;
  const edited = (change: object) => become(contracts, letter, { data: { ...JSON.parse(shown), ...change } });

  test('keeps the secret that is stored', () => {
    expect(edited({})).toBeUndefined();
    expect(edited({ name: 'Ada' })).toMatchObject({ data: JSON.stringify({ ...data, name: 'Ada' }) });
    expect(edited({ token: 'another' })).toMatchObject({ data: JSON.stringify({ ...data, token: 'another' }) });
  });

  const pointers = (told: ReturnType<typeof become>) => isRejection(told) && told.errors?.map(({ pointer }) => pointer);

  test('sends the secret that is stored to nobody else', () => {
    expect(pointers(edited({ email: 'mallory@b.test' }))).toEqual(['/data/email']);
    expect(edited({ email: 'mallory@b.test', token: 'another' })).toMatchObject({
      data: expect.stringContaining('mallory'),
    });
  });

  test('never saves the mask for what it stands for', () => {
    expect(pointers(edited({ name: `Ada ${MASK}`, more: [{ [MASK]: 1 }] }))).toEqual(['/data/name', '/data/more/0']);
  });

  test('is refused where nothing is stored', () => {
    const told = become(contracts, { ...letter, type: 'undecodable', data: 'half' }, { type, data: JSON.parse(shown) });
    expect(pointers(told)).toEqual(['/data/token']);
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

    // One that is edited away is still one, wherever the message had it.
    const other = { as: 'admin', params: { id: id.replace(/1$/, '2') } } as const;
    await room.service.inbox.store([
      { ...envelope, id: other.params.id, data: JSON.stringify({ ...data, name: { was: token } }) },
    ]);
    await eventually(async () => (await room.call(desk.get, other)).ok);
    const anew = { data: { ...data, token: 'another-token' }, why: 'no name' };
    expect((await room.call(desk.retry, { ...other, body: anew })).status).toBe(200);
    const after = await room.call(desk.get, other);
    const before = after.ok && JSON.parse(after.body.actions[0]?.data_before ?? '');
    expect(before).toEqual({ ...data, name: { was: MASK }, token: MASK });
  } finally {
    await room.close();
  }
});

test('a dry run tells no secret that was here before either, in rows or in what would be said', async () => {
  const room = await openTestRoom(orders);
  try {
    const lamp = { product_id: 'P1', name: 'Lamp', price: '5.00', currency: 'EUR', version: 1, stock: 9 };
    await room.deliver([message(ProductCreated, lamp)]);
    const items = [{ product_id: 'P1', quantity: 1 }];
    const placed = await room.call(PlaceOrder, { as: 'guest', body: { email: 'ann@b.test', items } });
    const order = placed.ok ? placed.body : undefined;
    expect(order?.guest_token).toMatch(/\S{8}/);
    const event = message(StockDeducted, { order_id: order?.id as string, lines: [] });
    await room.service.inbox.store([{ ...event, data: '{}' }]);
    await eventually(async () => (await room.call(DESKS.orders.get, { as: 'admin', params: { id: event.id } })).ok);
    const asked = { as: 'admin', params: { id: event.id }, body: { data: JSON.parse(event.data) } } as const;
    const dry = await room.call(DESKS.orders.rehearse, asked);
    expect(dry.ok && dry.body.events).toMatchObject([{ type: 'order.awaiting_payment', data: { guest_token: MASK } }]);
    expect(JSON.stringify(dry)).not.toContain(order?.guest_token);
  } finally {
    await room.close();
  }
});
