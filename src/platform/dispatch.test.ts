import { createHmac } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { Type } from 'typebox';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Verifier } from './auth.ts';
import { createVerifier, ISSUER } from './auth.ts';
import type { Endpoint } from './contract.ts';
import { endpoint, problem } from './contract.ts';
import type { Action, Door, HttpReply, HttpRequest } from './dispatch.ts';
import { createDoor, route, traceparentOf } from './dispatch.ts';
import { Overloaded } from './group-commit.ts';
import { silentLog } from './log.ts';
import { common, reject } from './problem.ts';

const Gone = problem('gone', 410, 'It is gone');
const shape = { service: 'things', summary: '' };
const Read = endpoint('things.read', 'GET /things/{id}', {
  ...shape,
  access: 'anyone',
  params: Type.Object({ id: Type.Integer() }),
  query: Type.Object({ limit: Type.Optional(Type.Integer({ default: 50 })) }, { additionalProperties: false }),
  reply: Type.Object({ id: Type.Integer(), tags: Type.Array(Type.Object({ name: Type.String() })) }),
  problems: [Gone],
});
const Write = endpoint('things.write', 'POST /things/{id}', {
  ...shape,
  access: 'anyone',
  params: Type.Object({ id: Type.Integer() }),
  query: Type.Object({ limit: Type.Optional(Type.Integer()) }, { additionalProperties: false }),
  body: Type.Object({ name: Type.String(), count: Type.Integer() }, { additionalProperties: false }),
  idempotent: true,
});
const Mine = endpoint('things.mine', 'GET /mine', {
  ...shape,
  access: 'customer',
  reply: Type.Object({ who: Type.String() }),
});
const Admins = endpoint('things.admin', 'GET /admin', { ...shape, access: 'admin' });

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
let ours: Keys;
let theirs: Keys;
let verifier: Verifier;
beforeAll(async () => {
  ours = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  theirs = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = { ...(await exportJWK(ours.publicKey)), kid: 'k1', alg: 'EdDSA', use: 'sig' };
  verifier = createVerifier(async () => ({ keys: [jwk] }));
});

interface TokenOptions {
  claims?: Record<string, unknown>;
  audience?: string;
  issuer?: string;
  expires?: number;
  key?: Keys['privateKey'];
  kid?: string;
}
const now = () => Math.floor(Date.now() / 1000);
function token({
  claims,
  audience = ISSUER,
  issuer = ISSUER,
  expires = now() + 60,
  key,
  kid = 'k1',
}: TokenOptions = {}) {
  return new SignJWT({ role: 'customer', email: 'me@example.com', ...claims })
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .setSubject('c-1')
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(expires)
    .sign(key ?? ours.privateKey);
}

const noAction: Action<Endpoint> = async () => ({});
function doorOf(endpoint: Endpoint, action: Action<never> = noAction as never, verify: Verifier = verifier): Door {
  return createDoor({ routes: [route(endpoint, action as Action<Endpoint>)], verifier: verify, log: silentLog });
}
const request = ({ headers, ...more }: Partial<HttpRequest> = {}): HttpRequest => ({
  url: '/things/1?limit=5',
  params: { id: '1' },
  query: {},
  headers: { 'content-type': 'application/json', ...headers },
  body: undefined,
  receivedAt: 0,
  ...more,
});
const documentOf = ({ body }: HttpReply) => JSON.parse(String(body)) as Record<string, unknown>;
const bearer = (value: string) => request({ headers: { authorization: `Bearer ${value}` } });

