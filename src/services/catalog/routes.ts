/** Endpoints of the catalogue. Every change is announced by the transaction that makes it. */
import {
  CreateProduct,
  DeleteProduct,
  GetProduct,
  ListProducts,
  ProductCreated,
  ProductDeleted,
  ProductUpdated,
  UpdateProduct,
} from '../../contracts/catalog.ts';
import { fromMinor } from '../../contracts/money.ts';
import { NotFound, ProductExists } from '../../contracts/problems.ts';
import { newId } from '../../platform/clock.ts';
import type { BodyOf, QueryOf } from '../../platform/contract.ts';
import type { Database } from '../../platform/database.ts';
import type { Request, Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { cutPage, decodeCursor } from '../../platform/page.ts';
import { isRejection, reject } from '../../platform/problem.ts';
import type { Product } from './product.ts';
import { changed, containing, differs, openingAvailability, readPrice } from './product.ts';
import { archiveProduct, findProduct, insertProducts, listProducts, lockProduct, updateProduct } from './store.ts';

/** A row as it goes out: the same, but for the price. */
const reply = (product: Product) => ({ ...product, price: fromMinor(product.price, product.currency) });

const announced = ({ product_id, name, price, currency, version }: Product) => ({
  product_id,
  name,
  price: fromMinor(price, currency),
  currency,
  version,
});

/** Short enough to read out; 48 random bits. */
const generatedId = () => `P-${newId().slice(-12).toUpperCase()}`;

export function createRoutes({ db, currency }: { db: Database; currency: string }): Route[] {
  function productOf(body: BodyOf<typeof CreateProduct>) {
    const unit = body.currency ?? currency;
    const price = readPrice(body.price, unit);
    if (isRejection(price)) return price;
    return {
      product_id: body.product_id === undefined ? generatedId() : String(body.product_id),
      name: body.name,
      description: body.description ?? '',
      category: body.category ?? '',
      price,
      currency: unit,
      availability: openingAvailability(body.stock ?? 0, body.low_stock_threshold),
    };
  }

  async function create({ body, traceparent }: Request<typeof CreateProduct>) {
    const product = productOf(body);
    if (isRejection(product)) return product;
    return db.transaction(async (tx) => {
      const [created] = await insertProducts(tx, [product]);
      if (!created) return reject(ProductExists, { detail: `${product.product_id} is taken` });
      const { stock = 0, low_stock_threshold } = body;
      const opening = low_stock_threshold === undefined ? { stock } : { stock, low_stock_threshold };
      tx.send(ProductCreated, { ...announced(created), ...opening }, { traceparent });
      return { body: reply(created), headers: { location: `/products/${created.product_id}` } };
    });
  }

  async function list({ query }: { query: QueryOf<typeof ListProducts> }) {
    const { search, category, cursor, limit = 50 } = query;
    const after = cursor === undefined ? undefined : decodeCursor(cursor, 2, isNameAndId);
    if (isRejection(after)) return after;
    const rows = await listProducts(db, {
      after: after as [string, string] | undefined,
      category,
      pattern: search === undefined ? undefined : containing(search),
      limit: limit + 1,
    });
    return { body: cutPage(rows.map(reply), limit, ({ name, product_id }) => [name, product_id]) };
  }

  async function get({ params }: Request<typeof GetProduct>) {
    const product = await findProduct(db, params.product_id);
    return product ? { body: reply(product) } : reject(NotFound);
  }

  async function update({ params, body, traceparent }: Request<typeof UpdateProduct>) {
    return db.transaction(async (tx) => {
      const product = await lockProduct(tx, params.product_id);
      if (!product) return reject(NotFound);
      const facts = changed(product, body);
      if (isRejection(facts)) return facts;
      if (!differs(product, facts)) return { body: reply(product) };
      const updated = await updateProduct(tx, params.product_id, facts);
      tx.send(ProductUpdated, announced(updated), { traceparent });
      return { body: reply(updated) };
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

  return [
    route(CreateProduct, create),
    route(ListProducts, list),
    route(GetProduct, get),
    route(UpdateProduct, update),
    route(DeleteProduct, remove),
  ];
}

const isNameAndId = (values: unknown[]) => values.every((value) => typeof value === 'string');
