/** Products from a spreadsheet: what is done, what is refused and why, and that the same file again changes nothing. */
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import {
  CreateProduct,
  DeleteProduct,
  ExportProducts,
  GetProduct,
  ImportProducts,
  MAX_IMPORT_LINES,
} from '../../contracts/catalog.ts';
import type { ImportReport } from '../../contracts/shapes.ts';
import { catalog, loadSampleShop } from './service.ts';

const room: TestRoom = await openTestRoom(catalog);
afterAll(() => room.close());
beforeEach(() => room.service.db.query({ text: 'truncate products, outbox cascade' }));

async function send(file: string | Buffer, query: Record<string, string> = {}) {
  const headers = { authorization: 'Bearer admin.00000000-0000-7000-8000-000000000001', 'content-type': 'text/csv' };
  const request = { url: '/', params: {}, query, headers, body: Buffer.from(file), receivedAt: 0 };
  const reply = await room.service.door.handle(ImportProducts, request);
  return {
    status: reply.status,
    body: JSON.parse(String(reply.body)) as ImportReport & { errors: unknown; detail: string },
  };
}
const counts = ({ lines, created, changed, unchanged, refused }: ImportReport) => ({
  ...{ lines, created, changed, unchanged, refused },
});
const faults = ({ faults }: ImportReport) =>
  faults.flatMap(({ line, id, errors }) => errors.map(({ column, detail }) => `${line} ${id} ${column}: ${detail}`));
const product = async (product_id: string) => {
  const reply = await room.call(GetProduct, { as: 'admin', params: { product_id } });
  if (!reply.ok) throw new Error(`${product_id}: ${reply.status}`);
  return reply.body;
};
const events = () =>
  room.service.db.query<{ type: string; subject: string; stock: string | null }>({
    text: `select type, subject, data->>'stock' as stock from outbox order by id`,
  });
async function exported(): Promise<string> {
  const headers = { authorization: 'Bearer admin.00000000-0000-7000-8000-000000000001' };
  const request = { url: '/', params: {}, query: {}, headers, body: undefined, receivedAt: 0 };
  return text((await room.service.door.handle(ExportProducts, request)).body as Readable);
}

const FILE = `product_id,name,category,price,currency,further_prices,stock
MUG,"A mug, large",Kitchen,12.50,USD,11.90 EUR; 1900 JPY,20
PEN,Pen,,1.20,,,
`;

test('adds what is new, changes what differs, and does nothing the second time', async () => {
  expect(counts((await send(FILE)).body)).toEqual({ lines: 2, created: 2, changed: 0, unchanged: 0, refused: 0 });
  expect(await product('MUG')).toMatchObject({
    name: 'A mug, large',
    prices: { USD: '12.50', EUR: '11.90', JPY: '1900' },
  });
  expect(await events()).toEqual([
    { type: 'product.created', subject: 'MUG', stock: '20' },
    { type: 'product.created', subject: 'PEN', stock: '0' },
  ]);
  expect(counts((await send(FILE)).body)).toEqual({ lines: 2, created: 0, changed: 0, unchanged: 2, refused: 0 });
  const { body } = await send(FILE.replace('1.20,,,', '1.30,,,7'));
  expect(body.changes).toEqual([
    { line: 3, id: 'PEN', action: 'changed', cells: [{ column: 'price', from: '1.20', to: '1.30' }] },
  ]);
  expect((await events()).map(({ type }) => type)).toEqual(['product.created', 'product.created', 'product.updated']);
  expect((await product('PEN')).version).toBe(2);
});

test('a column that is not there changes nothing; an empty text empties it', async () => {
  await send(FILE);
  await send('product_id;category\nMUG;\n');
  expect(await product('MUG')).toMatchObject({ name: 'A mug, large', category: '', prices: { EUR: '11.90' } });
  await send('product_id;further_prices\nMUG;\n');
  expect((await product('MUG')).prices).toEqual({ USD: '12.50' });
});

test('only tried, it changes nothing and says what it would', async () => {
  await send(FILE);
  const more = `${FILE.replace('Pen,', 'Fountain pen,')}CUP,Cup,,3,,,\n`;
  const { body } = await send(more, { dry_run: 'true' });
  expect(counts(body)).toEqual({ lines: 3, created: 1, changed: 1, unchanged: 1, refused: 0 });
  expect(body.changes).toEqual([
    { line: 3, id: 'PEN', action: 'changed', cells: [{ column: 'name', from: 'Pen', to: 'Fountain pen' }] },
    {
      line: 4,
      id: 'CUP',
      action: 'created',
      cells: [
        { column: 'name', to: 'Cup' },
        { column: 'price', to: '3.00' },
        { column: 'currency', to: 'USD' },
        { column: 'stock', to: '0' },
      ],
    },
  ]);
  expect((await product('PEN')).name).toBe('Pen');
  expect(await events()).toHaveLength(2);
  expect(counts((await send(more)).body)).toEqual(counts(body));
});

