/** All SQL of orders. */

import { fromMinor } from '../../contracts/money.ts';
import type { Order, OrderItem, OrderState, Tracking } from '../../contracts/orders.ts';
import type { Tx } from '../../platform/database.ts';
import { columns, sql } from '../../platform/database.ts';
import type { PaymentMethods, PricedProduct } from './checkout.ts';
import type { HistoryEntry, Life } from './lifecycle.ts';
import { nextStatuses } from './lifecycle.ts';
import { termsOf } from './terms.ts';

type Query = Pick<Tx, 'query'>;
type Write = Pick<Tx, 'write'>;

export interface OrderRow extends Life {
  number: number;
  customer_id: string | null;
  email: string;
  name: string | null;
  phone: string | null;
  shipping_address: Order['shipping_address'];
  client_reference: string | null;
  payment_method: string;
  items: OrderItem[];
  /** Minor units. */
  total_amount: number;
  currency: string;
  guest_token: string | null;
  tracking: Tracking | null;
  notify_by: Order['notify_by'];
  /** When its personal data was erased. */
  erased_at: string | null;
  traceparent: string;
  processing_duration_ms: number;
  created_at: string;
  hidden_at: string | null;
}

/** The row as clients see it: money as a decimal string, no secrets (the contract filters the rest). */
export function orderReply(row: OrderRow): Order {
  return { deleted_at: row.hidden_at, next_statuses: nextStatuses(row), ...row, ...amountsOf(row) };
}

const amountsOf = ({ total_amount, refunded_amount, currency }: OrderRow) => ({
  total_amount: fromMinor(total_amount, currency),
  // Nothing has gone back yet when a failure comes before the refund it is of.
  refunded_amount: fromMinor(Math.max(refunded_amount, 0), currency),
});

/** The row as other rooms see it: whole, with the guest's key for links in mails. */
export function orderState(row: OrderRow): OrderState {
  const { traceparent: _t, hidden_at: _h, processing_duration_ms: _p, erased_at: _e, ...state } = row;
  return { ...state, ...amountsOf(row) };
}

const FIND_PRODUCTS = sql(`
  select product_id, name, price, currency, prices from products where product_id = any($1::text[]) and active`);
const FIND_METHODS = sql('select pattern, default_method from payment_methods');
const SAVE_METHODS = sql(`
  insert into payment_methods as known (pattern, default_method, version) values ($1, $2, $3)
  on conflict (one) do update
    set pattern = excluded.pattern, default_method = excluded.default_method, version = excluded.version
    where known.version < excluded.version`);
const TAKE_NUMBERS = sql(`select nextval('order_numbers') as number from generate_series(1, $1)`);
const INSERT_ORDERS = sql(`
  insert into orders (id, number, status, email, name, phone, client_reference, payment_method, currency, guest_token,
    traceparent, customer_id, shipping_address, items, total_amount, version, processing_duration_ms, created_at,
    updated_at, deadline_at, notify_by)
  select * from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::uuid[], $13::json[], $14::json[], $15::bigint[], $16::int[],
    $17::float8[], $18::timestamptz[], $19::timestamptz[], $20::timestamptz[], $21::json[])`);
const SAVE_TERMS = sql(`
  insert into order_terms (order_id, terms)
  select order_id, array_to_tsvector(string_to_array(words, E'\\n'))
  from unnest($1::uuid[], $2::text[]) as found (order_id, words)
  on conflict (order_id) do update set terms = excluded.terms`);
const INSERT_HISTORY = sql(`
  insert into order_history (order_id, version, at, event, status, note, refunded)
  select * from unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::bigint[])`);
// Locks in one key order, in a statement of its own: what is decided next sees what others committed before.
const LOCK_ORDERS = sql('select * from orders where id = any($1::uuid[]) order by id for update');
const LOCK_OVERDUE = sql(`
  select * from orders where deadline_at <= $1 order by deadline_at limit $2 for update skip locked`);
const PUT_OFF = sql(`
  update orders set deadline_at = $1::timestamptz + make_interval(secs => $2)
  where id = (select id from orders where deadline_at <= $1 order by deadline_at limit 1) returning id`);
const UPDATE_ORDERS = sql(`
  update orders set status = new.status, reason = new.reason, version = new.version, updated_at = new.updated_at,
    deadline_at = new.deadline_at, refunded_amount = new.refunded_amount
  from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[], $6::timestamptz[], $7::bigint[])
    as new (id, status, reason, version, updated_at, deadline_at, refunded_amount)
  where orders.id = new.id`);
