import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
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
import { prepareFirstAdmin } from './first-admin.ts';
import { createCustomers } from './service.ts';
import { ensureSigningKey } from './store.ts';

const PASSWORD = 'a quiet harbour';
let room: TestRoom;
beforeAll(async () => {
  room = await openTestRoom(createCustomers(), { ADMIN_PASSWORD: 'owner of the shop', TOKEN_SECONDS: 600 });
});
afterAll(() => room.close());
beforeEach(async () => {
  await room.service.db.query({ text: `delete from customers where role <> 'admin'` });
  await room.service.db.query({ text: 'truncate outbox' });
});

let accounts = 0;
const register = (body: Record<string, unknown> = {}) =>
  room.call(Register, { body: { email: `ann${++accounts}@example.com`, password: PASSWORD, ...body } as never });
async function account(body: Record<string, unknown> = {}) {
  const reply = await register(body);
  if (!reply.ok) throw new Error(reply.problem.title);
  return reply.body;
}
const login = (email: string, password = PASSWORD) => room.call(Login, { body: { email, password } });
const patch = (id: string, body: Record<string, unknown>, as: 'admin' | { customer: string } = { customer: id }) =>
  room.call(UpdateCustomer, { as, params: { id }, body });
const remove = (id: string, as: 'admin' | { customer: string } = { customer: id }) =>
  room.call(DeleteCustomer, { as, params: { id } });

