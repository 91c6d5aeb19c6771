/** The pictures of a product, their links, and what goes wrong; over HTTP, on a real database and disk. */
import { createHmac } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  clearedAway,
  dir,
  fetchImage,
  files,
  jpeg,
  product,
  query,
  room,
  upload,
  url,
  useRoom,
} from '../../../test/picture-room.ts';
import { picture, uploadTo } from '../../../test/pictures.ts';
import { eventually } from '../../../test/service-harness.ts';
import {
  ArrangeImages,
  CreateProduct,
  DeleteImage,
  DeleteProduct,
  GetProduct,
  type Image,
  RestoreProduct,
} from '../../contracts/catalog.ts';
import { SAMPLE_PRODUCTS } from './sample-products.ts';
import { loadSampleShop } from './service.ts';
import { lockProduct } from './store.ts';

const as = 'admin';
useRoom();

describe('the pictures of a product', () => {
  const three = async () => {
    const images: Image[] = [];
    for (const colour of ['#aa0000', '#00aa00', '#0000aa']) images.push((await upload(await jpeg(colour))).body);
    return images.map(({ id }) => id) as [string, string, string];
  };
  const arrange = (images: { id: string; alt?: string }[]) =>
    room.call(ArrangeImages, { as, params: { product_id: 'X' }, body: { images } });

  test('have an order, which can be changed together with what they show', async () => {
    const [a, b, c] = await three();
    expect((await product()).images.map(({ id }) => id)).toEqual([a, b, c]);
    expect(await arrange([{ id: c, alt: 'Blue' }, { id: a }, { id: b }])).toMatchObject({
      body: { images: [{ id: c, alt: 'Blue' }, { id: a }, { id: b }] },
    });
    expect((await product()).images.map(({ id, alt }) => [id, alt])).toEqual([
      [c, 'Blue'],
      [a, ''],
      [b, ''],
    ]);
  });

  test('are arranged all at once or not at all', async () => {
    const [a, b, c] = await three();
    const stranger = '00000000-0000-7000-8000-000000000000';
    const refused = await arrange([{ id: a }, { id: a }, { id: stranger }]);
    expect(refused).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '/images/1/id' }, { pointer: '/images/2/id' }, { pointer: '/images' }] },
    });
    expect((await product()).images.map(({ id }) => id)).toEqual([a, b, c]);
  });

  test('are eight at most, also when ten come at once', async () => {
    const uploads = await Promise.all(Array.from({ length: 10 }, (_, i) => jpeg(`#0000${i}0`)));
    const statuses = (await Promise.all(uploads.map((bytes) => upload(bytes)))).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 201, 201, 201, 201, 201, 201, 201, 409, 409]);
    expect((await product()).images).toHaveLength(8);
    await clearedAway();
    expect(await files()).toHaveLength(24);
  });

  test('are counted after waiting for another change of the product, not before', async () => {
    const { db } = room.service;
    let second: ReturnType<typeof lockProduct> | undefined;
    await db.transaction(async (tx) => {
      await lockProduct(tx, 'X');
      second = db.transaction((other) => lockProduct(other, 'X'));
      const waits = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await eventually(async () => (await query(waits)).length === 1);
      tx.write({ text: `insert into product_prices values ('X', 'EUR', 500)` }, []);
    });
    expect((await second)?.prices).toEqual({ USD: 100, EUR: 500 });
  });

  test('can be removed, and their files go', async () => {
    const [a, b, c] = await three();
    const remove = (image_id: string) => room.call(DeleteImage, { as, params: { product_id: 'X', image_id } });
    expect((await Promise.all([remove(b), remove(b)])).map(({ status }) => status).sort()).toEqual([204, 404]);
    expect((await product()).images.map(({ id }) => id)).toEqual([a, c]);
    await clearedAway();
    expect(await files()).toHaveLength(6);
  });

  test('outlive archiving and restoring, but not a new product of the same id', async () => {
    const [a] = await three();
    const params = { product_id: 'X' };
    await room.call(DeleteProduct, { as, params });
    await room.call(RestoreProduct, { as, params });
    expect((await product()).images[0]?.id).toBe(a);
    await room.call(DeleteProduct, { as, params });
    await room.call(CreateProduct, { as, body: { product_id: 'X', name: 'Another', price: 2 } });
    expect((await product()).images).toEqual([]);
    await clearedAway();
    expect(await files()).toEqual([]);
  });
});

