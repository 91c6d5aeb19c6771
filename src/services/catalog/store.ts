/** All SQL of the catalogue. */
import type { Tx } from '../../platform/database.ts';
import { columns, sql } from '../../platform/database.ts';
import type { Product, ProductFacts } from './product.ts';

type Queryable = Pick<Tx, 'query'>;

const PRODUCT =
  'product_id, name, description, category, price, currency, availability, version, created_at, updated_at';

// One statement decides: of two creations at once the second meets the first one's row. Archived ids come back.
const INSERT = sql(`
  insert into products (product_id, name, description, category, price, currency, availability, created_at, updated_at)
  select *, $8::timestamptz, $8::timestamptz
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[])
  on conflict (product_id) do update
    set name = excluded.name, description = excluded.description, category = excluded.category,
        price = excluded.price, currency = excluded.currency, availability = excluded.availability,
        version = products.version + 1, created_at = excluded.created_at, updated_at = excluded.updated_at,
        deleted_at = null
    where products.deleted_at is not null
  returning ${PRODUCT}`);
const FIND = sql(`select ${PRODUCT} from products where product_id = $1 and deleted_at is null`);
const LOCK = sql(`select ${PRODUCT} from products where product_id = $1 and deleted_at is null for update`);
const UPDATE = sql(`
  update products set name = $2, description = $3, category = $4, price = $5, currency = $6,
    version = version + 1, updated_at = $7
  where product_id = $1 returning ${PRODUCT}`);
const ARCHIVE = sql(`
  update products set version = version + 1, updated_at = $2, deleted_at = $2
  where product_id = $1 and deleted_at is null returning version`);
const LIST = sql(`
  select ${PRODUCT} from products
  where deleted_at is null and (name, product_id) > (coalesce($1, ''), coalesce($2, ''))
    and ($3::text is null or category = $3)
    and ($4::text is null or name ilike $4 or description ilike $4)
  order by name, product_id limit $5`);

// Locked in one key order, so that two batches with the same products queue instead of deadlocking.
const LOCK_MANY = sql(`
  select from products where product_id = any($1::text[]) order by product_id for update`);
const HINT = sql(`
  update products set availability = hint.status, stock_version = hint.version
  from (select distinct on (product_id) product_id, status, version
        from unnest($1::text[], $2::text[], $3::bigint[]) as hint (product_id, status, version)
        order by product_id, version desc) as hint
  where products.product_id = hint.product_id and products.stock_version < hint.version`);

const IS_EMPTY = sql('select not exists (select from products) as empty');

export type NewProduct = ProductFacts & Pick<Product, 'product_id' | 'availability'>;

/** Inserts products, reviving archived ids; answers with those that are new. */
export function insertProducts(tx: Tx, products: readonly NewProduct[]): Promise<Product[]> {
  return tx.query<Product>(INSERT, [
    ...columns(products, 'product_id', 'name', 'description', 'category', 'price', 'currency', 'availability'),
    tx.now,
  ]);
}

export async function findProduct(db: Queryable, id: string): Promise<Product | undefined> {
  return (await db.query<Product>(FIND, [id]))[0];
}

export async function lockProduct(tx: Tx, id: string): Promise<Product | undefined> {
  return (await tx.query<Product>(LOCK, [id]))[0];
}

export async function updateProduct(tx: Tx, id: string, facts: ProductFacts): Promise<Product> {
  const { name, description, category, price, currency } = facts;
  const [row] = await tx.query<Product>(UPDATE, [id, name, description, category, price, currency, tx.now]);
  return row as Product;
}

/** The version of the deletion; undefined when there is no such product. */
export async function archiveProduct(tx: Tx, id: string): Promise<number | undefined> {
  return (await tx.query<{ version: number }>(ARCHIVE, [id, tx.now]))[0]?.version;
}

export interface ProductFilter {
  after: readonly [name: string, product_id: string] | undefined;
  category: string | undefined;
  pattern: string | undefined;
  limit: number;
}

export function listProducts(db: Queryable, { after, category, pattern, limit }: ProductFilter): Promise<Product[]> {
  return db.query<Product>(LIST, [after?.[0] ?? null, after?.[1] ?? null, category ?? null, pattern ?? null, limit]);
}

export interface StockHint {
  product_id: string;
  status: string;
  version: number;
}

/** Of several hints for a product the newest counts, and only if it is newer than what is known. */
export async function saveStockHints(tx: Tx, hints: readonly StockHint[]): Promise<void> {
  await Promise.all([
    tx.query(LOCK_MANY, [hints.map(({ product_id }) => product_id)]),
    tx.query(HINT, columns(hints, 'product_id', 'status', 'version')),
  ]);
}

/** Whether there has never been a product. */
export async function isEmpty(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ empty: boolean }>(IS_EMPTY);
  return row?.empty === true;
}
