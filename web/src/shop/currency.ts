/** The currency that prices are shown in: the shopper's choice where a product has a price in it, else the shop's own. */
import type { Product } from '../../../src/contracts/catalog.ts';
import { stored, useStored } from '../api/stored.ts';

const store = stored<string | null>('tradewind.currency', null, (value) => /^[A-Z]{3}$/.test(String(value)));

export const useChosenCurrency = () => useStored(store);
export const chooseCurrency = (currency: string) => store.set(currency);

export function priceOf(product: Product, chosen: string | null): { amount: string; currency: string } {
  const amount = chosen === null ? undefined : product.prices[chosen];
  return amount === undefined || chosen === null
    ? { amount: product.price, currency: product.currency }
    : { amount, currency: chosen };
}

/** Every currency that something here is sold in. */
export function currenciesOf(products: readonly Product[]): string[] {
  return [...new Set(products.flatMap(({ prices }) => Object.keys(prices)))].sort();
}
