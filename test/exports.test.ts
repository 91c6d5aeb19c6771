/** Long downloads through the gateway: at the reader's pace, past every time limit, and broken off for all to see. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { SERVICES } from '../src/contracts/registry.ts';
import { parseCsv } from './csv.ts';
import { gatewayApart } from './gateway-apart.ts';
import type { TestShop } from './harness.ts';
import { startTestShop } from './harness.ts';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

const ORDERS = 5_000;
/** Twenty megabytes: more than sockets keep on the way. */
const fill = (shop: TestShop) =>
  shop.query(
    'orders',
    `insert into orders (id, number, status, email, name, payment_method, items, total_amount, currency, version,
       traceparent, processing_duration_ms, created_at, updated_at)
     select gen_random_uuid(), 1000000 + i, 'delivered', 'a@example.com', 'Ann', 'pm_success',
       json_build_array(json_build_object('product_id', 'P', 'name', repeat('Long name ', 400), 'quantity', 2,
         'unit_price', '1.00', 'line_total', '2.00')), 200, 'EUR', 5, '', 1, now(), now()
     from generate_series(1, ${ORDERS}) i`,
  );

async function download(url: string, token: string, path = '/api/orders/export'): Promise<IncomingMessage> {
  const request = get(`${url}${path}`, { headers: { authorization: `Bearer ${token}` }, agent: false });
  const [reply] = (await once(request, 'response')) as [IncomingMessage];
  return reply;
}

async function read(reply: IncomingMessage, pauseMs = 0): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of reply) {
    chunks.push(chunk as Buffer);
    if (pauseMs > 0 && chunks.length % 40 === 0) await sleep(pauseMs);
  }
  return Buffer.concat(chunks).toString();
}

const lines = (text: string) => parseCsv(text.replace(/^\ufeff/, '')).length - 1;

describe('a long download', () => {
  it('in one process takes longer than a request may, and is whole', async () => {
    const shop = await startTestShop({ settings: { UPSTREAM_TIMEOUT_MS: '500' } });
    open.push({ stop: shop.close });
    await fill(shop);
    const reply = await download(shop.url, await shop.admin());
    expect(reply.headers['content-disposition']).toMatch(/orders-.*\.csv/);
    expect(reply.headers['content-type']).toBe('text/csv; charset=utf-8');
    const started = performance.now();
    expect(lines(await read(reply, 100))).toBe(ORDERS);
    expect(performance.now() - started).toBeGreaterThan(1_500);
    const products = await download(shop.url, await shop.admin(), '/api/products/export?category=Audio');
    expect(lines(await read(products))).toBeGreaterThan(1);
  });

  it('from a room elsewhere is whole too, does not keep others waiting, and breaks off when the room is lost', async () => {
    const rooms = await startTestShop({ targets: SERVICES });
    open.push({ stop: rooms.close });
    await fill(rooms);
    const apart = await gatewayApart(rooms, { UPSTREAM_TIMEOUT_MS: 1_200 });
    open.push(apart);
    const access_token = await apart.login();
    const { at: url, lines: wires } = apart;

    const slow = download(url, access_token).then((reply) => read(reply, 100));
    const started = performance.now();
    for (let i = 0; i < 5; i += 1) {
      await sleep(200);
      const list = await fetch(`${url}/api/orders?limit=1`, { headers: { authorization: `Bearer ${access_token}` } });
      expect(list.status).toBe(200);
    }
    expect(lines(await slow)).toBe(ORDERS);
    expect(performance.now() - started).toBeGreaterThan(1_500);

    const lost = await download(url, access_token);
    const ended = expect(read(lost, 100).then(({ length }) => length)).rejects.toThrow(/aborted/);
    await sleep(100);
    wires.orders.cut();
    await ended;
    wires.orders.mend();
    // A refusal is a document, not a stream.
    const refused = await download(url, access_token, '/api/orders/export?status=nothing');
    expect(refused.statusCode).toBe(422);
    expect(JSON.parse(await read(refused))).toMatchObject({ errors: [{ pointer: '/query/status' }] });
  });
});
