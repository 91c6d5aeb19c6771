/** A shop with a made-up past: its books are those of a shop, and each of its lists answers. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { grow } from '../bench/grow/grow.ts';
import { listCases, measureLists, type Role } from '../bench/grow/lists.ts';
import { PASSWORD } from '../bench/grow/past.ts';
import { findSamples, type Samples } from '../bench/grow/samples.ts';
import { auditOrders, auditRooms } from '../src/audit/shop.ts';
import type { OrderStatistics } from '../src/contracts/orders.ts';
import type { ServiceName } from '../src/contracts/registry.ts';
import type { Service } from '../src/platform/service.ts';
import { WALK } from '../src/platform/word-search.ts';
import { termsOf } from '../src/services/orders/terms.ts';
import { databaseUrl } from '../src/shop.ts';
import { ADMIN, startTestShop, type TestShop } from './harness.ts';

/** More than a search looks through before it asks an index. */
const PAST = {
  orders: WALK + 500,
  products: 200,
  customers: WALK + 100,
  until: Date.parse('2026-03-01T12:00:00.000Z'),
};

let shop: TestShop;
let samples: Samples;
const progress: number[] = [];
const url = (room: ServiceName) => databaseUrl(shop.settings, room);
const books = (room: ServiceName) => (shop.shop.services.get(room) as Service).db;

beforeAll(async () => {
  shop = await startTestShop();
  await grow({ url, past: PAST, onProgress: (done) => progress.push(done) });
  samples = await findSamples(url, PAST);
});
afterAll(() => shop.close());

/** Everything that is wrong with its books. */
async function findings(): Promise<string[]> {
  const all = [...(await auditRooms(books, { now: new Date(), since: new Date(0) })), ...(await auditOrders(books))];
  return all.map(({ rule, subject, detail }) => `${rule} | ${subject} | ${detail}`);
}

test('it has the past that was asked for, of every kind, and says how far it is', async () => {
  const [orders] = await shop.query<Record<string, number>>(
    'orders',
    `select count(*)::int as all, count(distinct status)::int as statuses, count(distinct reason)::int as reasons from orders`,
  );
  expect(orders).toEqual({ all: PAST.orders, statuses: 5, reasons: 4 });
  const [lines] = await shop.query<{ often: number }>(
    'inventory',
    `select count(*)::int as often from movements where kind = 'deducted' and product_id = 'TW-000001'`,
  );
  // One in 55 of the products is wanted by more than one in 20.
  expect(lines?.often).toBeGreaterThan(PAST.orders / 20);
  expect(progress.at(-1)).toBeCloseTo(1);
  expect(progress.every((one) => one >= 0 && one <= 1.001)).toBe(true);
});

test('its books agree, and would not if they were grown wrong', async () => {
  expect(await findings()).toEqual([]);
  await shop.query(
    'inventory',
    `update movements set on_hand_delta = on_hand_delta - 1 where kind = 'opened' and product_id = 'TW-000007'`,
  );
  await shop.query('payments', `update payments set amount = amount + 1 where order_id = $1`, [samples.order_id?.[0]]);
  const found = await findings();
  expect(found).toContainEqual(expect.stringMatching(/^the movements of a product add up to its level \| TW-000007/));
  expect(found).toContainEqual(expect.stringContaining(`${samples.order_id?.[0]} | is confirmed, but`));
  await shop.query(
    'inventory',
    `update movements set on_hand_delta = on_hand_delta + 1 where kind = 'opened' and product_id = 'TW-000007'`,
  );
  await shop.query('payments', `update payments set amount = amount - 1 where order_id = $1`, [samples.order_id?.[0]]);
  expect(await findings()).toEqual([]);
});

test('orders are found by the words that the shop itself would have written', async () => {
  const rows = await shop.query<Parameters<typeof termsOf>[0] & { id: string }>(
    'orders',
    'select * from orders order by id limit 200',
  );
  const same = await shop.query<{ same: boolean }>(
    'orders',
    `select terms = array_to_tsvector(string_to_array(words, E'\\n')) as same
     from unnest($1::uuid[], $2::text[]) asked (id, words) join order_terms on order_id = id`,
    [rows.map(({ id }) => id), rows.map((row) => termsOf({ ...row, number: Number(row.number) }).join('\n'))],
  );
  expect(same).toEqual(rows.map(() => ({ same: true })));
});

