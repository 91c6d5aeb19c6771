/** Pictures in Azure Blob Storage, against a real Azurite, from the store itself to the catalogue's door. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../test/azurite.ts';
import { picture, uploadTo } from '../../../test/pictures.ts';
import { eventually, openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import { CreateProduct, DeleteImage, GetProduct } from '../../contracts/catalog.ts';
import { createAzureStore } from './blob-azure.ts';
import { SAMPLE_PRODUCTS } from './sample-products.ts';
import { catalog, loadSampleShop } from './service.ts';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.remove());

const NAME = '01890000-0000-7000-8000-000000000001-small.webp';
const storeOf = (container: string, lifetimeHours = 24) =>
  createAzureStore({
    connectionString: azurite.connectionString,
    accountName: '',
    accountKey: '',
    container,
    lifetimeHours,
  });

describe('the store', () => {
  test('makes its container, private, and serves a blob by its link only', async () => {
    const store = storeOf('fresh');
    await store.put(NAME, Buffer.from('picture'));
    const link = store.link(NAME, new Date());
    const reply = await fetch(link);
    expect([reply.status, await reply.text()]).toEqual([200, 'picture']);
    expect(reply.headers.get('content-type')).toBe('image/webp');
    expect(reply.headers.get('cache-control')).toMatch(/max-age=86400, immutable/);
    const bare = link.slice(0, link.indexOf('?'));
    expect((await fetch(bare)).status).toBeGreaterThanOrEqual(403);
    expect((await fetch(`${azurite.url}/fresh?restype=container&comp=list`)).status).toBeGreaterThanOrEqual(403);
  });

  test('gives links that allow to read this blob, until they expire, and nothing else', async () => {
    const store = storeOf('links');
    await store.put(NAME, Buffer.from('small'));
    const other = NAME.replace('small', 'large');
    await store.put(other, Buffer.from('large'));
    const link = store.link(NAME, new Date());
    const changed = (name: string, value: string) => {
      const copy = new URL(link);
      copy.searchParams.set(name, value);
      return copy.href;
    };
    for (const wrong of [
      link.replace(NAME, other),
      changed('se', '2099-01-01T00:00:00Z'),
      changed('sp', 'rwd'),
      changed('sig', `${'A'.repeat(43)}=`),
    ]) {
      expect((await fetch(wrong)).status, wrong).toBe(403);
    }
    expect((await fetch(link, { method: 'DELETE' })).status).toBe(403);
    const write = { method: 'PUT', body: 'x', headers: { 'x-ms-blob-type': 'BlockBlob' } };
    expect((await fetch(link, write)).status).toBe(403);
    expect((await fetch(store.link(NAME, new Date(Date.now() - 25 * 3_600_000)))).status).toBe(403);
    expect((await fetch(link)).status).toBe(200);
  });

  test('gives the same link for half of its lifetime, with at least half of it left', () => {
    const store = storeOf('links');
    const hour = 3_600_000;
    const noon = new Date('2026-03-01T12:00:00Z');
    const links = Array.from({ length: 25 }, (_, i) => store.link(NAME, new Date(noon.getTime() + i * hour)));
    expect(new Set(links).size).toBe(3);
    for (const [i, link] of links.entries()) {
      const left = new Date(new URL(link).searchParams.get('se') as string).getTime() - (noon.getTime() + i * hour);
      expect(left).toBeGreaterThan(12 * hour - 1);
      expect(left).toBeLessThanOrEqual(24 * hour);
    }
  });

  test('insists on https, but for a storage on this machine', () => {
    const account = { accountName: 'shop', accountKey: Buffer.alloc(64).toString('base64') };
    const store = createAzureStore({ connectionString: '', ...account, container: 'pictures', lifetimeHours: 1 });
    const link = new URL(store.link(NAME, new Date()));
    expect(link.origin + link.pathname).toBe(`https://shop.blob.core.windows.net/pictures/${NAME}`);
    expect(link.searchParams.get('spr')).toBe('https');
    expect(link.searchParams.get('sp')).toBe('r');
    expect(link.searchParams.get('sr')).toBe('b');
  });

  test('refuses at start what the SDK cannot use, by the name of the setting and without the key', () => {
    const key = Buffer.alloc(64).toString('base64');
    const broken = { connectionString: `AccountName=shop;AccountKey=${key}`, accountName: '', accountKey: '' };
    const open = () => createAzureStore({ ...broken, container: 'pictures', lifetimeHours: 1 });
    expect(open).toThrow(/^AZURE_STORAGE_CONNECTION_STRING cannot be used/);
    expect(open).not.toThrow(key);
  });

  test('removes what is there, and what is not', async () => {
    const store = storeOf('removal');
    await store.remove(NAME);
    await store.put(NAME, Buffer.from('x'));
    await store.remove(NAME);
    await store.remove(NAME);
    expect((await fetch(store.link(NAME, new Date()))).status).toBe(404);
  });
});

describe('a catalogue on Azure', () => {
  let room: TestRoom;
  let url: string;
  beforeAll(async () => {
    room = await openTestRoom(catalog, {
      AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString,
      AZURE_STORAGE_CONTAINER_NAME: 'shop-pictures',
    });
    room.service.run();
    url = await room.service.listen('127.0.0.1', 0);
    await room.call(CreateProduct, { as: 'admin', body: { product_id: 'X', name: 'Lamp', price: 1 } });
  });
  afterAll(() => room.close());
  const images = async (product_id = 'X') => {
    const reply = await room.call(GetProduct, { params: { product_id } });
    return reply.ok ? reply.body.images : [];
  };

  test('stores uploads there, and removes them there', async () => {
    const { body } = await uploadTo(url, 'X', await picture().jpeg().toBuffer());
    const link = (await images())[0]?.sizes.small.url as string;
    expect(link.startsWith(`${azurite.url}/shop-pictures/${body.id}-small.webp?`)).toBe(true);
    expect((await fetch(link)).headers.get('content-type')).toBe('image/webp');
    await room.call(DeleteImage, { as: 'admin', params: { product_id: 'X', image_id: body.id } });
    await room.service.db.query({ text: 'update images set due_at = now() where due_at is not null' });
    room.service.wake();
    await eventually(async () => (await fetch(link)).status === 404);
    await eventually(async () => (await room.service.db.query({ text: 'select 1 from images' })).length === 0);
  });

  test('away: uploads are told to come back and change nothing, products are shown; back again: all goes on', async () => {
    await uploadTo(url, 'X', await picture().jpeg().toBuffer());
    await azurite.stop();
    const refused = await uploadTo(url, 'X', await picture(50, 50, '#111111').jpeg().toBuffer());
    expect(refused).toMatchObject({ status: 503, body: { type: 'urn:tradewind:problem:unavailable' } });
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await images()).toHaveLength(1);
    const replica = await room.replica();
    expect((await replica.health()).status).not.toBe('down');
    await azurite.start();
    expect((await uploadTo(url, 'X', await picture(50, 50, '#111111').jpeg().toBuffer())).status).toBe(201);
    expect(await images()).toHaveLength(2);
    expect((await fetch((await images())[0]?.sizes.large.url as string)).status).toBe(200);
  });

  test('shows the sample shop from there', async () => {
    await room.service.db.query({ text: 'truncate products, outbox cascade' });
    await loadSampleShop(room.service.db);
    room.service.wake();
    const last = SAMPLE_PRODUCTS.at(-1)?.product_id as string;
    await eventually(async () => (await images(last)).length > 0);
    expect((await fetch((await images(last))[0]?.sizes.medium.url as string)).status).toBe(200);
  });
});
