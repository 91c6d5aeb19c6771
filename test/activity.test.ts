/** What admins do is written down, whatever comes of it; what others do is not. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { ACTIVITY } from '../src/contracts/activity.ts';
import { CreateProduct, ExportProducts, GetProduct, UpdateProduct } from '../src/contracts/catalog.ts';
import { createActivity } from '../src/platform/activity.ts';
import { newId, systemClock } from '../src/platform/clock.ts';
import { sql } from '../src/platform/database.ts';
import { catalog } from '../src/services/catalog/service.ts';
import { startTestShop } from './harness.ts';
import { ADMIN_ID, openTestRoom } from './service-harness.ts';

const as = 'admin' as const;

async function openCatalog() {
  const room = await openTestRoom(catalog);
  onTestFinished(room.close);
  const list = async (query: object = {}) => {
    const reply = await room.call(ACTIVITY.catalog, { as, query });
    if (!reply.ok) throw new Error(reply.problem.title);
    return reply.body;
  };
  return { room, list };
}

describe('a deed of an admin', () => {
  test('is kept with who, when, what and what came of it; looking is none, but taking everything away is', async () => {
    const { room, list } = await openCatalog();
    const body = { product_id: 'MUG', name: 'Mug', price: '12.50' };
    await room.call(CreateProduct, { as, body });
    await room.call(CreateProduct, { as, body });
    await room.call(GetProduct, { as, params: { product_id: 'MUG' } });
    await room.call(UpdateProduct, { as, params: { product_id: 'MUG' }, body: { price: '13.00' } });
    await room.call(ExportProducts, { as }).catch(() => 'it is a stream');
    const { items } = await list();
    expect(items).toMatchObject([
      { action: 'catalog.export', status: 200 },
      { action: 'catalog.update', about: 'MUG', request: { price: '13.00' }, status: 200 },
      { action: 'catalog.create', request: body, status: 409, problem: 'product-exists' },
      { action: 'catalog.create', about: '', request: body, status: 201, problem: null, admin_id: ADMIN_ID },
    ]);
    expect(Date.now() - Date.parse(String(items[0]?.at))).toBeLessThan(60_000);
    expect((await list({ about: 'MUG' })).items).toHaveLength(1);
    expect((await list({ admin_id: newId() })).items).toEqual([]);
    const { items: two, next_cursor } = await list({ limit: 2 });
    expect([two.length, (await list({ limit: 2, cursor: String(next_cursor) })).items.length]).toEqual([2, 2]);
  });

  test('is not done where it cannot be written down', async () => {
    const { room } = await openCatalog();
    await room.service.db.query(sql('alter table activity rename to away'));
    const body = { product_id: 'MUG', name: 'Mug', price: '12.50' };
    expect((await room.call(CreateProduct, { as, body })).status).toBe(500);
    expect((await room.call(GetProduct, { params: { product_id: 'MUG' } })).status).toBe(404);
  });

  test('that a process dies over stays without an outcome; one that throws, too', async () => {
    const { room, list } = await openCatalog();
    const activity = createActivity(room.service.db, systemClock);
    const caller = { role: 'admin', id: ADMIN_ID, email: '', token: '' } as const;
    const asked = { params: {}, query: {}, body: {}, caller, traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` };
    void activity.doing(CreateProduct, asked, () => new Promise(() => {}));
    await expect(activity.doing(CreateProduct, asked, () => Promise.reject(new Error('broken')))).rejects.toThrow();
    // What only asks what would change is no deed.
    await activity.doing(CreateProduct, { ...asked, query: { dry_run: true } }, async () => ({ status: 200 }));
    await expect.poll(async () => (await list()).items).toMatchObject([{ status: null }, { status: null }]);
  });

  test('is forgotten after 400 days', async () => {
    const { room, list } = await openCatalog();
    await room.call(CreateProduct, { as, body: { product_id: 'MUG', name: 'Mug', price: '1' } });
    await room.service.db.query(sql(`update activity set at = at - interval '401 days'`));
    room.service.run();
    room.service.wake();
    await expect.poll(async () => (await list()).items).toEqual([]);
  });
});

test('secrets and people are not written down, and what customers do is not at all', async () => {
  const shop = await startTestShop();
  onTestFinished(shop.close);
  const token = await shop.admin();
  const person = { email: 'ann@example.com', name: 'Ann Example', password: 'correct horse battery' };
  expect((await shop.call('/api/customers', { method: 'POST', body: person })).status).toBe(202);
  expect(await shop.query('customers', 'select from activity')).toEqual([]);
  const other = { ...person, email: 'ben@example.com' };
  const made = await shop.call<{ id: string }>('/api/customers', { method: 'POST', body: other, token });
  const phone = '+49 30 123456';
  const change = { method: 'PATCH', body: { phone }, token };
  expect((await shop.call(`/api/customers/${made.body.id}`, change)).status).toBe(200);
  const reply = await shop.call<{ items: { action: string }[] }>('/api/activity/customers', { token });
  expect(reply.body.items.map(({ action }) => action)).toEqual(['customers.update', 'customers.register']);
  const kept = JSON.stringify(reply.body);
  for (const secret of [person.password, other.email, person.name, phone]) expect(kept).not.toContain(secret);
});
