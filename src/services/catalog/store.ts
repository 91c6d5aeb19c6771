/** All SQL of products: what is kept of them, and the list. Their pictures have a file of their own. */
import { randomBytes } from 'node:crypto';
import type { Database, Tx } from '../../platform/database.ts';
import { columns, dynamicSql, sql } from '../../platform/database.ts';
import type { CursorValue } from '../../platform/page.ts';
import type { NewProduct, Product, ProductFacts } from './product.ts';
import type { Search } from './search.ts';
import { searchTexts, variants, vocabulary } from './search.ts';
import { removeAllImages } from './store-images.ts';

type Queryable = Pick<Tx, 'query'>;
type Write = Pick<Tx, 'write'>;

// ── products ──

const FACTS = `product_id, name, description, category, price, currency, availability, version, created_at, updated_at,
  deleted_at as archived_at`;
const PRODUCT = `${FACTS},
  (select json_object_agg(currency, amount) from product_prices where product_id = p.product_id) as prices,
  coalesce((select json_agg(json_build_object('id', id, 'alt', alt, 'width', width, 'height', height, 'sizes', sizes)
      order by position)
    from images where product_id = p.product_id and state = 'attached'), '[]') as images`;

const vector = (name: string, category: string, description: string) => `
  setweight(to_tsvector('english', ${name}) || to_tsvector('simple', ${name}), 'A') ||
  setweight(to_tsvector('english', ${category}) || to_tsvector('simple', ${category}), 'B') ||
  setweight(to_tsvector('english', ${description}) || to_tsvector('simple', ${description}), 'C')`;

// One statement decides: of two creations at once the second meets the first one's row. Archived ids come back; what
// inventory has told of them stays true.
const INSERT = sql(`
  insert into products
    (product_id, name, description, category, price, currency, availability, search, created_at, updated_at)
  select product_id, name, description, category, price, currency, availability,
    ${vector('search_name', 'search_category', 'search_description')}, $11::timestamptz, $11::timestamptz
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[]) as new (product_id, name, description, category, price, currency, availability, search_name,
    search_category, search_description)
  on conflict (product_id) do update
    set name = excluded.name, description = excluded.description, category = excluded.category,
        price = excluded.price, currency = excluded.currency, search = excluded.search,
        availability = case when products.stock_version < 0 then excluded.availability else products.availability end,
        version = products.version + 1, created_at = excluded.created_at, updated_at = excluded.updated_at,
        deleted_at = null
    where products.deleted_at is not null
  returning ${FACTS}`);
const CLEAR_PRICES = sql('delete from product_prices where product_id = any($1::text[])');
const INSERT_PRICES = sql('insert into product_prices select * from unnest($1::text[], $2::text[], $3::bigint[])');
const INSERT_WORDS = sql(
  'insert into search_words select * from unnest($1::text[], $2::text[]) on conflict do nothing',
);
const FIND = sql(`select ${PRODUCT} from products p where product_id = $1`);
// On its own: a statement that waits for a lock still reads prices and pictures as they were before it waited.
const LOCK = sql('select from products where product_id = $1 for update');
const UPDATE = sql(`
  update products set name = $2, description = $3, category = $4, price = $5, currency = $6,
    search = ${vector('$7', '$8', '$9')}, version = version + 1, updated_at = $10
  where product_id = $1 returning version, updated_at`);
const ARCHIVE = sql(`
  update products set version = version + 1, updated_at = $2, deleted_at = $2
  where product_id = $1 and deleted_at is null returning version`);
const RESTORE = sql(`
  update products set version = version + 1, updated_at = $2, deleted_at = null
  where product_id = $1 returning version, updated_at`);
const CATEGORIES = sql(`
  select category as name, count(*) as products from products
  where deleted_at is null and category > '' group by category order by category`);
const SIMILAR = sql(`
  select distinct asked.word as asked, known.word
  from unnest($1::text[], $2::text[]) as asked (word, variant) join search_words known using (variant)`);
const TAKE_SECRET = sql(`
  with made as (insert into secrets (name, key) values ($1, $2) on conflict do nothing returning key)
  select key from made union all select key from secrets where name = $1 limit 1`);
const IS_EMPTY = sql('select not exists (select from products) as empty');

// Locked in one key order, so that two batches with the same products queue instead of deadlocking.
const LOCK_MANY = sql(`
  select from products where product_id = any($1::text[]) order by product_id for update`);
const HINT = sql(`
  update products set availability = hint.status, stock_version = hint.version
  from (select distinct on (product_id) product_id, status, version
        from unnest($1::text[], $2::text[], $3::bigint[]) as hint (product_id, status, version)
        order by product_id, version desc) as hint
  where products.product_id = hint.product_id and products.stock_version < hint.version`);

