/** The audit of a shop: a fault of each kind, planted in its books, is found and named by its order or product. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACROSS, auditOrders, auditRooms } from '../src/audit/shop.ts';
import type { ServiceName } from '../src/contracts/registry.ts';
import type { Service } from '../src/platform/service.ts';
import { reconcile } from '../src/services/inventory/reconciling.ts';
import { announceAgain } from '../src/services/orders/advance.ts';
import type { PlacedOrder, TestShop } from './harness.ts';
import { startTestShop } from './harness.ts';
import { expectInvariants } from './invariants.ts';

let shop: TestShop;
let confirmed: PlacedOrder;
let refused: PlacedOrder;

beforeAll(async () => {
  shop = await startTestShop();
  await shop.product({ product_id: 'AUDITED', stock: 10 });
  const items = [{ product_id: 'AUDITED', quantity: 2 }];
  confirmed = await shop.place({ items });
  refused = await shop.place({ items, payment_method: 'pm_declined' });
  await shop.until(confirmed, 'confirmed');
  await shop.until(refused, 'failed');
  await shop.quiet();
});
afterAll(() => shop.close());

const books = (room: ServiceName) => (shop.shop.services.get(room) as Service).db;

async function found(): Promise<string[]> {
  const all = [...(await auditRooms(books, { now: new Date(), since: new Date(0) })), ...(await auditOrders(books))];
  return all.map(({ rule, subject, detail }) => `${rule} | ${subject} | ${detail}`);
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
    `update orders set version = version + 1 where id = $1`,
    `update orders set version = version - 1 where id = $1`,
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

test.each(PLANTED)('%s: found when it is broken in %s', async (rule, room, plant, mend, subject) => {
  const values = plant.includes('$1') ? [subject()] : [];
  await shop.query(room, plant, values);
  const faults = await found();
  await shop.query(room, mend, values);
  expect(faults.filter((fault) => fault.startsWith(`${rule} | ${subject()} | `))).toHaveLength(1);
  expect(await found()).toEqual([]);
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
