import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { message, openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import {
  CreateProduct,
  DeleteProduct,
  GetProduct,
  ListProducts,
  ProductCreated,
  RestoreProduct,
  UpdateProduct,
} from '../../contracts/catalog.ts';
import { StockChanged } from '../../contracts/inventory.ts';
import { checkData } from '../../platform/message.ts';
import { encodeCursor } from '../../platform/page.ts';
import { SAMPLE_PRODUCTS } from './sample-products.ts';
import { catalog, loadSampleShop } from './service.ts';

let room: TestRoom;
beforeAll(async () => {
  room = await openTestRoom(catalog, { CURRENCY: 'EUR' });
});
afterAll(() => room.close());
beforeEach(async () => {
  await room.service.db.query({ text: 'truncate products, outbox cascade' });
});

const as = 'admin';
const create = (body: Record<string, unknown>) =>
  room.call(CreateProduct, { as, body: { name: 'Laptop', price: '999.00', ...body } as never });
const get = (product_id: string) => room.call(GetProduct, { params: { product_id } });
const patch = (product_id: string, body: Record<string, unknown>) =>
  room.call(UpdateProduct, { as, params: { product_id }, body });
const remove = (product_id: string) => room.call(DeleteProduct, { as, params: { product_id } });

describe('adding a product', () => {
  test('answers with it, makes it readable by anyone, and announces its opening stock', async () => {
    const created = await create({ product_id: 123, stock: 10, low_stock_threshold: 3, category: 'Computers' });
    const product = {
      product_id: '123',
      name: 'Laptop',
      description: '',
      category: 'Computers',
      price: '999.00',
      currency: 'EUR',
      availability: 'in_stock',
      version: 1,
    };
    expect(created).toMatchObject({ status: 201, body: product, headers: { location: '/products/123' } });
    expect(await get('123')).toMatchObject({ status: 200, body: product });
    expect(await room.outbox()).toEqual([
      {
        type: 'product.created',
        subject: '123',
        data: {
          product_id: '123',
          name: 'Laptop',
          price: '999.00',
          currency: 'EUR',
          prices: { EUR: '999.00' },
          version: 1,
          stock: 10,
          low_stock_threshold: 3,
        },
      },
    ]);
  });

  test('makes an id when there is none', async () => {
    const created = await create({});
    expect(created).toMatchObject({ body: { product_id: expect.stringMatching(/^P-[0-9A-F]{12}$/) } });
  });

  test('with an id that is taken is refused, also when five come at once', async () => {
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => create({ product_id: 'X' })));
    expect(results.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    expect(results.find(({ status }) => status === 409)).toMatchObject({
      problem: { type: 'urn:tradewind:problem:product-exists' },
    });
    expect(await room.outbox()).toHaveLength(1);
  });

  test('with a price that does not fit its currency is refused at /price', async () => {
    expect(await create({ price: '1.5', currency: 'JPY' })).toMatchObject({
      status: 422,
      problem: { type: 'urn:tradewind:problem:invalid-price', errors: [{ pointer: '/price' }] },
    });
    expect(await room.outbox()).toEqual([]);
  });

  test('is for admins', async () => {
    const body = { name: 'Laptop', price: 1 };
    expect((await room.call(CreateProduct, { body })).status).toBe(401);
    expect((await room.call(CreateProduct, { as: { customer: 'c' }, body })).status).toBe(403);
  });
});