test('what an export has written is taken back and changes nothing', async () => {
  await loadSampleShop(room.service.db);
  const description = '=1+1, "said" she\r\nand left';
  const prices = { EUR: '11.90', JPY: 1900 };
  const odd = { product_id: 'ODD', name: " '@name ", description, category: "'", price: '12.50', prices, stock: 1 };
  await room.call(CreateProduct, { as: 'admin', body: odd });
  await room.call(CreateProduct, { as: 'admin', body: { product_id: 'GONE', name: 'Gone', price: 1 } });
  await room.call(DeleteProduct, { as: 'admin', params: { product_id: 'GONE' } });
  const before = await room.service.db.query({ text: 'select * from products order by product_id' });
  const { body } = await send(await exported());
  expect([body.refused, body.created, body.changed, faults(body)]).toEqual([0, 0, 0, []]);
  expect(body.unchanged).toBe(body.lines);
  expect(await room.service.db.query({ text: 'select * from products order by product_id' })).toEqual(before);
});

test('every line that is refused is named with all its faults, and the others are done', async () => {
  await send(FILE);
  const file = [
    'product_id,name,price,currency,further_prices,stock,archived_at',
    'MUG,,x,,,,',
    'NEW,,,XXQ,1 EUR; 2 EUR,-1,',
    'GOOD,Good,1.00,USD,,3,',
    ',Nameless,1,USD,,,',
    'bad id,Bad,1,USD,,,',
    'GOOD,Again,1,USD,,,',
    'SHORT,Short',
    'YEN,Yen,1.50,JPY,,,',
    'PEN,Pen,1.20,USD,,,2026-01-01',
    '"OPEN,Open,1,USD,,,',
  ].join('\r\n');
  const { status, body } = await send(file);
  expect(status).toBe(200);
  expect(counts(body)).toEqual({ lines: 10, created: 1, changed: 0, unchanged: 0, refused: 9 });
  expect(faults(body)).toEqual([
    '2 MUG name: is needed',
    '2 MUG price: must be a decimal amount, as text ("19.99") or a number (19.99); never negative',
    '3 NEW name: is needed',
    '3 NEW price: is needed',
    '3 NEW stock: must be a whole number, 0 or more',
    '3 NEW further_prices: must be amounts with their currencies, such as 11.90 EUR; 1900 JPY',
    '5  product_id: is needed',
    '6 bad id product_id: must be a product id (SKU): letters, digits, points, underscores and hyphens, at most 64',
    '7 GOOD product_id: is in line 4 already',
    '8 SHORT : has 2 cells, and the first line has 7',
    '9 YEN price: must be an amount with at most 0 digits after the point (JPY)',
    '10 PEN archived_at: says that it is not sold: leave the line out, or empty this cell',
    '11  : has a quotation mark that is never closed',
  ]);
  expect((await product('MUG')).version).toBe(1);
  expect((await product('GOOD')).name).toBe('Good');
});

test('what was archived is sold again, as by its endpoint', async () => {
  await send(FILE);
  await room.call(DeleteProduct, { as: 'admin', params: { product_id: 'PEN' } });
  const { body } = await send(FILE);
  expect(counts(body)).toEqual({ lines: 2, created: 1, changed: 0, unchanged: 1, refused: 0 });
  expect((await product('PEN')).archived_at).toBeUndefined();
});

describe('a file is refused as a whole, and nothing is done', () => {
  const many = `product_id,name,price\n${Array.from({ length: MAX_IMPORT_LINES + 1 }, (_, i) => `P${i},n,1\n`).join('')}`;
  test.each<[string, string | Buffer, number, unknown]>([
    ['that is empty', '', 422, [{ pointer: '/columns/product_id', detail: expect.stringContaining('is needed') }]],
    [
      'without its key',
      'name\nx\n',
      422,
      [{ pointer: '/columns/product_id', detail: expect.stringContaining('is needed') }],
    ],
    [
      'with columns that nobody knows, or twice',
      'product_id,prise,name,name\nA,1,b,c\n',
      422,
      [
        { pointer: '/columns/prise', detail: expect.stringContaining('is not known here; there are product_id, name') },
        { pointer: '/columns/name', detail: 'is there twice' },
      ],
    ],
    [
      'with too many lines',
      many,
      422,
      [{ pointer: '/lines', detail: 'there are 501, and at most 500 are taken at once' }],
    ],
    ['in another encoding', Buffer.from('product_id,name,price\nA,Caf\xe9,1\n', 'latin1'), 400, undefined],
  ])('%s', async (_, file, status, errors) => {
    const reply = await send(file);
    expect([reply.status, reply.body.errors]).toEqual([status, errors]);
    expect(await room.service.db.query({ text: 'select 1 from products' })).toEqual([]);
  });
});
