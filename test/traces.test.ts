/** One order is one connected trace, from the click to the mail, on both topologies; and nothing personal is in it. */
import { randomBytes } from 'node:crypto';
import * as stable from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { afterEach, describe, expect, test } from 'vitest';
import type { Xray } from '../src/contracts/xray.ts';
import { createLog } from '../src/platform/log.ts';
import { ATTR } from '../src/platform/semconv.ts';
import { startShop } from '../src/shop.ts';
import type { CollectedSpan, Collector } from './collector.ts';
import { startCollector } from './collector.ts';
import { freePort } from './free-port.ts';
import type { TestShop, TestShopOptions } from './harness.ts';
import { callAt, eventually, hasRabbit, startTestShop } from './harness.ts';

const LIMIT = 60_000;
const EMAIL = 'trace.me@example.com';
const hex = (bytes: number) => randomBytes(bytes).toString('hex');

let shop: TestShop | undefined;
let collector: Collector | undefined;
afterEach(async () => {
  await shop?.close();
  await collector?.close();
  [shop, collector] = [undefined, undefined];
});

async function tracedShop(options: TestShopOptions = {}): Promise<{ shop: TestShop; collector: Collector }> {
  collector = await startCollector();
  shop = await startTestShop({
    ...options,
    settings: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...options.settings },
  });
  return { shop, collector };
}

/** As a browser does it: the request carries the trace, and afterwards the shop is told of it. */
async function buy({ call, until }: Pick<TestShop, 'call' | 'until'>, body: Record<string, unknown> = {}) {
  const [trace_id, span_id] = [hex(16), hex(8)];
  const started_at = Date.now();
  const reply = await call<{ id: string; guest_token: string }>('/api/checkout', {
    method: 'POST',
    headers: { traceparent: `00-${trace_id}-${span_id}-01` },
    body: { email: EMAIL, name: 'Trace Me', items: [{ product_id: 'PROD001', quantity: 1 }], ...body },
  });
  expect(reply.status).toBe(201);
  const span = { trace_id, span_id, endpoint: 'orders.place', started_at, ended_at: Date.now(), status: 201 };
  const told = await call('/api/traces', { method: 'POST', body: { spans: [span] } });
  expect(told.status).toBe(204);
  const order = await until(reply.body, 'confirmed', 'failed');
  return { order, trace_id, guest_token: reply.body.guest_token };
}

/** A gateway that reaches the rooms over HTTP, as one in a process of its own. */
async function gatewayElsewhere({ shop, settings }: TestShop) {
  const urls = [...shop.addresses].map(([target, address]) => [`${target.toUpperCase()}_URL`, address]);
  const gateway = await startShop({
    settings: { ...settings, ...Object.fromEntries(urls) },
    targets: ['gateway'],
    log: createLog({ level: 'silent', format: 'json' }),
  });
  return { url: gateway.addresses.get('gateway') as string, stop: gateway.stop };
}

const label = ({ service, name }: CollectedSpan) => `${service}: ${name}`;

/** Who is above whom, without statements: `parent → child`. */
function edgesOf(spans: readonly CollectedSpan[]): string[] {
  const known = new Map(spans.map((span) => [span.id, span]));
  const edges = spans
    .filter(({ attributes }) => !attributes[ATTR.database])
    .map((span) => `${span.parent ? label(known.get(span.parent) as CollectedSpan) : 'nobody'} → ${label(span)}`);
  return [...new Set(edges)].sort();
}

/** All that a paid order goes through. */
const CHECKOUT = [
  'nobody → browser: POST /api/checkout',
  'orders: POST /orders → orders: send order.placed',
  'orders: POST /orders → inventory: process order.placed',
  'inventory: process order.placed → inventory: send product.stock.deducted',
  'inventory: process order.placed → orders: process product.stock.deducted',
  'orders: process product.stock.deducted → orders: send order.awaiting_payment',
  'orders: process product.stock.deducted → payments: process order.awaiting_payment',
  'payments: process order.awaiting_payment → payments: charge test',
  'payments: process order.awaiting_payment → payments: send payment.processed',
  'payments: process order.awaiting_payment → orders: process payment.processed',
  'orders: process payment.processed → orders: send order.confirmed',
  'orders: process payment.processed → notifications: process order.confirmed',
  'notifications: process order.confirmed → notifications: send email',
];

