/** What must hold of a shop that has come to rest, asked of its databases. */
import { expect } from 'vitest';
import type { ServiceName } from '../src/contracts/registry.ts';
import type { TestShop } from './harness.ts';

type Query = TestShop['query'];

/** Rule → the rows that break it. */
const WITHIN: [ServiceName, string, string][] = [
  [
    'inventory',
    'stock is never below zero, and never more is held than there is',
    `
    select * from levels where on_hand < 0 or reserved < 0 or reserved > on_hand`,
  ],
  [
    'inventory',
    'the movements of a product add up to its level',
    `
    select product_id from levels left join (
      select product_id, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved from movements group by 1
    ) moved using (product_id)
    where levels.on_hand <> coalesce(moved.on_hand, 0) or levels.reserved <> coalesce(moved.reserved, 0)`,
  ],
  [
    'inventory',
    'what is held is what orders and reservations hold',
    `
    select product_id, reserved, held from levels left join (
      select line->>'product_id' as product_id, sum((line->>'quantity')::bigint) as held
      from (select lines from allocations where status = 'held'
            union all select items from reservations where status = 'held') holders (lines),
        json_array_elements(lines) line group by 1
    ) holders using (product_id) where reserved <> coalesce(held, 0)`,
  ],
  [
    'inventory',
    'stock is taken once for each line of an order',
    `
    select order_id, product_id from movements where kind = 'deducted' group by 1, 2 having count(*) > 1`,
  ],
  [
    'orders',
    'every order has ended or is inside its deadline',
    `
    select id, status from orders where status in ('pending', 'awaiting_payment') and deadline_at < now()`,
  ],
  [
    'orders',
    'an order is where its history says',
    `
    select id from orders join lateral (
      select status, version from order_history where order_id = id order by version desc limit 1
    ) last on true where last.status <> orders.status or last.version <> orders.version`,
  ],
  [
    'orders',
    'history has no gaps',
    `
    select order_id from order_history group by 1 having count(*) <> max(version)`,
  ],
  [
    'payments',
    'an order is charged at most once',
    `
    select order_id from payments group by 1 having count(*) > 1`,
  ],
  [
    'payments',
    'never more is given back than was charged',
    `
    select payment_id from refunds join payments on payments.id = payment_id where refunds.status <> 'failed'
    group by payment_id, payments.amount having sum(refunds.amount) > payments.amount`,
  ],
  [
    'payments',
    "our books are the provider's: every charge",
    `
    select * from (select id::text as key, amount from payments where status = 'succeeded' and provider = 'test') ours
    full join (select key, amount from test_provider_charges where outcome = 'succeeded') theirs using (key)
    where ours.amount is distinct from theirs.amount`,
  ],
  [
    'payments',
    "our books are the provider's: every refund",
    `
    select * from (select refunds.id::text as key, refunds.amount from refunds join payments on payments.id = payment_id
      where refunds.status = 'succeeded' and provider = 'test') ours
    full join (select key, amount from test_provider_refunds) theirs using (key)
    where ours.amount is distinct from theirs.amount`,
  ],
  [
    'notifications',
    'at most one notification of a kind for each order and channel',
    `
    select order_id, kind, channel from notifications where order_id is not null and kind <> 'refunded'
    group by 1, 2, 3 having count(*) > 1`,
  ],
  [
    'notifications',
    'no secret outlives its mail, and nothing is told to an address that is no more',
    `
    select id from notifications where status in ('sent', 'failed')
      and (forget is not null and data is not null or recipient like '%.invalid')`,
  ],
  ...(['catalog', 'inventory', 'orders', 'payments', 'customers', 'notifications'] as const).map(
    (room): [ServiceName, string, string] => [
      room,
      'no message is lost, waiting or dead',
      `
      -- What shop windows are told of levels comes once a second, whatever else is quiet.
      select 'outbox', id from outbox where type <> 'product.stock.changed'
      union all select 'inbox', id from inbox where type <> 'product.stock.changed'
      union all select 'dead', id from dead_letters`,
    ],
  ),
];

/** Checks everything, within each room and across them. Call when the shop is quiet. */
export async function expectInvariants(query: Query): Promise<void> {
  const broken: string[] = [];
  for (const [room, rule, sql] of WITHIN) {
    const rows = await query(room, sql);
    if (rows.length > 0) broken.push(`${room}: ${rule}: ${JSON.stringify(rows.slice(0, 5))}`);
  }
  broken.push(...(await acrossRooms(query)));
  expect(broken).toEqual([]);
}

async function acrossRooms(query: Query): Promise<string[]> {
  const orders = await query<{ id: string; status: string; total_amount: string; refunded_amount: string }>(
    'orders',
    'select id, status, total_amount, refunded_amount from orders',
  );
  const returned = byOrder(
    await query<{ order_id: string; sum: string }>(
      'payments',
      `select order_id, sum(refunds.amount) from refunds join payments on payments.id = payment_id
       where refunds.status = 'succeeded' group by 1`,
    ),
  );
  const allocations = byOrder(
    await query<{ order_id: string; status: string }>('inventory', 'select * from allocations'),
  );
  const payments = byOrder(
    await query<{ order_id: string; status: string; amount: string; refunded_amount: string }>(
      'payments',
      'select * from payments',
    ),
  );
  const mailed = new Set(
    (await query<{ order_id: string; kind: string }>('notifications', 'select order_id, kind from notifications')).map(
      ({ order_id, kind }) => `${order_id} ${kind}`,
    ),
  );
  const broken: string[] = [];
  for (const { id, status, total_amount, refunded_amount } of orders) {
    const stock = allocations.get(id)?.status;
    const payment = payments.get(id);
    const back = returned.get(id)?.sum ?? '0';
    const lives = ['confirmed', 'shipped', 'delivered'].includes(status);
    const says = (what: string) => broken.push(`order ${id} is ${status}, but ${what}`);
    if (refunded_amount !== back) says(`counts ${refunded_amount} as gone back, and it is ${back}`);
    if (lives) {
      if (stock !== 'held' && stock !== 'shipped') says(`its stock is ${stock}`);
      if (payment?.status !== 'succeeded') says(`its payment is ${payment?.status}`);
      if (payment?.amount !== total_amount) says(`${payment?.amount} was charged, not ${total_amount}`);
    }
    if (status === 'failed' || status === 'cancelled') {
      if (stock === 'held') says('it still holds stock');
      if (payment?.status === 'succeeded' && payment.refunded_amount !== payment.amount) says('its money is not back');
      if (payment?.status === 'processing') says('it may still be charged');
    }
    if (['confirmed', 'failed', 'cancelled'].includes(status) && !mailed.has(`${id} ${status}`))
      says('nobody was told');
  }
  return broken;
}

function byOrder<Row extends { order_id: string }>(rows: Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.order_id, row]));
}
