/** The one door: how often somebody may knock, and what a room that is away costs the others. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Settings } from '../src/config.ts';
import { SERVICES } from '../src/contracts/registry.ts';
import { silentLog } from '../src/platform/log.ts';
import type { Shop, Target } from '../src/shop.ts';
import { startShop } from '../src/shop.ts';
import { gatewayApart } from './gateway-apart.ts';
import type { TestShop } from './harness.ts';
import { ADMIN, eventually, startTestShop } from './harness.ts';
import { openLine } from './tcp-proxy.ts';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

async function started(options: Parameters<typeof startTestShop>[0]): Promise<TestShop> {
  const shop = await startTestShop(options);
  open.push({ stop: shop.close });
  return shop;
}

/** More of a shop, in a process of its own as far as anyone can tell: reached over HTTP only. */
async function beside(base: TestShop, targets: readonly Target[], settings: Partial<Settings>): Promise<Shop> {
  const shop = await startShop({ settings: { ...base.settings, ...settings }, targets, log: silentLog });
  open.push(shop);
  return shop;
}

async function request(
  url: string,
  { method = 'GET', body, token }: { method?: string; body?: unknown; token?: string } = {},
) {
  const started = performance.now();
  const reply = await fetch(url, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = (await reply.json().catch(() => undefined)) as Record<string, unknown>;
  return { status: reply.status, headers: reply.headers, body: answer, ms: performance.now() - started };
}

describe('quotas', () => {
  it('are told with every reply, and the end of one with 429 and when to come back', async () => {
    const shop = await started({ settings: { RATE_LIMIT: '5' } });
    const replies = [];
    for (let i = 0; i < 6; i += 1) replies.push(await shop.call('/api/products?limit=1'));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(replies[0]?.headers.get('ratelimit-policy')).toBe('"default";q=5;w=60');
    expect(replies[0]?.headers.get('ratelimit')).toMatch(/^"default";r=4;t=(60|59)$/);
    const last = replies[5];
    expect(last?.body).toMatchObject({ type: 'urn:tradewind:problem:quota-exceeded', status: 429 });
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(50);
    // Whoever watches the shop is not counted.
    const [health, own] = [await shop.call('/health'), await shop.call('/api/health')];
    expect([health.status, own.status]).toEqual([200, 200]);
    expect(own.body).toMatchObject({ service: 'gateway', status: health.body.status });
    expect(Object.keys(own.body)).toEqual(Object.keys(health.body));
  });

  it('are stricter for logins and checkouts, each counted apart, and not escaped by claiming another address', async () => {
    const shop = await started({ settings: { RATE_LIMIT_AUTH: '3', RATE_LIMIT_CHECKOUT: '2' } });
    const login = (i: number) =>
      shop.call('/api/auth/login', {
        method: 'POST',
        body: { email: `nobody${i}@example.com`, password: 'x' },
        headers: { 'x-forwarded-for': `192.0.2.${i}` },
      });
    const logins = [];
    for (let i = 0; i < 4; i += 1) logins.push((await login(i)).status);
    expect(logins).toEqual([401, 401, 401, 429]);
    await shop.place();
    await shop.place();
    await expect(shop.place()).rejects.toThrow('429');
    expect((await shop.call('/api/products')).status).toBe(200);
  });

  it('count shoppers behind a proxy that is believed one by one', async () => {
    const shop = await started({ settings: { RATE_LIMIT: '1', TRUST_PROXY: 'loopback' } });
    const from = (ip: string) => shop.call('/api/products?limit=1', { headers: { 'x-forwarded-for': ip } });
    expect([(await from('192.0.2.1')).status, (await from('192.0.2.2')).status]).toEqual([200, 200]);
    expect((await from('192.0.2.1')).status).toBe(429);
  });
});

it('one client may keep fifty streams open, and others still get theirs', async () => {
  const shop = await started({ settings: { TRUST_PROXY: 'loopback' } });
  const orders = await Promise.all([1, 2, 3].map(() => shop.place()));
  let control = new AbortController();
  const watch = async (i: number, ip: string) => {
    const order = orders[i % orders.length];
    const url = `${shop.url}/api/orders/${order?.id}/stream?token=${order?.guest_token}`;
    const reply = await fetch(url, { signal: control.signal, headers: { 'x-forwarded-for': ip } });
    // What nobody holds is collected, and its stream ended.
    held.push(reply);
    return reply.status;
  };
  const held: Response[] = [];
  const statuses = [];
  for (let i = 0; i < 51; i += 1) statuses.push(await watch(i, '192.0.2.1'));
  expect(statuses.filter((status) => status === 200)).toHaveLength(50);
  expect(statuses.at(-1)).toBe(429);
  expect(await watch(0, '192.0.2.2')).toBe(200);
  control.abort();
  control = new AbortController();
  await eventually(async () => (await watch(1, '192.0.2.1')) === 200);
  control.abort();
});

describe('a room that is away', () => {
  it('fails only its own routes, at once after a few, and is asked again when it is back', async () => {
    const rooms = await started({ targets: SERVICES });
    const apart = await gatewayApart(rooms);
    open.push(apart);
    const token = await apart.login();
    const { at: url, lines } = apart;
    const list = () => request(`${url}/api/orders`, { token });
    expect((await list()).status).toBe(200);

    lines.orders.cut();
    const replies = [];
    for (let i = 0; i < 6; i += 1) replies.push(await list());
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([503]));
    expect(replies[5]?.ms).toBeLessThan(100);
    expect(replies[5]?.headers.get('retry-after')).toBe('5');
    expect(replies[5]?.body.detail).toBe('orders does not answer at the moment');
    expect((await request(`${url}/api/products`)).status).toBe(200);
    expect((await request(`${url}/health`)).body).toMatchObject({
      status: 'degraded',
      services: { orders: { status: 'down', breaker: 'open' }, catalog: { breaker: 'closed' } },
    });

    lines.orders.mend();
    await eventually(async () => (await list()).status === 200);
  });

  it('when it is customers: whoever names a customer is told to wait, and guests still buy', async () => {
    const accounts = await started({ targets: ['customers'] });
    const address = new URL(accounts.shop.addresses.get('customers') as string);
    const line = await openLine({ host: address.hostname, port: Number(address.port) });
    open.push({ stop: line.close });
    const others: Target[] = [...SERVICES.filter((room) => room !== 'customers'), 'gateway'];
    const shop = await beside(accounts, others, { CUSTOMERS_URL: `http://127.0.0.1:${line.port}` });
    const url = shop.addresses.get('gateway') as string;
    const post = (path: string, body: unknown, token?: string) =>
      request(`${url}${path}`, { method: 'POST', body, ...(token && { token }) });

    const admin = (await post('/api/auth/login', ADMIN)).body.access_token as string;
    await post('/api/products', { product_id: 'CUP', name: 'Cup', price: '5.00', stock: 99 }, admin);
    const items = [{ product_id: 'CUP', quantity: 1 }];
    const account = { email: 'ann@example.com', password: 'a long enough secret' };
    const customer_id = (await post('/api/customers', account, admin)).body.id;
    const token = (await post('/api/auth/login', account)).body.access_token as string;
    const named = () => post('/api/checkout', { customer_id, items }, token);
    await eventually(async () => (await named()).status === 201);

    line.cut();
    const replies = [];
    for (let i = 0; i < 5; i += 1) replies.push(await named());
    for (const { status, headers, body } of replies) {
      expect([status, headers.get('retry-after')]).toEqual([503, '5']);
      expect(body).toMatchObject({ type: 'urn:tradewind:problem:customers-unavailable' });
    }
    // One retry each; then the breaker answers for the room.
    expect(replies[4]?.ms).toBeLessThan(100);
    expect((await post('/api/checkout', { email: 'guest@example.com', items })).status).toBe(201);
    expect((await post('/api/checkout', { items }, token)).status).toBe(201);

    line.mend();
    await sleep(5_000);
    expect((await named()).status).toBe(201);
  });
});
