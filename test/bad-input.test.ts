/** What a shop is sent by mistake or in bad faith: refused with every fault named, and nothing changed by it. */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceName } from '../src/contracts/registry.ts';
import { ENDPOINTS } from '../src/contracts/registry.ts';
import type { Endpoint } from '../src/platform/contract.ts';
import type { CallOptions, Reply, TestShop } from './harness.ts';
import { eventually, startTestShop } from './harness.ts';
import { expectInvariants } from './invariants.ts';

interface Problem extends Record<string, unknown> {
  type: string;
  status: number;
  errors?: { pointer: string; detail: string; [extra: string]: unknown }[];
}

interface Account {
  id: string;
  token: string;
}

let shop: TestShop;
let admin: string;
let ann: Account;
let ben: Account;

beforeAll(async () => {
  shop = await startTestShop();
  admin = await shop.admin();
  [ann, ben] = await Promise.all([register('ann@example.com'), register('ben@example.com')]);
});
afterAll(async () => {
  await shop.quiet();
  await expectInvariants(shop.query);
  await shop.close();
});

async function register(email: string): Promise<Account> {
  const body = { email, password: 'a long enough secret' };
  const { id } = (await shop.call<{ id: string }>('/api/customers', { method: 'POST', body })).body;
  const login = await shop.call<{ access_token: string }>('/api/auth/login', { method: 'POST', body });
  return { id, token: login.body.access_token };
}

const LAPTOP = { product_id: 'PROD001', quantity: 1 };
const GUEST = { email: 'guest@example.com', items: [LAPTOP] };
const checkout = (body: unknown, options: CallOptions = {}) =>
  shop.call<Problem>('/api/checkout', { method: 'POST', body, ...options });
const ordering = (...items: unknown[]) => checkout({ ...GUEST, items });

/** A problem document with this status and a fault at each of these places, in any order. */
function expectProblem({ status, headers, body }: Reply<Problem>, expected: number, pointers?: string[]): void {
  expect({ status, body }).toMatchObject({ status: expected, body: { status: expected } });
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(body.type).toMatch(/^urn:tradewind:problem:[a-z-]+$/);
  if (pointers) expect(body.errors?.map(({ pointer }) => pointer).sort()).toEqual([...pointers].sort());
  for (const { detail } of body.errors ?? []) expect(detail).toBeTruthy();
}

const TABLES: Partial<Record<ServiceName, string[]>> = {
  catalog: ['products', 'outbox', 'dead_letters'],
  customers: ['customers', 'outbox'],
  orders: ['orders', 'order_history', 'products', 'idempotency_keys', 'outbox', 'inbox', 'dead_letters'],
  inventory: ['levels', 'movements', 'allocations', 'outbox', 'inbox', 'dead_letters'],
  payments: ['payments', 'refunds', 'outbox', 'inbox', 'dead_letters'],
  notifications: ['notifications', 'dead_letters'],
};

/** Every row of every table that matters, as one text. */
async function snapshot(): Promise<string> {
  const tables = Object.entries(TABLES).flatMap(([room, names]) => names.map((name) => [room, name] as const));
  const rows = await Promise.all(
    tables.map(async ([room, name]) => {
      const sql = `select count(*) as n, md5(string_agg(t::text, '' order by t::text)) as digest from ${name} t`;
      const [row] = await shop.query<{ n: string; digest: string }>(room as ServiceName, sql);
      return `${room}.${name} ${row?.n} ${row?.digest}`;
    }),
  );
  return rows.join('\n');
}

/** Until shop windows know every level too. */
async function rest(): Promise<void> {
  await shop.quiet();
  await eventually(async () => (await shop.query('inventory', 'select 1 from levels where unannounced')).length === 0);
  await shop.quiet();
}

