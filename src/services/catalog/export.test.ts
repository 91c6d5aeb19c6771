/** The catalogue as a file. */
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseCsv } from '../../../test/csv.ts';
import type { As, TestRoom } from '../../../test/service-harness.ts';
import { ADMIN_ID, openTestRoom } from '../../../test/service-harness.ts';
import { CreateProduct, DeleteProduct, ExportProducts, ListProducts, SORTS } from '../../contracts/catalog.ts';
import type { QueryOf } from '../../platform/contract.ts';
import { catalog, loadSampleShop } from './service.ts';

let room: TestRoom;
beforeAll(async () => {
  room = await openTestRoom(catalog);
  await loadSampleShop(room.service.db);
  const description = '=1+1, "said" she\nand left';
  const prices = { EUR: '11.90', JPY: 1900 };
  for (let i = 0; i < 250; i += 1) await create({ product_id: `BULK-${i}`, name: `Bulk ${i % 7}`, price: i });
  await create({ product_id: 'EVIL', name: '@name', description, price: '12.50', prices, stock: 1 });
  await room.call(DeleteProduct, { as: 'admin', params: { product_id: 'BULK-9' } });
});
afterAll(() => room.close());

const create = (body: object) => room.call(CreateProduct, { as: 'admin', body: body as never });

async function exported(query: QueryOf<typeof ExportProducts>, as: As = 'admin') {
  const authorization = as === 'admin' ? `Bearer admin.${ADMIN_ID}` : as === 'guest' ? undefined : 'Bearer customer.1';
  const request = { url: '/', params: {}, headers: { authorization }, body: undefined, receivedAt: 0 };
  const reply = await room.service.door.handle(ExportProducts, { ...request, query: query as Record<string, unknown> });
  if (reply.status !== 200) return { status: reply.status, headers: reply.headers, rows: [] };
  const [head = [], ...rows] = parseCsv((await text(reply.body as Readable)).replace(/^\ufeff/, ''));
  const named = rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]])));
  return { status: 200, headers: reply.headers, rows: named };
}

async function listed(query: QueryOf<typeof ExportProducts>): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const reply = await room.call(ListProducts, { as: 'admin', query: { ...query, ...(cursor && { cursor }) } });
    if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
    found.push(...reply.body.items.map(({ product_id }) => product_id));
    cursor = reply.body.next_cursor;
  }
  return found;
}

test.each<QueryOf<typeof ExportProducts>>([
  {},
  { search: 'bulk' },
  { archived: true },
  { category: 'Audio', max_price: '80' },
  { ids: 'EVIL,PROD001' },
  ...SORTS.filter((sort) => sort !== 'relevance').map((sort) => ({ sort })),
])('the file has what the list has, in its order: %j', async (query) => {
  const { rows } = await exported(query);
  expect(rows.map(({ product_id }) => product_id)).toEqual(await listed(query));
  expect(rows.length).toBeGreaterThan(0);
});

test('a product has all its prices, its pictures counted, and nothing that calculates', async () => {
  const { rows, headers } = await exported({ ids: 'EVIL' });
  expect(headers['content-disposition']).toMatch(/^attachment; filename="products-\d{4}-\d\d-\d\d\.csv"$/);
  expect(rows).toEqual([
    {
      product_id: 'EVIL',
      name: `'@name`,
      description: `'=1+1, "said" she\nand left`,
      category: '',
      price: '12.50',
      currency: 'USD',
      further_prices: '11.90 EUR; 1900 JPY',
      availability: 'low_stock',
      archived_at: '',
      images: '0',
    },
  ]);
  expect((await exported({ archived: true })).rows).toMatchObject([
    { product_id: 'BULK-9', archived_at: expect.stringMatching(/Z$/) },
  ]);
});

test('it is for admins, and its address is no product’s', async () => {
  expect((await exported({}, 'guest')).status).toBe(401);
  expect((await exported({}, { customer: '1' })).status).toBe(403);
  expect((await exported({ min_price: '2', max_price: '1' })).status).toBe(422);
  expect(await create({ product_id: 'export', name: 'n', price: 1 })).toMatchObject({
    status: 422,
    problem: { errors: [{ pointer: '/product_id' }] },
  });
});
