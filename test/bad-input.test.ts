/** What a shop is sent by mistake or in bad faith: refused with every fault named, and nothing changed by it. */
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { ServiceName } from '../src/contracts/registry.ts';
import type { Reply } from './harness.ts';
import {
  admin,
  ann,
  ben,
  changesNothing,
  checkout,
  expectProblem,
  GUEST,
  LAPTOP,
  ordering,
  type Problem,
  shop,
  useShop,
} from './refusals.ts';

useShop();

describe('a checkout', () => {
  it('names every fault of its lines at once', () =>
    changesNothing(async () => {
      const items = [0, -5, 1.5, 1e9, '2', null].map((quantity) => ({ product_id: 'PROD001', quantity }));
      const pointers = items.map((_, i) => `/items/${i}/quantity`);
      expectProblem(await checkout({ items, email: 'nobody', currency: 'dollars' }), 422, [
        ...pointers,
        '/email',
        '/currency',
      ]);
      const unknown = await ordering({ ...LAPTOP, product_id: 'NOPE' }, LAPTOP, { ...LAPTOP, product_id: 'NADA' });
      expectProblem(unknown, 422, ['/items/0/product_id', '/items/2/product_id']);
    }));

  it.each([
    ['no items', []],
    ['101 items', Array.from({ length: 101 }, () => LAPTOP)],
    ['an object for items', { 0: LAPTOP }],
    ['null for items', null],
    ['nothing for items', undefined],
  ])('with %s is refused', (_what, items) =>
    changesNothing(async () => expectProblem(await checkout({ ...GUEST, items }), 422, ['/items'])));

  it.each([null, [], 'text', 5, true])('that is %j and no object is refused', (body) =>
    changesNothing(async () => expectProblem(await checkout(JSON.stringify(body)), 422, [''])));

  it('with the same product twice has one line with the sum', async () => {
    const { status, body } = await ordering(LAPTOP, { product_id: 'PROD002', quantity: 1 }, { ...LAPTOP, quantity: 2 });
    expect(status).toBe(201);
    expect(body.items).toMatchObject([
      { product_id: 'PROD001', quantity: 3 },
      { product_id: 'PROD002', quantity: 1 },
    ]);
  });

  it('with too many of one product in two lines is refused', () =>
    changesNothing(async () => {
      const half = { ...LAPTOP, quantity: 6_000 };
      expectProblem(await ordering(half, half), 422, ['/items/0']);
    }));

  it('with another price is told both, line by line', () =>
    changesNothing(async () => {
      const reply = await ordering(
        { ...LAPTOP, price: 0.01 },
        { product_id: 'PROD002', quantity: 1, price: '29.99' },
        { product_id: 'PROD003', quantity: 1, price_at_purchase: '1e-7' },
      );
      expectProblem(reply, 422, ['/items/2/price_at_purchase']);
      const readable = await ordering({ ...LAPTOP, price: 0.01 }, { product_id: 'PROD002', quantity: 1, price: '1' });
      expectProblem(readable, 409, ['/items/0/price', '/items/1/price']);
      expect(readable.body.errors?.[0]).toMatchObject({ your_price: '0.01', current_price: '79.99', currency: 'USD' });
    }));

  it('for a customer needs the right token', () =>
    changesNothing(async () => {
      const forAnn = { ...GUEST, customer_id: ann.id };
      expectProblem(await checkout(forAnn), 401, ['/customer_id']);
      expectProblem(await checkout(forAnn, { token: ben.token }), 403, ['/customer_id']);
      expectProblem(await checkout({ ...GUEST, user_id: ann.id }, { token: ben.token }), 403, ['/user_id']);
      expectProblem(await checkout({ ...GUEST, customer_id: randomUUID() }, { token: admin }), 422, ['/customer_id']);
      expectProblem(await checkout({ ...GUEST, customer_id: '\u0000' }, { token: admin }), 422, ['/customer_id']);
    }));

  it('is paid by what the shop offers, or refused at once', () =>
    changesNothing(async () => {
      const { body } = await shop.call<{ methods: { id: string }[] }>('/api/payment-methods');
      expect(body).toMatchObject({ provider: 'test', test: true, default_method: 'pm_success' });
      expect(body.methods.map(({ id }) => id)).toContain('pm_declined');
      expectProblem(await checkout({ ...GUEST, payment_method: 'pm_gold' }), 422, ['/payment_method']);
    }));

  it('of a guest needs an e-mail', () =>
    changesNothing(async () => expectProblem(await checkout({ items: [LAPTOP] }), 422, ['/email'])));
});

describe('a product', () => {
  it('has no negative price, stock or unreadable id, and all faults are named', () =>
    changesNothing(async () => {
      const body = { product_id: '../etc', name: '', price: -1, stock: -1, currency: 'usd', colour: 'red' };
      const places = ['/product_id', '/name', '/price', '/stock', '/currency', '/colour'];
      expectProblem(await shop.call('/api/products', { method: 'POST', body, token: admin }), 422, places);
      for (const price of ['-0.01', '"-1"', '"free"', 'null', '1e400']) {
        const change = { method: 'PATCH', body: `{"price":${price}}`, token: admin };
        expectProblem(await shop.call('/api/products/PROD001', change), 422, ['/price']);
      }
    }));

  it('has no more digits than its currency', () =>
    changesNothing(async () => {
      const change = { method: 'PATCH', body: { price: '9.999' }, token: admin };
      expectProblem(await shop.call('/api/products/PROD001', change), 422, ['/price']);
    }));
});

