/** The rules of a cart. Pure: what is in it, what two of them make, what a shopper must be told of it. */
import type { Product } from '../../../src/contracts/catalog.ts';
import { LIMITS } from '../../../src/contracts/shapes.ts';
import { typedWhole } from '../ui/amount.ts';

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
  /** The account's cart as this browser knows it: what differs from it is yet to be put there. */
  account?: { version: number; items: readonly CartLine[] };
}

export const pieces = (lines: readonly CartLine[]) => lines.reduce((sum, { quantity }) => sum + quantity, 0);
export const inLimits = (quantity: number) => Math.max(1, Math.min(quantity, LIMITS.quantity));

/**
 * The quantity that was typed: at most `max`, and what it was before when it is no whole number or less than `min`.
 * Nothing is guessed from "1.5" or "-3".
 */
export function typedQuantity(text: string, before: number, { min, max }: { min: number; max: number }): number {
  const whole = typedWhole(text);
  return whole === undefined || whole < min ? before : Math.min(whole, max);
}

/** One line for a product, however often it is added; undefined when there is no room for another product. */
export function withAdded(lines: readonly CartLine[], line: CartLine): CartLine[] | undefined {
  const known = lines.find(({ product_id }) => product_id === line.product_id);
  if (!known && lines.length >= LIMITS.lines) return undefined;
  if (!known) return [...lines, { ...line, quantity: inLimits(line.quantity) }];
  const sum = { ...known, ...line, quantity: inLimits(known.quantity + line.quantity) };
  return lines.map((one) => (one === known ? sum : one));
}

/** What is left when some of it was ordered: another tab may have added more meanwhile. */
export function without(lines: readonly CartLine[], ordered: readonly CartLine[]): CartLine[] {
  return lines.flatMap((line) => {
    const taken = ordered.find(({ product_id }) => product_id === line.product_id)?.quantity ?? 0;
    return line.quantity > taken ? [{ ...line, quantity: line.quantity - taken }] : [];
  });
}

/** The currency that most of it was seen in. */
export function seenCurrency(lines: readonly CartLine[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { seen } of lines) if (seen) counts.set(seen.currency, (counts.get(seen.currency) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

const isId = (value: unknown) => typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value);
const isText = (value: unknown) => typeof value === 'string';

/** The lines of what was stored: whatever is none, or one too many, is left out. */
export function linesOf(value: unknown): CartLine[] {
  if (!Array.isArray(value)) return [];
  const lines = value.flatMap((one): CartLine[] => {
    const { product_id, quantity, seen } = (one ?? {}) as Partial<CartLine>;
    if (!isId(product_id) || !Number.isInteger(quantity) || (quantity as number) < 1) return [];
    const line = { product_id: product_id as string, quantity: inLimits(quantity as number) };
    const whole = isText(seen?.name) && isText(seen?.price) && /^[A-Z]{3}$/.test(String(seen?.currency));
    return [whole && seen ? { ...line, seen } : line];
  });
  return merged(
    [],
    lines.filter(({ product_id }, i) => lines.findIndex((one) => one.product_id === product_id) === i),
  );
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
  | { kind: 'few'; available: number }
  | { kind: 'no_price' }
  | { kind: 'price'; before: string; now: string };

/** What a shopper must know of a line before ordering it. `available` is undefined while nobody knows. */
export function newsOf(
  line: CartLine,
  product: Product | undefined,
  currency: string,
  available: number | undefined,
): LineNews | undefined {
  if (!product || product.archived_at) return { kind: 'gone' };
  const now = product.prices[currency];
  if (now === undefined) return { kind: 'no_price' };
  if (available === undefined ? product.availability === 'out_of_stock' : available < 1) return { kind: 'sold_out' };
  if (available !== undefined && available < line.quantity) return { kind: 'few', available };
  const { seen } = line;
  if (seen && seen.currency === currency && Number(seen.price) !== Number(now)) {
    return { kind: 'price', before: seen.price, now };
  }
  return undefined;
}