describe('opening an account', () => {
  test('answers with it, without its password, and announces it', async () => {
    const address = { line1: '1 Quay', city: 'Leith', country: 'GB' };
    const reply = await register({ email: 'Ann@Example.com', name: 'Ann', phone: '+44 131 1', address });
    expect(reply).toMatchObject({
      status: 201,
      body: { email: 'ann@example.com', name: 'Ann', phone: '+44 131 1', address, role: 'customer', version: 1 },
    });
    expect(JSON.stringify(reply)).not.toMatch(/argon|hash|harbour/);
    expect(await room.outbox()).toMatchObject([
      { type: 'customer.registered', data: { email: 'ann@example.com', name: 'Ann', version: 1 } },
    ]);
  });

  test('keeps an address of one line as it is', async () => {
    const { id } = await account({ address: '1 Quay, "Leith"' });
    const reply = await room.call(GetCustomer, { as: 'admin', params: { id } });
    expect(reply).toMatchObject({ body: { address: '1 Quay, "Leith"', name: null } });
  });

  test('five times at once with one e-mail in five spellings makes one account', async () => {
    const spellings = ['bob@example.com', 'Bob@example.com', 'BOB@EXAMPLE.COM', 'bob@Example.com', 'boB@example.com'];
    const replies = await Promise.all(spellings.map((email) => register({ email })));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    expect(replies.find(({ ok }) => !ok)).toMatchObject({
      problem: { type: 'urn:tradewind:problem:email-taken', errors: [{ pointer: '/email' }] },
    });
    expect(await room.outbox()).toHaveLength(1);
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
    const median = async (address: string) => {
      const times: number[] = [];
      for (let i = 0; i < 7; i += 1) {
        const started = performance.now();
        await login(address, 'another harbour');
        times.push(performance.now() - started);
      }
      return times.sort((a, b) => a - b)[3] as number;
    };
    await login(email, 'warm up');
    const [known, unknown] = [await median(email), await median('nobody@example.com')];
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

  test('twice at once keeps both changes and gives two versions', async () => {
    const { id } = await account();
    const replies = await Promise.all([patch(id, { name: 'Ann' }), patch(id, { phone: '+44 131 2' })]);
    expect(replies.map((reply) => reply.ok && reply.body.version).sort()).toEqual([2, 3]);
    const after = await room.call(Me, { as: { customer: id } });
    expect(after).toMatchObject({ body: { name: 'Ann', phone: '+44 131 2', version: 3 } });
  });

  test('of the password makes the new one work and the old one not', async () => {
    const { id, email } = await account();
    expect((await patch(id, { password: 'another harbour' })).status).toBe(200);
    expect((await login(email)).status).toBe(401);
    expect((await login(email, 'another harbour')).status).toBe(200);
  });

  test('to an e-mail that is taken, to a weak password and by a stranger is refused', async () => {
    const [ann, bob] = [await account(), await account()];
    expect(await patch(ann.id, { email: bob.email.toUpperCase(), name: 'Bob' })).toMatchObject({
      status: 409,
      problem: { type: 'urn:tradewind:problem:email-taken' },
    });
    expect((await patch(ann.id, { password: ann.email })).status).toBe(422);
    expect((await patch(ann.id, { email: 'new.mail@example.com', password: 'new.mail@example.com' })).status).toBe(422);
    expect((await patch(ann.id, { name: 'Mallory' }, { customer: bob.id })).status).toBe(404);
    expect((await patch(newId(), { password: PASSWORD }, 'admin')).status).toBe(404);
    expect((await patch(newId(), { name: 'x' }, 'admin')).status).toBe(404);
    expect(await room.call(Me, { as: { customer: ann.id } })).toMatchObject({ body: { name: null, version: 1 } });
    expect(await room.outbox()).toHaveLength(2);
  });
});

describe('closing an account', () => {
  test('erases it, frees its e-mail, ends its login and is announced', async () => {
    const { id, email } = await account();
    expect((await remove(id, { customer: newId() })).status).toBe(404);
    expect((await remove(id)).status).toBe(204);
    expect((await remove(id)).status).toBe(404);
    expect((await login(email)).status).toBe(401);
    expect((await room.outbox())[1]).toMatchObject({ type: 'customer.deleted', data: { id, version: 2 } });
    expect((await register({ email })).status).toBe(201);
  });

  test('leaves one admin, also when two admins go at once', async () => {
    const second = await account();
    await room.service.db.query({ text: `update customers set role = 'admin' where id = '${second.id}'` });
    const list = await room.call(ListCustomers, { as: 'admin' });
    if (!list.ok) throw new Error(list.problem.title);
    const admins = list.body.items.filter(({ role }) => role === 'admin').map(({ id }) => id);
    const replies = await Promise.all(admins.map((id) => remove(id, 'admin')));
    expect(replies.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(replies.find(({ ok }) => !ok)).toMatchObject({ problem: { type: 'urn:tradewind:problem:last-admin' } });
  });
});

describe('the first admin', () => {
  test('gets a generated password, told once, however many replicas start at once', async () => {
    const told: [string, string][] = [];
    const definition = createCustomers({ onAdminPassword: (...admin) => told.push(admin) });
    const fresh = await openTestRoom(definition, { ADMIN_EMAIL: 'Owner@Example.com' });
    try {
      await fresh.service.db.query({ text: 'truncate customers, signing_keys' });
      told.length = 0;
      await Promise.all([fresh.replica(), fresh.replica(), fresh.replica()]);
      expect(told).toEqual([['owner@example.com', expect.stringMatching(/^.{20}$/)]]);
      const [email, password] = told[0] as [string, string];
      const reply = await fresh.call(Login, { body: { email, password } });
      expect(reply.status).toBe(200);

      const keys = await fresh.call(Jwks);
      expect(keys.ok && keys.body.keys).toHaveLength(1);
      await fresh.replica();
      expect(told).toHaveLength(1);
      expect(await fresh.outbox()).toEqual([]);
    } finally {
      await fresh.close();
    }
  });

  test('and the signing key are made once by eight that race on one database', async () => {
    const fresh = await openTestRoom(createCustomers());
    try {
      const { db } = fresh.service;
      const settings = { ADMIN_EMAIL: 'owner@example.com', ADMIN_PASSWORD: '' };
      const told: string[] = [];
      // As fast as can be: what takes its time does not race.
      const passwords = { hash: async (text: string) => text, verify: async () => false, generate: () => newId() };
      const eight = Array.from({ length: 8 }, (_, i) => i);
      for (let round = 0; round < 5; round += 1) {
        await db.query({ text: 'truncate customers, signing_keys' });
        told.length = 0;
        const onAdminPassword = (_email: string, password: string) => told.push(password);
        await Promise.all(eight.map(() => prepareFirstAdmin({ db, passwords, settings, onAdminPassword })));
        expect(told).toHaveLength(1);
        expect(await db.query({ text: 'select password_hash from customers' })).toEqual([{ password_hash: told[0] }]);

        const jwk = { kty: 'OKP', crv: 'Ed25519', x: '', d: '' };
        const keys = await Promise.all(eight.map((i) => ensureSigningKey(db, { kid: `key ${i}`, private_jwk: jwk })));
        expect(new Set(keys.map(({ kid }) => kid)).size).toBe(1);
      }
    } finally {
      await fresh.close();
    }
  });

  test('gets the password of the settings at every start, and keeps its hash while it fits', async () => {
    const hash = async () =>
      (
        await fresh.service.db.query<{ password_hash: string; role: string }>({
          text: 'select password_hash, role from customers',
        })
      )[0];
    const fresh = await openTestRoom(createCustomers(), { ADMIN_PASSWORD: 'first password' });
    try {
      const first = await hash();
      await fresh.replica();
      expect(await hash()).toEqual(first);
      await fresh.replica(undefined, { ADMIN_PASSWORD: 'second password' });
      const body = { email: 'admin@tradewind.test', password: 'second password' };
      expect((await fresh.call(Login, { body })).status).toBe(200);
      await fresh.service.db.query({ text: `update customers set role = 'customer'` });
      await fresh.replica(undefined, { ADMIN_PASSWORD: 'second password' });
      expect(await hash()).toMatchObject({ role: 'admin' });
    } finally {
      await fresh.close();
    }
  });
});
