import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADMIN_ID, openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import type { Customer } from '../../contracts/customers.ts';
import {
  DeleteCustomer,
  GetCustomer,
  Jwks,
  ListCustomers,
  Login,
  Me,
  Register,
  UpdateCustomer,
} from '../../contracts/customers.ts';
import { createVerifier } from '../../platform/auth.ts';
import { newId } from '../../platform/clock.ts';
import { encodeCursor } from '../../platform/page.ts';
import { createCustomers } from './service.ts';

const PASSWORD = 'a quiet harbour';
const OWNER = 'owner of the shop';
let room: TestRoom;
beforeAll(async () => {
  room = await openTestRoom(createCustomers(), { ADMIN_PASSWORD: OWNER, TOKEN_SECONDS: 600 });
  // The admin whom tests call as is the one there is.
  await room.service.db.query({ text: `update customers set id = '${ADMIN_ID}'` });
});
afterAll(() => room.close());
beforeEach(async () => {
  await room.service.db.query({ text: `delete from customers where role <> 'admin'` });
  await room.service.db.query({ text: 'truncate outbox' });
});

let accounts = 0;
const register = (body: Record<string, unknown> = {}, as: 'guest' | 'admin' = 'guest') =>
  room.call(Register, { as, body: { email: `ann${++accounts}@example.com`, password: PASSWORD, ...body } as never });
async function account(body: Record<string, unknown> = {}): Promise<Customer> {
  const reply = await register(body, 'admin');
  if (!reply.ok) throw new Error(reply.problem.title);
  return reply.body as unknown as Customer;
}
const login = (email: string, password = PASSWORD) => room.call(Login, { body: { email, password } });
const patch = (id: string, body: Record<string, unknown>, as: 'admin' | { customer: string } = { customer: id }) =>
  room.call(UpdateCustomer, { as, params: { id }, body: as === 'admin' ? { current_password: OWNER, ...body } : body });
const remove = (
  id: string,
  as: 'admin' | { customer: string } = { customer: id },
  current_password = as === 'admin' ? OWNER : PASSWORD,
) => room.call(DeleteCustomer, { as, params: { id }, body: { current_password } });

describe('opening an account', () => {
  test('is announced with what was told, and never with its password', async () => {
    const address = { line1: '1 Quay', city: 'Leith', country: 'GB' };
    const body = { email: 'Ann@Example.com', name: 'Ann', phone: '+44 131 1', address };
    const reply = await register(body);
    expect(reply).toMatchObject({ status: 202, body: { email: 'ann@example.com' } });
    const list = await room.call(ListCustomers, { as: 'admin', query: { email: 'ann@example.com' } });
    expect(list).toMatchObject({
      body: { items: [{ name: 'Ann', phone: '+44 131 1', address, role: 'customer', version: 1 }] },
    });
    expect(JSON.stringify([reply, list])).not.toMatch(/argon|hash|harbour/);
    expect(await room.outbox()).toMatchObject([
      { type: 'customer.registered', data: { email: 'ann@example.com', name: 'Ann', version: 1 } },
    ]);
  });

  test('for an address that has one is answered like any other, and its owner is told', async () => {
    const { id, email } = await account({ name: 'Ann' });
    const [again, fresh] = [
      await register({ email: email.toUpperCase() }),
      await register({ email: 'new@example.com' }),
    ];
    const told = ({ headers, status, ...rest }: typeof again) => JSON.stringify({ headers, status, ...rest });
    expect(told(again).replace(email, '')).toBe(told(fresh).replace('new@example.com', ''));
    expect((await room.outbox())[1]).toMatchObject({ type: 'customer.registration_repeated', data: { id, email } });
    expect((await login(email)).status).toBe(200);
  });

  test('by the shop’s own people answers with it, or says that the address is taken', async () => {
    const { email } = await account();
    expect(await register({ email: 'bob@example.com' }, 'admin')).toMatchObject({
      status: 201,
      body: { role: 'customer' },
    });
    expect(await register({ email }, 'admin')).toMatchObject({
      status: 409,
      problem: { type: 'urn:tradewind:problem:email-taken', errors: [{ pointer: '/email' }] },
    });
  });

  test('keeps an address of one line as it is', async () => {
    const { id } = await account({ address: '1 Quay, "Leith"' });
    const reply = await room.call(GetCustomer, { as: 'admin', params: { id } });
    expect(reply).toMatchObject({ body: { address: '1 Quay, "Leith"', name: null } });
  });

  test('five times at once with one e-mail in five spellings makes one account', async () => {
    const spellings = ['bob@example.com', 'Bob@example.com', 'BOB@EXAMPLE.COM', 'bob@Example.com', 'boB@example.com'];
    const replies = await Promise.all(spellings.map((email) => register({ email })));
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    const types = (await room.outbox()).map(({ type }) => type).sort();
    expect(types).toEqual(['customer.registered', ...Array(4).fill('customer.registration_repeated')]);
  });

  test('with a weak password is refused', async () => {
    expect(await register({ password: 'password123' })).toMatchObject({
      status: 422,
      problem: { type: 'urn:tradewind:problem:weak-password', errors: [{ pointer: '/password' }] },
    });
    expect((await register({ password: 'short' })).status).toBe(422);
  });
});

