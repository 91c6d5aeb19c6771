/** The audit of a shop: a fault of each kind, planted in its books, is found and named by its order or product. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACROSS, auditOrders, auditRooms, RULES } from '../src/audit/shop.ts';
import type { Audited, AuditReport } from '../src/contracts/audit.ts';
import { AUDITED } from '../src/contracts/audit.ts';
import type { ServiceName } from '../src/contracts/registry.ts';
import { violations } from '../src/platform/audit.ts';
import { dynamicSql } from '../src/platform/database.ts';
import type { Service } from '../src/platform/service.ts';
import { reconcile } from '../src/services/inventory/reconciling.ts';
import { announceAgain } from '../src/services/orders/advance.ts';
import { FLEETING } from './audit-plants.ts';
import type { PlacedOrder, TestShop } from './harness.ts';
import { eventually, startTestShop } from './harness.ts';
import { expectInvariants } from './invariants.ts';

let shop: TestShop;
let confirmed: PlacedOrder;
let refused: PlacedOrder;

beforeAll(async () => {
  shop = await startTestShop({ settings: { AUDIT_TOKEN: 'the-secret-of-the-auditors' } });
  await shop.product({ product_id: 'AUDITED', stock: 10 });
  const items = [{ product_id: 'AUDITED', quantity: 2 }];
  confirmed = await shop.place({ items });
  refused = await shop.place({ items, payment_method: 'pm_declined' });
  await shop.until(confirmed, 'confirmed');
  await shop.until(refused, 'failed');
  await shop.quiet();
  // Nothing of them has changed lately: they are come to by the walk through all.
  await shop.query('orders', `update orders set updated_at = now() - interval '2 days'`);
  for (const room of AUDITED) await cycle(room);
});
afterAll(() => shop.close());

const books = (room: ServiceName) => (shop.shop.services.get(room) as Service).db;

async function found(): Promise<string[]> {
  const all = [...(await auditRooms(books, { now: new Date(), since: new Date(0) })), ...(await auditOrders(books))];
  return all.map(({ rule, subject, detail }) => `${rule} | ${subject} | ${detail}`);
}

/** What the auditor of the running shop has found after its next cycle. Its last one was a while ago. */
async function cycle(room: Audited) {
  const began = Date.now();
  let report: AuditReport | undefined;
  await eventually(async () => {
    // Also when it was looking just now.
    await shop.query(
      room,
      `update audit_checks set looked_until = least(looked_until, now() - interval '5 min') where looked_until < $1`,
      [new Date(began)],
    );
    shop.shop.services.get(room)?.auditor?.worker.wake();
    await sleep(20);
    report = (await shop.call<AuditReport>(`/api/audit/${room}`, { token: await shop.admin() })).body;
    return report.checks.every(({ looked_until }) => looked_until !== null && Date.parse(looked_until) >= began);
  });
  return (report as AuditReport).findings;
}