/** Inserts products, reviving archived ids without the pictures they had; answers with those that are new. */
export async function insertProducts(tx: Tx, products: readonly NewProduct[]): Promise<Product[]> {
  const rows = products.map((product) => ({ ...product, ...searchTexts(product) }));
  const inserted = await tx.query<Product>(INSERT, [
    ...columns(rows, 'product_id', 'name', 'description', 'category', 'price', 'currency', 'availability'),
    ...columns(rows, 'search_name', 'search_category', 'search_description'),
    tx.now,
  ]);
  if (inserted.length === 0) return [];
  const asked = new Map(products.map((product) => [product.product_id, product]));
  const created = inserted.map((row) => ({ ...row, images: [], prices: asked.get(row.product_id)?.prices ?? {} }));
  savePrices(tx, created);
  saveWords(tx, created);
  removeAllImages(
    tx,
    created.map(({ product_id }) => product_id),
    tx.now,
  );
  return created;
}

function savePrices(tx: Write, products: readonly Pick<Product, 'product_id' | 'prices'>[]): void {
  const rows = products.flatMap(({ product_id, prices }) =>
    Object.entries(prices).map(([currency, amount]) => ({ product_id, currency, amount })),
  );
  tx.write(CLEAR_PRICES, [products.map(({ product_id }) => product_id)]);
  tx.write(INSERT_PRICES, columns(rows, 'product_id', 'currency', 'amount'));
}

function saveWords(tx: Write, products: readonly Pick<Product, 'name' | 'category'>[]): void {
  const words = vocabulary(products.flatMap(({ name, category }) => [name, category]));
  if (words.length > 0) tx.write(INSERT_WORDS, columns(words, 'variant', 'word'));
}

/** Archived ones too. */
export async function findProduct(db: Queryable, id: string): Promise<Product | undefined> {
  return (await db.query<Product>(FIND, [id]))[0];
}

/** Archived ones too. */
export async function lockProduct(tx: Tx, id: string): Promise<Product | undefined> {
  tx.write(LOCK, [id]);
  return findProduct(tx, id);
}

export async function updateProduct(tx: Tx, product: Product, facts: ProductFacts): Promise<Product> {
  const { product_id } = product;
  const { name, description, category, price, currency } = facts;
  const { search_name, search_category, search_description } = searchTexts({ ...facts, product_id });
  const texts = [search_name, search_category, search_description];
  const [row] = await tx.query<Pick<Product, 'version' | 'updated_at'>>(UPDATE, [
    ...[product_id, name, description, category, price, currency],
    ...texts,
    tx.now,
  ]);
  const updated = { ...product, ...facts, ...row };
  savePrices(tx, [updated]);
  saveWords(tx, [updated]);
  return updated;
}

/** The version of the deletion; undefined when there is no such product. */
export async function archiveProduct(tx: Tx, id: string): Promise<number | undefined> {
  return (await tx.query<{ version: number }>(ARCHIVE, [id, tx.now]))[0]?.version;
}

export async function restoreProduct(tx: Tx, product: Product): Promise<Product> {
  const [row] = await tx.query<Pick<Product, 'version' | 'updated_at'>>(RESTORE, [product.product_id, tx.now]);
  return { ...product, ...row, archived_at: null };
}

export function listCategories(db: Queryable): Promise<{ name: string; products: number }[]> {
  return db.query(CATEGORIES);
}

/** Words of the shop that may be meant by these. */
export function findSimilarWords(db: Queryable, words: readonly string[]): Promise<{ asked: string; word: string }[]> {
  const asked = words.flatMap((word) => variants(word).map((variant) => ({ word, variant })));
  return db.query(SIMILAR, columns(asked, 'word', 'variant'));
}

/** Whether there has never been a product. */
export async function isEmpty(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ empty: boolean }>(IS_EMPTY);
  return row?.empty === true;
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

/** A key that is made once, whichever replica asks first. */
export async function takeSecret(db: Database, name: string): Promise<Buffer> {
  const [row] = await db.query<{ key: Buffer }>(TAKE_SECRET, [name, randomBytes(32)]);
  // Another replica's insert was not visible to this statement yet; it is to the next.
  return row ? row.key : takeSecret(db, name);
}

// ── the list ──

export type Sort = 'relevance' | 'name' | 'price' | '-price' | 'newest';

export interface ProductFilter {
  ids?: readonly string[] | undefined;
  search: Search | undefined;
  category: string | undefined;
  /** Minor units of `currency`. */
  min: number | undefined;
  max: number | undefined;
  currency: string;
  availability: readonly string[] | undefined;
  archived: boolean;
  sort: Sort;
  /** What `sort` orders by, and the id, of the last row of the page before. */
  after: CursorValue[] | undefined;
  limit: number;
}

/**
 * What a list is ordered by before the id, which way, and the type of it in a cursor. The id is that of the same table: a
 * page deep in the list is found by the index on both, and not by reading all before it.
 */