describe('what an action is given', () => {
  test('is checked, typed and with its defaults', async () => {
    let seen: unknown;
    const door = doorOf(Read, (async (given: { params: unknown; query: unknown; caller: unknown }) => {
      seen = { params: given.params, query: given.query, caller: given.caller };
      return { body: { id: 1, tags: [] } };
    }) as never);
    await door.handle(Read, request());
    expect(seen).toEqual({ params: { id: 1 }, query: { limit: 50 }, caller: { role: 'guest' } });
  });

  test('has the trace of the caller, or a new one when that is none', () => {
    const given = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    expect(traceparentOf(given)).toBe(given);
    for (const bad of [undefined, 'x', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`, `${given}\n`, [given]]) {
      expect(traceparentOf(bad)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(traceparentOf(bad)).not.toBe(given);
    }
  });
});

describe('a request with faults', () => {
  test('that is no JSON is a 400', async () => {
    const reply = await doorOf(Write).handle(Write, request({ body: Buffer.from('{"name":') }));
    expect(reply).toMatchObject({
      status: 400,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
    });
    expect(documentOf(reply)).toMatchObject({
      type: 'urn:tradewind:problem:malformed-request',
      instance: '/things/1',
      detail: expect.stringContaining('not JSON'),
    });
  });

  test('hears of all of them at once, each with its pointer: path, query and body', async () => {
    const reply = await doorOf(Write).handle(
      Write,
      request({ params: { id: 'x' }, query: { limit: 'y', more: '1' }, body: Buffer.from('{"count":"z","other":1}') }),
    );
    expect(reply.status).toBe(422);
    const { type, errors } = documentOf(reply) as { type: string; errors: { pointer: string }[] };
    expect(type).toBe('urn:tradewind:problem:invalid-request');
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/count',
      '/name',
      '/other',
      '/path/id',
      '/query/limit',
      '/query/more',
    ]);
  });

  test.each(['null', '[]', '"text"', '5', ''])('a body of %j is one, not a crash', async (body) => {
    expect((await doorOf(Write).handle(Write, request({ body: Buffer.from(body) }))).status).toBe(422);
  });

  test('an Idempotency-Key that is too long is refused before anything is done', async () => {
    const door = doorOf(Write, (async () => {
      throw new Error('must not be reached');
    }) as never);
    const reply = await door.handle(
      Write,
      request({ headers: { 'idempotency-key': 'x'.repeat(256) }, body: Buffer.from('{"name":"a","count":1}') }),
    );
    expect(reply.status).toBe(400);
    expect(documentOf(reply)).toMatchObject({ errors: [{ pointer: '/headers/idempotency-key' }] });
  });
});

describe('a reply', () => {
  test('has only what the contract declares, however deep', async () => {
    const door = doorOf(Read, (async () => ({
      body: { id: 1, secret: 's', tags: [{ name: 'a', hidden: true }] },
      headers: { location: '/x' },
    })) as never);
    const reply = await door.handle(Read, request());
    expect(reply).toMatchObject({ status: 200, headers: { location: '/x' } });
    expect(JSON.parse(String(reply.body))).toEqual({ id: 1, tags: [{ name: 'a' }] });
  });

  test('that is a rejection is a problem with everything it carries', async () => {
    const door = doorOf(Read, (async () =>
      reject(Gone, { detail: 'since yesterday', extra: { since: 1 }, headers: { 'retry-after': '9' } })) as never);
    const reply = await door.handle(Read, request());
    expect(reply).toMatchObject({ status: 410, headers: { 'retry-after': '9' } });
    expect(documentOf(reply)).toEqual({
      type: 'urn:tradewind:problem:gone',
      title: 'It is gone',
      status: 410,
      detail: 'since yesterday',
      instance: '/things/1',
      since: 1,
    });
  });

  test('without a body has none', async () => {
    const reply = await doorOf(Admins, undefined, verifier).handle(
      Admins,
      bearer(await token({ claims: { role: 'admin' } })),
    );
    expect(reply).toEqual({ status: 204, headers: {}, body: undefined });
  });
});

describe('when something is wrong on our side', () => {
  const failing = (error: unknown) =>
    doorOf(Read, (async () => {
      throw error;
    }) as never).handle(Read, request());

  test.each([
    ['the database refuses', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['the database restarts', Object.assign(new Error('shutting down'), { code: '57P01' })],
    ['a connection ends', new Error('Connection terminated unexpectedly')],
    ['all connections are busy', new Error('timeout exceeded when trying to connect')],
    ['too much waits', new Overloaded()],
  ])('%s: 503, try again', async (_, error) => {
    const reply = await failing(error);
    expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
  });

  test('a bug is a 500 that says nothing of itself but how to find it', async () => {
    const reply = await failing(new Error('password of admin is hunter2'));
    expect(reply.status).toBe(500);
    expect(String(reply.body)).not.toContain('hunter2');
    expect(documentOf(reply)).toMatchObject({ trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
  });

  test('the keys cannot be had: 503, and nobody is taken at their word', async () => {
    const away = createVerifier(async () => {
      throw Object.assign(new Error('no keys'), { code: 'ECONNREFUSED' });
    });
    const reply = await doorOf(Mine, undefined, away).handle(Mine, bearer(await token()));
    expect(reply.status).toBe(503);
  });

  test('an endpoint nobody acts on is a 500, not an open door', async () => {
    expect((await doorOf(Mine).handle(Read, request())).status).toBe(500);
  });
});

describe('who is calling', () => {
  const mine = () =>
    doorOf(Mine, (async ({ caller }: { caller: { id: string; role: string } }) => ({
      body: { who: `${caller.role} ${caller.id}` },
    })) as never);

  test('a good token is believed, once and again', async () => {
    const door = mine();
    const good = await token();
    for (let i = 0; i < 2; i += 1) {
      expect(String((await door.handle(Mine, bearer(good))).body)).toBe('{"who":"customer c-1"}');
    }
  });

  test('what is not granted is denied: guests, customers, made-up roles', async () => {
    expect(await mine().handle(Mine, request())).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
    });
    const admins = doorOf(Admins);
    expect((await admins.handle(Admins, request())).status).toBe(401);
    expect((await admins.handle(Admins, bearer(await token()))).status).toBe(403);
    expect((await admins.handle(Admins, bearer(await token({ claims: { role: 'root' } })))).status).toBe(403);
  });

  test('a token without a role, an e-mail or an end proves nothing', async () => {
    const bare = await new SignJWT({ email: 'a@example.com' })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
      .setSubject('c-1')
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .sign(ours.privateKey);
    expect((await mine().handle(Mine, bearer(bare))).status).toBe(401);
  });

  test.each<[string, () => Promise<string> | string]>([
    [
      'alg none',
      () =>
        new UnsecuredJWT({ role: 'admin', email: 'a@example.com' })
          .setSubject('c-1')
          .setIssuer(ISSUER)
          .setAudience(ISSUER)
          .setExpirationTime('1h')
          .encode(),
    ],
    ['signed by another key', () => token({ key: theirs.privateKey })],
    ['signed by another key under another name', () => token({ key: theirs.privateKey, kid: 'k2' })],
    ['for another audience', () => token({ audience: 'somebody-else' })],
    ['of another issuer', () => token({ issuer: 'somebody-else' })],
    ['expired', () => token({ expires: now() - 10 })],
    [
      'with another body under the same signature',
      async () => {
        const [head, body, signature] = (await token()).split('.') as [string, string, string];
        const claims = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), role: 'admin' };
        return [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
      },
    ],
    [
      'signed with our public key as a shared secret',
      async () => {
        const { x } = await exportJWK(ours.publicKey);
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
        const claims = { sub: 'c-1', role: 'admin', email: 'a', iss: ISSUER, aud: ISSUER, exp: now() + 60 };
        const signed = `${part({ alg: 'HS256', kid: 'k1' })}.${part(claims)}`;
        return `${signed}.${createHmac('sha256', Buffer.from(x as string, 'base64url'))
          .update(signed)
          .digest('base64url')}`;
      },
    ],
    ['that is nonsense', () => 'nonsense'],
  ])('a token %s is refused everywhere, never a guest', async (_, make) => {
    const bad = await make();
    for (const [open, endpoint] of [
      [mine(), Mine],
      [doorOf(Read), Read],
    ] as const) {
      const reply = await open.handle(endpoint, bearer(bad));
      expect(reply.status).toBe(401);
      expect(reply.headers['www-authenticate']).toContain('invalid_token');
    }
  });

  test('a header that is no bearer token is refused too', async () => {
    for (const authorization of ['Basic abc', 'Bearer', 'Bearer a b', '']) {
      expect((await doorOf(Read).handle(Read, request({ headers: { authorization } }))).status).toBe(401);
    }
  });

  test('a token is not believed longer than it lasts, though it was believed before', async () => {
    const door = mine();
    const brief = await token({ expires: now() + 2 });
    expect((await door.handle(Mine, bearer(brief))).status).toBe(200);
    await expect.poll(async () => (await door.handle(Mine, bearer(brief))).status, { timeout: 5_000 }).toBe(401);
  });

  test('an unknown key asks for the keys again, but not at every request', async () => {
    const jwk = async (keys: Keys, kid: string) => ({ ...(await exportJWK(keys.publicKey)), kid, alg: 'EdDSA' });
    let asked = 0;
    const rotating = createVerifier(async () => {
      asked += 1;
      return { keys: [await jwk(ours, 'k1'), ...(asked > 1 ? [await jwk(theirs, 'k2')] : [])] };
    });
    expect(await rotating.verify(await token())).toMatchObject({ role: 'customer' });
    const rotated = await token({ key: theirs.privateKey, kid: 'k2' });
    expect(await rotating.verify(rotated)).toMatchObject({ rejected: common.unauthorized });
    expect(asked).toBe(1);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6_000 });
    try {
      expect(await rotating.verify(rotated)).toMatchObject({ role: 'customer', id: 'c-1' });
      expect(asked).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });
});
