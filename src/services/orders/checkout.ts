/** Reads a checkout in any of its three dialects and prices it from our own copy of the catalogue. Pure. */
import { fromMinor, toMinor } from '../../contracts/money.ts';
import type { Checkout, OrderItem } from '../../contracts/orders.ts';
import * as problems from '../../contracts/problems.ts';
import { LIMITS } from '../../contracts/shapes.ts';
import type { Caller } from '../../platform/auth.ts';
import type { Fault, Rejection } from '../../platform/problem.ts';
import { common, reject } from '../../platform/problem.ts';

export interface Line {
  product_id: string;
  quantity: number;
  /** Prices the client believes in, with the place where it said so. */
  asserted: { price: string | number; pointer: string }[];
  /** Where the product was first named. */
  pointer: string;
}

/** A checkout in one dialect: ours. */
export interface Draft {
  customer_id: string | null;
  email: string;
  name: string | null;
  phone: string | null;
  shipping_address: Checkout['shipping_address'] | null;
  client_reference: string | null;
  payment_method: string;
  currency: string | null;
  lines: Line[];
}

/** An order travels whole in its events, which have 64 KiB: this is for the lines, the rest for all else. */
const MAX_ITEMS_BYTES = 48 * 1024;

export const DEFAULT_PAYMENT_METHOD = 'pm_success';

export type CheckoutProblem = (typeof problems)[
  | 'UnknownProduct'
  | 'PriceMismatch'
  | 'MixedCurrencies'
  | 'EmailNeeded'
  | 'CustomerNeedsLogin'
  | 'ForeignCustomer']['code'];

type Refusal = Rejection<CheckoutProblem | 'invalid-request'>;

/** Who orders what. With a token the order is the caller's; without one an e-mail is needed and no customer_id taken. */
export function readCheckout(body: Checkout, caller: Caller): Draft | Refusal {
  const given = body.customer_id === undefined ? undefined : String(body.customer_id);
  const reference = body.user_id === undefined ? undefined : String(body.user_id);
  if (caller.role === 'guest' && given !== undefined) {
    return reject(problems.CustomerNeedsLogin, { errors: [{ pointer: '/customer_id', detail: 'needs a token' }] });
  }
  if (caller.role === 'customer') {
    const foreign = [given !== undefined && given !== caller.id && '/customer_id'];
    foreign.push(reference !== undefined && reference !== caller.id && '/user_id');
    const errors = foreign.filter(Boolean).map((pointer) => ({ pointer: String(pointer), detail: 'is not yours' }));
    if (errors.length > 0) return reject(problems.ForeignCustomer, { errors });
  }
  // Whoever orders for somebody else says where that person's mail goes.
  const own = caller.role !== 'guest' && (given === undefined || given === caller.id) ? caller.email : '';
  const email = body.email ?? body.user_email ?? body.customer_email ?? own;
  if (!email) return reject(problems.EmailNeeded, { errors: [{ pointer: '/email', detail: 'is needed' }] });

  const lines = mergeLines(body.items);
  const errors = lines.filter(({ quantity }) => quantity > LIMITS.quantity).map(tooMany);
  if (errors.length > 0) return reject(common.invalid, { errors });
  return {
    customer_id: caller.role === 'guest' ? null : (given ?? caller.id),
    email,
    name: body.name ?? body.customer_name ?? null,
    phone: body.phone ?? null,
    shipping_address: body.shipping_address ?? null,
    client_reference: reference ?? null,
    payment_method: body.payment_method ?? DEFAULT_PAYMENT_METHOD,
    currency: body.currency ?? null,
    lines,
  };
}

const tooMany = ({ pointer }: Line): Fault => ({
  pointer,
  detail: `an order has at most ${LIMITS.quantity} of one product`,
});

/** The same product twice is one line with the sum. */
function mergeLines(items: Checkout['items']): Line[] {
  const lines = new Map<string, Line>();
  for (const [i, { product_id, quantity, price, price_at_purchase }] of items.entries()) {
    const pointer = `/items/${i}`;
    const id = String(product_id);
    const line = lines.get(id) ?? { product_id: id, quantity: 0, asserted: [], pointer };
    line.quantity += quantity;
    if (price !== undefined) line.asserted.push({ price, pointer: `${pointer}/price` });
    if (price_at_purchase !== undefined) {
      line.asserted.push({ price: price_at_purchase, pointer: `${pointer}/price_at_purchase` });
    }
    lines.set(id, line);
  }
  return [...lines.values()];
}

export interface PricedProduct {
  product_id: string;
  name: string;
  /** Minor units. */
  price: number;
  currency: string;
}

export interface Priced {
  items: OrderItem[];
  /** Minor units. */
  total_amount: number;
  currency: string;
}

/** Prices a draft by the catalogue. All faults at once; a client's price never sets what is charged. */
export function price(draft: Draft, products: ReadonlyMap<string, PricedProduct>): Priced | Refusal {
  const unknown = draft.lines
    .filter(({ product_id }) => !products.has(product_id))
    .map(({ product_id, pointer }) => ({ pointer: `${pointer}/product_id`, detail: `${product_id} is not sold here` }));
  if (unknown.length > 0) return reject(problems.UnknownProduct, { errors: unknown });

  const lines = draft.lines.map((line) => ({ ...line, product: products.get(line.product_id) as PricedProduct }));
  const currency = draft.currency ?? (lines[0]?.product.currency as string);
  const foreign = lines
    .filter(({ product }) => product.currency !== currency)
    .map(({ product, pointer }) => ({
      pointer,
      detail: `${product.product_id} is sold in ${product.currency}, not ${currency}`,
    }));
  if (foreign.length > 0) return reject(problems.MixedCurrencies, { errors: foreign });

  const mismatches = lines.flatMap(({ product, asserted }) =>
    asserted
      .filter((assertion) => toMinor(assertion.price, currency) !== product.price)
      .map((assertion) => ({
        pointer: assertion.pointer,
        detail: `the price is ${fromMinor(product.price, currency)} ${currency}, not ${assertion.price}`,
        product_id: product.product_id,
        your_price: String(assertion.price),
        current_price: fromMinor(product.price, currency),
        currency,
      })),
  );
  if (mismatches.length > 0) return reject(problems.PriceMismatch, { errors: mismatches });

  const total_amount = lines.reduce((sum, { product, quantity }) => sum + product.price * quantity, 0);
  // Larger than an amount can be on the wire, or than it is exact.
  if (toMinor(fromMinor(total_amount, currency), currency) === undefined) {
    return reject(common.invalid, { errors: [{ pointer: '/items', detail: 'the total is too large' }] });
  }
  const items = lines.map(({ product, quantity }) => ({
    product_id: product.product_id,
    name: product.name,
    quantity,
    unit_price: fromMinor(product.price, currency),
    line_total: fromMinor(product.price * quantity, currency),
  }));
  if (
    JSON.stringify(items).length * 3 > MAX_ITEMS_BYTES &&
    Buffer.byteLength(JSON.stringify(items)) > MAX_ITEMS_BYTES
  ) {
    return reject(common.invalid, { errors: [{ pointer: '/items', detail: 'the order is too large: split it' }] });
  }
  return { items, total_amount, currency };
}
