/** The cart beside what the catalogue says of it now: lines, news, sum. */
import type { Product } from '../../../src/contracts/catalog.ts';
import { useCart } from './cart.ts';
import { type CartLine, type LineNews, newsOf, seenCurrency } from './cart-rules.ts';
import { useChosenCurrency } from './currency.ts';
import { useProductsById, useStock } from './reads.ts';
import { total } from './sums.ts';

export interface LineView {
  line: CartLine;
  product: Product | undefined;
  news: LineNews | undefined;
  /** Each, and all of them; undefined when it cannot be bought like this. */
  price: string | undefined;
  sum: string | undefined;
}

export interface CartView {
  lines: readonly LineView[];
  products: ReadonlyMap<string, Product>;
  currency: string;
  total: string;
  /** Nothing stands in the way of ordering. */
  ready: boolean;
  isPending: boolean;
  error: unknown;
  retry: () => void;
}

const NONE: ReadonlyMap<string, Product> = new Map();

export function useCartView(): CartView {
  const { lines } = useCart();
  const chosen = useChosenCurrency();
  const ids = lines.map(({ product_id }) => product_id);
  const read = useProductsById(ids, { live: true });
  const stock = useStock(ids);
  const products = read.data ?? NONE;
  const own = lines.map(({ product_id }) => products.get(product_id)?.currency).find(Boolean);
  const currency = chosen ?? seenCurrency(lines) ?? own ?? 'USD';
  const views = lines.map((line): LineView => {
    const product = products.get(line.product_id);
    const price = product?.prices[currency];
    return {
      line,
      product,
      news: read.data ? newsOf(line, product, currency, stock.data?.get(line.product_id)) : undefined,
      price,
      sum: price && total([{ price, quantity: line.quantity }], currency),
    };
  });
  const bought = views.flatMap(({ price, line }) => (price ? [{ price, quantity: line.quantity }] : []));
  return {
    lines: views,
    products,
    currency,
    total: total(bought, currency),
    ready: read.data !== undefined && lines.length > 0 && views.every(({ news }) => !news || news.kind === 'price'),
    isPending: lines.length > 0 && read.isPending,
    error: read.data ? undefined : read.error,
    retry: () => void read.refetch(),
  };
}
