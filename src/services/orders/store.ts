/** All SQL of orders. */

import { fromMinor } from '../../contracts/money.ts';
import type { Order, OrderItem, OrderState, OrderStatus } from '../../contracts/orders.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { columns, dynamicSql, sql } from '../../platform/database.ts';
import type { PricedProduct } from './checkout.ts';
import type { HistoryEntry, Life } from './lifecycle.ts';

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
  traceparent: string;
  processing_duration_ms: number;
  created_at: string;
  hidden_at: string | null;
}

/** The row as clients see it: money as a decimal string, no secrets (the contract filters the rest). */
export function orderReply(row: OrderRow): Order {
  return { ...row, total_amount: fromMinor(row.total_amount, row.currency) };
}

/** The row as other rooms see it: whole, with the guest's key for links in mails. */
export function orderState(row: OrderRow): OrderState {
  const { traceparent: _t, hidden_at: _h, processing_duration_ms: _p, ...state } = row;
  return { ...state, total_amount: fromMinor(row.total_amount, row.currency) };
}

const FIND_PRODUCTS = sql(`
  select product_id, name, price, currency from products where product_id = any($1::text[]) and active`);
const TAKE_NUMBERS = sql(`select nextval('order_numbers') as number from generate_series(1, $1)`);
const INSERT_ORDERS = sql(`
  insert into orders (id, number, status, email, name, phone, client_reference, payment_method, currency, guest_token,
    traceparent, customer_id, shipping_address, items, total_amount, version, processing_duration_ms, created_at,
    updated_at, deadline_at)
  select * from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::uuid[], $13::json[], $14::json[], $15::bigint[], $16::int[],
    $17::float8[], $18::timestamptz[], $19::timestamptz[], $20::timestamptz[])`);
const INSERT_HISTORY = sql(`
  insert into order_history (order_id, version, at, event, status, note)
  select * from unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[])`);
// Locks in one key order, in a statement of its own: what is decided next sees what others committed before.
const LOCK_ORDERS = sql('select * from orders where id = any($1::uuid[]) order by id for update');
const LOCK_OVERDUE = sql(`
  select * from orders where deadline_at <= $1 order by deadline_at limit $2 for update skip locked`);
const PUT_OFF = sql(`
  update orders set deadline_at = $1::timestamptz + make_interval(secs => $2)
  where id = (select id from orders where deadline_at <= $1 order by deadline_at limit 1) returning id`);
const UPDATE_ORDERS = sql(`
  update orders set status = new.status, reason = new.reason, version = new.version, updated_at = new.updated_at,
    deadline_at = new.deadline_at
  from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[], $6::timestamptz[])
    as new (id, status, reason, version, updated_at, deadline_at)
  where orders.id = new.id`);
const GET_ORDER = sql('select * from orders where id = $1 and hidden_at is null');
const GET_HISTORY = sql(
  'select version, at, event, status, note from order_history where order_id = $1 order by version',
);
const HIDE_ORDER = sql('update orders set hidden_at = $2 where id = $1');
const UPSERT_PRODUCTS = sql(`
  insert into products (product_id, name, price, currency, active, version)
  select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::boolean[], $6::int[])
  on conflict (product_id) do update
    set name = excluded.name, price = excluded.price, currency = excluded.currency, active = excluded.active,
        version = excluded.version
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

export async function takeNumbers(tx: Query, count: number): Promise<number[]> {
  return (await tx.query<{ number: number }>(TAKE_NUMBERS, [count])).map(({ number }) => number);
}

export function insertOrders(tx: Write, orders: readonly OrderRow[]): void {
  const rows = orders.map((order) => ({
    ...order,
    items: JSON.stringify(order.items),
    shipping_address: order.shipping_address === null ? null : JSON.stringify(order.shipping_address),
  }));
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
    ),
  );
}

export function insertHistory(tx: Write, entries: readonly HistoryEntry[]): void {
  tx.write(INSERT_HISTORY, columns(entries, 'order_id', 'version', 'at', 'event', 'status', 'note'));
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
  tx.write(UPDATE_ORDERS, columns(orders, 'id', 'status', 'reason', 'version', 'updated_at', 'deadline_at'));
}

export async function getOrder(db: Query, id: string): Promise<OrderRow | undefined> {
  return (await db.query<OrderRow>(GET_ORDER, [id]))[0];
}

export function getHistory(db: Query, id: string): Promise<Omit<HistoryEntry, 'order_id'>[]> {
  return db.query(GET_HISTORY, [id]);
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
  tx.write(UPSERT_PRODUCTS, columns(newest(products), 'product_id', 'name', 'price', 'currency', 'active', 'version'));
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

export interface OrderFilter {
  status?: OrderStatus | undefined;
  customer_id?: string | undefined;
  email?: string | undefined;
  product_id?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  /** Only older than this order. */
  before?: string | undefined;
  limit: number;
}

/** Newest first: ids are UUIDv7. */
export function listOrders(db: Database, filter: OrderFilter): Promise<OrderRow[]> {
  const conditions = ['hidden_at is null'];
  const values: unknown[] = [];
  const where = (condition: (parameter: string) => string, value: unknown) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  where((p) => `id < ${p}`, filter.before);
  where((p) => `status = ${p}`, filter.status);
  where((p) => `customer_id = ${p}`, filter.customer_id);
  where((p) => `email = ${p}`, filter.email);
  where((p) => `created_at >= ${p}`, filter.from);
  where((p) => `created_at < ${p}`, filter.to);
  where((p) => `items::jsonb @> ${p}`, filter.product_id && JSON.stringify([{ product_id: filter.product_id }]));
  values.push(filter.limit);
  return db.query<OrderRow>(
    dynamicSql(`select * from orders where ${conditions.join(' and ')} order by id desc limit $${values.length}`),
    values,
  );
}