test('what is rare is found as far back as there is anything, with other filters and page by page', async () => {
  const token = await shop.admin();
  const find = async (path: string) =>
    (await shop.call<{ items: Found[]; next_cursor: string | null }>(path, { token })).body;
  type Found = { id: string; number?: number; status?: string; email: string };
  // Number 1001: the first of all.
  const first = (await find('/api/orders?text=1001 example')).items;
  expect(first.map(({ number }) => number)).toEqual([1001]);
  const { status, email } = first[0] as Found;
  expect((await find(`/api/orders?text=1001&status=${status}`)).items).toHaveLength(1);
  expect((await find(`/api/orders?text=1001&status=${status === 'failed' ? 'delivered' : 'failed'}`)).items).toEqual(
    [],
  );
  expect((await find(`/api/orders?text=1001&email=${email}`)).items).toHaveLength(1);
  const [customer] = await shop.query<Found>('customers', 'select id, email from customers order by id limit 1');
  expect((await find(`/api/customers?text=${customer?.email} example`)).items).toMatchObject([{ id: customer?.id }]);

  const [{ product_id, orders } = { product_id: '', orders: 0 }] = await shop.query<{
    product_id: string;
    orders: number;
  }>(
    'inventory',
    `select product_id, count(*)::int as orders from movements where kind = 'deducted' group by 1 having count(*) between 12 and 40
     order by 2 desc, 1 limit 1`,
  );
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await find(`/api/orders?product_id=${product_id}&limit=7${cursor && `&cursor=${cursor}`}`);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.next_cursor;
  }
  expect(seen.length).toBeGreaterThanOrEqual(orders);
  expect(seen).toEqual([...new Set(seen)].sort().reverse());
});

test('the statistics know of each order', async () => {
  const [from, to] = [PAST.until - 364 * 86_400_000, PAST.until + 86_400_000].map((ms) => new Date(ms).toISOString());
  const reply = await shop.call<OrderStatistics>(`/api/orders/statistics?step=day&from=${from}&to=${to}`, {
    token: await shop.admin(),
  });
  const { placed, confirmed, failed, cancelled } = reply.body.totals;
  expect(placed).toBeGreaterThan(PAST.orders * 0.98);
  expect(confirmed + failed).toBe(placed);
  expect(cancelled).toBeGreaterThan(0);
});

test('every list of the API answers, as it is and with each filter and two of them, near and far', async () => {
  const login = await shop.call<{ access_token: string }>('/api/auth/login', {
    method: 'POST',
    body: { email: samples.email?.[0], password: PASSWORD },
  });
  const tokens: Record<Role, string> = { admin: await shop.admin(), customer: login.body.access_token };
  const refused: string[] = [];
  const pages = await measureLists({
    past: PAST,
    cases: listCases(samples).filter(({ query }) => Object.keys(query).length <= 1),
    requests: 1,
    onProgress: () => {},
    ask: async (path, as) => {
      const reply = await shop.call<{ items: unknown[] }>(path, { token: tokens[as] });
      if (reply.status === 200) return reply.body;
      refused.push(`${reply.status} ${path}`);
      return undefined;
    },
  });
  // By relevance needs a search.
  expect(refused).toEqual(['422 /api/products?sort=relevance']);
  const lists = new Set(pages.map(({ endpoint }) => endpoint));
  for (const name of [
    'catalog.list',
    'orders.list',
    'payments.list',
    'notifications.list',
    'customers.list',
    'inventory.ledger',
  ])
    expect(lists).toContain(name);
  expect(lists.size).toBeGreaterThan(20);
  const far = pages.filter(
    ({ endpoint, depth, url: asked }) =>
      endpoint === 'orders.list' && depth === 'far' && asked.startsWith('/api/orders?cursor'),
  );
  expect(far).toMatchObject([{ items: expect.any(Number) }, { items: expect.any(Number) }]);
  expect(far[0]?.items).toBeGreaterThan(0);
});

test('a shop that has orders does not grow', async () => {
  await expect(grow({ url, past: PAST, onProgress: () => {} })).rejects.toThrow('has orders already');
  expect((await shop.call('/api/auth/login', { method: 'POST', body: ADMIN })).status).toBe(200);
});
