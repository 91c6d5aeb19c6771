/** What the rooms do not agree on because messages wait is no finding; and however much has moved, a look at it is bounded. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACROSS, auditOrders } from '../src/audit/shop.ts';
import type { AuditReport } from '../src/contracts/audit.ts';
import { AuditNotifications, AuditPayments, AuditStock } from '../src/contracts/audit.ts';
import type { ServiceName } from '../src/contracts/registry.ts';
import type { Client } from '../src/platform/client.ts';
import type { Service } from '../src/platform/service.ts';
import { createCrossCheck } from '../src/services/orders/cross-check.ts';
import type { PlacedOrder, TestShop } from './harness.ts';
import { eventually, startTestShop } from './harness.ts';

const token = 'the-secret-of-the-auditors';
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

let shop: TestShop;
let order: PlacedOrder;
const books = (room: ServiceName) => (shop.shop.services.get(room) as Service).db;

beforeAll(async () => {
  shop = await startTestShop({ settings: { AUDIT_TOKEN: token } });
  order = await shop.place();
  await shop.until(order, 'confirmed');
  await shop.quiet();
  await shop.query('orders', `update orders set updated_at = now() - interval '2 days'`);
});
afterAll(() => shop.close());

/** What the cross-check of the running shop has found after its next look. */
async function look(): Promise<string[]> {
  const began = Date.now();
  let report: AuditReport | undefined;
  await eventually(async () => {
    await shop.query(
      'orders',
      `update audit_checks set looked_until = least(looked_until, now() - interval '5 min') where looked_until < $1`,
      [new Date(began)],
    );
    shop.shop.services.get('orders')?.auditor?.worker.wake();
    await sleep(20);
    report = (await shop.call<AuditReport>('/api/audit/orders', { token: await shop.admin() })).body;
    const across = report.checks.find(({ rule }) => rule === ACROSS);
    return Date.parse(across?.looked_until ?? '1970') >= began;
  });
  return (report as AuditReport).findings.filter(({ rule }) => rule === ACROSS).map(({ subject }) => subject);
}

test.each([
  ['orders', 'outbox'],
  ['payments', 'outbox'],
  ['inventory', 'inbox'],
  ['notifications', 'inbox'],
] as const)('while a message about it waits in the books of %s (%s), an order is no finding; then it is', async (room, table) => {
  expect(await look()).toEqual([]);
  // Nobody was told: so it is while that news has not come.
  const mails = await shop.query<{ id: string }>(
    'notifications',
    'update notifications set order_id = null where order_id = $1 returning id',
    [order.id],
  );
  const source = table === 'inbox' ? [`, source`, `, 'orders'`] : ['', ''];
  await shop.query(
    room,
    `insert into ${table} (id, type, subject, time, data, available_at${source[0]})
     values (gen_random_uuid(), 'order.confirmed', $1, now(), '{}', 'infinity'${source[1]})`,
    [order.id],
  );
  expect((await auditOrders(books)).map(({ subject }) => subject)).toEqual([order.id]);
  for (let looks = 0; looks < 2; looks += 1) expect(await look()).toEqual([]);
  await shop.query(room, `delete from ${table} where subject = $1`, [order.id]);
  expect(await look()).toEqual([order.id]);
  for (const { id } of mails) {
    await shop.query('notifications', 'update notifications set order_id = $1 where id = $2', [order.id, id]);
  }
  expect(await look()).toEqual([]);
});

/** A shop in which nobody but orders knows of an order, and which counts how many it is asked about. */
function strange(queued: () => boolean, more: { waiting?: readonly string[] } = {}) {
  const asked = new Set<string>();
  const call = async ({ name }: { name: string }, { query }: { query: { ids?: string } }) => {
    const ids = query.ids?.split(',') ?? [];
    const items = [AuditStock, AuditPayments, AuditNotifications].some((endpoint) => endpoint.name === name);
    if (items) for (const id of ids) asked.add(id);
    const body = items
      ? { items: [] }
      : { ids: name.endsWith('waiting') ? (more.waiting ?? []) : [], queued: queued() };
    return { ok: true, status: 200, body };
  };
  const client = { call } as unknown as Client;
  return { asked, options: { db: books('orders'), client, token, queued: async () => false, againMs: 0 } };
}

const at = (ago: number, known: string[] = []) => ({
  now: new Date(Date.now() - ago),
  since: new Date(Date.now() - 3_600_000),
  known,
  place: LAST,
});

test('after an outage a look is about so many orders and no more; the walk comes to the rest', async () => {
  for (let more = 0; more < 4; more += 1) await shop.until(await shop.place(), 'confirmed');
  await shop.quiet();
  await shop.query('orders', `update orders set updated_at = now() - interval '10 minutes'`);
  const all = strange(() => false);
  expect((await createCrossCheck(all.options).find(at(0))).broken).not.toEqual([]);
  expect(all.asked.size).toBe(5);
  const few = strange(() => false);
  await createCrossCheck({ ...few.options, lately: 3 }).find(at(0));
  expect(few.asked.size).toBe(3);
  const walk = strange(() => false);
  await createCrossCheck({ ...walk.options, lately: 3 }).find({ ...at(0), place: null });
  expect(walk.asked.size).toBe(5);
});

test('while the broker holds messages of nobody knows what, orders are looked at again, for a quarter of an hour at most', async () => {
  let queued = true;
  const { asked, options } = strange(() => queued);
  const check = createCrossCheck(options);
  const start = { ...at(20 * 60_000), since: new Date(Date.now() - 3_600_000) };
  await shop.query('orders', `update orders set updated_at = now() - interval '30 minutes'`);
  expect((await check.find(start)).broken).toEqual([]);
  asked.clear();
  // None has moved since, and none of them is forgotten.
  const later = { now: new Date(), since: new Date(), known: [], place: LAST };
  const soon = { ...later, now: new Date(start.now.getTime() + 60_000) };
  expect((await check.find(soon)).broken).toEqual([]);
  expect(asked.size).toBe(5);
  expect(new Set((await check.find(later)).broken.map(({ subject }) => subject)).size).toBe(5);
  queued = false;
  const fresh = createCrossCheck(strange(() => queued).options);
  expect(new Set((await fresh.find(start)).broken.map(({ subject }) => subject)).size).toBe(5);
});
