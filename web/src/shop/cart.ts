/**
 * The cart: in this browser, the same in every tab, with the price each thing had when it was put in. What is sold, and
 * for how much, the catalogue says when the cart is shown.
 */
import type { Product } from '../../../src/contracts/catalog.ts';
import { stored, useStored } from '../api/stored.ts';
import { type Cart, type CartLine, inLimits, linesOf, withAdded } from './cart-rules.ts';

const store = stored<Cart>('tradewind.cart', { lines: [] }, readCart);

function readCart(value: unknown): Cart | undefined {
  const { lines, owner, account } = (value ?? {}) as Partial<Cart>;
  return {
    lines: linesOf(lines),
    ...(typeof owner === 'string' && { owner }),
    ...(Number.isInteger(account?.version) && {
      account: { version: account?.version as number, items: linesOf(account?.items) },
    }),
  };
}

export const useCart = () => useStored(store);
export const cart = store;

/** False when the cart is full. */
export function addToCart(product: Product, quantity: number, currency: string): boolean {
  const price = product.prices[currency] ?? product.price;
  const seen = { name: product.name, price, currency: product.prices[currency] ? currency : product.currency };
  const current = store.get();
  const lines = withAdded(current.lines, { product_id: product.product_id, quantity, seen });
  if (lines) store.set({ ...current, lines });
  return lines !== undefined;
}

export function changeLines(change: (lines: readonly CartLine[]) => readonly CartLine[]): void {
  const current = store.get();
  store.set({ ...current, lines: change(current.lines) });
}

export function setQuantity(productId: string, quantity: number): void {
  changeLines((lines) =>
    quantity < 1
      ? lines.filter(({ product_id }) => product_id !== productId)
      : lines.map((line) => (line.product_id === productId ? { ...line, quantity: inLimits(quantity) } : line)),
  );
}

/** The shopper has been told: from now on this is the price they saw. */
export function acceptPrices(products: ReadonlyMap<string, Product>, currency: string): void {
  changeLines((lines) =>
    lines.map((line) => {
      const product = products.get(line.product_id);
      const price = product?.prices[currency];
      return product && price ? { ...line, seen: { name: product.name, price, currency } } : line;
    }),
  );
}