async function traceOf({ spans }: Collector, trace: string, last: string): Promise<CollectedSpan[]> {
  const mine = () => spans.filter((span) => span.trace === trace);
  await eventually(async () => mine().some((span) => label(span) === last));
  return mine();
}

describe('a checkout is one trace', () => {
  test(
    'in one process',
    async () => {
      const { shop, collector } = await tracedShop({ settings: { OTEL_EXPORTER_OTLP_HEADERS: 'x-token=a%20b' } });
      const { order, trace_id } = await buy(shop);
      expect(order.status).toBe('confirmed');
      const xray = await shop.call<Xray>(`/api/orders/${order.id}/xray`, { token: await shop.admin() });
      expect(xray.body.orders?.trace_id).toBe(trace_id);
      const spans = await traceOf(collector, trace_id, 'notifications: send email');
      expect(edgesOf(spans)).toEqual(
        expect.arrayContaining([
          ...CHECKOUT,
          'browser: POST /api/checkout → gateway: POST /api/checkout',
          'gateway: POST /api/checkout → orders: POST /orders',
        ]),
      );
      expect(collector.headers['x-token']).toBe('a b');
      // Statements are below what asked for them.
      const inserts = spans.filter(({ attributes }) => attributes[ATTR.operation] === 'INSERT');
      expect(inserts.map(({ service }) => service)).toEqual(expect.arrayContaining(['orders', 'inventory']));
      for (const span of spans) expect(span.end).toBeGreaterThanOrEqual(span.start);
    },
    LIMIT,
  );

  test.skipIf(!hasRabbit())(
    'through RabbitMQ, and by HTTP between processes',
    async () => {
      const { shop, collector } = await tracedShop({ topology: 'rabbitmq' });
      const gateway = await gatewayElsewhere(shop);
      const { trace_id } = await buy({ call: callAt(gateway.url), until: shop.until });
      const spans = await traceOf(collector, trace_id, 'notifications: send email');
      await gateway.stop();
      expect(edgesOf(spans)).toEqual(
        expect.arrayContaining([
          ...CHECKOUT,
          'gateway: POST /api/checkout → gateway: POST /orders',
          'gateway: POST /orders → orders: POST /orders',
        ]),
      );
      const asked = spans.find(({ kind, service }) => kind === 'client' && service === 'gateway') as CollectedSpan;
      const { hostname, port } = new URL(shop.shop.addresses.get('orders') as string);
      expect(asked.attributes).toMatchObject({
        'server.address': hostname,
        'server.port': Number(port),
        'http.response.status_code': 201,
      });
      const sent = spans.find(({ name }) => name === 'send order.placed') as CollectedSpan;
      expect(sent).toMatchObject({ kind: 'producer', failed: false });
      expect(sent.attributes).toMatchObject({
        'messaging.system': 'rabbitmq',
        'messaging.destination.name': `${shop.settings.AMQP_NAMESPACE}.events:order.placed`,
        'messaging.operation.type': 'send',
        'messaging.rabbitmq.destination.routing_key': 'order.placed',
      });
    },
    LIMIT,
  );

  test(
    'whose messages are children of what made them, and link to it',
    async () => {
      const { shop, collector } = await tracedShop();
      const { trace_id } = await buy(shop);
      const spans = await traceOf(collector, trace_id, 'notifications: send email');
      const handled = spans.filter(({ kind }) => kind === 'consumer');
      expect(handled.length).toBeGreaterThanOrEqual(5);
      for (const span of handled) expect(span.links).toEqual([span.parent]);
    },
    LIMIT,
  );

  test(
    'with every attempt in it',
    async () => {
      const { shop, collector } = await tracedShop({ settings: { PAYMENT_DEADLINE_SECONDS: '120' } });
      const { query } = shop;
      // Payments cannot write: the message fails, and waits.
      await query('payments', 'alter table payments rename to payments_away');
      const [trace_id, span_id] = [hex(16), hex(8)];
      const placed = await shop.place({ email: EMAIL }, { traceparent: `00-${trace_id}-${span_id}-01` });
      const attempts = () =>
        collector.spans.filter(({ trace, name }) => trace === trace_id && name === 'process order.awaiting_payment');
      await eventually(async () => attempts().length >= 2);
      expect(attempts()[0]).toMatchObject({ failed: true, attributes: { [ATTR.errorType]: '42P01' } });
      await query('payments', 'alter table payments_away rename to payments');
      await shop.until(placed, 'confirmed');
      const spans = await traceOf(collector, trace_id, 'notifications: send email');
      expect(attempts().some(({ failed }) => !failed)).toBe(true);
      // Nobody told of a browser: the trace begins at the gateway, below the span it was told of.
      expect(spans.find(({ name }) => name === 'POST /api/checkout')).toMatchObject({ parent: span_id });
    },
    LIMIT,
  );
});