async function changesNothing(work: () => Promise<void>): Promise<void> {
  await rest();
  const before = await snapshot();
  await work();
  await rest();
  expect(await snapshot()).toBe(before);
}

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
    ['nested 50,000 deep', `{"items":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'application/json', 422],
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
    expectProblem(await shop.call(`/api/customers/${ann.id}`, profile), 422, ['/role']);
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

const filled = (path: string) => path.replace(/\{product_id\}/g, 'PROD001').replace(/\{\w+\}/g, randomUUID());
const json = (token?: string) => ({
  'content-type': 'application/json',
  ...(token && { authorization: `Bearer ${token}` }),
});

describe('an endpoint', () => {
  const guarded = ENDPOINTS.filter(({ access }) => access !== 'anyone');

  it.each(guarded.map((endpoint) => [endpoint.name, endpoint]))('%s is closed to guests', (_name, endpoint) =>
    changesNothing(async () => {
      const { method, service, path, publicPaths, body } = endpoint as Endpoint;
      const init = { method, headers: json(), ...(body && { body: '{}' }) };
      for (const one of publicPaths) expectProblem(await shop.call(filled(one), init), 401);
      expectProblem(await atRoom(service as ServiceName, filled(path), init), 401);
    }));

  it.each(
    guarded.filter(({ access }) => access === 'admin').map((endpoint) => [endpoint.name, endpoint]),
  )('%s is closed to customers', (_name, endpoint) =>
    changesNothing(async () => {
      const { method, service, path, publicPaths, body } = endpoint as Endpoint;
      const init = { method, headers: json(ann.token), ...(body && { body: '{}' }) };
      for (const one of publicPaths) expectProblem(await shop.call(filled(one), init), 403);
      expectProblem(await atRoom(service as ServiceName, filled(path), init), 403);
    }));

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
      expectProblem(await shop.call('/api/products/PROD001', override), 404);
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

  it('does not exist for strangers', async () => {
    const guests = await shop.place();
    const anns = (await checkout({ items: [LAPTOP] }, { token: ann.token })).body as unknown as { id: string };
    await changesNothing(async () => {
      for (const id of [guests.id, anns.id, randomUUID()]) {
        for (const token of [undefined, ben.token]) {
          for (const query of ['', '?token=', '?token=guess', `?token=${guests.guest_token.slice(1)}`]) {
            for (const part of ['', '/items', '/timeline']) {
              expectProblem(await shop.call(`/api/orders/${id}${part}${query}`, { token }), 404);
            }
            const cancel = { method: 'POST', body: {}, token };
            expectProblem(await shop.call(`/api/orders/${id}/cancel${query}`, cancel), 404);
          }
        }
      }
      expectProblem(await shop.call(`/api/orders/${anns.id}?token=${guests.guest_token}`), 404);
      expectProblem(await shop.call(`/api/customers/${ann.id}`, { token: ben.token }), 404);
    });
  });

  it('appears in the lists of its customer only', async () => {
    const { id } = (await checkout({ items: [LAPTOP] }, { token: ann.token })).body as unknown as { id: string };
    const list = async (query: string, token: string) =>
      (await shop.call<{ items: { id: string; customer_id: string }[] }>(`/api/orders${query}`, { token })).body.items;
    expect((await list('', ann.token)).map((order) => order.id)).toContain(id);
    expect((await list('', ann.token)).every((order) => order.customer_id === ann.id)).toBe(true);
    for (const query of ['', `?customer_id=${ann.id}`, '?email=ann@example.com', '?product_id=PROD001']) {
      expect(await list(query, ben.token)).toEqual([]);
    }
    expect((await list(`?customer_id=${ann.id}`, admin)).map((order) => order.id)).toContain(id);
  });
});

describe('text that PostgreSQL cannot keep', () => {
  const TEXTS = ['\u0000', 'a\u0000b', '\ud800', 'a\udfffb', '\u001b[31m', 'x'.repeat(20_000)];
  const ID = randomUUID();
  /** A request that each endpoint with a body would take, but for what does not exist. */
  const BODIES: Record<string, Record<string, unknown>> = {
    'orders.place': {
      customer_id: ID,
      user_id: 'u1',
      email: 'a@example.com',
      user_email: 'a@example.com',
      customer_email: 'a@example.com',
      name: 'A',
      customer_name: 'A',
      phone: '+1 555 0100',
      shipping_address: { name: 'A', line1: 'B', line2: 'C', city: 'D', region: 'E', postal_code: 'F', country: 'US' },
      payment_method: 'pm_success',
      currency: 'USD',
      items: [{ product_id: 'NOPE', quantity: 1, price: '1', price_at_purchase: '1' }],
    },
    'orders.change-status': { status: 'shipped', note: 'n' },
    'orders.cancel': { reason: 'r' },
    'catalog.create': {
      product_id: 'PROD001',
      name: 'n',
      description: 'd',
      category: 'c',
      price: '1',
      currency: 'USD',
    },
    'catalog.update': { name: 'n', description: 'd', category: 'c', price: '1', currency: 'USD' },
    'customers.register': {
      email: 'ann@example.com',
      password: 'a long enough secret',
      name: 'n',
      phone: '+1 555 0100',
      address: 'somewhere',
    },
    'customers.update': { email: 'a@example.com', password: 'a long enough secret', name: 'n', address: 'somewhere' },
    'customers.login': { email: 'nobody@example.com', password: 'wrong' },
    'inventory.replenish': { quantity: 1, reason: 'r' },
    'inventory.adjust': { delta: 1, reason: 'r' },
    'payments.refund': { amount: '1', reason: 'r' },
  };

  /** Copies of a value, each with one of its texts replaced. */
  function* spoiled(value: unknown, text: string): Generator<unknown> {
    if (typeof value === 'string') yield text;
    else if (Array.isArray(value)) {
      for (const [i, one] of value.entries()) for (const bad of spoiled(one, text)) yield value.with(i, bad);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, one] of Object.entries(value))
        for (const bad of spoiled(one, text)) yield { ...value, [key]: bad };
    }
  }

  const url = (path: string, id: string) => path.replace(/\{\w+\}/g, id);
  const nowhere = (path: string) => path.replace(/\{product_id\}/g, 'NOPE').replace(/\{\w+\}/g, ID);

  async function refused(endpoint: Endpoint, path: string, body?: unknown): Promise<void> {
    const { method, publicPaths } = endpoint;
    const target = `${publicPaths[0]?.startsWith('/api') ? '/api' : ''}${path}`;
    const headers = json(endpoint.name === 'customers.login' ? undefined : admin);
    const sent = body === undefined && endpoint.body ? {} : body;
    const reply = await shop.call<Problem>(target, { method, headers, ...(sent !== undefined && { body: sent }) });
    expect([target, body, reply.status < 500]).toEqual([target, body, true]);
    if (reply.status >= 400) expectProblem(reply, reply.status);
  }

  it('has an example for every endpoint with a body', () => {
    expect(Object.keys(BODIES).sort()).toEqual(
      ENDPOINTS.filter(({ body }) => body)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it.each(
    ENDPOINTS.filter(({ path }) => path.includes('{')).map((one) => [one.name, one]),
  )('is no id of %s', (_name, endpoint) =>
    changesNothing(async () => {
      const one = endpoint as Endpoint;
      const ids = ['%00', 'a%00b', '%ED%A0%80', '%zz', '%', '..%2f..%2fetc', '%ff', '%F0%9F%92%A9', "'--", '-1', '%20'];
      for (const id of [...ids, 'x'.repeat(201), `urn:uuid:${ID}`]) await refused(one, url(one.path, id));
    }));

  it.each(
    ENDPOINTS.filter(({ query }) => Object.keys(query.properties ?? {}).length > 0).map((one) => [one.name, one]),
  )('is no query of %s', (_name, endpoint) =>
    changesNothing(async () => {
      const one = endpoint as Endpoint;
      const cursor = (...values: unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url');
      const texts = [
        '%00',
        'a%00b',
        '%ED%A0%80',
        '%zz',
        '%5C',
        '%25',
        "';--",
        '',
        '1e400',
        '-1',
        '1&NAME=2',
        '%E2%80%AE',
      ];
      const times = [
        '0000-01-01T00:00:00Z',
        '2020-01-01T00:00:00%2B23:59',
        '2020-13-45T99:99:99Z',
        '2016-12-31T23:59:60Z',
      ];
      const cursors = [
        cursor('\u0000'),
        cursor('\ud800'),
        cursor('\u0000', '\ud800'),
        cursor(1e21),
        cursor(null),
        cursor({}),
      ];
      for (const name of Object.keys(one.query.properties)) {
        for (const text of [...texts, ...times, ...cursors, cursor('a', 'b'), cursor(1, 2), 'W10', 'bnVsbA']) {
          await refused(one, `${nowhere(one.path)}?${name}=${text.replace('NAME', name)}`);
        }
      }
    }));

  it.each(Object.keys(BODIES))('is no text of a body of %s', (name) =>
    changesNothing(async () => {
      const endpoint = ENDPOINTS.find((one) => one.name === name) as Endpoint;
      for (const text of TEXTS) {
        for (const body of spoiled(BODIES[name], text)) await refused(endpoint, nowhere(endpoint.path), body);
      }
    }));

  it('is refused with its place, not kept as something else', () =>
    changesNothing(async () => {
      for (const text of TEXTS) {
        const address = { line1: text, city: text, country: 'US' };
        expectProblem(await checkout({ ...GUEST, name: text, user_id: text }), 422);
        expectProblem(await checkout({ ...GUEST, shipping_address: address }), 422, ['/shipping_address']);
        expectProblem(await checkout({ ...GUEST, name: text }), 422, ['/name']);
      }
    }));
});

describe('what is hardly HTTP', () => {
  it.each([
    ['a part of the address of 1,000 characters', `/api/orders/${'x'.repeat(1_000)}`, 414],
    ['an address of 100,000 characters', `/api/products?search=${'x'.repeat(100_000)}`, 431],
    ['an address that is no UTF-8', '/api/products/%ff', 400],
    ['an address nobody serves', '/api/nothing', 404],
    ['an address outside', '/../../etc/passwd', 404],
  ])('%s is a problem too', async (_what, path, status) => {
    expectProblem(await shop.call(path), status);
  });

  it.each([
    ['no HTTP at all', 'NONSENSE\r\n\r\n', 400],
    ['a method that does not exist', 'FROB / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['two lengths', 'POST /api/checkout HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}', 400],
    [
      'a length and chunks',
      'POST /api/checkout HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
  ])('%s is a problem too', async (_what, text, status) => {
    const reply = await sendRaw(text);
    const [head, body] = reply.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('application/problem+json');
    expect(JSON.parse(body as string)).toMatchObject({ status, type: 'urn:tradewind:problem:malformed-request' });
  });

  function sendRaw(text: string): Promise<string> {
    const { hostname, port } = new URL(shop.url);
    return new Promise((resolve, reject) => {
      let reply = '';
      const socket = connect(Number(port), hostname, () => socket.write(text));
      socket.setEncoding('utf8').on('data', (chunk) => (reply += chunk));
      socket.once('close', () => resolve(reply)).once('error', reject);
    });
  }
});