describe('a body', () => {
  it.each([
    ['that is no JSON', '{"email":', 'application/json', 400],
    ['of another type', 'email=a@b.co', 'application/x-www-form-urlencoded', 415],
    ['of plain text', JSON.stringify(GUEST), 'text/plain', 415],
    ['of 2 MB', JSON.stringify({ ...GUEST, name: 'x'.repeat(2_000_000) }), 'application/json', 413],
    ['nested 20,000 deep', `{"items":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 'application/json', 422],
  ])('%s is refused', (_what, body, type, status) =>
    changesNothing(async () =>
      expectProblem(await checkout(body, { headers: { 'content-type': type } }), status as number),
    ));

  it('cannot reach prototypes', () =>
    changesNothing(async () => {
      const strict = (body: string) => shop.call<Problem>('/api/auth/login', { method: 'POST', body });
      const login = '"email":"ann@example.com","password":"wrong"';
      expectProblem(await strict(`{${login},"__proto__":{"polluted":1}}`), 422, ['/__proto__']);
      const deep = `{${login},"constructor":{"prototype":{"polluted":1}}}`;
      expectProblem(await strict(deep), 422, ['/constructor']);
      expectProblem(await shop.call('/api/products?__proto__=1&constructor=2'), 422, [
        '/query/__proto__',
        '/query/constructor',
      ]);
      for (const name of ['__proto__', 'constructor', 'prototype']) {
        expectProblem(await ordering({ ...LAPTOP, product_id: name }), 422);
        expectProblem(await shop.call(`/api/products/${name}`), name === '__proto__' ? 422 : 404);
      }
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    }));

  it('with prototype keys where unknown keys are ignored is an ordinary order', async () => {
    const hostile = '"__proto__":{"polluted":1,"total_amount":"0.01"},"constructor":{"prototype":{"polluted":1}}';
    const reply = await checkout(`{${JSON.stringify(GUEST).slice(1, -1)},${hostile}}`);
    expect(reply).toMatchObject({ status: 201, body: { total_amount: '79.99' } });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('that says what only the shop decides is ignored or refused', async () => {
    const wishes = { id: randomUUID(), status: 'confirmed', total_amount: '0.01', number: 1, guest_token: 'mine' };
    const { body } = await checkout({ ...GUEST, ...wishes });
    expect(body).toMatchObject({ status: 'pending', total_amount: '79.99' });
    expect([body.id, body.number, body.guest_token]).not.toContain(wishes.id);
    expect(body.guest_token).not.toBe('mine');
    const account = { email: 'eve@example.com', password: 'a long enough secret', role: 'admin' };
    expectProblem(await shop.call('/api/customers', { method: 'POST', body: account }), 422, ['/role']);
    const profile = { method: 'PATCH', body: { role: 'admin' }, token: ann.token };
    expectProblem(await shop.call(`/api/customers/${ann.id}`, profile), 403, ['/role']);
  });
});

describe('a token', () => {
  const claims = { email: 'admin@tradewind.test', role: 'admin' };
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  async function forge(): Promise<Record<string, string>> {
    const [own] = await shop.query<{ kid: string; private_jwk: object }>('customers', 'select * from signing_keys');
    const { kid, private_jwk } = own as { kid: string; private_jwk: { x: string } };
    const real = await importJWK(private_jwk, 'EdDSA');
    const other = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const now = Math.floor(Date.now() / 1000);
    const whole = { ...claims, iss: 'tradewind', aud: 'tradewind', sub: randomUUID(), iat: now, exp: now + 600 };
    const sign = (payload: object, key: Parameters<SignJWT['sign']>[0], alg = 'EdDSA', header = {}) =>
      new SignJWT(payload as never).setProtectedHeader({ alg, kid, ...header }).sign(key);
    const { exp: _exp, ...eternal } = whole;
    const { role: _role, ...nobody } = whole;
    const [head, body, signature] = (await sign(whole, real)).split('.') as [string, string, string];
    return {
      expired: await sign({ ...whole, exp: now - 1 }, real),
      'from another issuer': await sign({ ...whole, iss: 'elsewhere' }, real),
      'for another audience': await sign({ ...whole, aud: 'elsewhere' }, real),
      'without an end': await sign(eternal, real),
      'without a role': await sign(nobody, real),
      'signed with another key': await sign(whole, other.privateKey),
      'that brings its own key': await sign(whole, other.privateKey, 'EdDSA', {
        jwk: await exportJWK(other.publicKey),
      }),
      'of an unknown key': await sign(whole, other.privateKey, 'EdDSA', { kid: 'unknown' }),
      'signed with the public key as a secret': await sign(whole, Buffer.from(private_jwk.x), 'HS256'),
      'with alg none': `${base64({ alg: 'none', kid })}.${base64(whole)}.`,
      'with alg None and a signature': `${base64({ alg: 'None', kid })}.${base64(whole)}.${signature}`,
      'changed after signing': `${head}.${base64({ ...whole, sub: ann.id })}.${signature}`,
      'without its signature': `${head}.${body}.`,
      'of garbage': 'garbage',
      'of dots': '..',
      'of nothing': '',
    };
  }

  it('that proves nothing is refused everywhere, and nobody becomes a guest by it', () =>
    changesNothing(async () => {
      for (const [what, token] of Object.entries(await forge())) {
        const headers = { authorization: `Bearer ${token}` };
        for (const path of ['/api/payments', '/api/products', '/api/auth/me']) {
          const reply = await shop.call<Problem>(path, { headers });
          expect([what, path, reply.status]).toEqual([what, path, 401]);
          expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/);
          expectProblem(reply, 401);
        }
        expectProblem(await checkout(GUEST, { headers }), 401);
        expectProblem(await atRoom('payments', '/payments', { headers }), 401);
      }
      for (const authorization of ['Basic YTpi', `Token ${admin}`, admin, `Bearer ${admin} ${admin}`]) {
        expectProblem(await shop.call('/api/payments', { headers: { authorization } }), 401);
      }
    }));
});

/** The same shop by a room's own door, past the gateway. */
async function atRoom(room: ServiceName, path: string, init: RequestInit): Promise<Reply<Problem>> {
  const reply = await fetch(`${shop.shop.addresses.get(room)}${path}`, init);
  return { status: reply.status, headers: reply.headers, body: (await reply.json()) as Problem };
}

describe('an endpoint', () => {
  it('does not believe headers about who somebody is', () =>
    changesNothing(async () => {
      const names = ['X-User-Id', 'X-User', 'X-Customer-Id', 'X-Role', 'X-Forwarded-User', 'X-Remote-User', 'X-Admin'];
      const headers = Object.fromEntries(names.map((name) => [name, 'admin']));
      expectProblem(await shop.call('/api/payments', { headers }), 401);
      expectProblem(await shop.call('/api/payments', { headers, token: ann.token }), 403);
      expectProblem(await atRoom('payments', '/payments', { headers }), 401);
      const me = await shop.call('/api/auth/me', { headers: { ...headers, 'X-User-Id': ben.id }, token: ann.token });
      expect(me.body).toMatchObject({ id: ann.id, role: 'customer' });
      const override = { method: 'POST', headers: { ...headers, 'X-HTTP-Method-Override': 'DELETE' }, body: {} };
      expectProblem(await shop.call('/api/products/PROD001', override), 405);
    }));

  it('answers methods it does not have with a problem', () =>
    changesNothing(async () => {
      for (const path of ['/api/checkout', '/api/products', '/api/products/PROD001', '/api/orders']) {
        for (const method of ['PUT', 'OPTIONS']) {
          const reply = await shop.call<Problem>(path, { method });
          expect(reply.status).toBeLessThan(500);
          expectProblem(reply, reply.body.status);
        }
        const head = await fetch(`${shop.url}${path}`, { method: 'HEAD' });
        expect(head.status).toBeGreaterThanOrEqual(400);
        expect(head.status).toBeLessThan(500);
      }
    }));
});

describe('an order', () => {
  it('takes only legal steps, and is told which', async () => {
    const placed = await shop.place();
    await shop.until(placed, 'confirmed');
    await changesNothing(async () => {
      const patch = (body: unknown) =>
        shop.call<Problem>(`/api/orders/${placed.id}/status`, { method: 'PATCH', body, token: admin });
      for (const status of ['delivered', 'pending', 'awaiting_payment', 'failed', 'confirmed']) {
        const reply = await patch({ status });
        expectProblem(reply, 409);
        expect(reply.body).toMatchObject({ current_status: 'confirmed', legal_statuses: ['cancelled', 'shipped'] });
      }
      expectProblem(await patch({ status: 'lost' }), 422, ['/status']);
      expectProblem(await patch({}), 422, ['/status']);
      const erase = { method: 'DELETE', token: admin };
      expectProblem(await shop.call(`/api/orders/${placed.id}`, erase), 409);
    });
  });

  it('is not opened by a guessed key', async () => {
    const { id, guest_token } = await shop.place();
    await changesNothing(async () => {
      for (const token of [undefined, ben.token]) {
        for (const query of [
          '',
          '?token=',
          '?token=guess',
          `?token=${guest_token.slice(1)}`,
          `?token=${guest_token}x`,
        ]) {
          for (const part of ['', '/items', '/timeline', '/stream']) {
            expectProblem(await shop.call(`/api/orders/${id}${part}${query}`, { token }), 404);
          }
          const cancel = { method: 'POST', body: {}, token };
          expectProblem(await shop.call(`/api/orders/${id}/cancel${query}`, cancel), 404);
        }
      }
    });
  });
});