describe('a signed link', () => {
  const link = async () => {
    const { body } = await upload(await jpeg());
    return body.sizes.small.url as string;
  };

  test('is the same for hours, and at every replica', async () => {
    const first = await link();
    expect((await product()).images[0]?.sizes.small.url).toBe(first);
    const replica = await room.replica();
    const request = { url: '', params: { product_id: 'X' }, query: {}, headers: {}, body: undefined, receivedAt: 0 };
    const reply = await replica.door.handle(GetProduct, request);
    expect(JSON.parse(String(reply.body)).images[0].sizes.small.url).toBe(first);
  });

  test('with another size, expiry or signature is refused', async () => {
    const right = await link();
    const change = (search: RegExp | string, text: string) => right.replace(search, text);
    const expires = Number(/expires=(\d+)/.exec(right)?.[1]);
    for (const wrong of [
      change('-small', '-large'),
      change(/expires=\d+/, `expires=${expires + 1}`),
      change(/signature=./, 'signature=!'),
      change(/signature=.*/, 'signature='),
      change(/signature=.*/, `signature=${'A'.repeat(43)}`),
      `${right}A`,
    ]) {
      const reply = await fetchImage(wrong);
      expect(reply.status, wrong).toBe(403);
      expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(reply.headers.get('cache-control')).toBe('no-store');
    }
    for (const wrong of [change(/&signature.*/, ''), change(/expires=\d+/, 'expires=soon'), `${right}&more=1`]) {
      expect((await fetchImage(wrong)).status, wrong).toBe(422);
    }
  });

  test('leads to no other file, however its name is written', async () => {
    await writeFile(join(dir, 'secret.webp'), 'secret');
    const right = await link();
    const query = right.slice(right.indexOf('?'));
    for (const name of [
      '..%2fsecret.webp',
      '../secret.webp',
      '%2e%2e%2fsecret.webp',
      '..%5csecret.webp',
      'secret.webp',
      '%00',
    ]) {
      expect([400, 404, 422]).toContain((await fetchImage(`/api/images/${name}${query}`)).status);
    }
  });

  test('that has expired says so', async () => {
    const [secret] = await query<{ key: Buffer }>(`select key from secrets where name = 'links'`);
    const name = /images\/(.*)\?/.exec(await link())?.[1] as string;
    const past = Math.floor(Date.now() / 1000) - 1;
    const signature = createHmac('sha256', secret?.key as Buffer)
      .update(`${name}\n${past}`)
      .digest('base64url');
    expect((await fetchImage(`/api/images/${name}?expires=${past}&signature=${signature}`)).status).toBe(410);
  });

  test('is answered with 304 to who has the picture', async () => {
    const right = await link();
    const etag = (await fetchImage(right)).headers.get('etag') as string;
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const reply = await fetchImage(right, { 'if-none-match': tag });
      expect([reply.status, await reply.text()]).toEqual([304, '']);
    }
    expect((await fetchImage(right, { 'if-none-match': '"other"' })).status).toBe(200);
  });
});

describe('whatever goes wrong', () => {
  test('an upload that died with its blobs written is cleared away, and one that is at work is not', async () => {
    const { body } = await upload(await jpeg());
    await query(`update images set state = 'writing', due_at = now() + interval '1 hour'`);
    room.service.wake();
    expect(await files()).toHaveLength(3);
    await clearedAway();
    expect(await files()).toEqual([]);
    expect(await query('select 1 from images where id = $1', [body.id])).toEqual([]);
  });

  test('a disk that cannot be written is a 503, changes nothing, and product pages go on', async () => {
    await writeFile(join(dir, 'images'), 'a file where the folder should be');
    const refused = await upload(await jpeg());
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect((await product()).images).toEqual([]);
    await rm(join(dir, 'images'));
    await clearedAway();
    expect((await upload(await jpeg())).status).toBe(201);
  });

  test('more uploads than can wait are told to come back, and those that wait are done', async () => {
    const uploads = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        picture(3000, 2000, `#${100000 + i}`)
          .png()
          .toBuffer(),
      ),
    );
    for (let i = 0; i < 3; i += 1)
      await room.call(CreateProduct, { as, body: { product_id: `P${i}`, name: 'P', price: 1 } });
    const replies = await Promise.all(uploads.map((bytes, i) => uploadTo(url, `P${i % 3}`, bytes)));
    const busy = replies.filter(({ status }) => status === 503);
    expect(busy.length).toBeGreaterThan(0);
    expect(busy.every(({ headers }) => headers.get('retry-after') !== null)).toBe(true);
    expect(replies.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(10);
    expect(replies.every(({ status }) => status === 201 || status === 503)).toBe(true);
  });
});

describe('the sample shop', () => {
  const pictures = SAMPLE_PRODUCTS.flatMap((one) => Object.keys(one.pictures));
  const attached = async () =>
    (await query<{ n: number }>(`select count(*) as n from images where state = 'attached'`))[0]?.n;

  test('shows every product, once its pictures are copied, and copies them once', async () => {
    await query('truncate products, outbox cascade');
    await loadSampleShop(room.service.db);
    await loadSampleShop(room.service.db);
    room.service.wake();
    await eventually(async () => (await attached()) === pictures.length);
    expect(await files()).toHaveLength(3 * pictures.length);
    for (const { product_id, pictures: own } of SAMPLE_PRODUCTS) {
      const reply = await room.call(GetProduct, { params: { product_id } });
      const images = reply.ok ? reply.body.images : [];
      expect(images.map(({ alt }) => alt)).toEqual(Object.values(own));
      const found = await sharp(
        Buffer.from(await (await fetchImage(images[0]?.sizes.large.url as string)).arrayBuffer()),
      ).metadata();
      expect(found).toMatchObject({ format: 'webp', width: 1600, height: 1600 });
    }
  });

  test('killed while copying goes on where it was', async () => {
    await query('truncate products, outbox cascade');
    await loadSampleShop(room.service.db);
    // As a process leaves them that dies in the middle: taken, never finished.
    await query(`update images set due_at = now() + interval '1 minute' where state = 'sample'`);
    await query(`update images set due_at = now() where state = 'sample'`);
    room.service.wake();
    await eventually(async () => (await attached()) === pictures.length);
  });
});
