import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_ID, openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import type { Customer } from '../../contracts/customers.ts';
import {
  AddAddress,
  DeleteAddress,
  DeleteCustomer,
  ExportCustomer,
  ForgotPassword,
  ListAddresses,
  Login,
  Logout,
  LogoutEverywhere,
  Refresh,
  Register,
  ResetPassword,
  UpdateAddress,
  UpdateCustomer,
} from '../../contracts/customers.ts';
import { newId } from '../../platform/clock.ts';
import type { Endpoint } from '../../platform/contract.ts';
import { sendResets } from './password-resets.ts';
import { createCustomers } from './service.ts';

const PASSWORD = 'a quiet harbour';
let room: TestRoom;
beforeAll(async () => {
  room = await openTestRoom(createCustomers(), {
    ADMIN_PASSWORD: 'owner of the shop',
    SHOP_URL: 'https://shop.example',
  });
  await room.service.db.query({ text: `update customers set id = '${ADMIN_ID}'` });
});
afterAll(() => room.close());

const sql = (text: string) => room.service.db.query<Record<string, unknown>>({ text });

/** A request with a body or headers of its own, as a browser sends it. */
async function send(
  endpoint: Endpoint,
  { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
) {
  const reply = await room.service.door.handle(endpoint, {
    url: endpoint.path,
    params: {},
    query: {},
    headers: { 'content-type': 'application/json', ...headers },
    body: body && Buffer.from(JSON.stringify(body)),
    receivedAt: 0,
  });
  const cookie = /^tradewind_refresh=([^;]*)/.exec(reply.headers['set-cookie'] ?? '')?.[1];
  return { status: reply.status, headers: reply.headers, cookie, body: reply.body && JSON.parse(String(reply.body)) };
}
const refresh = (cookie = '', more: Record<string, string> = {}) =>
  send(Refresh, { headers: { cookie: `tradewind_refresh=${cookie}`, ...more } });

let accounts = 0;
async function account() {
  accounts += 1;
  const email = `auth${accounts}@example.com`;
  const reply = await room.call(Register, { as: 'admin', body: { email, password: PASSWORD } });
  if (!reply.ok) throw new Error(reply.problem.title);
  return reply.body as unknown as Customer;
}
const login = (email: string, password = PASSWORD, cookie = '') =>
  send(Login, { body: { email, password }, headers: { cookie: `tradewind_refresh=${cookie}` } });
async function session(email: string): Promise<string> {
  const { cookie } = await login(email);
  if (!cookie) throw new Error('no cookie');
  return cookie;
}
/** Time passes for the tokens that were used. */
const graceOver = () => sql(`update refresh_tokens set used_at = used_at - interval '1 minute'`);

describe('a session', () => {
  test('begins with a login, whose cookie no script and no other site can use, and lasts by refreshing', async () => {
    const { email, id } = await account();
    const first = await login(email);
    expect(first.headers['set-cookie']).toMatch(
      /; Path=\/api\/auth; Max-Age=34560000; HttpOnly; SameSite=Strict; Secure$/,
    );
    let cookie = first.cookie as string;
    for (let i = 0; i < 3; i += 1) {
      const next = await refresh(cookie);
      expect(next).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 900 } });
      const payload = JSON.parse(Buffer.from(next.body.access_token.split('.')[1], 'base64url').toString());
      expect(payload).toMatchObject({ sub: id, email, role: 'customer' });
      expect(next.cookie).not.toBe(cookie);
      cookie = next.cookie as string;
    }
    expect(await sql(`select from sessions where customer_id = '${id}'`)).toHaveLength(1);
  });

  test('ends as a whole when one of its tokens comes a second time', async () => {
    const { email } = await account();
    const stolen = await session(email);
    const honest = (await refresh(stolen)).cookie;
    await graceOver();
    expect(await refresh(stolen)).toMatchObject({ status: 401, cookie: expect.stringMatching(/^\./) });
    expect(await refresh(honest)).toMatchObject({ status: 401 });
    expect((await login(email)).status).toBe(200);
  });

  test('survives a lost answer and two tabs that refresh at once', async () => {
    const { email } = await account();
    const cookie = await session(email);
    const replies = await Promise.all([refresh(cookie), refresh(cookie), refresh(cookie)]);
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const reply of replies) expect((await refresh(reply.cookie)).status).toBe(200);
  });

  test('is neither refreshed nor ended because another site asks, a sibling of the shop’s own included', async () => {
    const cookie = await session((await account()).email);
    for (const endpoint of [Refresh, Logout]) {
      for (const site of ['cross-site', 'same-site', 'odd']) {
        for (const sent of [{ cookie: `tradewind_refresh=${cookie}` }, {}]) {
          const reply = await send(endpoint, { headers: { ...sent, 'sec-fetch-site': site } });
          expect(reply).toMatchObject({ status: 403, body: { type: 'urn:tradewind:problem:foreign-site' } });
          expect(reply.headers).not.toHaveProperty('set-cookie');
        }
      }
    }
    const next = await refresh(cookie, { 'sec-fetch-site': 'same-origin' });
    expect(next.status).toBe(200);
    const own = { cookie: `tradewind_refresh=${next.cookie}`, 'sec-fetch-site': 'same-origin' };
    expect((await send(Logout, { headers: own })).status).toBe(204);
    expect((await refresh(next.cookie)).status).toBe(401);
  });

  test('is not refreshed by a made-up token, after its time, or without a cookie', async () => {
    const { email, id } = await account();
    const cookie = await session(email);
    expect((await refresh('made-up')).status).toBe(401);
    expect((await send(Refresh)).status).toBe(401);
    expect((await refresh(cookie)).status).toBe(200);
    const last = await session(email);
    await sql(`update sessions set expires_at = now() where customer_id = '${id}'`);
    expect((await refresh(last)).status).toBe(401);
  });

  test('is ended by logging out, and every session by logging out everywhere, changing the password or leaving', async () => {
    const { email, id } = await account();
    const [one, two] = [await session(email), await session(email)];
    expect(await send(Logout, { headers: { cookie: `tradewind_refresh=${one}` } })).toMatchObject({
      status: 204,
      cookie: expect.stringMatching(/^\./),
    });
    expect((await refresh(one)).status).toBe(401);
    const kept = (await refresh(two)).cookie;
    expect((await room.call(LogoutEverywhere, { as: { customer: id } })).status).toBe(204);
    expect((await refresh(kept)).status).toBe(401);

    const three = await session(email);
    const body = { password: 'another harbour', current_password: PASSWORD };
    expect((await room.call(UpdateCustomer, { as: { customer: id }, params: { id }, body })).status).toBe(200);
    expect((await refresh(three)).status).toBe(401);

    const four = (await login(email, 'another harbour')).cookie;
    const leaving = { current_password: 'another harbour' };
    expect((await room.call(DeleteCustomer, { as: { customer: id }, params: { id }, body: leaving })).status).toBe(204);
    expect((await refresh(four)).status).toBe(401);
    expect((await send(Logout)).status).toBe(204);
  });

  test('that goes on twice, from two copies of one token, is ended', async () => {
    const { email } = await account();
    const cookie = await session(email);
    const [owner, thief] = [await refresh(cookie), await refresh(cookie)];
    const again = await refresh(owner.cookie);
    expect(again.status).toBe(200);
    await graceOver();
    expect((await refresh(thief.cookie)).status).toBe(401);
    expect((await refresh(again.cookie)).status).toBe(401);
  });

  test('does not begin with a password that is being changed, and none is left over', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { email, id } = await account();
      const body = { password: 'another harbour', current_password: PASSWORD };
      const [change, late] = await Promise.all([
        room.call(UpdateCustomer, { as: { customer: id }, params: { id }, body }),
        login(email),
      ]);
      expect(change.status).toBe(200);
      if (late.cookie) expect((await refresh(late.cookie)).status).toBe(401);
    }
  });

  test('is refreshed and ended at once without getting in each other’s way', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { email, id } = await account();
      const cookies = await Promise.all([1, 2, 3].map(() => session(email)));
      const replies = await Promise.all([
        ...cookies.map((cookie) => refresh(cookie)),
        room.call(LogoutEverywhere, { as: { customer: id } }),
      ]);
      expect(replies.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
      expect(await sql(`select from sessions where customer_id = '${id}'`)).toEqual([]);
    }
  });

  test('is stored so that who reads the database can use none', async () => {
    const { email } = await account();
    const cookie = await session(email);
    const rows = await sql(
      'select encode(digest, $$base64$$) as a, encode(digest, $$hex$$) as b, digest::text from refresh_tokens',
    );
    expect(JSON.stringify(rows)).not.toContain(cookie.split('.')[0]);
  });
});

