/** All SQL of inventory. */
import type { MovementKind, StockStatus } from '../../contracts/inventory.ts';
import { newId } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { columns, dynamicSql, sql } from '../../platform/database.ts';
import type { Allocation, Stock } from './allocation.ts';
import type { Ending, Reservation } from './reservation.ts';

type Query = Pick<Tx, 'query'>;
type Write = Pick<Tx, 'write'>;

export interface LevelRow extends Stock {
  available: number;
  version: number;
  updated_at: string;
}

export interface MovementRow {
  id: string;
  product_id: string;
  kind: MovementKind;
  on_hand_delta: number;
  reserved_delta: number;
  order_id: string | null;
  reservation_id: string | null;
  reason: string | null;
  actor: string | null;
  at: string;
}

const LOCK_ALLOCATIONS = sql(`
  select order_id, status, lines from allocations where order_id = any($1::uuid[]) order by order_id for update`);
const GET_ALLOCATION = sql('select order_id, status, lines from allocations where order_id = $1');
// In one key order and in a statement of its own: once it returns, these rows hold still until the commit.
const LOCK_LEVELS = sql(`
  select product_id, on_hand, reserved, available, low_stock_threshold, version, updated_at
  from levels where product_id = any($1::text[]) order by product_id for update`);
const UPDATE_LEVELS = sql(`
  update levels set on_hand = new.on_hand, reserved = new.reserved, version = version + 1, unannounced = true,
    updated_at = $4
  from unnest($1::text[], $2::bigint[], $3::bigint[]) as new (product_id, on_hand, reserved)
  where levels.product_id = new.product_id`);
const SAVE_ALLOCATIONS = sql(`
  insert into allocations (order_id, status, lines) select * from unnest($1::uuid[], $2::text[], $3::json[])
  on conflict (order_id) do update set status = excluded.status, lines = excluded.lines`);
const INSERT_ALLOCATIONS = sql(`
  insert into allocations (order_id, status, lines) select * from unnest($1::uuid[], $2::text[], $3::json[])`);
const INSERT_MOVEMENTS = sql(`
  insert into movements (id, product_id, kind, on_hand_delta, reserved_delta, order_id, reason, actor, at, reservation_id)
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::uuid[], $7::text[],
    $8::text[], $9::timestamptz[], $10::uuid[])`);
const OPEN_LEVELS = sql(`
  insert into levels (product_id, on_hand, low_stock_threshold, updated_at)
  select *, $4::timestamptz from unnest($1::text[], $2::bigint[], $3::bigint[])
  on conflict (product_id) do update set unannounced = true
  returning product_id, on_hand, (xmax = 0) as opened`);
const SET_THRESHOLD = sql(`
  update levels set low_stock_threshold = $2, version = version + 1, unannounced = true, updated_at = $3
  where product_id = $1`);
const GET_LEVELS = sql('select * from levels where product_id = any($1::text[])');
const INSERT_RESERVATION = sql(`
  insert into reservations (id, status, items, reference, actor, expires_at, created_at, updated_at)
  values ($1, 'held', $2, $3, $4, $5, $6, $6)`);
const GET_RESERVATION = sql('select * from reservations where id = $1');
const LOCK_RESERVATION = sql('select * from reservations where id = $1 for update');
const EXTEND_RESERVATION = sql('update reservations set expires_at = $2, updated_at = $3 where id = $1');
const END_RESERVATIONS = sql('update reservations set status = $2, updated_at = $3 where id = any($1::uuid[])');
const LOCK_EXPIRED = sql(`
  select * from reservations where status = 'held' and expires_at <= $1 order by expires_at limit $2
  for update skip locked`);
const PUT_OFF_EXPIRED = sql(`
  update reservations set expires_at = $2
  where id = (select id from reservations where status = 'held' and expires_at <= $1 order by expires_at limit 1)
  returning id`);
const GET_LEVEL = sql('select * from levels where product_id = $1');
const TAKE_UNANNOUNCED = sql(`
  update levels set unannounced = false where product_id in
    (select product_id from levels where unannounced order by product_id limit $1 for update skip locked)
  returning product_id, on_hand, reserved, available, low_stock_threshold, version, updated_at`);
// A bound that is always there is one that the index knows.
const LIST_MOVEMENTS = sql(`
  select * from movements where product_id = $1 and id < $2 order by id desc limit $3`);