/** Rule, what it is planted with, what takes it out again, and whose name is found. */
const PLANTED: [rule: string, room: ServiceName, plant: string, mend: string, subject: () => string][] = [
  [
    'the movements of a product add up to its level',
    'inventory',
    `update levels set on_hand = on_hand + 1 where product_id = 'AUDITED'`,
    `update levels set on_hand = on_hand - 1 where product_id = 'AUDITED'`,
    () => 'AUDITED',
  ],
  [
    'what is held is what orders and reservations hold',
    'inventory',
    `update levels set reserved = reserved + 1 where product_id = 'AUDITED'`,
    `update levels set reserved = reserved - 1 where product_id = 'AUDITED'`,
    () => 'AUDITED',
  ],
  [
    'every order has ended or is inside its deadline',
    'orders',
    `update orders set status = 'pending', deadline_at = now() - interval '1 hour' where id = $1`,
    `update orders set status = 'confirmed', deadline_at = null where id = $1`,
    () => confirmed.id,
  ],
  [
    'an order is where its history says',
    'orders',
    `update orders set version = version + 1, updated_at = now() where id = $1`,
    `update orders set version = version - 1, updated_at = now() - interval '2 days' where id = $1`,
    () => confirmed.id,
  ],
  [
    'history has no gaps',
    'orders',
    `update order_history set version = 99 where order_id = $1 and version = 1`,
    `update order_history set version = 1 where order_id = $1 and version = 99`,
    () => confirmed.id,
  ],
  [
    'what a payment counts as gone back is what its refunds say',
    'payments',
    `update payments set refunded_amount = 1 where order_id = $1`,
    `update payments set refunded_amount = 0 where order_id = $1`,
    () => confirmed.id,
  ],
  [
    'stock is taken, put back and shipped at most once for an order, and never both put back and shipped',
    'inventory',
    `insert into movements (id, product_id, kind, on_hand_delta, reserved_delta, order_id, at)
     values (gen_random_uuid(), 'AUDITED', 'shipped', 0, 0, $1, now())`,
    `delete from movements where order_id = $1 and kind = 'shipped'`,
    () => refused.id,
  ],
  [
    'no payment is asked for without end',
    'payments',
    `update payments set status = 'processing', transaction_id = null, next_attempt_at = now() - interval '1 hour'
     where order_id = $1`,
    `update payments set status = 'succeeded', transaction_id = 'ch_' || id, next_attempt_at = null where order_id = $1`,
    () => confirmed.id,
  ],
  [
    'no refund is asked for without end',
    'payments',
    `insert into refunds (id, payment_id, amount, currency, kind, reason, status, next_attempt_at, created_at, updated_at)
     select gen_random_uuid(), id, 1, currency, 'external', 'planted', 'processing', 'infinity', now() - interval '15 days',
       now() from payments where order_id = $1`,
    `delete from refunds where reason = 'planted' and payment_id in (select id from payments where order_id = $1)`,
    () => confirmed.id,
  ],
  [
    'never more is given back than was charged',
    'payments',
    `insert into refunds (id, payment_id, amount, currency, kind, reason, status, created_at, updated_at)
     select gen_random_uuid(), id, amount + 1, currency, 'external', 'planted', 'succeeded', now(), now()
     from payments where order_id = $1`,
    `delete from refunds where reason = 'planted' and payment_id in (select id from payments where order_id = $1)`,
    () => confirmed.id,
  ],
  [
    'at most one notification of a kind for each order and channel',
    'notifications',
    `insert into notifications (id, dedupe_key, order_id, kind, channel, recipient, subject, data, status, message_id,
       next_attempt_at, created_at)
     select gen_random_uuid(), 'planted', order_id, kind, channel, recipient, subject, data, status, message_id,
       next_attempt_at, created_at from notifications where order_id = $1`,
    `delete from notifications where dedupe_key = 'planted' and order_id = $1`,
    () => confirmed.id,
  ],
  [
    'no secret outlives its mail, and nothing is told to an address that is no more',
    'notifications',
    `insert into notifications (id, dedupe_key, kind, channel, recipient, subject, status, message_id, next_attempt_at,
       created_at)
     values ('00000000-0000-7000-8000-000000000001', 'planted', 'registered', 'email', 'erased@customer.invalid', 'Welcome',
       'sent', 'planted', now(), now())`,
    `delete from notifications where dedupe_key = 'planted'`,
    () => '00000000-0000-7000-8000-000000000001',
  ],
  [
    ACROSS,
    'payments',
    `update payments set amount = amount + 1 where order_id = $1`,
    `update payments set amount = amount - 1 where order_id = $1`,
    () => confirmed.id,
  ],
  [
    ACROSS,
    'inventory',
    `update allocations set status = 'restored' where order_id = $1`,
    `update allocations set status = 'held' where order_id = $1`,
    () => confirmed.id,
  ],
  [
    ACROSS,
    'inventory',
    `update allocations set status = 'held' where order_id = $1`,
    `update allocations set status = 'restored' where order_id = $1`,
    () => refused.id,
  ],
  [
    ACROSS,
    'inventory',
    `update allocations set lines = '[{"product_id": "AUDITED", "quantity": 1}]' where order_id = $1`,
    `update allocations set lines = '[{"product_id": "AUDITED", "quantity": 2}]' where order_id = $1`,
    () => refused.id,
  ],
  [
    ACROSS,
    'inventory',
    // Held less than was ordered, and every book of inventory agrees: its ledger is put right by another entry.
    `with less as (update movements set reserved_delta = reserved_delta - 1 where order_id = $1 and kind = 'deducted'),
       other as (insert into movements (id, product_id, kind, on_hand_delta, reserved_delta, at)
         values ('00000000-0000-7000-8000-000000000009', 'AUDITED', 'adjusted', 0, 1, now()))
     select 1`,
    `with more as (update movements set reserved_delta = reserved_delta + 1 where order_id = $1 and kind = 'deducted')
     delete from movements where id = '00000000-0000-7000-8000-000000000009'`,
    () => confirmed.id,
  ],
  [
    ACROSS,
    'orders',
    `update orders set id = '00000000-0000-7000-8000-00000000000a' where id = $1`,
    `update orders set id = $1 where id = '00000000-0000-7000-8000-00000000000a'`,
    () => confirmed.id,
  ],
  [
    ACROSS,
    'orders',
    `update orders set refunded_amount = 5 where id = $1`,
    `update orders set refunded_amount = 0 where id = $1`,
    () => confirmed.id,
  ],
  [
    ACROSS,
    'notifications',
    `update notifications set order_id = gen_random_uuid() where order_id = $1`,
    `update notifications set order_id = $1 where order_id not in (select order_id from order_contacts)`,
    () => confirmed.id,
  ],
];

