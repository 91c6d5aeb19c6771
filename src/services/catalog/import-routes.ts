/** Products from a spreadsheet: each line a transaction of its own, announced like any other change. */
import {
  CreateProduct,
  ImportProducts,
  MAX_IMPORT_LINES,
  ProductCreated,
  ProductUpdated,
  UpdateProduct,
} from '../../contracts/catalog.ts';
import type { Line, Outcome } from '../../platform/csv-import.ts';
import { readSheet, refused, takeLines } from '../../platform/csv-import.ts';
import type { Database } from '../../platform/database.ts';
import type { Request, Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';
import { compile } from '../../platform/validate.ts';
import { openingStock } from './product.ts';
import { decide, IMPORT_COLUMNS } from './product-lines.ts';
import { announced } from './routes.ts';
import { findProduct, insertProducts, lockProduct, updateProduct } from './store.ts';

const SHEET = { key: 'product_id', columns: IMPORT_COLUMNS, maxLines: MAX_IMPORT_LINES };

export interface ImportRoutesOptions {
  db: Database;
  /** The shop's own. */
  currency: string;
}

export function createImportRoutes({ db, currency }: ImportRoutesOptions): Route[] {
  const checks = {
    create: compile(CreateProduct.body as NonNullable<typeof CreateProduct.body>),
    update: compile(UpdateProduct.body as NonNullable<typeof UpdateProduct.body>),
  };
  /** One at a time: a file has as many transactions as lines. */
  let running = false;

  const plan = async (line: Line): Promise<Outcome> => {
    const decision = decide(line, await findProduct(db, line.product_id as string), checks, currency);
    if (decision.kind === 'refuse') return { action: 'refused', errors: decision.errors };
    if (decision.kind === 'nothing') return { action: 'unchanged' };
    return { action: decision.kind === 'create' ? 'created' : 'changed', cells: decision.cells };
  };

  const carryOut =
    (traceparent: string) =>
    (line: Line): Promise<Outcome> =>
      db.transaction(async (tx) => {
        const product = await lockProduct(tx, line.product_id as string);
        const decision = decide(line, product, checks, currency);
        if (decision.kind === 'refuse') return { action: 'refused', errors: decision.errors };
        if (decision.kind === 'nothing') return { action: 'unchanged' };
        if (decision.kind === 'change' && product) {
          const updated = await updateProduct(tx, product, decision.facts);
          tx.send(ProductUpdated, announced(updated), { traceparent });
          return { action: 'changed', cells: decision.cells };
        }
        if (decision.kind !== 'create') throw new Error('a change of nothing');
        const [created] = await insertProducts(tx, [decision.product]);
        if (!created) return refused('product_id', 'was added by somebody else just now: import it again');
        tx.send(ProductCreated, { ...announced(created), ...openingStock(decision.body) }, { traceparent });
        return { action: 'created', cells: decision.cells };
      });

  async function importProducts({ raw, query, traceparent }: Request<typeof ImportProducts>) {
    const lines = readSheet(raw, SHEET);
    if (isRejection(lines)) return lines;
    const { dry_run: dryRun = false } = query;
    if (dryRun) return { body: await takeLines(lines, true, plan) };
    if (running) {
      const detail = 'another import is under way; wait for its end';
      return reject(common.unavailable, { detail, headers: { 'retry-after': '2' } });
    }
    running = true;
    try {
      return { body: await takeLines(lines, false, carryOut(traceparent)) };
    } finally {
      running = false;
    }
  }

  return [route(ImportProducts, importProducts)];
}