describe('logging in', () => {
  test('gives a token that proves id, e-mail and role to whoever has the public keys', async () => {
    const { id, email } = await account();
    const reply = await login(email.toUpperCase());
    if (!reply.ok) throw new Error(reply.problem.title);
    expect(reply.body).toMatchObject({ token_type: 'Bearer', expires_in: 600 });

    const keys = await room.call(Jwks);
    if (!keys.ok) throw new Error(keys.problem.title);
    expect(keys.body.keys).toEqual([expect.objectContaining({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' })]);
    expect(JSON.stringify(keys.body)).not.toContain('"d"');
    expect(decodeProtectedHeader(reply.body.access_token).kid).toBe(keys.body.keys[0]?.kid);
    const verifier = createVerifier(async () => keys.body);
    expect(await verifier.verify(reply.body.access_token)).toMatchObject({ role: 'customer', id, email });
  });

  test('with a wrong password, and with an e-mail nobody has, is the same answer', async () => {
    const { email } = await account();
    const wrong = await login(email, 'another harbour');
    const unknown = await login('nobody@example.com');
    expect(wrong).toMatchObject({ status: 401, problem: { type: 'urn:tradewind:problem:wrong-credentials' } });
    expect(unknown).toEqual(wrong);
  });

  test('takes as long for an e-mail nobody has as for a wrong password', async () => {
    const { email } = await account();
    const time = async (address: string) => {
      const started = performance.now();
      await login(address, 'another harbour');
      return performance.now() - started;
    };
    await time(email);
    // In turns, and the shortest of each: a busy machine only ever adds.
    let [known, unknown] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let i = 0; i < 9; i += 1) {
      known = Math.min(known, await time(email));
      unknown = Math.min(unknown, await time('nobody@example.com'));
    }
    expect(unknown).toBeGreaterThan(known / 3);
    expect(unknown).toBeLessThan(known * 3);
  });
});

describe('an account', () => {
  test('is seen by its owner and by admins; to others it does not exist', async () => {
    const { id } = await account();
    const get = (as: 'guest' | 'admin' | { customer: string }) => room.call(GetCustomer, { as, params: { id } });
    expect((await get({ customer: id })).status).toBe(200);
    expect((await get('admin')).status).toBe(200);
    expect((await get({ customer: newId() })).status).toBe(404);
    expect((await get('guest')).status).toBe(401);
    expect((await room.call(GetCustomer, { as: 'admin', params: { id: newId() } })).status).toBe(404);
    expect(await room.call(Me, { as: { customer: id } })).toMatchObject({ body: { id } });
    expect((await room.call(Me, { as: { customer: newId() } })).status).toBe(404);
  });

  test('with an id in urn form is a fault of the request, not ours', async () => {
    expect((await room.call(GetCustomer, { as: 'admin', params: { id: `urn:uuid:${newId()}` } })).status).toBe(422);
  });

  test('is listed for admins, newest first, whatever the page size', async () => {
    const ids = [];
    for (let i = 0; i < 5; i += 1) ids.push((await account()).id);
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await room.call(ListCustomers, { as: 'admin', query: { limit: 2, ...(cursor && { cursor }) } });
      if (!page.ok) throw new Error(page.problem.title);
      seen.push(...page.body.items.map(({ id }) => id));
      cursor = page.body.next_cursor;
    }
    expect(seen.slice(0, 5)).toEqual(ids.reverse());
    expect(new Set(seen).size).toBe(seen.length);
    const one = await account({ email: 'carol@example.com' });
    const found = await room.call(ListCustomers, { as: 'admin', query: { email: 'Carol@Example.com' } });
    expect(found).toMatchObject({ body: { items: [{ id: one.id }], next_cursor: null } });
    for (const cursor of ['x', encodeCursor(['no uuid'])]) {
      expect(await room.call(ListCustomers, { as: 'admin', query: { cursor } })).toMatchObject({
        status: 422,
        problem: { errors: [{ pointer: '/query/cursor' }] },
      });
    }
    expect((await room.call(ListCustomers, { as: { customer: one.id } })).status).toBe(403);
    await patch(one.id, { name: 'Zoë Ångström' });
    for (const text of ['angs', 'carol', 'zoe carol']) {
      const named = await room.call(ListCustomers, { as: 'admin', query: { text } });
      expect(named).toMatchObject({ body: { items: [{ id: one.id }] } });
    }
  });
});

describe('changing an account', () => {
  test('changes what is named and announces the new version', async () => {
    const { id } = await account({ name: 'Ann' });
    expect(await patch(id, { phone: '+44 131 2' })).toMatchObject({
      body: { name: 'Ann', phone: '+44 131 2', version: 2 },
    });
    expect((await room.outbox())[1]).toMatchObject({ type: 'customer.updated', data: { id, name: 'Ann', version: 2 } });
  });

  test('takes away what is null, and leaves what is not named', async () => {
    const { id } = await account({ name: 'Ann', phone: '+1 555 0100' });
    expect(await patch(id, { phone: null })).toMatchObject({ body: { name: 'Ann', phone: null } });
    expect(await patch(id, { name: null, address: null })).toMatchObject({
      body: { name: null, phone: null, address: null },
    });
  });

  test('twice at once keeps both changes and gives two versions', async () => {
    const { id } = await account();
    const replies = await Promise.all([patch(id, { name: 'Ann' }), patch(id, { phone: '+44 131 2' })]);
    expect(replies.map((reply) => reply.ok && reply.body.version).sort()).toEqual([2, 3]);
    const after = await room.call(Me, { as: { customer: id } });
    expect(after).toMatchObject({ body: { name: 'Ann', phone: '+44 131 2', version: 3 } });
  });

  test('of the password makes the new one work and the old one not', async () => {
    const { id, email } = await account();
    const change = { password: 'another harbour', current_password: PASSWORD };
    expect((await patch(id, change)).status).toBe(200);
    expect((await room.outbox()).map(({ type }) => type).slice(1)).toEqual([
      'customer.updated',
      'customer.password_changed',
    ]);
    expect((await login(email)).status).toBe(401);
    expect((await login(email, 'another harbour')).status).toBe(200);
  });

  test('of e-mail or password needs the password one has, which cannot be guessed here either', async () => {
    const { id, email } = await account();
    for (const change of [{ email: 'thief@example.com' }, { password: 'the new harbour' }]) {
      expect(await patch(id, change)).toMatchObject({
        status: 422,
        problem: { errors: [{ pointer: '/current_password' }] },
      });
      expect(await patch(id, { ...change, current_password: 'a guess' })).toMatchObject({ status: 403 });
    }
    const statuses = [];
    for (let i = 0; i < 5; i += 1)
      statuses.push((await patch(id, { email: 'x@example.com', current_password: `${i}` })).status);
    expect(statuses.at(-1)).toBe(429);
    expect((await login(email)).status).toBe(429);
    expect((await patch(id, { email: 'ann@by-the-shop.example' }, 'admin')).status).toBe(200);
  });

  test('of the role is for admins, and one admin stays', async () => {
    const { id } = await account();
    expect(await patch(id, { role: 'admin' })).toMatchObject({
      status: 403,
      problem: { errors: [{ pointer: '/role' }] },
    });
    expect(await patch(id, { role: 'admin' }, 'admin')).toMatchObject({ body: { role: 'admin' } });
    const list = await room.call(ListCustomers, { as: 'admin', query: { role: 'admin' } });
    const admins = list.ok ? list.body.items.map((one) => one.id) : [];
    const replies = await Promise.all(admins.map((one) => patch(one, { role: 'customer' }, 'admin')));
    // The second is the last admin, or was demoted by the first and may no longer demote.
    expect(replies.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
    expect([403, 409]).toContain(replies.find(({ ok }) => !ok)?.status);
    await room.service.db.query({ text: `update customers set role = 'admin' where id = '${ADMIN_ID}'` });
    expect((await patch(id, { role: 'customer' }, 'admin')).status).toBe(200);
  });

  test('of the channels needs a phone that can be reached', async () => {
    const { id } = await account();
    expect(await patch(id, { notify_by: ['email', 'sms'] })).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '/phone' }] },
    });
    const body = { notify_by: ['email', 'sms'], phone: '+44 131 496 0000' };
    expect(await patch(id, body)).toMatchObject({ body });
    expect((await room.outbox()).at(-1)).toMatchObject({ type: 'customer.updated', data: body });
  });

  test('to an e-mail that is taken, to a weak password and by a stranger is refused', async () => {
    const [ann, bob] = [await account(), await account()];
    const current_password = PASSWORD;
    expect(await patch(ann.id, { current_password, email: bob.email.toUpperCase(), name: 'Bob' })).toMatchObject({
      status: 409,
      problem: { type: 'urn:tradewind:problem:email-taken' },
    });
    expect((await patch(ann.id, { current_password, password: ann.email })).status).toBe(422);
    const same = { email: 'new.mail@example.com', password: 'new.mail@example.com' };
    expect((await patch(ann.id, { current_password, ...same })).status).toBe(422);
    expect((await patch(ann.id, { name: 'Mallory' }, { customer: bob.id })).status).toBe(404);
    expect((await patch(newId(), { password: PASSWORD }, 'admin')).status).toBe(404);
    expect((await patch(newId(), { name: 'x' }, 'admin')).status).toBe(404);
    expect(await room.call(Me, { as: { customer: ann.id } })).toMatchObject({ body: { name: null, version: 1 } });
    expect(await room.outbox()).toHaveLength(2);
  });
});

