/** The rules of a product: what its prices may be, what a change makes of it. Pure. */
import type { CreateProduct, UpdateProduct } from '../../contracts/catalog.ts';
import { DEFAULT_LOW_STOCK_THRESHOLD } from '../../contracts/inventory.ts';
import { fromMinor, isCurrency, minorDigits, toMinor } from '../../contracts/money.ts';
import { InvalidPrice } from '../../contracts/problems.ts';
import type { BodyOf } from '../../platform/contract.ts';
import type { Fault, Rejection } from '../../platform/problem.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';

export type Availability = 'in_stock' | 'low_stock' | 'out_of_stock';

/** What would never be reached: `/products/export` is the catalogue as a file. */
export const RESERVED_IDS: readonly string[] = ['export'];

/** Minor units by currency. */
export type Prices = Record<string, number>;

/** What a merchant decides about a product. `price` is in minor units of `currency`, and in `prices` too. */
export interface ProductFacts {
  name: string;
  description: string;
  category: string;
  price: number;
  currency: string;
  prices: Prices;
}

export interface ImageRow {
  id: string;
  alt: string;
  width: number;
  height: number;
  sizes: Record<'small' | 'medium' | 'large', { width: number; height: number }>;
}

export interface Product extends ProductFacts {
  product_id: string;
  availability: Availability;
  images: ImageRow[];
  version: number;
  created_at: string;
  updated_at: string;
  archived_at: string | null;
}

export type NewProduct = ProductFacts & Pick<Product, 'product_id' | 'availability'>;

type Amount = string | number;

export interface AskedPrice {
  price: Amount;
  currency: string;
  /** In further currencies. */
  prices: Record<string, Amount>;
}

/** All prices in minor units, or every one that its currency cannot hold. `known`: codes that are there already. */
export function readPrices(
  asked: AskedPrice,
  known: readonly string[] = [],
): Pick<ProductFacts, 'price' | 'prices'> | Rejection<'invalid-price'> {
  const errors: Fault[] = [];
  const read = (amount: Amount, currency: string, pointer: string) => {
    const minor = toMinor(amount, currency);
    if (minor === undefined) {
      const digits = minorDigits(currency);
      errors.push({ pointer, detail: `must be an amount with at most ${digits} digits after the point (${currency})` });
    }
    return minor ?? 0;
  };
  const { currency } = asked;
  const unknown = (code: string, pointer: string) => {
    if (!isCurrency(code) && !known.includes(code))
      errors.push({ pointer, detail: `${code} is no currency (ISO 4217), such as EUR` });
  };
  unknown(currency, '/currency');
  const price = read(asked.price, currency, '/price');
  const prices: Prices = { [currency]: price };
  for (const [other, amount] of Object.entries(asked.prices)) {
    unknown(other, `/prices/${other}`);
    const minor = read(amount, other, `/prices/${other}`);
    if (other !== currency) prices[other] = minor;
    else if (minor !== price) {
      errors.push({ pointer: `/prices/${other}`, detail: `must be the same as price, which is in ${other}` });
    }
  }
  return errors.length > 0 ? reject(InvalidPrice, { errors }) : { price, prices };
}

type NewBody = Omit<BodyOf<typeof CreateProduct>, 'product_id'>;

/** A product that is to be added. `unit`: the shop's own currency. */
export function newProduct(product_id: string, body: NewBody, unit: string) {
  if (RESERVED_IDS.includes(product_id)) {
    const detail = 'is an address of its own: choose another';
    return reject(common.invalid, { errors: [{ pointer: '/product_id', detail }] });
  }
  const currency = body.currency ?? unit;
  const read = readPrices({ price: body.price, currency, prices: body.prices ?? {} });
  if (isRejection(read)) return read;
  return {
    product_id,
    name: body.name,
    description: body.description ?? '',
    category: body.category ?? '',
    currency,
    ...read,
    availability: openingAvailability(body.stock ?? 0, body.low_stock_threshold),
  };
}

/** What inventory opens a product with. */
export function openingStock({ stock = 0, low_stock_threshold }: Pick<NewBody, 'stock' | 'low_stock_threshold'>) {
  return low_stock_threshold === undefined ? { stock } : { stock, low_stock_threshold };
}

/** Opening availability; from then on inventory tells. */
export function openingAvailability(stock: number, threshold = DEFAULT_LOW_STOCK_THRESHOLD): Availability {
  if (stock === 0) return 'out_of_stock';
  return stock <= threshold ? 'low_stock' : 'in_stock';
}

/** Decimal amounts by currency, in the order of their codes. */
export function shownPrices(prices: Prices): Record<string, string> {
  const currencies = Object.keys(prices).sort();
  return Object.fromEntries(currencies.map((one) => [one, fromMinor(prices[one] as number, one)]));
}

/**
 * The facts after a change. A new currency alone keeps the amount: 10.00 USD becomes 10.00 EUR. New prices replace all
 * further ones; otherwise those stay, but for the one that is now the main one.
 */
export function changed(
  product: ProductFacts,
  change: BodyOf<typeof UpdateProduct>,
): ProductFacts | Rejection<'invalid-price'> {
  const currency = change.currency ?? product.currency;
  const { [product.currency]: _main, [currency]: _replaced, ...further } = shownPrices(product.prices);
  const read = readPrices(
    {
      price: change.price ?? fromMinor(product.price, product.currency),
      currency,
      prices: change.prices ?? further,
    },
    Object.keys(product.prices),
  );
  if (isRejection(read)) return read;
  return {
    name: change.name ?? product.name,
    description: change.description ?? product.description,
    category: change.category ?? product.category,
    currency,
    ...read,
  };
}

export function differs(a: ProductFacts, b: ProductFacts): boolean {
  const keys = ['name', 'description', 'category', 'price', 'currency'] as const;
  return (
    keys.some((key) => a[key] !== b[key]) ||
    JSON.stringify(shownPrices(a.prices)) !== JSON.stringify(shownPrices(b.prices))
  );
}