describe('changing a product', () => {
  test('changes what is named and announces the new version', async () => {
    await create({ product_id: 'X', description: 'old' });
    expect(await patch('X', { price: 12.5 })).toMatchObject({
      body: { price: '12.50', description: 'old', version: 2 },
    });
    expect((await room.outbox())[1]).toMatchObject({
      type: 'product.updated',
      data: { product_id: 'X', price: '12.50', version: 2 },
    });
  });

  test('twenty at once give twenty versions, each announced once', async () => {
    await create({ product_id: 'X' });
    const changes = await Promise.all(Array.from({ length: 20 }, (_, i) => patch('X', { price: String(i + 1) })));
    const versions = changes.map((change) => (change.ok ? change.body.version : 0)).sort((a, b) => a - b);
    expect(versions).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
    const announced = (await room.outbox()).filter(({ type }) => type === 'product.updated');
    expect(announced.map(({ data }) => data.version as number).sort((a, b) => a - b)).toEqual(versions);
  });

  test('in two places at once keeps both changes', async () => {
    await create({ product_id: 'X' });
    for (let i = 1; i <= 10; i += 1) {
      await Promise.all([
        patch('X', { name: `Name ${i}` }),
        patch('X', { price: i }),
        patch('X', { category: `C${i}` }),
      ]);
      expect(await get('X')).toMatchObject({ body: { name: `Name ${i}`, price: `${i}.00`, category: `C${i}` } });
    }
  });

  test('at the version that was read overwrites nobody who was faster, and shows what they have left', async () => {
    await create({ product_id: 'X', prices: { USD: '5' } });
    const all = await Promise.all(
      ['GBP', 'CHF', 'SEK'].map((one) => patch('X', { prices: { USD: '5', [one]: '7' }, version: 1 })),
    );
    expect(all.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    const now = await get('X');
    const left = now.ok ? now.body : undefined;
    expect(Object.keys(left?.prices ?? {})).toHaveLength(3);
    expect(all.find(({ status }) => status === 409)).toMatchObject({
      problem: {
        type: 'urn:tradewind:problem:product-changed',
        product: { version: 2, prices: left?.prices },
      },
    });
    expect((await room.outbox()).map(({ type }) => type)).toEqual(['product.created', 'product.updated']);
    expect(await patch('X', { name: 'Late', version: 2 })).toMatchObject({ status: 200, body: { version: 3 } });
  });

  test('at an old version to what it is by now is done already: its answer was lost', async () => {
    await create({ product_id: 'X' });
    await patch('X', { price: '12', version: 1 });
    expect(await patch('X', { price: '12', version: 1 })).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await room.outbox()).toHaveLength(2);
  });

  test('to what it is already changes nothing and announces nothing', async () => {
    await create({ product_id: 'X' });
    expect(await patch('X', { price: '999' })).toMatchObject({ status: 200, body: { version: 1 } });
    expect(await room.outbox()).toHaveLength(1);
  });

  test('is refused for an unknown product, a bad price and an empty change', async () => {
    await create({ product_id: 'X' });
    expect((await patch('nobody', { price: 1 })).status).toBe(404);
    expect(await patch('X', { price: '1.999' })).toMatchObject({ status: 422, problem: { errors: [{}] } });
    expect((await patch('X', {})).status).toBe(422);
    expect(await get('X')).toMatchObject({ body: { price: '999.00', version: 1 } });
  });
});

describe('prices in several currencies', () => {
  test('are shown with the main one among them, and announced', async () => {
    const prices = { USD: 1099, JPY: '165000', KWD: '335.250' };
    expect(await create({ product_id: 'X', prices })).toMatchObject({
      status: 201,
      body: { price: '999.00', prices: { EUR: '999.00', JPY: '165000', KWD: '335.250', USD: '1099.00' } },
    });
    expect(await get('X')).toMatchObject({ body: { prices: { KWD: '335.250', USD: '1099.00' } } });
    expect((await room.outbox())[0]?.data.prices).toEqual({
      EUR: '999.00',
      JPY: '165000',
      KWD: '335.250',
      USD: '1099.00',
    });
    expect(await patch('X', { prices: { USD: '1' } })).toMatchObject({
      body: { version: 2, prices: { EUR: '999.00', USD: '1.00' } },
    });
    expect(await get('X')).toMatchObject({ body: { prices: { EUR: '999.00', USD: '1.00' } } });
    expect((await room.outbox())[1]?.data.prices).toEqual({ EUR: '999.00', USD: '1.00' });
  });

  test('that do not fit are refused, each at its place', async () => {
    expect(await create({ prices: { JPY: '1.5', KWD: '1.2345', USD: '1' } })).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '/prices/JPY' }, { pointer: '/prices/KWD' }] },
    });
    expect(await create({ prices: { dollars: '1', GBP: -1 } })).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '/prices/dollars' }, { pointer: '/prices/GBP' }] },
    });
    expect(await room.outbox()).toEqual([]);
  });
});

