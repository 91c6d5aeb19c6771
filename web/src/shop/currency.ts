/** The currency that prices are shown in: the shopper's choice where a product has a price in it, else the shop's own. */
import type { Product } from '../../../src/contracts/catalog.ts';
import { stored, useStored } from '../api/stored.ts';

const store = stored<string | null>('tradewind.currency', null, (value) =>
  /^[A-Z]{3}$/.test(String(value)) ? String(value) : undefined,
);
const seen = stored<readonly string[]>('tradewind.currencies', [], (value) =>
  Array.isArray(value) ? value.filter((one) => /^[A-Z]{3}$/.test(String(one))) : undefined,
);

export const useChosenCurrency = () => useStored(store);
/** null: each product in its own. */
export const chooseCurrency = (currency: string | null) => store.set(currency);

/** Every currency that this browser has seen a price in. */
export const useCurrencies = () => useStored(seen);

export function noteCurrencies(products: readonly Product[]): void {
  const known = seen.get();
  const all = [...new Set([...known, ...products.flatMap(({ prices }) => Object.keys(prices))])].sort();
  if (all.length > known.length) seen.set(all);
}

export function priceOf(product: Product, chosen: string | null): { amount: string; currency: string } {
  const amount = chosen === null ? undefined : product.prices[chosen];
  return amount === undefined || chosen === null
    ? { amount: product.price, currency: product.currency }
    : { amount, currency: chosen };
}
