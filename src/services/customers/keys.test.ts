import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually, openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import { Jwks, Login, RevokeKey, RotateKey } from '../../contracts/customers.ts';
import { createVerifier } from '../../platform/auth.ts';
import { sql } from '../../platform/database.ts';
import { isRejection } from '../../platform/problem.ts';
import { createCustomers } from './service.ts';

const ADMIN = { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'correct horse battery' };
let room: TestRoom;
/** The first admin, as the room that is tested believes it. */
let token: string;
beforeEach(async () => {
  room = await openTestRoom(createCustomers(), { ...ADMIN, SIGNING_KEY_DAYS: 90 });
  room.service.run();
  token = `admin.${decodeJwt(await login()).sub}`;
});
afterEach(() => room.close());

async function login(): Promise<string> {
  const body = { email: ADMIN.ADMIN_EMAIL, password: ADMIN.ADMIN_PASSWORD };
  const reply = await room.call(Login, { body });
  if (!reply.ok) throw new Error(reply.problem.title);
  return reply.body.access_token;
}
const kidOf = (token: string) => String(decodeProtectedHeader(token).kid);
const kids = async () => {
  const reply = await room.call(Jwks);
  return reply.ok ? reply.body.keys.map(({ kid }) => kid) : [];
};
/** A verifier that knows the keys of now, and asks for others as each does. */
const verifier = () =>
  createVerifier(async () => {
    const reply = await room.call(Jwks);
    return (reply.ok ? reply.body : { keys: [] }) as never;
  });
/** As if so much time had gone by for every key. */
async function later(interval: string) {
  await room.service.db.query(sql(`update signing_keys set active_from = active_from - interval '${interval}'`));
  room.service.wake();
}
const rotate = async () => {
  const reply = await room.call(RotateKey, { token });
  if (!reply.ok) throw new Error(reply.problem.title);
  return reply.body.kid;
};

describe('another key', () => {
  test('is known before it is used, and what the one before has signed stays good', async () => {
    const old = await login();
    const elsewhere = verifier();
    expect(await elsewhere.verify(old)).toMatchObject({ role: 'admin' });
    const kid = await rotate();
    expect(await kids()).toEqual([kid, kidOf(old)]);
    expect(kidOf(await login())).toBe(kidOf(old));
    expect((await room.call(RotateKey, { token })).status).toBe(409);
    await later('61 seconds');
    const fresh = await eventually(async () => {
      const token = await login();
      return kidOf(token) === kid && token;
    });
    // One that has not heard of it, and one that has.
    expect(isRejection(await verifier().verify(fresh))).toBe(false);
    for (const token of [old, fresh]) expect(isRejection(await verifier().verify(token))).toBe(false);
    await later('25 hours');
    await eventually(async () => (await kids()).length === 1);
    expect(await kids()).toEqual([kid]);
  });

  test('follows by itself when one is ninety days old, once', async () => {
    const before = kidOf(await login());
    const replica = await room.replica(createCustomers(), ADMIN);
    replica.run();
    await later('91 days');
    replica.wake();
    const [next, ...others] = await eventually(async () => {
      const known = await kids();
      return known.length > 1 && known;
    });
    expect(others).toEqual([before]);
    for (const one of [room.service, replica]) one.wake();
    await later('2 minutes');
    await eventually(async () => kidOf(await login()) === next);
    expect(await kids()).toHaveLength(2);
  });
});

test('a former key is taken back, and never the one in use', async () => {
  const old = await login();
  const believer = verifier();
  await believer.verify(old);
  const kid = await rotate();
  expect((await room.call(RevokeKey, { token, params: { kid: kidOf(old) } })).status).toBe(409);
  expect((await room.call(RevokeKey, { token, params: { kid } })).status).toBe(409);
  await later('61 seconds');
  expect((await room.call(RevokeKey, { token, params: { kid: kidOf(old) } })).status).toBe(204);
  expect(await verifier().verify(old)).toMatchObject({ rejected: { status: 401 } });
  // One that has believed it asks for the keys again in ten minutes, and believes it no longer.
  expect(isRejection(await believer.verify(old))).toBe(false);
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 11 * 60_000);
  expect(await believer.verify(old)).toMatchObject({ rejected: { status: 401 } });
  clock.mockRestore();
  expect((await room.call(RevokeKey, { token, params: { kid: kidOf(old) } })).status).toBe(404);
  expect((await room.call(RevokeKey, { token, params: { kid } })).status).toBe(409);
});
