/** The list of products: filters, search and order read from a request, one page of it back, or all of it as a file. */
import type { ExportProducts, ListProducts } from '../../contracts/catalog.ts';
import { minorDigits, toMinor } from '../../contracts/money.ts';
import type { QueryOf } from '../../platform/contract.ts';
import type { Exports } from '../../platform/csv-export.ts';
import type { Database } from '../../platform/database.ts';
import type { Request } from '../../platform/dispatch.ts';
import type { CursorValue } from '../../platform/page.ts';
import { pageSize } from '../../platform/page.ts';
import type { Fault, Rejection } from '../../platform/problem.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';
import { openCursor, sealCursor } from './list-cursor.ts';
import { PRODUCT_COLUMNS } from './product-sheet.ts';
import { corrected, doubtful, readSearch } from './search.ts';
import type { Shelf } from './shelf.ts';
import type { Listed, ProductFilter } from './store.ts';
import { findSimilarWords, listProducts } from './store.ts';

type Query = QueryOf<typeof ExportProducts>;

export interface BrowseOptions {
  db: Database;
  currency: string;
  shelf: Shelf;
}

export async function browse({ query, caller }: Request<typeof ListProducts>, { db, currency, shelf }: BrowseOptions) {
  if (query.archived && caller.role !== 'admin')
    return reject(common[caller.role === 'guest' ? 'unauthorized' : 'forbidden']);
  const filter = readFilter(query, currency);
  if (isRejection(filter)) return filter;
  const { cursor, limit: _limit, ...bound } = query;
  const limit = pageSize(query);
  // The last value is the search that was made instead of the one asked for, or nothing.
  const opened = cursor === undefined ? undefined : openCursor(shelf.key, bound, cursor, 3);
  if (isRejection(opened)) return opened;

  let instead = String(opened?.[2] ?? '');
  const ask = () => {
    const search = instead === '' ? filter.search : readSearch(instead);
    return listProducts(db, { ...filter, search, after: opened?.slice(0, 2), limit: limit + 1 });
  };
  let rows = await ask();
  if (rows.length === 0 && query.search !== undefined && opened === undefined) {
    instead = (await better(query.search)) ?? '';
    if (instead !== '') rows = await ask();
  }
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const position = (row: Listed): CursorValue[] => [row.key, row.product_id, instead];
  return {
    body: {
      items: items.map(shelf.product),
      next_cursor: last && rows.length > limit ? sealCursor(shelf.key, bound, position(last)) : null,
      ...(instead !== '' && { corrected_search: instead }),
    },
  };

  async function better(search: string): Promise<string | undefined> {
    const words = doubtful(search);
    return words.length === 0 ? undefined : corrected(search, await findSimilarWords(db, words));
  }
}

/** Of an export: a product has up to 10,000 characters. */
const BATCH = 100;

export function exportProducts(
  { query }: Request<typeof ExportProducts>,
  { db, currency, exports }: Pick<BrowseOptions, 'db' | 'currency'> & { exports: Exports },
) {
  const filter = readFilter(query, currency);
  if (isRejection(filter)) return Promise.resolve(filter);
  return exports.open({ name: 'products', columns: PRODUCT_COLUMNS, rows: batches(db, filter) });
}

async function* batches(db: Database, filter: Omit<ProductFilter, 'after' | 'limit'>) {
  for (let after: CursorValue[] | undefined; ; ) {
    const rows = await listProducts(db, { ...filter, after, limit: BATCH });
    if (rows.length > 0) yield rows;
    if (rows.length < BATCH) return;
    after = rows.slice(-1).flatMap(({ key, product_id }) => [key, product_id]);
  }
}

function readFilter(
  query: Query,
  shopCurrency: string,
): Omit<ProductFilter, 'after' | 'limit'> | Rejection<'invalid-request'> {
  const { ids, search, category, availability, archived = false, currency = shopCurrency } = query;
  const errors: Fault[] = [];
  const amount = (name: 'min_price' | 'max_price') => {
    const text = query[name];
    if (text === undefined) return undefined;
    const minor = toMinor(text, currency);
    if (minor !== undefined) return minor;
    const detail = `must be an amount with at most ${minorDigits(currency)} digits after the point (${currency})`;
    errors.push({ pointer: `/query/${name}`, detail });
    return undefined;
  };
  const min = amount('min_price');
  const max = amount('max_price');
  if (min !== undefined && max !== undefined && min > max) {
    errors.push({ pointer: '/query/max_price', detail: 'must not be less than min_price' });
  }
  const sort = query.sort ?? (search === undefined ? 'name' : 'relevance');
  if (sort === 'relevance' && search === undefined) {
    errors.push({ pointer: '/query/sort', detail: 'relevance needs a search' });
  }
  if (errors.length > 0) return reject(common.invalid, { errors });
  return {
    ids: ids?.split(','),
    search: search === undefined ? undefined : readSearch(search),
    category,
    min,
    max,
    currency,
    availability: availability === 'available' ? ['in_stock', 'low_stock'] : availability && [availability],
    archived,
    sort,
  };
}