describe('deleting a product', () => {
  test('archives it: an admin sees it still, and restores it as it was', async () => {
    await create({ product_id: 'X', stock: 9, prices: { USD: '5' } });
    await remove('X');
    const seen = () => room.call(GetProduct, { as, params: { product_id: 'X' } });
    expect(await seen()).toMatchObject({ body: { archived_at: expect.stringMatching(/Z$/), version: 2 } });
    const restore = () => room.call(RestoreProduct, { as, params: { product_id: 'X' } });
    expect(await restore()).toMatchObject({ status: 200, body: { version: 3, prices: { USD: '5.00' } } });
    expect(await restore()).toMatchObject({ status: 200, body: { version: 3 } });
    const shown = await get('X');
    expect(shown).toMatchObject({ status: 200, body: { price: '999.00', availability: 'in_stock' } });
    expect(shown.ok && shown.body).not.toHaveProperty('archived_at');
    expect((await room.outbox()).slice(2)).toMatchObject([
      { type: 'product.updated', data: { product_id: 'X', version: 3, prices: { EUR: '999.00', USD: '5.00' } } },
    ]);
    expect((await room.call(RestoreProduct, { as, params: { product_id: 'nobody' } })).status).toBe(404);
    expect((await room.call(RestoreProduct, { params: { product_id: 'X' } })).status).toBe(401);
  });

  test('and adding its id again believes what inventory says of the stock that is still there', async () => {
    await create({ product_id: 'X', stock: 5 });
    await room.deliver([message(StockChanged, { product_id: 'X', available: 0, status: 'out_of_stock', version: 4 })]);
    await remove('X');
    expect(await create({ product_id: 'X', stock: 100 })).toMatchObject({ body: { availability: 'out_of_stock' } });
  });

  test('takes it out of sight and announces it', async () => {
    await create({ product_id: 'X' });
    expect((await remove('X')).status).toBe(204);
    expect((await get('X')).status).toBe(404);
    expect((await patch('X', { price: 1 })).status).toBe(404);
    expect(await room.call(ListProducts)).toMatchObject({ body: { items: [] } });
    expect((await room.outbox())[1]).toMatchObject({ type: 'product.deleted', data: { product_id: 'X', version: 2 } });
  });

  test('twice at once succeeds once', async () => {
    await create({ product_id: 'X' });
    const statuses = (await Promise.all([remove('X'), remove('X')])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([204, 404]);
    expect(await room.outbox()).toHaveLength(2);
  });

  test('and adding its id again goes on with the next version, never with version 1', async () => {
    await create({ product_id: 'X' });
    await remove('X');
    expect(await create({ product_id: 'X', name: 'Another', stock: 0 })).toMatchObject({
      status: 201,
      body: { name: 'Another', version: 3, availability: 'out_of_stock' },
    });
    expect((await room.outbox())[2]).toMatchObject({ type: 'product.created', data: { version: 3, stock: 0 } });
  });
});

describe('the list', () => {
  const names = ['Pear', 'apple', 'Apple', 'Plum', 'Quince', '梨'.repeat(200)];
  const seed = async () => {
    for (const [i, name] of names.entries()) {
      await create({
        product_id: `F${i}`,
        name,
        category: name.startsWith('P') ? 'P' : 'other',
        description: `100% ${i}`,
      });
    }
    await create({ product_id: 'F9', name: 'Apple' });
  };
  const walk = async (limit: number) => {
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await room.call(ListProducts, { query: { limit, ...(cursor && { cursor }) } });
      if (!page.ok) throw new Error(page.problem.title);
      expect(page.body.items.length).toBeLessThanOrEqual(limit);
      seen.push(...page.body.items.map(({ product_id }) => product_id));
      cursor = page.body.next_cursor;
    }
    return seen;
  };

  test('shows each product once, by name and then id, whatever the page size', async () => {
    await seed();
    const whole = await walk(200);
    expect([...whole].sort()).toEqual(['F0', 'F1', 'F2', 'F3', 'F4', 'F5', 'F9']);
    expect(whole.indexOf('F9')).toBe(whole.indexOf('F2') + 1);
    for (const limit of [1, 2, 3]) expect(await walk(limit)).toEqual(whole);
  });

  test('can be narrowed to a category and to words, in which no character means anything to the database', async () => {
    await seed();
    const ids = async (query: object) => {
      const page = await room.call(ListProducts, { query });
      return page.ok ? page.body.items.map(({ product_id }) => product_id).sort() : page;
    };
    expect(await ids({ category: 'P' })).toEqual(['F0', 'F3']);
    expect(await ids({ search: 'APPLE' })).toEqual(['F1', 'F2', 'F9']);
    expect(await ids({ search: '100% 4' })).toEqual(['F4']);
    expect(await ids({ search: 'P_u' })).toEqual([]);
    expect(await ids({ search: 'pl', category: 'P' })).toEqual(['F3']);
    expect(await ids({ search: '梨'.repeat(100) })).toEqual(['F5']);
  });

  test.each(['nonsense', encodeCursor(['a']), encodeCursor(['a', 1])])('refuses the cursor %s', async (cursor) => {
    expect(await room.call(ListProducts, { query: { cursor } })).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '/query/cursor' }] },
    });
  });
});

