/** What must hold of a shop that has come to rest, asked of its databases. */
import { expect } from 'vitest';
import { auditOrders, auditRooms } from '../src/audit/shop.ts';
import type { ServiceName } from '../src/contracts/registry.ts';
import { SERVICES } from '../src/contracts/registry.ts';
import type { TestShop } from './harness.ts';

type Query = TestShop['query'];

/** Rule → the rows that break it, beyond what the shop knows by itself: the test provider's books, and that all is quiet. */
const BESIDES: [ServiceName, string, string][] = [
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
  ...SERVICES.map((room): [ServiceName, string, string] => [
    room,
    'no message is lost, waiting or dead',
    `
      -- What shop windows are told of levels comes once a second, whatever else is quiet.
      select 'outbox', id from outbox where type <> 'product.stock.changed'
      union all select 'inbox', id from inbox where type <> 'product.stock.changed'
      union all select 'dead', id from dead_letters where status = 'dead'`,
  ]),
];

const INT8 = /^-?\d+$/;
/** bigint comes as text over this connection. */
const numbers = (row: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'string' && INT8.test(value) && name !== 'subject' ? Number(value) : value,
    ]),
  );

/** Checks everything, within each room and across them. Call when the shop is quiet. */
export async function expectInvariants(query: Query): Promise<void> {
  const books = (room: ServiceName) => ({
    query: async ({ text }: { text: string }, values: unknown[] = []) =>
      (await query(room, text, values)).map(numbers) as never,
  });
  const broken = [
    ...(await auditRooms(books, { now: new Date(), since: new Date(0) })),
    ...(await auditOrders(books)),
  ].map(({ rule, subject, detail }) => `${rule}: ${subject}: ${detail}`);
  for (const [room, rule, sql] of BESIDES) {
    const rows = await query(room, sql);
    if (rows.length > 0) broken.push(`${room}: ${rule}: ${JSON.stringify(rows.slice(0, 5))}`);
  }
  expect(broken).toEqual([]);
}