const ORDERS: Record<Sort, { by: string; tie: string; type: string; key: 'asc' | 'desc'; id: 'asc' | 'desc' }> = {
  relevance: { by: 'key', tie: 'product_id', type: 'bigint', key: 'desc', id: 'asc' },
  name: { by: 'p.name', tie: 'p.product_id', type: 'text', key: 'asc', id: 'asc' },
  price: { by: 'pp.amount', tie: 'pp.product_id', type: 'bigint', key: 'asc', id: 'asc' },
  '-price': { by: 'pp.amount', tie: 'pp.product_id', type: 'bigint', key: 'desc', id: 'desc' },
  newest: { by: 'p.created_at', tie: 'p.product_id', type: 'timestamptz', key: 'desc', id: 'desc' },
};

/** Matches of a search that are ranked: some of them when there are more. */
const MAX_RANKED = 5_000;

/** A product with what the list is ordered by. */
export type Listed = Product & { key: CursorValue };

/** The page is cut from narrow rows by an index; only then are its products read whole. */
export function listProducts(db: Queryable, filter: ProductFilter): Promise<Listed[]> {
  const values: unknown[] = [];
  const $: Parameter = (value, type) => `$${values.push(value)}::${type}`;
  const { ids, search, category, min, max, currency, availability, sort, after } = filter;
  const order = ORDERS[sort];
  const where = [`p.deleted_at is ${filter.archived ? 'not null' : 'null'}`];
  const from = ['products p'];

  if (sort === 'price' || sort === '-price' || min !== undefined || max !== undefined) {
    from.push('join product_prices pp using (product_id)');
    where.push(`pp.currency = ${$(currency, 'text')}`);
    if (min !== undefined) where.push(`pp.amount >= ${$(min, 'bigint')}`);
    if (max !== undefined) where.push(`pp.amount <= ${$(max, 'bigint')}`);
  }
  if (ids) where.push(`p.product_id = any(${$(ids, 'text[]')})`);
  if (category !== undefined) where.push(`p.category = ${$(category, 'text')}`);
  // The index on one availability has the order of the list; with two of them it has not, but those are most products.
  if (availability?.length === 1) where.push(`p.availability = ${$(availability[0], 'text')}`);
  else if (availability) where.push(`p.availability = any(${$(availability, 'text[]')})`);
  if (search) where.push(`p.search @@ ${searchQuery(search, $)}`);

  const ranked = search && sort === 'relevance' ? `${rankedMatches(search, from, where, $)},` : '';
  const found = ranked ? 'ranked where true' : `${from.join(' ')} where ${where.join(' and ')}`;
  const { by, tie } = order;
  let rest = '';
  if (after) {
    const [key, id] = [$(after[0], order.type), $(after[1], 'text')];
    const [more, less] = order.key === 'asc' ? ['>', '>'] : ['<', order.id === 'asc' ? '>' : '<'];
    rest =
      more === less
        ? `and (${by}, ${tie}) ${more} (${key}, ${id})`
        : `and (${by} ${more} ${key} or (${by} = ${key} and ${tie} ${less} ${id}))`;
  }
  const text = `
    with ${ranked} page as materialized (
      select product_id, ${by} as key from ${found} ${rest}
      order by ${by} ${order.key}, ${tie} ${order.id} limit ${$(filter.limit, 'int')})
    select ${PRODUCT}, page.key from page join products p using (product_id)
    order by page.key ${order.key}, product_id ${order.id}`;
  return db.query<Listed>(dynamicSql(text), values);
}

type Parameter = (value: unknown, type: string) => string;

/**
 * To rank is to read: all that have a word which half of the catalogue has would take half a second. So it is the first
 * that are met, and whatever is called by these very words.
 */
function rankedMatches(search: Search, from: readonly string[], where: readonly string[], $: Parameter): string {
  const whole = $(search.whole, 'text');
  // A whole number: it travels in the cursor and is compared exactly. An id or a name typed out beats every rank.
  const rank = `(1000000 * ts_rank(p.search, ${searchQuery(search, $)})
    + case when ${whole} in (lower(p.product_id), lower(p.name)) then 2000000 else 0 end)::bigint`;
  const matches = (products: string) =>
    `select product_id, ${rank} as key from ${[products, ...from.slice(1)].join(' ')} where ${where.join(' and ')}`;
  return `
    called (id) as materialized (
      (select product_id from products where lower(product_id) = ${whole} limit ${MAX_RANKED})
      union (select product_id from products where lower(name) = ${whole} limit ${MAX_RANKED})),
    ranked as materialized (
      (${matches('products p')} limit ${MAX_RANKED})
      union (${matches('called cross join lateral (select * from products where product_id = id offset 0) p')}))`;
}

function searchQuery({ text, prefix }: Search, $: Parameter): string {
  const words = `websearch_to_tsquery('english', ${$(text, 'text')})`;
  if (prefix === undefined) return `(${words})`;
  const last = $(prefix, 'text');
  return `(${words} && (websearch_to_tsquery('english', ${last}) || to_tsquery('simple', ${last} || ':*')))`;
}
