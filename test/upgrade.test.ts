/** Shops of every release, as they were when their process was killed, go on with the version of today. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putBack } from '../src/backup/put-back.ts';
import { readSettings } from '../src/config.ts';
import { SERVICES } from '../src/contracts/registry.ts';
import { VERSION } from '../src/documents.ts';
import { knownMigrations } from '../src/platform/migrations.ts';
import type { TestShop } from './harness.ts';
import { expectInvariants } from './invariants.ts';
import { freshPlace, rowsAt, startOn, usePlaces } from './places.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const RELEASES = readdirSync(FIXTURES).flatMap((name) => /^shop-(.+)\.backup$/.exec(name)?.[1] ?? []);

usePlaces();

test('there is a shop of a release', () => {
  expect(RELEASES).toContain('0.1.0');
});

describe.each(RELEASES)('a shop of version %s', (version) => {
  let shop: TestShop;
  let before: { id: string; status: string; payment_method: string }[];
  let numbers: { last: number };
  beforeAll(async () => {
    const place = await freshPlace(readSettings({ env: {}, dotenv: '', flags: [] }));
    // Refuses when a migration is no longer what it was: a database that has it would not get what was added to it.
    await putBack(place, join(FIXTURES, `shop-${version}.backup`), { force: false });
    before = await rowsAt(place, 'orders', 'select id, status, payment_method from orders');
    [numbers] = (await rowsAt(place, 'orders', 'select max(number)::int as last from orders')) as [{ last: number }];
    // It was killed long ago; for the shop it was just now.
    await rowsAt(
      place,
      'orders',
      `update orders set deadline_at = now() + interval '10 minutes' where deadline_at is not null`,
    );
    shop = await startOn(place);
    await shop.quiet();
  }, 120_000);
  afterAll(() => shop?.close());

  const statuses = (of: readonly { status: string }[]) => [...new Set(of.map(({ status }) => status))].sort();

  test('was in the middle of everything', () => {
    expect(statuses(before)).toEqual(
      ['awaiting_payment', 'cancelled', 'confirmed', 'delivered', 'failed', 'pending', 'shipped'].sort(),
    );
  });

  test('has the schema of today, or would say so', async () => {
    for (const room of SERVICES) {
      const known = (await knownMigrations(room)).map(({ name }) => name).sort();
      const applied = await shop.query<{ name: string }>(room, 'select name from migrations');
      expect(applied.map(({ name }) => name).sort(), room).toEqual(known);
    }
  });

  test('ends what it had begun, each order as it was meant, and its books agree', async () => {
    const now = await shop.query<{ id: string; status: string }>('orders', 'select id, status from orders');
    expect(now).toHaveLength(before.length);
    const ends = new Map(now.map(({ id, status }) => [id, status]));
    const waiting = before.filter(({ status }) => ['pending', 'awaiting_payment'].includes(status));
    expect(waiting.length).toBeGreaterThan(10);
    for (const { id, payment_method } of waiting)
      expect(ends.get(id), payment_method).toBe(payment_method === 'pm_declined' ? 'failed' : 'confirmed');
    for (const { id, status } of before) if (!waiting.some((one) => one.id === id)) expect(ends.get(id)).toBe(status);
    await expectInvariants(shop.query);
  });

  test('knows its customers, their carts and its pictures, and sells', async () => {
    const account = { email: 'grace@example.com', password: 'a long enough secret' };
    const login = await shop.call<{ access_token: string }>('/api/auth/login', { method: 'POST', body: account });
    expect(login.status).toBe(200);
    const token = login.body.access_token;
    const { id } = (await shop.call<{ id: string }>('/api/auth/me', { token })).body;
    const cart = await shop.call<{ items: unknown[] }>(`/api/customers/${id}/cart`, { token });
    expect(cart.body.items).toEqual([expect.objectContaining({ product_id: 'BOOK', quantity: 1 })]);
    type Shown = { images: { sizes: { small: { url: string } } }[] };
    const tea = (await shop.call<Shown>('/api/products/TEA')).body;
    const picture = await fetch(`${shop.url}${tea.images[0]?.sizes.small.url}`);
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/webp']);
    const order = await shop.place({ items: [{ product_id: 'TEA', quantity: 1 }] });
    expect(order.number).toBeGreaterThan(numbers.last);
    await shop.until(order, 'confirmed');
  });
});

test('the number of today is no older than the last release that is kept', () => {
  expect(RELEASES.every((release) => release.localeCompare(VERSION, 'en', { numeric: true }) <= 0)).toBe(true);
});