export async function lockAllocations(tx: Query, orderIds: readonly string[]): Promise<Map<string, Allocation>> {
  const rows = await tx.query<Allocation>(LOCK_ALLOCATIONS, [[...new Set(orderIds)]]);
  return new Map(rows.map((row) => [row.order_id, row]));
}

export async function getAllocation(db: Query, orderId: string): Promise<Allocation | undefined> {
  return (await db.query<Allocation>(GET_ALLOCATION, [orderId]))[0];
}

export async function lockLevels(tx: Query, productIds: readonly string[]): Promise<Map<string, LevelRow>> {
  const rows = await tx.query<LevelRow>(LOCK_LEVELS, [productIds]);
  return new Map(rows.map((row) => [row.product_id, row]));
}

export function updateLevels(tx: Write, levels: readonly Stock[], now: Date): void {
  tx.write(UPDATE_LEVELS, [...columns(levels, 'product_id', 'on_hand', 'reserved'), now]);
}

/** New decisions are inserted: two replicas deciding about one order at once collide, and one of them tries again. */
export function saveAllocations(
  tx: Write,
  allocations: readonly Allocation[],
  known: ReadonlyMap<string, Allocation>,
): void {
  const rows = allocations.map((allocation) => ({ ...allocation, lines: JSON.stringify(allocation.lines) }));
  const fresh = rows.filter(({ order_id }) => !known.has(order_id));
  const changed = rows.filter(({ order_id }) => known.has(order_id));
  if (fresh.length > 0) tx.write(INSERT_ALLOCATIONS, columns(fresh, 'order_id', 'status', 'lines'));
  if (changed.length > 0) tx.write(SAVE_ALLOCATIONS, columns(changed, 'order_id', 'status', 'lines'));
}

type NewMovement = Omit<MovementRow, 'id' | 'at' | 'order_id' | 'reservation_id' | 'reason' | 'actor'> &
  Partial<Pick<MovementRow, 'order_id' | 'reservation_id' | 'reason' | 'actor'>>;

export function insertMovements(tx: Write, movements: readonly NewMovement[], now: Date): void {
  const rows = movements.map((movement) => ({
    id: newId(),
    at: now.toISOString(),
    order_id: null,
    reservation_id: null,
    reason: null,
    actor: null,
    ...movement,
  }));
  tx.write(
    INSERT_MOVEMENTS,
    columns(
      rows,
      'id',
      'product_id',
      'kind',
      'on_hand_delta',
      'reserved_delta',
      'order_id',
      'reason',
      'actor',
      'at',
      'reservation_id',
    ),
  );
}

export interface Opening {
  product_id: string;
  stock: number;
  low_stock_threshold: number;
}

/**
 * Opens levels that do not exist yet, with their first ledger entry. A product that is sold again has the stock it has:
 * its level stays, and the shop windows are told of it.
 */
export async function openLevels(tx: Query & Write, openings: readonly Opening[], now: Date): Promise<void> {
  // In the order in which everyone locks levels.
  const unique = [...new Map(openings.map((opening) => [opening.product_id, opening])).values()].sort((a, b) =>
    a.product_id < b.product_id ? -1 : 1,
  );
  const rows = await tx.query<{ product_id: string; on_hand: number; opened: boolean }>(OPEN_LEVELS, [
    ...columns(unique, 'product_id', 'stock', 'low_stock_threshold'),
    now,
  ]);
  const movements = rows
    .filter(({ opened }) => opened)
    .map(({ product_id, on_hand }) => ({
      product_id,
      kind: 'opened' as const,
      on_hand_delta: on_hand,
      reserved_delta: 0,
    }));
  insertMovements(tx, movements, now);
}

export async function getLevel(db: Query, productId: string): Promise<LevelRow | undefined> {
  return (await db.query<LevelRow>(GET_LEVEL, [productId]))[0];
}

/** Levels shop windows have not been told of, marked as told. */
export function takeUnannounced(tx: Query, limit: number): Promise<LevelRow[]> {
  return tx.query<LevelRow>(TAKE_UNANNOUNCED, [limit]);
}

const HAS_STATUS: Record<StockStatus, string> = {
  out_of_stock: 'available <= 0',
  low_stock: 'available > 0 and available <= low_stock_threshold',
  in_stock: 'available > low_stock_threshold and available > 0',
};