describe('stock hints', () => {
  const hint = (product_id: string, status: 'in_stock' | 'low_stock' | 'out_of_stock', version: number) =>
    message(StockChanged, { product_id, available: 1, status, version });
  const availability = async (id: string) => {
    const product = await get(id);
    return product.ok && product.body.availability;
  };

  test('of a batch the newest counts, whatever the order they come in', async () => {
    await create({ product_id: 'X', stock: 5 });
    await create({ product_id: 'Y', stock: 5 });
    await room.deliver([
      hint('X', 'out_of_stock', 3),
      hint('Y', 'low_stock', 0),
      hint('X', 'low_stock', 2),
      hint('Z', 'in_stock', 1),
    ]);
    expect([await availability('X'), await availability('Y')]).toEqual(['out_of_stock', 'low_stock']);
    expect(await get('X')).toMatchObject({ body: { version: 1 } });
  });

  test('that are late or come twice change nothing', async () => {
    await create({ product_id: 'X', stock: 5 });
    const first = hint('X', 'low_stock', 1);
    await room.deliver([hint('X', 'out_of_stock', 2)]);
    await room.deliver([first]);
    await room.deliver([first]);
    expect(await availability('X')).toBe('out_of_stock');
    await room.deliver([hint('X', 'in_stock', 3)]);
    expect(await availability('X')).toBe('in_stock');
  });
});

describe('the sample shop', () => {
  test('holds the products of the documented examples, and nothing that breaks the contract', () => {
    const products = new Map(SAMPLE_PRODUCTS.map((product) => [product.product_id, product]));
    expect(products.size).toBe(SAMPLE_PRODUCTS.length);
    expect(products.get('1')).toMatchObject({ name: 'Laptop Pro 14', price: '1299.99', stock: 500 });
    expect(products.get('123')).toMatchObject({ name: 'Laptop', price: '999.00', stock: 10 });
    expect(products.get('456')).toMatchObject({ name: 'Mouse', price: '25.00' });
    expect(products.get('PROD001')).toMatchObject({ name: 'Wireless Headphones', price: '79.99', stock: 500 });
    expect(products.get('PROD002')).toMatchObject({ name: 'Phone Case', price: '29.99', stock: 500 });
    for (const { product_id, name, price, stock } of SAMPLE_PRODUCTS) {
      const data = { product_id, name, price, currency: 'USD', version: 1, stock };
      expect(checkData(ProductCreated, data)).toBeUndefined();
      expect(stock).toBeGreaterThanOrEqual(product_id === '123' ? 10 : 50);
    }
  });

  test('is loaded once when three replicas start at once', async () => {
    const { db } = room.service;
    const added = await Promise.all([loadSampleShop(db), loadSampleShop(db), loadSampleShop(db)]);
    expect(added.map((told) => told.length).sort((a, b) => a - b)).toEqual([0, 0, SAMPLE_PRODUCTS.length]);
    expect(await room.outbox()).toHaveLength(SAMPLE_PRODUCTS.length);
    expect(await get('PROD001')).toMatchObject({ body: { price: '79.99', currency: 'USD' } });
  });

  test('leaves a catalogue alone that ever had a product', async () => {
    await create({ product_id: 'X' });
    await remove('X');
    expect(await loadSampleShop(room.service.db)).toEqual([]);
  });
});