const SET_TRACKING = sql('update orders set tracking = $2 where id = $1');
const GET_ORDER = sql('select * from orders where id = $1');
const GET_HISTORY = sql(
  'select version, at, event, status, note from order_history where order_id = $1 order by version',
);
// Rows by order and version, whoever asks from where: one look at the key for each order.
const HISTORY_AFTER = sql(`
  select entry.order_id, entry.version, entry.at, entry.event, entry.status, entry.note
  from unnest($1::uuid[], $2::int[]) as seen (order_id, version)
  join order_history entry on entry.order_id = seen.order_id and entry.version > seen.version
  order by entry.order_id, entry.version`);
const CLOSE_ACCOUNTS = sql(`
  insert into erased_customers (customer_id, erased_at) select distinct id, $2::timestamptz from unnest($1::uuid[]) as gone (id)
  on conflict do nothing`);
const FIND_CLOSED = sql('select customer_id from erased_customers where customer_id = any($1::uuid[])');
const LOCK_OF_CUSTOMERS = sql(`
  select * from orders where customer_id = any($1::uuid[]) and erased_at is null order by id for update`);
const ERASE_ORDERS = sql(`
  update orders set email = erased.email, name = null, phone = null, shipping_address = null,
    client_reference = null, guest_token = null, tracking = null, notify_by = null, reason = erased.reason,
    erased_at = $4
  from unnest($1::uuid[], $2::text[], $3::text[]) as erased (id, email, reason) where orders.id = erased.id`);
// What people wrote; what the rooms said names nobody.
const ERASE_NOTES = sql(`
  update order_history set note = null where order_id = any($1::uuid[]) and event like 'command %'`);
const HIDE_ORDER = sql('update orders set hidden_at = $2 where id = $1');
const UPSERT_PRODUCTS = sql(`
  insert into products (product_id, name, price, currency, prices, active, version)
  select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::jsonb[], $6::boolean[], $7::int[])
  on conflict (product_id) do update
    set name = excluded.name, price = excluded.price, currency = excluded.currency, prices = excluded.prices,
        active = excluded.active, version = excluded.version
    where products.version < excluded.version`);
const RETIRE_PRODUCTS = sql(`
  insert into products (product_id, name, price, currency, active, version)
  select gone.product_id, '', 0, 'XXX', false, gone.version from unnest($1::text[], $2::int[]) as gone (product_id, version)
  on conflict (product_id) do update set active = false, version = excluded.version
    where products.version < excluded.version`);

export async function findProducts(tx: Query, ids: readonly string[]): Promise<Map<string, PricedProduct>> {
  const rows = await tx.query<PricedProduct>(FIND_PRODUCTS, [[...new Set(ids)]]);
  return new Map(rows.map((row) => [row.product_id, row]));
}

/** Undefined as long as payments has told nothing. */
export async function findMethods(tx: Query): Promise<PaymentMethods | undefined> {
  return (await tx.query<PaymentMethods>(FIND_METHODS))[0];
}

export function saveMethods(
  tx: Write,
  { pattern, default_method, version }: PaymentMethods & { version: number },
): void {
  tx.write(SAVE_METHODS, [pattern, default_method, version]);
}

export async function takeNumbers(tx: Query, count: number): Promise<number[]> {
  return (await tx.query<{ number: number }>(TAKE_NUMBERS, [count])).map(({ number }) => number);
}

export function insertOrders(tx: Write, orders: readonly OrderRow[]): void {
  const rows = orders.map((order) => ({
    ...order,
    items: JSON.stringify(order.items),
    shipping_address: asJson(order.shipping_address),
    notify_by: asJson(order.notify_by),
  }));
  saveTerms(tx, orders);
  tx.write(
    INSERT_ORDERS,
    columns(
      rows,
      'id',
      'number',
      'status',
      'email',
      'name',
      'phone',
      'client_reference',
      'payment_method',
      'currency',
      'guest_token',
      'traceparent',
      'customer_id',
      'shipping_address',
      'items',
      'total_amount',
      'version',
      'processing_duration_ms',
      'created_at',
      'updated_at',
      'deadline_at',
      'notify_by',
    ),
  );
}

/** The driver would send an array or a text as what it is, not as JSON. */
const asJson = (value: unknown) => (value == null ? null : JSON.stringify(value));

