/** All SQL of what must hold of inventory. */

import type { StockOfOrder } from '../../audit/order.ts';
import type { Rule } from '../../platform/audit.ts';
import type { Tx } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';

// Measured with two products in 300,000 orders that wait to be shipped: 0.3 s for their movements, 0.9 s for what is held.
/** What the movements of a level add up to. */
const MOVED = `lateral (
  select coalesce(sum(on_hand_delta), 0)::bigint as on_hand_moved, coalesce(sum(reserved_delta), 0)::bigint as reserved_moved
  from movements where movements.product_id = levels.product_id) moved`;
/** What orders and reservations hold, by product. */
const HOLDERS = `(
  select line->>'product_id' as product_id, sum((line->>'quantity')::bigint)::bigint as held
  from (select lines from allocations where status = 'held'
        union all select items from reservations where status = 'held') holders (lines),
    json_array_elements(lines) line group by 1) holders using (product_id)`;

export const RULES: readonly Rule[] = [
  {
    name: 'stock is never below zero, and never more is held than there is',
    about: 'product',
    given: 'since',
    statement: sql(`
      select product_id as subject, on_hand || ' in the building, ' || reserved || ' held' as detail
      from levels where updated_at >= $1 and (on_hand < 0 or reserved < 0 or reserved > on_hand)`),
  },
  {
    name: 'the movements of a product add up to its level',
    about: 'product',
    given: 'since',
    statement: sql(`
      select product_id as subject, 'the level says ' || on_hand || ' and ' || reserved || ' held, its movements '
        || on_hand_moved || ' and ' || reserved_moved as detail
      from levels, ${MOVED}
      where updated_at >= $1 and (on_hand <> on_hand_moved or reserved <> reserved_moved)`),
  },
  {
    name: 'what is held is what orders and reservations hold',
    about: 'product',
    given: 'since',
    statement: sql(`
      select product_id as subject, reserved || ' held, for orders and reservations ' || coalesce(held, 0) as detail
      from levels left join ${HOLDERS} where updated_at >= $1 and reserved <> coalesce(held, 0)`),
  },
  {
    name: 'stock is taken, put back and shipped at most once for an order, and never both put back and shipped',
    about: 'order',
    given: 'since',
    statement: sql(`
      select order_id as subject, product_id || ': ' || string_agg(kind, ', ' order by id) as detail
      from movements where order_id in (select order_id from movements where at >= $1)
      group by order_id, product_id
      having count(*) filter (where kind = 'deducted') > 1 or count(*) filter (where kind <> 'deducted') > 1`),
  },
  {
    name: 'no reservation is held past its time',
    about: 'reservation',
    given: 'now',
    statement: sql(`
      select id as subject, 'held, though its time was up at ' || expires_at as detail
      from reservations where status = 'held' and expires_at < $1::timestamptz - interval '1 minute'`),
  },
];

const STOCK_OF = sql(`
  select order_id, status, lines, coalesce(held, '[]') as held from allocations
  left join lateral (
    select json_agg(json_build_object('product_id', product_id, 'quantity', units)) as held from (
      select product_id, sum(reserved_delta)::bigint as units from movements
      where movements.order_id = allocations.order_id group by 1 having sum(reserved_delta) <> 0) moved
  ) ledger on true
  where order_id = any($1::uuid[])`);
const KNOWN = sql('select order_id as id from allocations where order_id > $1 and order_id <= $2 order by 1 limit $3');

export function stockOf(db: Pick<Tx, 'query'>, orderIds: readonly string[]): Promise<StockOfOrder[]> {
  return db.query<StockOfOrder>(STOCK_OF, [orderIds]);
}

/** Ids of orders on which something was decided, after one and up to another. */
export async function knownOrders(
  db: Pick<Tx, 'query'>,
  { after, until }: { after: string; until: string },
  limit: number,
): Promise<string[]> {
  return (await db.query<{ id: string }>(KNOWN, [after, until, limit])).map(({ id }) => id);
}

/** A product whose books do not agree. Units of stock. */
export interface Drift {
  product_id: string;
  on_hand: number;
  reserved: number;
  /** What its movements add up to. */
  on_hand_moved: number;
  reserved_moved: number;
  /** What orders and reservations hold. */
  held: number;
}

const DRIFTS = sql(`
  select product_id, on_hand, reserved, on_hand_moved, reserved_moved, coalesce(held, 0)::bigint as held
  from levels cross join ${MOVED} left join ${HOLDERS}
  where ($1::text[] is null or product_id = any($1))
    and (on_hand <> on_hand_moved or reserved <> reserved_moved or reserved <> coalesce(held, 0))
  order by product_id`);

/** Of these products, or of all. */
export function findDrifts(db: Pick<Tx, 'query'>, productIds?: readonly string[]): Promise<Drift[]> {
  return db.query<Drift>(DRIFTS, [productIds ?? null]);
}
