/** Past orders in their own room: the orders, what they are found by, their histories, and prices. */
import { systemClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { silentLog } from '../../src/platform/log.ts';
import { createCounting } from '../../src/services/orders/counting.ts';
import { type Past, personWords, spread } from './past.ts';

/** Order numbers begin behind it. */
export const FIRST_NUMBER = 1000;

/** A deadline is this far away. */
const WAITED = `interval '15 minutes'`;

export const ORDER_PRODUCTS = `
  insert into products (product_id, name, price, currency, active, version, prices)
  select product_id, name, price, 'USD', not archived, case when archived then 2 else 1 end, jsonb_build_object('USD', price)
  from growth.products`;

/** How far an order got, as columns of `past`. */
export const STATUS = `case kind when 'cancelled' then 'cancelled' when 'kept' then
  case when arrived_at is not null then 'delivered' when left_at is not null then 'shipped' else 'confirmed' end
  else 'failed' end`;
export const REASON = `case kind when 'cancelled' then 'changed my mind' when 'declined' then 'payment_declined' when 'kept' then null else kind end`;
export const REFUNDED = `case when kind = 'cancelled' then total when returned_at is not null then returned else 0 end`;
export const NOTIFY_BY = `case when channel = 'sms' then '["sms"]'::json end`;

export const INSERT_ORDERS = `
  insert into orders (id, number, status, reason, customer_id, email, name, phone, shipping_address, payment_method, items,
    total_amount, currency, version, guest_token, traceparent, processing_duration_ms, created_at, updated_at, notify_by,
    refunded_amount, tracking)
  select id, ${FIRST_NUMBER} + n, ${STATUS}, ${REASON}, customer_id, email, name, phone, address,
    case kind when 'declined' then 'pm_declined' else 'pm_success' end, items, total, 'USD',
    case kind when 'out_of_stock' then 2 when 'declined' then 4 when 'timed_out' then 4 when 'cancelled' then 6
      else 3 + num_nonnulls(left_at, arrived_at, returned_at) end,
    guest_token, traceparent, round((1.2 + 6 * growth.chance(n, 51) ^ 4)::numeric, 3), placed_at,
    case kind when 'out_of_stock' then held_at when 'declined' then paid_at when 'timed_out' then placed_at + ${WAITED}
      when 'cancelled' then cancelled_at else coalesce(arrived_at, left_at, paid_at) end,
    ${NOTIFY_BY}, ${REFUNDED},
    case when left_at is not null then json_build_object('carrier', 'Parcel Post', 'number', 'PP' || 100000000 + n) end
  from past order by n`;

/** As `termsOf` would have them. */
export const INSERT_TERMS = `
  insert into order_terms (order_id, terms)
  select id, array_to_tsvector(string_to_array(concat_ws(E'\\n', ${FIRST_NUMBER} + n, ${personWords('person', 'email')}, words), E'\\n'))
  from past order by n`;

export const INSERT_HISTORY = `
  insert into order_history (order_id, version, at, event, status, note, refunded)
  select id, step.* from past, lateral (values
    (1, placed_at, 'order.placed', 'pending', null::text, null::bigint),
    (2, case when kind <> 'out_of_stock' then held_at end, 'product.stock.deducted', 'awaiting_payment', null, null),
    (2, case when kind = 'out_of_stock' then held_at end, 'product.stock.deduction.failed', 'failed', 'short of ' || product_ids, null),
    (3, case when kind in ('kept', 'cancelled') then paid_at end, 'payment.processed', 'confirmed', 'ch_' || payment_id, null),
    (3, case when kind = 'declined' then paid_at end, 'payment.failed', 'failed', 'declined', null),
    (4, case when kind = 'declined' then paid_at + interval '0.2 s' end, 'product.stock.restored', 'failed', null, null),
    (3, case when kind = 'timed_out' then placed_at + ${WAITED} end, 'deadline', 'failed', 'timed_out', null),
    (4, case when kind = 'timed_out' then placed_at + ${WAITED} + interval '0.2 s' end, 'product.stock.restored', 'failed', null, null),
    (4, cancelled_at, 'command cancel', 'cancelled', 'changed my mind', null),
    (5, cancelled_at + interval '0.2 s', 'product.stock.restored', 'cancelled', null, null),
    (6, cancelled_at + interval '1.2 s', 'payment.refunded', 'cancelled', growth.amount(total) || ' USD: the order ended', total),
    (4, left_at, 'command ship', 'shipped', null, null),
    (5, arrived_at, 'command deliver', 'delivered', null, null),
    (6, returned_at, 'payment.refunded', 'delivered', growth.amount(returned) || ' USD: broken', returned)
  ) step (version, at, event, status, note, refunded)
  where step.at is not null order by step.at`;

export const FINISH_ORDERS = (past: Past) => `
  select setval('order_numbers', ${FIRST_NUMBER} + ${past.orders});
  update statistics_marks set settled_until = date_trunc('day', ${spread(past, '1::bigint', past.orders, 31)}),
    counted_until = date_trunc('day', ${spread(past, '1::bigint', past.orders, 31)})`;

/** The dashboard's figures, counted by the shop's own worker, only without its pauses. */
export async function countStatistics(url: string, until: number, onProgress: (done: number) => void): Promise<void> {
  const db = openDatabase({ service: 'orders', url, clock: systemClock, log: silentLog, poolSize: 1 });
  const marks = async () => {
    const [row] = await db.query<{ at: string }>({ text: 'select settled_until as at from statistics_marks' });
    return Date.parse(row?.at ?? '');
  };
  try {
    const pass = createCounting(db, systemClock);
    for (let [first, at] = [await marks(), 0]; at < until; at = await marks()) {
      await pass();
      onProgress(Math.max(0, at - first) / (until - first));
    }
  } finally {
    await db.close();
  }
}