/** What orders are found by. */
function saveTerms(tx: Write, orders: readonly OrderRow[]): void {
  const rows = orders.map((order) => ({ id: order.id, words: termsOf(order).join('\n') }));
  tx.write(SAVE_TERMS, columns(rows, 'id', 'words'));
}

export function insertHistory(tx: Write, entries: readonly HistoryEntry[]): void {
  tx.write(INSERT_HISTORY, columns(entries, 'order_id', 'version', 'at', 'event', 'status', 'note', 'refunded'));
}

export function lockOrders(tx: Query, ids: readonly string[]): Promise<OrderRow[]> {
  return tx.query<OrderRow>(LOCK_ORDERS, [[...new Set(ids)]]);
}

export function lockOverdue(tx: Query, now: Date, limit: number): Promise<OrderRow[]> {
  return tx.query<OrderRow>(LOCK_OVERDUE, [now, limit]);
}

/** Gives the most overdue order another while. */
export async function putOffOverdue(db: Query, now: Date, seconds: number): Promise<{ id: string } | undefined> {
  return (await db.query<{ id: string }>(PUT_OFF, [now, seconds]))[0];
}

export function updateOrders(tx: Write, orders: readonly Life[]): void {
  tx.write(
    UPDATE_ORDERS,
    columns(orders, 'id', 'status', 'reason', 'version', 'updated_at', 'deadline_at', 'refunded_amount'),
  );
}

export function setTracking(tx: Write, id: string, tracking: Tracking): void {
  tx.write(SET_TRACKING, [id, JSON.stringify(tracking)]);
}

/** Also one that was deleted. */
export async function getOrder(db: Query, id: string): Promise<OrderRow | undefined> {
  return (await db.query<OrderRow>(GET_ORDER, [id]))[0];
}

export function getHistory(db: Query, id: string): Promise<Omit<HistoryEntry, 'order_id' | 'refunded'>[]> {
  return db.query(GET_HISTORY, [id]);
}

/** What was learnt about each order after a version of it, by order and version. */
export function historyAfter(
  db: Query,
  seen: readonly { order_id: string; version: number }[],
): Promise<Omit<HistoryEntry, 'refunded'>[]> {
  return db.query(HISTORY_AFTER, columns(seen, 'order_id', 'version'));
}

/** Remembers closed accounts, and locks what they have ordered. */
export async function closeAccounts(tx: Query & Pick<Tx, 'now'>, ids: readonly string[]): Promise<OrderRow[]> {
  const [, orders] = await Promise.all([
    tx.query(CLOSE_ACCOUNTS, [ids, tx.now]),
    tx.query<OrderRow>(LOCK_OF_CUSTOMERS, [ids]),
  ]);
  return orders;
}

/** Those of these accounts that were closed. */
export async function findClosed(tx: Query, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.query<{ customer_id: string }>(FIND_CLOSED, [ids]);
  return new Set(rows.map(({ customer_id }) => customer_id));
}

/** Writes orders whose personal data is gone. */
export function eraseOrders(tx: Write, orders: readonly OrderRow[], now: Date): void {
  tx.write(ERASE_ORDERS, [...columns(orders, 'id', 'email', 'reason'), now]);
  tx.write(ERASE_NOTES, [orders.map(({ id }) => id)]);
  saveTerms(tx, orders);
}

export function hideOrder(tx: Write, id: string, now: Date): void {
  tx.write(HIDE_ORDER, [id, now]);
}

export interface ProductCopy extends PricedProduct {
  active: boolean;
  version: number;
}

/** Keeps the newest version of each product, whatever order the news came in. */
export function upsertProducts(tx: Write, products: readonly ProductCopy[]): void {
  const rows = newest(products).map((product) => ({ ...product, prices: JSON.stringify(product.prices) }));
  tx.write(UPSERT_PRODUCTS, columns(rows, 'product_id', 'name', 'price', 'currency', 'prices', 'active', 'version'));
}

export function retireProducts(tx: Write, gone: readonly { product_id: string; version: number }[]): void {
  tx.write(RETIRE_PRODUCTS, columns(newest(gone), 'product_id', 'version'));
}

/** One row for each product: `on conflict` takes a row only once in a statement. */
function newest<T extends { product_id: string; version: number }>(rows: readonly T[]): T[] {
  const best = new Map<string, T>();
  for (const row of rows) {
    if ((best.get(row.product_id)?.version ?? -1) < row.version) best.set(row.product_id, row);
  }
  return [...best.values()];
}