describe('an admin', () => {
  test('takes over nobody without a password of their own', async () => {
    const { id } = await account();
    for (const change of [{ role: 'admin' }, { email: 'mine@example.com' }, { password: 'a brand new harbour' }]) {
      expect((await patch(id, { ...change, current_password: 'a guess' }, 'admin')).status).toBe(403);
      await room.service.db.query({ text: 'truncate login_attempts' });
    }
    expect((await remove(id, 'admin', 'a guess')).status).toBe(403);
    expect((await patch(id, { name: 'by the shop' }, 'admin')).status).toBe(200);
  });

  test('who is none any more rules no accounts, whatever the token says', async () => {
    const { id } = await account();
    const other = await account();
    await patch(other.id, { role: 'admin' }, 'admin');
    await room.service.db.query({ text: `update customers set role = 'customer' where id = '${ADMIN_ID}'` });
    expect((await patch(id, { role: 'admin' }, 'admin')).status).toBe(403);
    expect((await patch(ADMIN_ID, { role: 'admin' }, 'admin')).status).toBe(403);
    expect((await remove(id, 'admin')).status).toBe(403);
    expect((await register({}, 'admin')).status).toBe(403);
    expect((await room.call(ListCustomers, { as: 'admin' })).status).toBe(403);
    await room.service.db.query({ text: `update customers set role = 'admin' where id = '${ADMIN_ID}'` });
    expect((await patch(other.id, { role: 'customer' }, 'admin')).status).toBe(200);
  });
});

