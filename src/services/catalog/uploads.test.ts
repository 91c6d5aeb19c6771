/** What may be uploaded as a picture, and what becomes of it; over HTTP, on a real database and disk. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  clearedAway,
  expectNothingChanged,
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
import { picture, pngOf, uploadTo } from '../../../test/pictures.ts';
import { DeleteProduct, type Image } from '../../contracts/catalog.ts';

useRoom();

describe('an upload', () => {
  test('becomes a WebP picture in three sizes, behind links that work', async () => {
    const bytes = await picture(2000, 1000).png().toBuffer();
    const added = await upload(bytes, { alt: 'A lamp, lit', name: '../../evil.php', type: 'text/x-php' });
    expect(added).toMatchObject({ status: 201, body: { alt: 'A lamp, lit', width: 2000, height: 1000 } });
    const image = added.body as Image;
    expect((await product()).images).toEqual([image]);
    for (const [size, width, height] of [
      ['small', 320, 160],
      ['medium', 800, 400],
      ['large', 1600, 800],
    ] as const) {
      expect(image.sizes[size]).toMatchObject({ width, height });
      const reply = await fetchImage(image.sizes[size].url);
      expect(reply.status).toBe(200);
      expect(reply.headers.get('content-type')).toBe('image/webp');
      expect(reply.headers.get('cache-control')).toMatch(/^public, max-age=\d{5}, immutable$/);
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
      expect(reply.headers.get('content-disposition')).toBe(`inline; filename="${image.id}-${size}.webp"`);
      const found = await sharp(Buffer.from(await reply.arrayBuffer())).metadata();
      expect(found).toMatchObject({ format: 'webp', width, height });
    }
    expect(await files()).toHaveLength(3);
  });

  test.each(['jpeg', 'png', 'webp', 'gif', 'avif'] as const)('may be %s', async (format) => {
    expect(await upload(await picture(300, 200).toFormat(format).toBuffer())).toMatchObject({
      status: 201,
      body: { sizes: { small: { width: 300, height: 200 }, large: { width: 300, height: 200 } } },
    });
  });

  test('may be an AVIF whose main brand is another (as some cameras write it)', async () => {
    const bytes = await picture(300, 200).avif().toBuffer();
    bytes.write('mif1', 8, 'latin1');
    expect(bytes.toString('latin1', 16, bytes.readUInt32BE(0))).toContain('avif');
    expect(await upload(bytes)).toMatchObject({ status: 201, body: { width: 300, height: 200 } });
  });

  test('is turned upright, and loses where and with what it was taken', async () => {
    const bytes = await picture(600, 400)
      .withExif({ IFD0: { Copyright: 'me' }, IFD3: { GPSLatitudeRef: 'N' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { body } = await upload(bytes);
    expect(body).toMatchObject({ width: 400, height: 600, sizes: { medium: { width: 400, height: 600 } } });
    const large = Buffer.from(await (await fetchImage(body.sizes.large.url)).arrayBuffer());
    const { exif, orientation, width } = await sharp(large).metadata();
    expect({ exif, orientation, width }).toEqual({ exif: undefined, orientation: undefined, width: 400 });
  });

  test('of a panorama is made as wide as the box, and never enlarged', async () => {
    expect(await upload(await picture(6000, 300).jpeg().toBuffer())).toMatchObject({
      body: { sizes: { large: { width: 1600, height: 80 }, small: { width: 320, height: 16 } } },
    });
  });

  test.each([
    ['a renamed script', Buffer.from('#!/bin/sh\nrm -rf / # this is a picture, believe me')],
    ['a page', Buffer.from('<!doctype html><script>alert(1)</script>          ')],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['a script that begins like a GIF', Buffer.from('GIF89a=1;alert(1);//                               ')],
    [
      'a script that begins like a JPEG',
      Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(500, 'x')]),
    ],
    ['a TIFF', Buffer.concat([Buffer.from('II*\0'), Buffer.alloc(100)])],
  ])('of %s is refused', async (_what, bytes) => {
    const refused = await upload(bytes, { name: 'photo.png', type: 'image/png' });
    expect(refused).toMatchObject({
      status: 422,
      body: { type: 'urn:tradewind:problem:invalid-image', errors: [{ pointer: '/file' }] },
    });
    await expectNothingChanged();
  });

  test('of half a picture is refused', async () => {
    const whole = await sharp(Buffer.from(Array.from({ length: 300 * 300 * 3 }, (_, i) => (i * 7919) % 251)), {
      raw: { width: 300, height: 300, channels: 3 },
    })
      .jpeg()
      .toBuffer();
    expect(await upload(whole.subarray(0, whole.length / 2))).toMatchObject({ status: 422 });
    await expectNothingChanged();
  });

  test('of a bomb of 20,000 × 20,000 pixels is refused by its header, at once', async () => {
    const bomb = pngOf(20_000, 20_000);
    expect(bomb.length).toBeLessThan(100_000);
    const started = performance.now();
    const before = process.memoryUsage().rss;
    expect(await upload(bomb)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/file', detail: expect.stringContaining('20000 × 20000') }] },
    });
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
    expect(await upload(pngOf(12_001, 10))).toMatchObject({ status: 422 });
    expect(await upload(pngOf(7_000, 6_000))).toMatchObject({ status: 422 });
    await expectNothingChanged();
    expect(await upload(pngOf(12_000, 3_000))).toMatchObject({ status: 201 });
  });

  test('of 50 MB is refused, and one of 10 MiB and a byte too', async () => {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(50_000_000)], { type: 'image/jpeg' }), 'huge.jpg');
    const headers = { authorization: 'Bearer admin.00000000-0000-7000-8000-000000000001' };
    // The server answers and hangs up while the body is still on its way; some clients then see only the hanging up.
    const status = await fetch(`${url}/products/X/image`, { method: 'POST', body: form, headers }).then(
      (reply) => reply.status,
      (error) => (['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(error.cause?.code) ? 413 : error),
    );
    expect(status).toBe(413);
    const justOver = Buffer.concat([await jpeg(), Buffer.alloc(10 * 1024 * 1024)]).subarray(0, 10 * 1024 * 1024 + 1);
    expect((await upload(justOver)).status).toBe(413);
    await expectNothingChanged();
  });

  test('that is no proper form is refused, with all of its faults', async () => {
    const send = async (body: FormData | string, type?: string) => {
      const headers = {
        authorization: 'Bearer admin.00000000-0000-7000-8000-000000000001',
        ...(type && { 'content-type': type }),
      };
      const reply = await fetch(`${url}/products/X/image`, { method: 'POST', body, headers });
      return { status: reply.status, body: (await reply.json()) as { errors?: { pointer: string }[] } };
    };
    const form = new FormData();
    form.set('alt', `bell\u0007`);
    form.set('price', '1');
    const places = (reply: { body: { errors?: { pointer: string }[] } }) =>
      reply.body.errors?.map(({ pointer }) => pointer);
    const refused = await send(form);
    expect(refused.status).toBe(422);
    expect(places(refused)).toEqual(['/file', '/price', '/alt']);
    const two = new FormData();
    two.append('file', new Blob([new Uint8Array(await jpeg())]), 'a.jpg');
    two.append('file', new Blob([new Uint8Array(await jpeg())]), 'b.jpg');
    expect(places(await send(two))).toEqual(['/file']);
    two.delete('file');
    two.append('file', new Blob([new Uint8Array(await jpeg())]), 'a.jpg');
    two.append('alt', 'A lamp');
    two.append('alt', 'No lamp');
    expect(places(await send(two))).toEqual(['/alt']);
    expect((await send('{}', 'application/json')).status).toBe(415);
    expect((await send('nonsense', 'multipart/form-data')).status).toBe(400);
    expect((await send('--b\r\nhalf a part', 'multipart/form-data; boundary=b')).status).toBeGreaterThanOrEqual(400);
    await expectNothingChanged();
  });

  test('is for admins, and for products that are for sale', async () => {
    const bytes = await jpeg();
    expect((await upload(bytes, { token: '' })).status).toBe(401);
    expect((await upload(bytes, { token: 'customer.c' })).status).toBe(403);
    expect((await uploadTo(url, 'NOBODY', bytes)).status).toBe(404);
    await room.call(DeleteProduct, { as: 'admin', params: { product_id: 'X' } });
    expect((await upload(bytes)).status).toBe(404);
    expect(await files()).toEqual([]);
  });
});

describe('the same picture', () => {
  test('five times at once is one picture, and nothing is left of the others', async () => {
    const bytes = await jpeg();
    const replies = await Promise.all([1, 2, 3, 4, 5].map(() => upload(bytes)));
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    expect((await product()).images).toHaveLength(1);
    await clearedAway();
    expect(await files()).toHaveLength(3);
    expect((await fetchImage((await product()).images[0]?.sizes.small.url as string)).status).toBe(200);
  });

  test('under the same key a day later gets links that work', async () => {
    const bytes = await jpeg();
    const first = await upload(bytes, { key: 'k2' });
    // As a reply looks whose links have run out meanwhile.
    await query(
      `update idempotency_keys set body = regexp_replace(body, 'expires=\\d+', 'expires=1', 'g') where key = 'k2'`,
    );
    const again = await upload(bytes, { key: 'k2' });
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect((await fetchImage(again.body.sizes.medium.url)).status).toBe(200);
  });

  test('under the same key gets the same answer, another one is refused', async () => {
    const bytes = await jpeg();
    const first = await upload(bytes, { key: 'k1' });
    const again = await upload(bytes, { key: 'k1' });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await upload(await jpeg('#123456'), { key: 'k1' })).toMatchObject({
      status: 422,
      body: { type: 'urn:tradewind:problem:idempotency-key-reused' },
    });
  });
});