describe('guessing a password', () => {
  const guess = (email: string) => login(email, 'not this one');

  test('is free four times and then has to wait, also with the right one, and also where there is no account', async () => {
    const { email } = await account();
    for (const address of [email, 'nobody-at-all@example.com']) {
      const statuses = [];
      for (let i = 0; i < 5; i += 1) statuses.push((await guess(address)).status);
      expect(statuses).toEqual([401, 401, 401, 401, 401]);
      const refused = await login(address);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    }
    await sql('update login_attempts set blocked_until = now()');
    expect((await login(email)).status).toBe(200);
    expect((await guess(email)).status).toBe(401);
  });

  test('with the cookie of a browser that never was is guessing like any other, whatever letters are in it', async () => {
    const { email } = await account();
    const [secret, nonce, seal] = (await session(email)).split('.') as [string, string, string];
    for (const forged of ['x'.repeat(seal.length), '\u00e4'.repeat(seal.length), '\u00e4', '']) {
      expect((await login(email, 'not this one', `${secret}.${nonce}.${forged}`)).status).toBe(401);
    }
  });

  test('by others keeps nobody out who comes with the browser they have always used', async () => {
    const { email } = await account();
    const known = await session(email);
    await send(Logout, { headers: { cookie: `tradewind_refresh=${known}` } });
    for (let i = 0; i < 6; i += 1) await guess(email);
    expect((await login(email)).status).toBe(429);
    expect((await login(email, PASSWORD, known)).status).toBe(200);
    // It is counted by itself; and a browser of another account is no known one here.
    const other = await account();
    const foreign = await session(other.email);
    expect((await login(email, PASSWORD, foreign)).status).toBe(429);
    for (let i = 0; i < 5; i += 1) expect((await login(email, 'not this one', known)).status).toBe(401);
    expect((await login(email, PASSWORD, known)).status).toBe(429);
  });

  test('thirty times at once is not thirty guesses', async () => {
    const { email } = await account();
    const replies = await Promise.all(Array.from({ length: 30 }, () => guess(email)));
    expect(replies.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(25);
  });
});

describe('a forgotten password', () => {
  const forget = (email: string) => room.call(ForgotPassword, { body: { email } });
  const reset = (token: string, password = 'a brand new harbour') =>
    room.call(ResetPassword, { body: { token, password } });
  async function tokensFor(email: string): Promise<string[]> {
    while (await sendResets(room.service.db));
    const said = await room.outbox();
    return said.flatMap(({ type, data }) =>
      type === 'customer.password_reset_requested' && data.email === email ? [String(data.token)] : [],
    );
  }

  test('is replaced with the token of the mail, once, and ends what an intruder may have begun', async () => {
    const { email } = await account();
    const before = await session(email);
    for (let i = 0; i < 5; i += 1) await login(email, 'a guess');
    expect((await forget(email.toUpperCase())).status).toBe(202);
    const [token = ''] = await tokensFor(email);
    expect((await reset(token, 'password123')).status).toBe(422);
    expect((await reset(token)).status).toBe(204);
    expect((await reset(token)).status).toBe(422);
    expect((await login(email)).status).toBe(401);
    expect((await login(email, 'a brand new harbour')).status).toBe(200);
    expect((await refresh(before)).status).toBe(401);
    expect(
      (await room.outbox()).some(({ type, data }) => type === 'customer.password_changed' && data.email === email),
    ).toBe(true);
  });

  test('that the owner has changed meanwhile, or whose address has changed, is not set by an old link', async () => {
    for (const change of [{ password: 'another harbour' }, { email: `moved${accounts}@example.com` }]) {
      const { email, id } = await account();
      await forget(email);
      const [token = ''] = await tokensFor(email);
      const body = { ...change, current_password: PASSWORD };
      expect((await room.call(UpdateCustomer, { as: { customer: id }, params: { id }, body })).status).toBe(200);
      expect((await reset(token)).status).toBe(422);
    }
  });

  test('set by a link and changed with the old password at once: the link wins', async () => {
    const { email, id } = await account();
    await forget(email);
    const [token = ''] = await tokensFor(email);
    const body = { password: 'an intruder’s harbour', current_password: PASSWORD };
    const [mine, theirs] = await Promise.all([
      reset(token, 'the owner’s harbour'),
      room.call(UpdateCustomer, { as: { customer: id }, params: { id }, body }),
    ]);
    // Whoever comes second is refused: the link is used up, or the old password is no more.
    expect([mine.status < 300, theirs.status < 300].filter(Boolean)).toHaveLength(1);
  });

  test('asked for by nobody answers the same, and mails nobody', async () => {
    const { email } = await account();
    expect(await forget('no-such-account@example.com')).toEqual(await forget(email));
    expect(await tokensFor('no-such-account@example.com')).toEqual([]);
    expect(await tokensFor(email)).toHaveLength(1);
  });

  test('is mailed three times an hour at most, and each link is good for an hour', async () => {
    const { email } = await account();
    for (let i = 0; i < 5; i += 1) {
      await forget(email);
      await tokensFor(email);
    }
    const tokens = await tokensFor(email);
    expect(tokens).toHaveLength(3);
    await sql('update password_resets set expires_at = now()');
    expect((await reset(tokens[0] as string)).status).toBe(422);
    expect((await reset('made-up')).status).toBe(422);
  });

  test('replaced twice at once with one token is replaced once', async () => {
    const { email } = await account();
    await forget(email);
    const [token = ''] = await tokensFor(email);
    const replies = await Promise.all([reset(token, 'first new harbour'), reset(token, 'second new harbour')]);
    expect(replies.map(({ status }) => status).sort()).toEqual([204, 422]);
  });
});

describe('the address book', () => {
  const address = { line1: '1 Quay', city: 'Leith', country: 'GB' };

  test('has one default, holds twenty, and is nobody else’s', async () => {
    const { id } = await account();
    const as = { customer: id };
    const add = (body: object = {}) => room.call(AddAddress, { as, params: { id }, body: { address, ...body } });
    const list = async () => {
      const reply = await room.call(ListAddresses, { as, params: { id } });
      return reply.ok ? reply.body.items : [];
    };
    await add({ label: 'home' });
    await Promise.all([add({ label: 'work', is_default: true }), add({ label: 'boat', is_default: true })]);
    expect((await list()).filter(({ is_default }) => is_default)).toHaveLength(1);

    const [home] = await list();
    const params = { id, address_id: home?.id as string };
    const change = { is_default: true, address: { ...address, line1: '2 Quay' } };
    const changed = await room.call(UpdateAddress, { as, params, body: change });
    expect(changed).toMatchObject({ body: { label: 'home', is_default: true, address: { line1: '2 Quay' } } });
    expect((await list()).filter(({ is_default }) => is_default).map(({ label }) => label)).toEqual(['home']);

    const stranger = { customer: newId() };
    expect((await room.call(ListAddresses, { as: stranger, params: { id } })).status).toBe(404);
    expect((await room.call(UpdateAddress, { as: stranger, params, body: { label: 'mine' } })).status).toBe(404);
    expect((await room.call(DeleteAddress, { as: stranger, params })).status).toBe(404);

    const many = await Promise.all(Array.from({ length: 20 }, () => add()));
    expect(many.filter(({ status }) => status === 201)).toHaveLength(17);
    expect(many.find(({ status }) => status === 409)).toMatchObject({
      problem: { title: expect.stringContaining('20') },
    });
    expect((await room.call(DeleteAddress, { as, params })).status).toBe(204);
    expect((await room.call(DeleteAddress, { as, params })).status).toBe(404);
  });

  test('is part of what an account can take along', async () => {
    const { id, email } = await account();
    const as = { customer: id };
    await room.call(AddAddress, { as, params: { id }, body: { address } });
    await session(email);
    const exported = await room.call(ExportCustomer, { as, params: { id } });
    expect(exported).toMatchObject({
      body: {
        account: { id, email },
        addresses: [{ address, is_default: true }],
        sessions: [{}],
      },
    });
    expect(JSON.stringify(exported)).not.toMatch(/hash|argon|digest/);
    expect((await room.call(ExportCustomer, { as: { customer: newId() }, params: { id } })).status).toBe(404);
  });
});
