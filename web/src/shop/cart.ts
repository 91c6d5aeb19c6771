/**
 * The cart: in this browser, the same in every tab, with the price each thing had when it was put in. What is sold, and
 * for how much, the catalogue says when the cart is shown.
 */
import type { Product } from '../../../src/contracts/catalog.ts';
import { stored, useStored } from '../api/stored.ts';
import { type Cart, type CartLine, inLimits, withAdded } from './cart-rules.ts';

const EMPTY: Cart = { lines: [] };
const store = stored<Cart>('tradewind.cart', EMPTY, isCart);

function isCart(value: unknown): boolean {
  const lines = (value as Cart | undefined)?.lines;
  return (
    Array.isArray(lines) &&
    lines.every((line) => typeof line?.product_id === 'string' && Number.isInteger(line?.quantity))
  );
}

export const useCart = () => useStored(store);
export const cart = store;

export function addToCart(product: Product, quantity: number, currency: string): void {
  const price = product.prices[currency] ?? product.price;
  const seen = { name: product.name, price, currency: product.prices[currency] ? currency : product.currency };
  const current = store.get();
  store.set({ ...current, lines: withAdded(current.lines, { product_id: product.product_id, quantity, seen }) });
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

export function emptyCart(): void {
  changeLines(() => []);
}
