/** Finding products: search, filters, order, pages. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import { CreateProduct, DeleteProduct, ListCategories, ListProducts, SORTS } from '../../contracts/catalog.ts';
import type { QueryOf } from '../../platform/contract.ts';
import type { Statement } from '../../platform/database.ts';
import { catalog, loadSampleShop } from './service.ts';
import type { ProductFilter } from './store.ts';
import { listProducts } from './store.ts';

type Query = QueryOf<typeof ListProducts>;

let room: TestRoom;
beforeAll(async () => {
  room = await openTestRoom(catalog);
  await loadSampleShop(room.service.db);
  const create = (body: object) => room.call(CreateProduct, { as: 'admin', body: body as never });
  await create({ product_id: 'GONE', name: 'Archived Headphones', price: 1 });
  await room.call(DeleteProduct, { as: 'admin', params: { product_id: 'GONE' } });
  await create({ product_id: 'CAFE', name: 'Café Crème', category: 'Home', price: 5, stock: 1 });
  await create({ product_id: 'SOLD-OUT', name: 'Rare Print', category: 'Home', price: 500, stock: 0 });
});
afterAll(() => room.close());

async function list(query: Query, as: 'guest' | 'admin' = 'guest') {
  const page = await room.call(ListProducts, { query, as });
  if (!page.ok) throw new Error(JSON.stringify(page.problem));
  return page.body;
}
const ids = async (query: Query) => (await list(query)).items.map(({ product_id }) => product_id);

describe('a search', () => {
  test.each([
    ['headphones', 'PROD001'],
    ['HEADPHONE', 'PROD001'],
    ['wireless headph', 'PROD001'],
    ['KB-75-BRN', 'KB-75-BRN'],
    ['kb-75', 'KB-75-BRN'],
    ['hub-7', 'HUB-7'],
    ['456', '456'],
    ['prod004', 'PROD004'],
    ['cafe creme', 'CAFE'],
    ['pours thin stream', 'KETTLE-1L'],
    ['"two-person tent"', 'TENT-2P'],
    ['notebook -laptop', 'NOTE-A5'],
  ])('for %s finds %s first', async (search, product_id) => {
    expect((await ids({ search }))[0]).toBe(product_id);
  });

  test('has names before categories before descriptions, and a name in full before all', async () => {
    expect((await ids({ search: 'laptop' })).slice(0, 2)).toEqual(['123', '1']);
    const found = await ids({ search: 'laptop' });
    expect(found.indexOf('1')).toBeLessThan(found.indexOf('BAG-TOTE'));
  });

  test('needs all of its words, but for those it excludes', async () => {
    expect(await ids({ search: 'wireless mouse' })).toEqual(['456']);
    const speakers = await ids({ search: 'bluetooth or earbuds' });
    expect([...speakers].sort()).toEqual(['AUD-BUDS', 'PROD004']);
    expect(await ids({ search: 'laptop -pro -bag -charger -hub -monitor' })).not.toContain('1');
  });

  test('forgives a typing mistake, says so, and keeps to it on the next pages', async () => {
    const page = await list({ search: 'wireles moose' });
    expect(page).toMatchObject({ corrected_search: 'wireless mouse', items: [{ product_id: '456' }] });
    const first = await list({ search: 'lptop', limit: 1 });
    expect(first.corrected_search).toBe('laptop');
    const second = await list({ search: 'lptop', limit: 1, cursor: first.next_cursor as string });
    expect([first, second].map(({ items }) => items[0]?.product_id)).toEqual(['123', '1']);
    expect(second.corrected_search).toBe('laptop');
  });

  test.each([
    'zzzzqqqq',
    '%',
    '_',
    "'",
    '"',
    '\\',
    '& | ! ( ) : *',
    '-',
    'the',
  ])('for %s harms nothing', async (search) => {
    expect((await list({ search })).items.length).toBeLessThan(20);
  });

  test('never shows what is archived', async () => {
    expect(await ids({ search: 'archived' })).toEqual([]);
  });
});

describe('filters', () => {
  test('by category, price and availability narrow together', async () => {
    expect(await ids({ category: 'Home', max_price: '60', availability: 'in_stock' })).toEqual([
      'LAMP-DESK',
      'MUG-NAVY',
    ]);
    expect(await ids({ category: 'Home', min_price: 54, max_price: '89.00', search: 'lamp' })).toEqual(['LAMP-DESK']);
    expect(await ids({ availability: 'out_of_stock' })).toEqual(['SOLD-OUT']);
    expect(await ids({ availability: 'low_stock' })).toEqual(['CAFE']);
    expect((await ids({ availability: 'available', category: 'Home' })).sort()).toEqual(
      ['CAFE', 'KETTLE-1L', 'LAMP-DESK', 'MUG-NAVY'].sort(),
    );
  });

  test('of prices mean the currency that is asked for, and leave out what has no price in it', async () => {
    expect(await ids({ currency: 'JPY', max_price: '4000', sort: 'price' })).toEqual(['MUG-NAVY', '456']);
    expect(await ids({ currency: 'KWD', min_price: '5.001', sort: '-price' })).toEqual(['1', 'PROD005', 'PROD001']);
    expect(await ids({ currency: 'CHF', sort: 'price' })).toEqual([]);
  });

  test.each(SORTS)('go with a search and any order, %s too', async (sort) => {
    const query: Query = { search: 'laptop', category: 'Computers', min_price: '500', availability: 'available', sort };
    expect([...(await ids(query))].sort()).toEqual(['1', '123']);
  });

  test('that cannot be meant are refused, each at its place', async () => {
    const query = { min_price: '1.5', max_price: '0.5', currency: 'JPY', sort: 'relevance' as const };
    expect(await room.call(ListProducts, { query })).toMatchObject({
      status: 422,
      problem: {
        errors: [{ pointer: '/query/min_price' }, { pointer: '/query/max_price' }, { pointer: '/query/sort' }],
      },
    });
    expect(await room.call(ListProducts, { query: { min_price: 2, max_price: 1 } })).toMatchObject({
      problem: { errors: [{ pointer: '/query/max_price' }] },
    });
    const odd = { sort: 'colour', availability: 'perhaps', currency: 'euro', min_price: '-1' } as never;
    expect(await room.call(ListProducts, { query: odd })).toMatchObject({
      status: 422,
      problem: { errors: [{}, {}, {}, {}] },
    });
  });
});

describe('ids', () => {
  test('list those that there are and that are for sale, at once, however many others there are', async () => {
    expect(await list({ ids: 'PROD001,GONE,NOPE,CAFE,PROD001' })).toMatchObject({
      items: [{ product_id: 'CAFE' }, { product_id: 'PROD001' }],
      next_cursor: null,
    });
    expect((await list({ ids: 'PROD001,GONE', archived: true }, 'admin')).items).toMatchObject([
      { product_id: 'GONE' },
    ]);
    expect((await room.call(ListProducts, { query: { ids: 'GONE', archived: true } })).status).toBe(401);
    expect(await ids({ ids: 'NOPE' })).toEqual([]);
  });

  test('go with filters, and with pages for whoever asks for pages', async () => {
    expect(await ids({ ids: 'PROD001,SOLD-OUT', availability: 'out_of_stock' })).toEqual(['SOLD-OUT']);
    const first = await list({ ids: 'CAFE,SOLD-OUT', limit: 1 });
    const rest = await list({ ids: 'CAFE,SOLD-OUT', limit: 1, cursor: first.next_cursor as string });
    expect([first, rest].map(({ items }) => items[0]?.product_id)).toEqual(['CAFE', 'SOLD-OUT']);
    const other = { ids: 'CAFE', limit: 1, cursor: first.next_cursor as string };
    expect((await room.call(ListProducts, { query: other })).status).toBe(422);
  });

  test.each([
    '',
    ',',
    'A,',
    'A B',
    'A,%',
    Array(101).fill('A').join(),
  ])('that are none are refused: %s', async (bad) => {
    const reply = await room.call(ListProducts, { query: { ids: bad } });
    expect(reply).toMatchObject({ status: 422, problem: { errors: [{ pointer: '/query/ids' }] } });
  });
});

describe('pages', () => {
  async function walk(query: Query, limit: number): Promise<string[]> {
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await list({ ...query, limit, ...(cursor && { cursor }) });
      seen.push(...page.items.map(({ product_id }) => product_id));
      cursor = page.next_cursor;
    }
    return seen;
  }

  test.each(SORTS)('by %s show each product once, in the same order whatever their size', async (sort) => {
    const query: Query = sort === 'relevance' ? { sort, search: 'laptop or for or wireless or with' } : { sort };
    const whole = await walk(query, 200);
    expect(whole.length).toBeGreaterThan(5);
    expect(new Set(whole).size).toBe(whole.length);
    for (const limit of [1, 2, 7]) expect(await walk(query, limit)).toEqual(whole);
  });

  test('are in the order that is stated', async () => {
    const { items } = await list({ sort: 'price', limit: 200 });
    const amounts = items.map(({ price }) => Number(price));
    expect(amounts).toEqual([...amounts].sort((a, b) => a - b));
    const dear = await walk({ sort: '-price' }, 5);
    expect(dear).toEqual((await walk({ sort: 'price' }, 5)).reverse());
    expect((await ids({ sort: 'newest' })).slice(0, 2)).toEqual(['SOLD-OUT', 'CAFE']);
  });

  test('go on only with the cursor of the very same list, as it was given', async () => {
    const query: Query = { sort: 'price', category: 'Home', limit: 1 };
    const cursor = (await list(query)).next_cursor as string;
    expect((await list({ ...query, limit: 3, cursor })).items).toHaveLength(3);
    const values = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const forged = (change: (copy: unknown[]) => void) => {
      const copy = [...values];
      change(copy);
      return Buffer.from(JSON.stringify(copy)).toString('base64url');
    };
    const refused: Query[] = [
      { ...query, sort: '-price', cursor },
      { ...query, sort: 'name', cursor },
      { ...query, category: 'Audio', cursor },
      { ...query, currency: 'EUR', cursor },
      { sort: 'price', cursor },
      ...[
        forged((copy) => copy.splice(0, 1, 0)),
        forged((copy) => copy.splice(1, 1, 'ZZZ')),
        forged((copy) => copy.splice(2, 1, 'laptop')),
        forged((copy) => copy.splice(3, 1, 'AAAAAAAAAAAAAAAA')),
        forged((copy) => copy.splice(3, 1)),
        cursor.slice(0, -4),
      ].map((one) => ({ ...query, cursor: one })),
    ];
    for (const one of refused) {
      expect(await room.call(ListProducts, { query: one }), JSON.stringify(one)).toMatchObject({
        status: 422,
        problem: { errors: [{ pointer: '/query/cursor' }] },
      });
    }
  });

  test.each(SORTS)('by %s reach what comes after the longest names there are', async (sort) => {
    const many = await openTestRoom(catalog);
    for (const [i, letter] of ['\u{10428}', '\u{10429}', '\u{1042a}'].entries()) {
      const body = { product_id: `${'X'.repeat(63)}${i}`, name: `${letter.repeat(187)} crab lobster`, price: 1 };
      expect(await many.call(CreateProduct, { as: 'admin', body })).toMatchObject({ ok: true });
    }
    // Put right, so that the cursor carries the search that was made instead.
    const search = `crob ${'lobster '.repeat(24)}`.trim();
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { sort, limit: 1, ...(sort !== 'newest' && { search }), ...(cursor && { cursor }) };
      const reply = await many.call(ListProducts, { query });
      if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
      if (sort !== 'newest') expect(reply.body.corrected_search).toMatch(/^crab lobster/);
      seen.push(...reply.body.items.map(({ product_id }) => product_id.slice(-1)));
      cursor = reply.body.next_cursor;
    }
    expect(seen.toSorted()).toEqual(['0', '1', '2']);
    await many.close();
  });

  test('go on at another replica', async () => {
    const query: Query = { sort: 'newest', limit: 2 };
    const cursor = (await list(query)).next_cursor as string;
    const replica = await room.replica();
    const request = {
      url: '/products',
      params: {},
      query: { ...query, cursor },
      headers: {},
      body: undefined,
      receivedAt: 0,
    };
    expect((await replica.door.handle(ListProducts, request)).status).toBe(200);
  });
});

describe('of a large catalogue', () => {
  let large: TestRoom;
  const rows = <Row = unknown>(text: string) => large.service.db.query<Row>({ text });
  beforeAll(async () => {
    large = await openTestRoom(catalog);
    await rows(`
      insert into products (product_id, name, description, category, price, currency, availability, search, created_at, updated_at)
      select 'P' || lpad(i::text, 6, '0'), case i when 19999 then 'Lamp' else 'Lamp ' || i end, '', 'Home', 100, 'USD',
        case when i % 2000 = 0 then 'out_of_stock' when i % 100 = 0 then 'low_stock' else 'in_stock' end,
        setweight(to_tsvector('simple', 'lamp p' || lpad(i::text, 6, '0')), 'A'), now(), now()
      from generate_series(1, 20000) i`);
    await rows(`insert into product_prices select product_id, currency, price from products`);
    await rows('vacuum analyze products');
  });
  afterAll(() => large.close());
  const find = async (query: Query) => {
    const reply = await large.call(ListProducts, { query });
    if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
    return reply.body;
  };

  /** How the page of a list by name is found. */
  async function planOf(asked: Partial<ProductFilter> & { limit: number }): Promise<string> {
    const plan: string[] = [];
    const explaining = {
      query: async <Row>({ text }: Statement, values?: unknown[]) => {
        const lines = await large.service.db.query<{ 'QUERY PLAN': string }>({ text: `explain ${text}` }, values);
        plan.push(...lines.map((line) => line['QUERY PLAN']));
        return [] as Row[];
      },
    };
    const any = { search: undefined, category: undefined, min: undefined, max: undefined, after: undefined };
    const none = { ...any, currency: 'USD', availability: undefined, archived: false, sort: 'name' } as const;
    await listProducts(explaining, { ...none, ...asked });
    const at = (what: string) => plan.findIndex((line) => line.includes(what));
    return plan.slice(at('CTE page'), at('CTE Scan on page')).join('\n');
  }

  test('a word that all have ranks 5,000 of them, and what is called just that comes first', async () => {
    for (const [search, first] of [
      ['lamp', 'P019999'],
      ['p019998', 'P019998'],
    ] as const)
      expect((await find({ search, limit: 1 })).items[0]?.product_id).toBe(first);
    const seen = new Set<string>();
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await find({ search: 'lamp', limit: 200, ...(cursor && { cursor }) });
      for (const { product_id } of page.items) seen.add(product_id);
      cursor = page.next_cursor;
    }
    expect(seen.size).toBe(5_001);
    expect((await find({ search: 'lamp', sort: 'name', limit: 200 })).items).toHaveLength(200);
  });

  test.each([
    ['out_of_stock', 10],
    ['low_stock', 190],
  ] as const)('what is %s is found by an index, in the order of the list', async (availability, count) => {
    const { items } = await find({ availability, limit: 200 });
    expect(items).toHaveLength(count);
    expect(items.map(({ name }) => name)).toEqual(items.map(({ name }) => name).toSorted());
    const text = await planOf({ availability: [availability], limit: 51 });
    expect(text).toContain('products_by_availability');
    expect(text).not.toMatch(/Sort|Filter/);
  });

  test('a hundred ids are a hundred products, each read by its key', async () => {
    const asked = Array.from({ length: 100 }, (_, i) => `P${String(1 + 199 * i).padStart(6, '0')}`);
    const found = await find({ ids: asked.join() });
    expect(found.items.map(({ product_id }) => product_id).sort()).toEqual(asked);
    expect(await planOf({ ids: asked, limit: 101 })).toMatch(/products_pkey/);
    expect(await planOf({ ids: asked, limit: 101 })).not.toMatch(/products_by/);
  });
});

test('categories are listed with what is for sale in them', async () => {
  expect(await room.call(ListCategories)).toMatchObject({
    body: {
      items: [
        { name: 'Accessories', products: 5 },
        { name: 'Audio', products: 3 },
        { name: 'Bags', products: 2 },
        { name: 'Computers', products: 5 },
        { name: 'Home', products: 5 },
        { name: 'Outdoor', products: 3 },
        { name: 'Stationery', products: 2 },
        { name: 'Wearables', products: 2 },
      ],
    },
  });
});

test('archived products are listed for admins only', async () => {
  expect((await list({ archived: true }, 'admin')).items).toMatchObject([
    { product_id: 'GONE', archived_at: expect.stringMatching(/Z$/) },
  ]);
  expect((await room.call(ListProducts, { query: { archived: true } })).status).toBe(401);
  expect((await room.call(ListProducts, { query: { archived: true }, as: { customer: 'c' } })).status).toBe(403);
});
