/** The rules of a product: what a price may be, what a change makes of it. Pure. */
import type { UpdateProduct } from '../../contracts/catalog.ts';
import { fromMinor, minorDigits, toMinor } from '../../contracts/money.ts';
import { InvalidPrice } from '../../contracts/problems.ts';
import type { BodyOf } from '../../platform/contract.ts';
import type { Rejection } from '../../platform/problem.ts';
import { isRejection, reject } from '../../platform/problem.ts';

export type Availability = 'in_stock' | 'low_stock' | 'out_of_stock';

/** What a merchant decides about a product. `price` is in minor units of `currency`. */
export interface ProductFacts {
  name: string;
  description: string;
  category: string;
  price: number;
  currency: string;
}

export interface Product extends ProductFacts {
  product_id: string;
  availability: Availability;
  version: number;
  created_at: string;
  updated_at: string;
}

/** Minor units of an amount, or why the currency cannot hold it. */
export function readPrice(amount: string | number, currency: string): number | Rejection<'invalid-price'> {
  const minor = toMinor(amount, currency);
  if (minor !== undefined) return minor;
  const detail = `must be an amount with at most ${minorDigits(currency)} digits after the point (${currency})`;
  return reject(InvalidPrice, { errors: [{ pointer: '/price', detail }] });
}

/** Opening availability; from then on inventory tells. */
export function openingAvailability(stock: number, threshold = 0): Availability {
  if (stock === 0) return 'out_of_stock';
  return stock <= threshold ? 'low_stock' : 'in_stock';
}

/** The facts after a change. A new currency alone keeps the amount: 10.00 USD becomes 10.00 EUR. */
export function changed(
  product: ProductFacts,
  change: BodyOf<typeof UpdateProduct>,
): ProductFacts | Rejection<'invalid-price'> {
  const currency = change.currency ?? product.currency;
  const price = readPrice(change.price ?? fromMinor(product.price, product.currency), currency);
  if (isRejection(price)) return price;
  return {
    name: change.name ?? product.name,
    description: change.description ?? product.description,
    category: change.category ?? product.category,
    price,
    currency,
  };
}

export function differs(a: ProductFacts, b: ProductFacts): boolean {
  return (['name', 'description', 'category', 'price', 'currency'] as const).some((key) => a[key] !== b[key]);
}

/** A pattern for ILIKE that finds `text` as it is written: its % and _ are no wildcards. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