describe('closing an account', () => {
  test('erases it, frees its e-mail, ends its login and is announced', async () => {
    const { id, email } = await account();
    expect((await remove(id, { customer: newId() })).status).toBe(404);
    expect((await remove(id, { customer: id }, 'a guess')).status).toBe(403);
    expect((await room.call(DeleteCustomer, { as: { customer: id }, params: { id } })).status).toBe(422);
    expect((await remove(id)).status).toBe(204);
    expect((await remove(id)).status).toBe(404);
    expect((await login(email)).status).toBe(401);
    expect((await room.outbox())[1]).toMatchObject({ type: 'customer.deleted', data: { id, version: 2 } });
    expect((await register({ email }, 'admin')).status).toBe(201);
  });

  test('leaves one admin, also when two admins go at once', async () => {
    const second = await account();
    await room.service.db.query({ text: `update customers set role = 'admin' where id = '${second.id}'` });
    const list = await room.call(ListCustomers, { as: 'admin' });
    if (!list.ok) throw new Error(list.problem.title);
    const admins = list.body.items.filter(({ role }) => role === 'admin').map(({ id }) => id);
    const replies = await Promise.all(admins.map((id) => remove(id, 'admin')));
    expect(replies.map(({ status }) => status).filter((status) => status === 204)).toHaveLength(1);
    expect([403, 409]).toContain(replies.find(({ ok }) => !ok)?.status);
    const left = await room.service.db.query({ text: `select from customers where role = 'admin'` });
    expect(left).toHaveLength(1);
  });
});
