/** A product as a line of a spreadsheet. Pure. */
import { fromMinor } from '../../contracts/money.ts';
import type { Columns } from '../../platform/csv-export.ts';
import type { Product } from './product.ts';

export const PRODUCT_COLUMNS: Columns<Product> = [
  ['product_id', ({ product_id }) => product_id],
  ['name', ({ name }) => name],
  ['description', ({ description }) => description],
  ['category', ({ category }) => category],
  ['price', ({ price, currency }) => fromMinor(price, currency)],
  ['currency', ({ currency }) => currency],
  ['further_prices', furtherPrices],
  ['availability', ({ availability }) => availability],
  ['archived_at', ({ archived_at }) => archived_at],
  ['images', ({ images }) => images.length],
];

/** `11.90 EUR; 1900 JPY` */
function furtherPrices({ prices, currency }: Product): string {
  const further = Object.entries(prices).filter(([unit]) => unit !== currency);
  return further
    .map(([unit, minor]) => `${fromMinor(minor, unit)} ${unit}`)
    .sort()
    .join('; ');
}
