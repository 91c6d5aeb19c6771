/** Text no database can keep and bytes that are hardly HTTP: refused like any other fault, never a 500. */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { DESKS } from '../src/contracts/dead-letters.ts';
import { ENDPOINTS } from '../src/contracts/registry.ts';
import type { Endpoint } from '../src/platform/contract.ts';
import { admin, changesNothing, checkout, expectProblem, GUEST, json, type Problem, shop } from './refusals.ts';

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
    'orders.change-status': { status: 'shipped', note: 'n', tracking: { carrier: 'c', number: 'n' } },
    'orders.cancel': { reason: 'r' },
    'catalog.create': {
      product_id: 'PROD001',
      name: 'n',
      description: 'd',
      category: 'c',
      price: '1',
      currency: 'USD',
      prices: { EUR: '1' },
    },
    'catalog.update': { name: 'n', description: 'd', category: 'c', price: '1', currency: 'USD', prices: { EUR: '1' } },
    'catalog.image.arrange': { images: [{ id: ID, alt: 'a' }] },
    'customers.register': {
      email: 'ann@example.com',
      password: 'a long enough secret',
      name: 'n',
      phone: '+1 555 0100',
      address: 'somewhere',
    },
    'customers.update': {
      email: 'a@example.com',
      password: 'a long enough secret',
      current_password: 'none',
      name: 'n',
      address: 'somewhere',
    },
    'customers.delete': { current_password: 'none' },
    'customers.login': { email: 'nobody@example.com', password: 'wrong' },
    'customers.add-address': { label: 'l', address: { line1: 'a', city: 'b', country: 'GB' } },
    'customers.update-address': { label: 'l', address: { line1: 'a', city: 'b', country: 'GB' } },
    'customers.put-cart': { items: [{ product_id: 'NOPE', quantity: 1 }], version: 0 },
    'customers.forgot-password': { email: 'nobody@example.com' },
    'customers.reset-password': { token: 'none', password: 'a long enough secret' },
    'inventory.check': { items: [{ product_id: 'NOPE', quantity: 1 }] },
    'inventory.reserve': { items: [{ product_id: 'NOPE', quantity: 1 }], reference: 'r' },
    'inventory.extend': { ttl_seconds: 1 },
    'inventory.update': { low_stock_threshold: 1 },
    'inventory.replenish': { quantity: 1, reason: 'r' },
    'inventory.adjust': { delta: 1, reason: 'r' },
    'payments.refund': { amount: '1', reason: 'r' },
    'notifications.resend': { recipient: 'a@example.com' },
    'notifications.suppress': { channel: 'email', recipient: 'nobody', reason: 'bounced', detail: 'd' },
  };
  for (const desk of Object.values(DESKS)) {
    const edit = { type: 'order.placed', data: { id: ID, text: 't' } };
    const group = { group: '0123456789abcdef0123456789abcdef', why: 'w' };
    BODIES[desk.rehearse.name] = edit;
    BODIES[desk.retry.name] = { why: 'w', ...edit };
    BODIES[desk.discard.name] = { why: 'w' };
    BODIES[desk.retryGroup.name] = group;
    BODIES[desk.discardGroup.name] = group;
  }

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

  const addressOf = ({ publicPaths }: Endpoint) => publicPaths[0] as string;

  async function refused(endpoint: Endpoint, target: string, body?: unknown): Promise<void> {
    const { method } = endpoint;
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
      for (const id of [...ids, 'x'.repeat(201), `urn:uuid:${ID}`]) await refused(one, url(addressOf(one), id));
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
          await refused(one, `${nowhere(addressOf(one))}?${name}=${text.replace('NAME', name)}`);
        }
      }
    }));

  it.each(Object.keys(BODIES))('is no text of a body of %s', (name) =>
    changesNothing(async () => {
      const endpoint = ENDPOINTS.find((one) => one.name === name) as Endpoint;
      for (const text of TEXTS) {
        for (const body of spoiled(BODIES[name], text)) await refused(endpoint, nowhere(addressOf(endpoint)), body);
      }
    }));

  it('is refused with its place, not kept as something else', () =>
    changesNothing(async () => {
      for (const text of TEXTS) {
        const address = { line1: text, city: text, country: 'US' };
        expectProblem(await checkout({ ...GUEST, name: text, user_id: text }), 422);
        const faulty = ['/shipping_address/city', '/shipping_address/line1'];
        expectProblem(await checkout({ ...GUEST, shipping_address: address }), 422, faulty);
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
