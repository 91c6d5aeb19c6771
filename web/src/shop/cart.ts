/**
 * The cart: in this browser, the same in every tab, with the price each thing had when it was put in. Pure rules first;
 * what is sold, and for how much, the catalogue says when the cart is shown.
 */
import type { Product } from '../../../src/contracts/catalog.ts';
import { LIMITS } from '../../../src/contracts/shapes.ts';
import { stored, useStored } from '../api/stored.ts';

export interface CartLine {
  product_id: string;
  quantity: number;
  /** As the shopper saw it last; undefined for what came from the account's cart. */
  seen?: { name: string; price: string; currency: string };
}

export interface Cart {
  lines: readonly CartLine[];
  /** Whose it is: an account keeps its cart; a guest's belongs to the browser. */
  owner?: string;
  /** Of the account's cart that this one was last the same as. */
  version?: number;
}

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

export const pieces = (lines: readonly CartLine[]) => lines.reduce((sum, { quantity }) => sum + quantity, 0);
const inLimits = (quantity: number) => Math.max(1, Math.min(quantity, LIMITS.quantity));

/** One line for a product, however often it is added. */
export function withAdded(lines: readonly CartLine[], line: CartLine): CartLine[] {
  const known = lines.find(({ product_id }) => product_id === line.product_id);
  if (!known) return [...lines, { ...line, quantity: inLimits(line.quantity) }];
  const sum = { ...known, ...line, quantity: inLimits(known.quantity + line.quantity) };
  return lines.map((one) => (one === known ? sum : one));
}

/** Both carts' products; of one that is in both, the larger quantity: merged twice is the same as once. */
export function merged(mine: readonly CartLine[], theirs: readonly CartLine[]): CartLine[] {
  const both = theirs.map((line) => {
    const own = mine.find(({ product_id }) => product_id === line.product_id);
    return own ? { ...line, ...own, quantity: Math.max(own.quantity, line.quantity) } : line;
  });
  const rest = mine.filter(({ product_id }) => !theirs.some((line) => line.product_id === product_id));
  return [...both, ...rest].slice(0, LIMITS.lines);
}

export type LineNews =
  | { kind: 'gone' }
  | { kind: 'sold_out' }
  | { kind: 'no_price' }
  | { kind: 'price'; before: string; now: string };

/** What a shopper must know of a line before ordering it. */
export function newsOf(line: CartLine, product: Product | undefined, currency: string): LineNews | undefined {
  if (!product || product.archived_at) return { kind: 'gone' };
  const now = product.prices[currency];
  if (now === undefined) return { kind: 'no_price' };
  if (product.availability === 'out_of_stock') return { kind: 'sold_out' };
  const { seen } = line;
  if (seen && seen.currency === currency && Number(seen.price) !== Number(now)) {
    return { kind: 'price', before: seen.price, now };
  }
  return undefined;
}

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