export interface LevelFilter {
  ids?: readonly string[] | undefined;
  status: StockStatus | undefined;
  after: string | undefined;
  limit: number;
}

export function listLevels(db: Query, { ids, status, after, limit }: LevelFilter): Promise<LevelRow[]> {
  const conditions = [status ? HAS_STATUS[status] : 'true', ids ? 'product_id = any($3::text[])' : 'true'];
  return db.query<LevelRow>(
    dynamicSql(`
      select * from levels where ${conditions.join(' and ')} and ($1::text is null or product_id > $1)
      order by product_id limit $2`),
    [after ?? null, limit, ...(ids ? [ids] : [])],
  );
}

/** Greater than any UUIDv7. */
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export function listMovements(
  db: Query,
  { productId, before, limit }: { productId: string; before: string | undefined; limit: number },
): Promise<MovementRow[]> {
  return db.query<MovementRow>(LIST_MOVEMENTS, [productId, before ?? LAST_ID, limit]);
}

export interface MovementFilter {
  product_id?: string | undefined;
  order_id?: string | undefined;
  reservation_id?: string | undefined;
  kind?: MovementKind | undefined;
  before: string | undefined;
  limit: number;
}

export function listAllMovements(db: Database, { before, limit, ...filter }: MovementFilter): Promise<MovementRow[]> {
  return listNewest('movements', db, filter, before, limit);
}

/** Movements of orders are nearly all there are: the others have an index of their own. */
const OF_ORDERS: readonly string[] = ['deducted', 'restored', 'shipped'];

/** Newest first, by what is asked for; ids are UUIDv7. */
function listNewest<Row>(
  table: 'movements' | 'reservations',
  db: Database,
  filter: Record<string, string | undefined>,
  before: string | undefined,
  limit: number,
): Promise<Row[]> {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  const conditions = given.map(([column], i) => `${column} = $${i + 3}`);
  if (filter.kind && !OF_ORDERS.includes(filter.kind)) conditions.push('order_id is null');
  return db.query<Row>(
    dynamicSql(`
      select * from ${table} where ${['($2::uuid is null or id < $2)', ...conditions].join(' and ')}
      order by id desc limit $1`),
    [limit, before ?? null, ...given.map(([, value]) => value)],
  );
}

export async function getLevels(db: Query, productIds: readonly string[]): Promise<Map<string, LevelRow>> {
  const rows = await db.query<LevelRow>(GET_LEVELS, [productIds]);
  return new Map(rows.map((row) => [row.product_id, row]));
}

export function setThreshold(tx: Write, productId: string, threshold: number, now: Date): void {
  tx.write(SET_THRESHOLD, [productId, threshold, now]);
}

export function insertReservation(tx: Write, reservation: Reservation): void {
  const { id, items, reference, actor, expires_at, created_at } = reservation;
  tx.write(INSERT_RESERVATION, [id, JSON.stringify(items), reference, actor, expires_at, created_at]);
}

export async function getReservation(db: Query, id: string): Promise<Reservation | undefined> {
  return (await db.query<Reservation>(GET_RESERVATION, [id]))[0];
}

export async function lockReservation(tx: Query, id: string): Promise<Reservation | undefined> {
  return (await tx.query<Reservation>(LOCK_RESERVATION, [id]))[0];
}

/** Held ones whose time is up, the longest overdue first; those that others are ending are passed over. */
export function lockExpired(tx: Query, now: Date, limit: number): Promise<Reservation[]> {
  return tx.query<Reservation>(LOCK_EXPIRED, [now, limit]);
}

/** Gives the one that is longest overdue more time; undefined when there is none. */
export async function putOffExpired(db: Query, now: Date, until: Date): Promise<string | undefined> {
  return (await db.query<{ id: string }>(PUT_OFF_EXPIRED, [now, until]))[0]?.id;
}

export function extendReservation(tx: Write, id: string, until: string, now: Date): void {
  tx.write(EXTEND_RESERVATION, [id, until, now]);
}

export function endReservations(tx: Write, ids: readonly string[], to: Ending, now: Date): void {
  tx.write(END_RESERVATIONS, [ids, to, now]);
}

export function listReservations(
  db: Database,
  filter: { status?: string | undefined; reference?: string | undefined },
  before: string | undefined,
  limit: number,
): Promise<Reservation[]> {
  return listNewest('reservations', db, filter, before, limit);
}
