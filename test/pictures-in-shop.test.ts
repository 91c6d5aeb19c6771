/** Pictures through the one door for clients, with the catalogue in the same process and with HTTP between them. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Image, Product } from '../src/contracts/catalog.ts';
import { silentLog } from '../src/platform/log.ts';
import type { Shop } from '../src/shop.ts';
import { startShop } from '../src/shop.ts';
import type { TestShop } from './harness.ts';
import { eventually, startTestShop } from './harness.ts';
import { picture } from './pictures.ts';

let shop: TestShop;
let apart: Shop;
const log = silentLog.child({});
const warn = vi.spyOn(log, 'warn');
const doors: Record<string, string> = {};
beforeAll(async () => {
  shop = await startTestShop({ prepared: false, log });
  const { addresses } = shop.shop;
  const settings = {
    ...shop.settings,
    CATALOG_URL: addresses.get('catalog') ?? '',
    CUSTOMERS_URL: addresses.get('customers') ?? '',
  };
  apart = await startShop({ settings, targets: ['gateway'], log: silentLog });
  Object.assign(doors, { 'in one process': shop.url, 'over HTTP': apart.addresses.get('gateway') });
});
afterAll(async () => {
  await apart.stop();
  await shop.close();
});

test('the first start waits for nobody who does not want to hear of the sample shop', () => {
  expect(warn.mock.calls).toEqual([]);
});

const product = async (url: string, id: string) => (await (await fetch(`${url}/api/products/${id}`)).json()) as Product;

test('every product of the sample shop has a picture that can be fetched, a second after the first start', async () => {
  const list = async () => (await (await fetch(`${shop.url}/api/products?limit=200`)).json()) as { items: Product[] };
  await eventually(async () => (await list()).items.every(({ images }) => images.length > 0));
  for (const { images } of (await list()).items) {
    const reply = await fetch(`${shop.url}${images[0]?.sizes.small.url}`);
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'image/webp']);
  }
});

describe.each(['in one process', 'over HTTP'])('%s', (where) => {
  const upload = async (bytes: Buffer, headers: Record<string, string> = {}, token?: string) => {
    const form = new FormData();
    form.set('alt', where);
    form.set('file', new Blob([new Uint8Array(bytes)], { type: 'image/png' }), 'photo.png');
    const authorization = `Bearer ${token ?? (await shop.admin())}`;
    const reply = await fetch(`${doors[where]}/api/products/456/image`, {
      method: 'POST',
      body: form,
      headers: { authorization, ...headers },
    });
    return { status: reply.status, headers: reply.headers, body: (await reply.json()) as Image & { type?: string } };
  };

  test('a picture is uploaded, shown, cached and not sent twice', async () => {
    const bytes = await picture(900, 600, where === 'over HTTP' ? '#884422' : '#224488')
      .png()
      .toBuffer();
    const added = await upload(bytes, { 'idempotency-key': where });
    expect(added.status).toBe(201);
    expect((await upload(bytes, { 'idempotency-key': where })).headers.get('idempotency-replayed')).toBe('true');
    const { images } = await product(doors[where] as string, '456');
    const shown = images.find(({ id }) => id === added.body.id);
    const url = `${doors[where]}${shown?.sizes.medium.url}`;
    const reply = await fetch(url);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('cache-control')).toMatch(/immutable/);
    expect(Buffer.from(await reply.arrayBuffer()).toString('latin1', 8, 12)).toBe('WEBP');
    const etag = reply.headers.get('etag') as string;
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await fetch(url.replace('medium', 'large'))).status).toBe(403);
  });

  test('what is no picture, and who is no admin, is refused', async () => {
    expect(await upload(Buffer.from('<?php system($_GET["cmd"]); ?>        '))).toMatchObject({
      status: 422,
      body: { type: 'urn:tradewind:problem:invalid-image' },
    });
    expect((await upload(Buffer.alloc(10), {}, 'nonsense')).status).toBe(401);
  });
});

test('checkouts go on while pictures are being decoded', async () => {
  const heavy = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      picture(6000, 4000, `#${200000 + i * 1111}`)
        .jpeg({ quality: 95 })
        .toBuffer(),
    ),
  );
  const token = await shop.admin();
  const uploads = heavy.map(async (bytes) => {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(bytes)]), 'photo.jpg');
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${shop.url}/api/products/123/image`, { method: 'POST', body: form, headers })).status;
  });
  let uploading = true;
  const done = Promise.all(uploads).finally(() => {
    uploading = false;
  });
  const took: number[] = [];
  while (uploading) {
    const started = performance.now();
    await shop.place();
    took.push(performance.now() - started);
  }
  const statuses = await done;
  expect(statuses.every((status) => [201, 409, 503].includes(status))).toBe(true);
  expect(statuses.filter((status) => status === 201).length).toBeGreaterThan(3);
  const median = took.sort((a, b) => a - b)[Math.floor(took.length / 2)] as number;
  if (process.env.TEST_LOG) console.log(`${took.length} checkouts, median ${median} ms, slowest ${took.at(-1)} ms`);
  expect(took.length).toBeGreaterThan(5);
  expect(median).toBeLessThan(150);
});
