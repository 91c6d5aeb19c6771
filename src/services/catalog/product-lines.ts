/** A line of a spreadsheet as a product: what it asks for, and what that would make of the product that there is. Pure. */
import type { CreateProduct, UpdateProduct } from '../../contracts/catalog.ts';
import type { BodyOf } from '../../platform/contract.ts';
import type { CellChange, Line, LineFault } from '../../platform/csv-import.ts';
import type { Fault } from '../../platform/problem.ts';
import { isRejection } from '../../platform/problem.ts';
import type { Check } from '../../platform/validate.ts';
import type { NewProduct, Product, ProductFacts } from './product.ts';
import { changed, newProduct } from './product.ts';
import { PRODUCT_COLUMNS } from './product-sheet.ts';

/** Those of the export, and what a new product begins with. */
export const IMPORT_COLUMNS = [...PRODUCT_COLUMNS.map(([head]) => head), 'stock', 'low_stock_threshold'];
/** What a line decides; the rest of an export tells what others do. */
const FACTS = ['name', 'description', 'category', 'price', 'currency', 'further_prices'];

/** Kept to the letter; other cells may have spaces around them. */
const TEXTS = ['name', 'description', 'category'];

type NewBody = BodyOf<typeof CreateProduct>;
type Change = BodyOf<typeof UpdateProduct>;

export interface Checks {
  create: Check;
  update: Check;
}

export type Decision =
  | { kind: 'create'; product: NewProduct; body: NewBody; cells: CellChange[] }
  | { kind: 'change'; facts: ProductFacts; cells: CellChange[] }
  | { kind: 'nothing' }
  | { kind: 'refuse'; errors: LineFault[] };

/** `unit`: the currency of products that do not say. */
export function decide(line: Line, product: Product | undefined, checks: Checks, unit: string): Decision {
  const live = product !== undefined && product.archived_at === null;
  if (line.archived_at?.trim()) {
    if (product && !live) return { kind: 'nothing' };
    return refuse([
      { column: 'archived_at', detail: 'says that it is not sold: leave the line out, or empty this cell' },
    ]);
  }
  const { body, errors } = asked(line);
  // What is empty says "as it is" of a currency, and nothing of what only a new product has.
  const { stock: _stock, low_stock_threshold: _threshold, product_id: _id, ...change } = body;
  const found = live ? (isEmpty(change) ? undefined : checks.update(change)) : checks.create(body);
  const faults = [...errors, ...(found ?? []).map(columnOf)];
  const seen = new Set(errors.map(({ column }) => column));
  const distinct = faults.filter((fault, i) => i < errors.length || !seen.has(fault.column));
  if (distinct.length > 0) return refuse(distinct);
  return live ? decideChange(product, change as Change) : decideNew(body as unknown as NewBody, unit);
}

const refuse = (errors: LineFault[]): Decision => ({ kind: 'refuse', errors });
const isEmpty = (value: object) => Object.keys(value).length === 0;

function decideNew(body: NewBody, unit: string): Decision {
  const product = newProduct(String(body.product_id), body, unit);
  if (isRejection(product)) return refuse((product.errors ?? []).map(columnOf));
  const cells = FACTS.map((column) => ({ column, to: cellOf(column, product) })).filter(({ to }) => to !== '');
  const opening = (['stock', 'low_stock_threshold'] as const).flatMap((column) =>
    body[column] === undefined ? [] : [{ column, to: String(body[column]) }],
  );
  return { kind: 'create', product, body, cells: [...cells, ...opening] };
}

function decideChange(product: Product, change: Change): Decision {
  const facts = changed(product, change);
  if (isRejection(facts)) return refuse((facts.errors ?? []).map(columnOf));
  const cells = FACTS.map((column) => ({ column, from: cellOf(column, product), to: cellOf(column, facts) })).filter(
    ({ from, to }) => from !== to,
  );
  return cells.length === 0 ? { kind: 'nothing' } : { kind: 'change', facts, cells };
}

/** As an export would write it. */
function cellOf(column: string, facts: ProductFacts): string {
  const cell = PRODUCT_COLUMNS.find(([head]) => head === column)?.[1];
  return String(cell?.(facts as Product) ?? '');
}

/** What the cells say, in the words of the endpoint for a single product. */
function asked(cells: Line): { body: Record<string, unknown>; errors: LineFault[] } {
  const errors: LineFault[] = [];
  const line = Object.fromEntries(
    Object.entries(cells).map(([name, cell]) => [name, TEXTS.includes(name) ? cell : cell.trim()]),
  );
  const body: Record<string, unknown> = { product_id: line.product_id };
  for (const column of ['name', 'description', 'category', 'price'] as const) {
    if (line[column] === undefined) continue;
    if (line[column] === '' && (column === 'name' || column === 'price')) errors.push({ column, detail: 'is needed' });
    else body[column] = line[column];
  }
  if (line.currency) body.currency = line.currency.toUpperCase();
  for (const column of ['stock', 'low_stock_threshold'] as const) {
    const cell = line[column];
    if (!cell) continue;
    if (/^\d{1,15}$/.test(cell)) body[column] = Number(cell);
    else errors.push({ column, detail: 'must be a whole number, 0 or more' });
  }
  if (line.further_prices !== undefined) {
    const prices = furtherPrices(line.further_prices);
    if (prices) body.prices = prices;
    else
      errors.push({
        column: 'further_prices',
        detail: 'must be amounts with their currencies, such as 11.90 EUR; 1900 JPY',
      });
  }
  return { body, errors };
}

/** `11.90 EUR; 1900 JPY`; undefined where it is something else, or names a currency twice. */
function furtherPrices(cell: string): Record<string, string> | undefined {
  const prices: Record<string, string> = {};
  for (const part of cell.split(';').map((one) => one.trim())) {
    if (part === '') continue;
    const [, amount, currency] = /^(\S{1,20})\s+([A-Za-z]{3})$/.exec(part) ?? [];
    const code = currency?.toUpperCase();
    if (!amount || !code || code in prices) return undefined;
    prices[code] = amount;
  }
  return prices;
}

function columnOf({ pointer, detail }: Fault): LineFault {
  const [name = '', further] = pointer.slice(1).split('/');
  if (name !== 'prices') return { column: name, detail };
  return { column: 'further_prices', detail: further ? `${further} ${detail}` : detail };
}