test('nothing is wrong with a shop in order', async () => {
  await expectInvariants(shop.query);
  expect(await found()).toEqual([]);
});

test('every rule is planted', () => {
  const planted = new Set([...PLANTED.map(([rule]) => rule), ...FLEETING.map(({ rule }) => rule)]);
  const rules = Object.values(RULES).flatMap((some) => some.map(({ name }) => name));
  expect(rules.filter((name) => !planted.has(name))).toEqual([]);
});

test.each(FLEETING)('$rule: found in $room where nothing keeps it from being broken ($plant)', async (fleeting) => {
  const { rule, room, plant, subject = confirmed.id, after } = fleeting;
  const rules = RULES[room]?.filter(({ name }) => name === rule) ?? [];
  const rollBack = new Error('rolled back');
  const broken: { hours: number; subject: string }[] = [];
  const planted = books(room).transaction(async (tx) => {
    for (const text of plant) await tx.query(dynamicSql(text), text.includes('$1') ? [confirmed.id] : []);
    for (const hours of [0, after ?? 0]) {
      const now = new Date(Date.now() + hours * 3_600_000);
      const since = new Date(Date.now() - 60_000);
      for (const found of await violations(tx, rules, { now, since })) broken.push({ hours, subject: found.subject });
    }
    throw rollBack;
  });
  await expect(planted).rejects.toThrow(rollBack);
  const seen = { hours: after ?? 0, subject };
  expect(broken).toEqual(after === undefined ? [seen, seen] : [seen]);
  expect(await found()).toEqual([]);
});

/** A living shop ends what is overdue before anybody looks: these are found by hand. */
const MENDED_AT_ONCE = ['every order has ended or is inside its deadline', 'no payment is asked for without end'];

test.each(PLANTED)('%s: found when it is broken in %s', async (rule, room, plant, mend, subject) => {
  const values = plant.includes('$1') ? [subject()] : [];
  const auditor = rule === ACROSS ? 'orders' : (room as Audited);
  await shop.query(room, plant, values);
  try {
    const faults = await found();
    expect(faults.filter((fault) => fault.startsWith(`${rule} | ${subject()} | `))).not.toEqual([]);
    const findings = MENDED_AT_ONCE.includes(rule) ? [{ rule, subject: subject() }] : await cycle(auditor);
    expect(findings.filter((one) => one.rule === rule && one.subject === subject())).toHaveLength(1);
  } finally {
    await shop.query(room, mend, values);
  }
  expect(await found()).toEqual([]);
  expect(await cycle(auditor)).toEqual([]);
});

test('a finding is counted in the metrics, and stays found however often it is looked at, until it is mended', async () => {
  await shop.query(
    'inventory',
    `update levels set on_hand = on_hand + 1, updated_at = '2026-01-01' where product_id = 'AUDITED'`,
  );
  expect(await cycle('inventory')).toEqual([]);
  const everything = { method: 'POST', token: await shop.admin() };
  expect((await shop.call('/api/audit/inventory/everything', everything)).status).toBe(204);
  await eventually(async () => (await cycle('inventory')).length === 1);
  // Nothing of it has changed lately; it is looked at all the same, because it is known.
  const [first] = await cycle('inventory');
  const [again] = await cycle('inventory');
  expect(again).toEqual(first);
  expect(first).toMatchObject({ subject: 'AUDITED', detail: expect.stringContaining('the level says 11') });
  const metrics = await (await fetch(`${shop.shop.addresses.get('inventory')}/metrics`)).text();
  const line = new RegExp(`tradewind_audit_findings\\{rule="${first?.rule}",[^}]*\\} 1`);
  expect(metrics).toMatch(line);
  await shop.query(
    'inventory',
    `update levels set on_hand = on_hand - 1, updated_at = now() where product_id = 'AUDITED'`,
  );
  expect(await cycle('inventory')).toEqual([]);
});