describe('what spans say', () => {
  test(
    'names nobody, and keeps every secret',
    async () => {
      const { shop, collector } = await tracedShop();
      const { order, trace_id, guest_token } = await buy(shop, { phone: '+491701234567' });
      await shop.call(`/api/orders/${order.id}?token=${guest_token}`);
      await traceOf(collector, trace_id, 'notifications: send email');
      const said = collector.bodies.join('\n');
      for (const secret of [EMAIL, 'Trace Me', '491701234567', guest_token]) {
        expect(said.includes(secret), secret).toBe(false);
      }
      const names = new Set(collector.spans.flatMap(({ attributes }) => Object.keys(attributes)));
      const allowed: string[] = Object.values(ATTR);
      expect([...names].filter((name) => !allowed.includes(name))).toEqual([]);
      // No id is in a name: viewers count by them.
      for (const { name } of collector.spans) expect(name).not.toMatch(/[0-9a-f]{8}-/);
    },
    LIMIT,
  );

  test('has the names of the conventions', () => {
    const conventions = new Set([stable, incubating].flatMap((module) => Object.values(module as object) as unknown[]));
    expect(Object.values(ATTR).filter((name) => !conventions.has(name))).toEqual([]);
  });

  test(
    'is nothing where no trace is to be kept, and the shop works on',
    async () => {
      const { shop, collector } = await tracedShop({ settings: { OTEL_TRACES_SAMPLER_ARG: '0' } });
      const { order } = await buy(shop);
      expect(order.status).toBe('confirmed');
      // All that there is has been sent when it has stopped.
      await shop.shop.stop();
      expect(collector.spans).toEqual([]);
    },
    LIMIT,
  );

  test(
    'is dropped while no collector is there, and the shop works on',
    async () => {
      const endpoint = `http://127.0.0.1:${await freePort()}`;
      const { shop } = await tracedShop({ settings: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } });
      expect((await buy(shop)).order.status).toBe('confirmed');
    },
    LIMIT,
  );
});

describe('what pages tell of their traces', () => {
  test(
    'is taken only of operations that there are, and in order',
    async () => {
      const { shop, collector } = await tracedShop();
      const span = {
        trace_id: hex(16),
        span_id: hex(8),
        endpoint: 'orders.place',
        started_at: 2_000,
        ended_at: 3_000,
        status: 500,
      };
      const spans = [
        span,
        { ...span, span_id: hex(8), endpoint: '<script>' },
        { ...span, span_id: hex(8), ended_at: 1_000 },
      ];
      expect((await shop.call('/api/traces', { method: 'POST', body: { spans } })).status).toBe(204);
      for (const wrong of [
        { spans: [] },
        { spans: Array(21).fill(span) },
        { spans: [{ ...span, trace_id: '0'.repeat(32) }] },
        { spans: [{ ...span, email: EMAIL }] },
      ]) {
        expect((await shop.call('/api/traces', { method: 'POST', body: wrong })).status).toBe(422);
      }
      await eventually(async () => collector.spans.some(({ service }) => service === 'browser'));
      const told = collector.spans.filter(({ service }) => service === 'browser');
      expect(told).toHaveLength(1);
      expect(told[0]).toMatchObject({
        name: 'POST /api/checkout',
        id: span.span_id,
        start: 2_000,
        end: 3_000,
        failed: true,
      });
    },
    LIMIT,
  );
});
