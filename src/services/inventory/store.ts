/** All SQL of inventory. */
import type { StockStatus } from '../../contracts/inventory.ts';
import { newId } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { columns, dynamicSql, sql } from '../../platform/database.ts';
import type { Allocation, Stock } from './allocation.ts';

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
  kind: 'opened' | 'deducted' | 'restored' | 'shipped' | 'replenished' | 'adjusted';
  on_hand_delta: number;
  reserved_delta: number;
  order_id: string | null;
  reason: string | null;
  actor: string | null;
  at: string;
}

const LOCK_ALLOCATIONS = sql(`
  select order_id, status, lines from allocations where order_id = any($1::uuid[]) order by order_id for update`);
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
  insert into movements (id, product_id, kind, on_hand_delta, reserved_delta, order_id, reason, actor, at)
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::uuid[], $7::text[],
    $8::text[], $9::timestamptz[])`);
const OPEN_LEVELS = sql(`
  insert into levels (product_id, on_hand, low_stock_threshold, updated_at)
  select *, $4::timestamptz from unnest($1::text[], $2::bigint[], $3::bigint[])
  on conflict (product_id) do update set unannounced = true
  returning product_id, on_hand, (xmax = 0) as opened`);
const GET_LEVEL = sql('select * from levels where product_id = $1');
const TAKE_UNANNOUNCED = sql(`
  update levels set unannounced = false where product_id in
    (select product_id from levels where unannounced order by product_id limit $1 for update skip locked)
  returning product_id, on_hand, reserved, available, low_stock_threshold, version, updated_at`);
const LIST_MOVEMENTS = sql(`
  select * from movements where product_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`);

export async function lockAllocations(tx: Query, orderIds: readonly string[]): Promise<Map<string, Allocation>> {
  const rows = await tx.query<Allocation>(LOCK_ALLOCATIONS, [[...new Set(orderIds)]]);
  return new Map(rows.map((row) => [row.order_id, row]));
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

type NewMovement = Omit<MovementRow, 'id' | 'at' | 'order_id' | 'reason' | 'actor'> &
  Partial<Pick<MovementRow, 'order_id' | 'reason' | 'actor'>>;

export function insertMovements(tx: Write, movements: readonly NewMovement[], now: Date): void {
  const rows = movements.map((movement) => ({
    order_id: null,
    reason: null,
    actor: null,
    ...movement,
    id: newId(),
    at: now.toISOString(),
  }));
  tx.write(
    INSERT_MOVEMENTS,
    columns(rows, 'id', 'product_id', 'kind', 'on_hand_delta', 'reserved_delta', 'order_id', 'reason', 'actor', 'at'),
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
  const unique = [...new Map(openings.map((opening) => [opening.product_id, opening])).values()];
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

export function listLevels(
  db: Database,
  { status, after, limit }: { status: StockStatus | undefined; after: string | undefined; limit: number },
): Promise<LevelRow[]> {
  const condition = status ? HAS_STATUS[status] : 'true';
  return db.query<LevelRow>(
    dynamicSql(`
      select * from levels where ${condition} and ($1::text is null or product_id > $1) order by product_id limit $2`),
    [after ?? null, limit],
  );
}

export function listMovements(
  db: Query,
  { productId, before, limit }: { productId: string; before: string | undefined; limit: number },
): Promise<MovementRow[]> {
  return db.query<MovementRow>(LIST_MOVEMENTS, [productId, before ?? null, limit]);
}