test('a room that cannot be asked is said so, and what was found stays', async () => {
  await shop.query('payments', 'alter table payments rename to hidden');
  await shop.query('orders', `update audit_checks set looked_until = now() - interval '5 min' where rule = $1`, [
    ACROSS,
  ]);
  shop.shop.services.get('orders')?.auditor?.worker.wake();
  const report = async () => (await shop.call<AuditReport>('/api/audit/orders', { token: await shop.admin() })).body;
  const problem = async () => (await report()).checks.find(({ rule }) => rule === ACROSS)?.problem;
  await eventually(async () => (await problem()) !== null);
  expect(await problem()).toMatch(/payments answered 50[03]/);
  await shop.query('payments', 'alter table hidden rename to payments');
  await shop.query('orders', `update audit_checks set taken_until = '-infinity'`);
  expect(await cycle('orders')).toEqual([]);
  expect(await problem()).toBeNull();
});

test('books are read by admins and auditors only, and what an auditor asks is not there for the public', async () => {
  const room = shop.shop.addresses.get('payments') as string;
  const path = `/audit/orders?ids=${confirmed.id}`;
  const ask = async (token?: string) =>
    (await fetch(`${room}${path}`, { headers: token ? { authorization: `Bearer ${token}` } : {} })).status;
  expect(await ask()).toBe(401);
  expect(await ask('made-up')).toBe(401);
  expect(await ask(await shop.admin())).toBe(200);
  expect(await ask('the-secret-of-the-auditors')).toBe(200);
  const others = await fetch(`${room}/payments`, { headers: { authorization: 'Bearer the-secret-of-the-auditors' } });
  expect(others.status).toBe(403);
  for (const outside of ['/audit/orders', '/api/audit/orders/x', '/api/payments/audit/orders']) {
    expect((await shop.call(`${outside}?ids=${confirmed.id}`, { token: await shop.admin() })).status).toBe(404);
  }
  const report = await shop.call('/api/audit/payments', { token: 'the-secret-of-the-auditors' });
  expect(report.status).toBe(401);
  expect((await shop.call('/api/audit/payments')).status).toBe(401);
});

test('reconciling writes into the ledger what was missing there, and nothing where the books agree', async () => {
  const before = await movements();
  await shop.query(
    'inventory',
    `update levels set on_hand = on_hand + 3, reserved = reserved + 1 where product_id = 'AUDITED'`,
  );
  const [repair, ...more] = await reconcile(books('inventory'), ['AUDITED', 'PROD001']);
  expect(more).toEqual([]);
  expect(repair).toMatchObject({ product_id: 'AUDITED', on_hand_delta: 3, reserved_delta: 0, reserved: 2 });
  expect(await found()).toEqual([]);
  const after = await movements();
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.slice(before.length)).toMatchObject([{ kind: 'adjusted', on_hand_delta: '3', reserved_delta: '0' }]);
  expect(await reconcile(books('inventory'), ['AUDITED'])).toEqual([]);
  expect(await movements()).toEqual(after);
});

test('an order whose end a room has missed is put in order by saying it again, and hearing it again does no harm', async () => {
  const { id } = refused;
  await shop.query('inventory', `delete from movements where order_id = $1 and kind = 'restored'`, [id]);
  await shop.query('inventory', `update allocations set status = 'held' where order_id = $1`, [id]);
  await shop.query('inventory', `update levels set reserved = reserved + 2 where product_id = 'AUDITED'`);
  expect(await found()).toHaveLength(1);
  const orders = books('orders');
  for (let times = 0; times < 2; times += 1) {
    await orders.transaction((tx) => announceAgain(tx, [id, confirmed.id]));
    await shop.quiet();
    expect(await found()).toEqual([]);
  }
  await expectInvariants(shop.query);
});

const movements = () => shop.query('inventory', `select * from movements where product_id = 'AUDITED' order by id`);
