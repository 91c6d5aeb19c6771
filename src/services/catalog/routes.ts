/** Endpoints of the catalogue's products. Every change is announced by the transaction that makes it. */
import {
  CreateProduct,
  DeleteProduct,
  ExportProducts,
  GetProduct,
  ListCategories,
  ListProducts,
  ProductCreated,
  ProductDeleted,
  ProductUpdated,
  RestoreProduct,
  UpdateProduct,
} from '../../contracts/catalog.ts';
import { fromMinor } from '../../contracts/money.ts';
import { NotFound, ProductChanged, ProductExists } from '../../contracts/problems.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/clock.ts';
import type { Exports } from '../../platform/csv-export.ts';
import type { Database } from '../../platform/database.ts';
import type { Request, Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { isRejection, reject } from '../../platform/problem.ts';
import { browse, exportProducts } from './browse.ts';
import { createCategories } from './categories.ts';
import type { Product } from './product.ts';
import { changed, differs, newProduct, openingStock, shownPrices } from './product.ts';
import type { Shelf } from './shelf.ts';
import {
  archiveProduct,
  findProduct,
  insertProducts,
  listCategories,
  lockProduct,
  restoreProduct,
  updateProduct,
} from './store.ts';

export const announced = ({ product_id, name, price, currency, prices, version }: Product) => ({
  product_id,
  name,
  price: fromMinor(price, currency),
  currency,
  prices: shownPrices(prices),
  version,
});

/** Short enough to read out; 48 random bits. */
const generatedId = () => `P-${newId().slice(-12).toUpperCase()}`;

export interface RoutesOptions {
  db: Database;
  clock: Clock;
  /** The shop's own. */
  currency: string;
  shelf: Shelf;
  exports: Exports;
}

export function createRoutes({ db, clock, currency, shelf, exports }: RoutesOptions): Route[] {
  async function create({ body, traceparent }: Request<typeof CreateProduct>) {
    const id = body.product_id === undefined ? generatedId() : String(body.product_id);
    const product = newProduct(id, body, currency);
    if (isRejection(product)) return product;
    return db.transaction(async (tx) => {
      const [created] = await insertProducts(tx, [product]);
      if (!created) return reject(ProductExists, { detail: `${product.product_id} is taken` });
      tx.send(ProductCreated, { ...announced(created), ...openingStock(body) }, { traceparent });
      return { body: shelf.product(created), headers: { location: `/products/${created.product_id}` } };
    });
  }

  async function get({ params, caller }: Request<typeof GetProduct>) {
    const product = await findProduct(db, params.product_id);
    if (!product || (product.archived_at && caller.role !== 'admin')) return reject(NotFound);
    return { body: shelf.product(product) };
  }

  async function update({ params, body, traceparent }: Request<typeof UpdateProduct>) {
    return db.transaction(async (tx) => {
      const product = await lockProduct(tx, params.product_id);
      if (!product || product.archived_at) return reject(NotFound);
      const facts = changed(product, body);
      if (isRejection(facts)) return facts;
      if (!differs(product, facts)) return { body: shelf.product(product) };
      if (body.version !== undefined && body.version !== product.version) {
        const detail = `it is at version ${product.version}, not ${body.version}`;
        return reject(ProductChanged, { detail, extra: { product: shelf.product(product) } });
      }
      const updated = await updateProduct(tx, product, facts);
      tx.send(ProductUpdated, announced(updated), { traceparent });
      return { body: shelf.product(updated) };
    });
  }

  async function remove({ params, traceparent }: Request<typeof DeleteProduct>) {
    return db.transaction(async (tx) => {
      const version = await archiveProduct(tx, params.product_id);
      if (version === undefined) return reject(NotFound);
      tx.send(ProductDeleted, { product_id: params.product_id, version }, { traceparent });
      return {};
    });
  }

  async function restore({ params, traceparent }: Request<typeof RestoreProduct>) {
    return db.transaction(async (tx) => {
      const product = await lockProduct(tx, params.product_id);
      if (!product) return reject(NotFound);
      if (!product.archived_at) return { body: shelf.product(product) };
      const restored = await restoreProduct(tx, product);
      // Inventory has kept its stock, and orders hears of the newest version: nothing is opened a second time.
      tx.send(ProductUpdated, announced(restored), { traceparent });
      return { body: shelf.product(restored) };
    });
  }

  const categories = createCategories(clock, () => listCategories(db));

  return [
    route(CreateProduct, create),
    route(ListProducts, (request) => browse(request, { db, currency, shelf })),
    route(ExportProducts, (request) => exportProducts(request, { db, currency, exports })),
    route(ListCategories, async () => ({ body: { items: await categories() } })),
    route(GetProduct, get),
    route(UpdateProduct, update),
    route(DeleteProduct, remove),
    route(RestoreProduct, restore),
  ];
}
