/** Reads a checkout in any of its three dialects and prices it from our own copy of the catalogue. Pure. */
import { fromMinor, toMinor } from '../../contracts/money.ts';
import type { Checkout, OrderItem } from '../../contracts/orders.ts';
import * as problems from '../../contracts/problems.ts';
import { InternationalPhone, LIMITS } from '../../contracts/shapes.ts';
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
  /** Null: whatever the shop takes by default. */
  payment_method: string | null;
  currency: string | null;
  notify_by: Checkout['notify_by'] | null;
  lines: Line[];
}

/** An order travels whole in its events, which have 64 KiB: this is for the lines, the rest for all else. */
const MAX_ITEMS_BYTES = 48 * 1024;

export type CheckoutProblem = (typeof problems)[
  | 'UnknownProduct'
  | 'UnknownPaymentMethod'
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
  if (body.notify_by?.includes('sms') && !InternationalPhone.test(body.phone ?? '')) {
    errors.push({ pointer: '/phone', detail: 'is needed for SMS, with its country code (+1 555 …)' });
  }
  if (errors.length > 0) return reject(common.invalid, { errors });
  return {
    customer_id: caller.role === 'guest' ? null : (given ?? caller.id),
    email,
    name: body.name ?? body.customer_name ?? null,
    phone: body.phone ?? null,
    shipping_address: body.shipping_address ?? null,
    client_reference: reference ?? null,
    payment_method: body.payment_method ?? null,
    currency: body.currency ?? null,
    notify_by: body.notify_by ?? null,
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

/** What payments takes, as it last told us. */
export interface PaymentMethods {
  pattern: string;
  default_method: string | null;
}

/** Charged with, as long as payments has never told what it takes. */
const UNTOLD: PaymentMethods = { pattern: '', default_method: 'pm_success' };

/** How an order is paid; refused when payments is known not to take it. */
export function methodOf(
  { payment_method }: Draft,
  methods: PaymentMethods = UNTOLD,
): string | Rejection<'unknown-payment-method'> {
  const method = payment_method ?? methods.default_method;
  if (method !== null && new RegExp(methods.pattern).test(method)) return method;
  const detail = method === null ? 'is needed' : `${method} is not a way to pay here`;
  return reject(problems.UnknownPaymentMethod, { errors: [{ pointer: '/payment_method', detail }] });
}

export interface PricedProduct {
  product_id: string;
  name: string;
  /** Minor units of `currency`, its own currency. */
  price: number;
  currency: string;
  /** Further currencies, each with its minor units. */
  prices: Record<string, number>;
}

/** Minor units of a product in a currency; undefined when it is not sold in it. */
function priceIn(currency: string, product: PricedProduct): number | undefined {
  return product.currency === currency ? product.price : product.prices[currency];
}

export interface Priced {
  items: OrderItem[];
  /** Minor units. */
  total_amount: number;
  currency: string;
}

const currenciesOf = ({ currency, prices }: PricedProduct) => [...new Set([currency, ...Object.keys(prices)])];

/** Prices a draft by the catalogue. All faults at once; a client's price never sets what is charged. */
export function price(draft: Draft, products: ReadonlyMap<string, PricedProduct>): Priced | Refusal {
  const unknown = draft.lines
    .filter(({ product_id }) => !products.has(product_id))
    .map(({ product_id, pointer }) => ({ pointer: `${pointer}/product_id`, detail: `${product_id} is not sold here` }));
  if (unknown.length > 0) return reject(problems.UnknownProduct, { errors: unknown });

  const wanted = draft.lines.map((line) => ({ product: products.get(line.product_id) as PricedProduct, ...line }));
  const currency = draft.currency ?? (wanted[0]?.product.currency as string);
  const foreign = wanted
    .filter(({ product }) => priceIn(currency, product) === undefined)
    .map(({ product, pointer }) => ({
      pointer,
      detail: `${product.product_id} is sold in ${currenciesOf(product).join(', ')}, not ${currency}`,
    }));
  if (foreign.length > 0) return reject(problems.MixedCurrencies, { errors: foreign });

  // Rounding: a line is units times unit price, both whole numbers of minor units. Nothing is left to round.
  const lines = wanted.map((line) => ({ unit: priceIn(currency, line.product) as number, ...line }));
  const mismatches = lines.flatMap(({ product, unit, asserted }) =>
    asserted
      .filter((assertion) => toMinor(assertion.price, currency) !== unit)
      .map((assertion) => ({
        pointer: assertion.pointer,
        detail: `the price is ${fromMinor(unit, currency)} ${currency}, not ${assertion.price}`,
        product_id: product.product_id,
        your_price: String(assertion.price),
        current_price: fromMinor(unit, currency),
        currency,
      })),
  );
  if (mismatches.length > 0) return reject(problems.PriceMismatch, { errors: mismatches });

  const total_amount = lines.reduce((sum, { unit, quantity }) => sum + unit * quantity, 0);
  // Larger than an amount can be on the wire, or than it is exact.
  if (toMinor(fromMinor(total_amount, currency), currency) === undefined) {
    return reject(common.invalid, { errors: [{ pointer: '/items', detail: 'the total is too large' }] });
  }
  const items = lines.map(({ product, unit, quantity }) => ({
    product_id: product.product_id,
    name: product.name,
    quantity,
    unit_price: fromMinor(unit, currency),
    line_total: fromMinor(unit * quantity, currency),
  }));
  if (
    JSON.stringify(items).length * 3 > MAX_ITEMS_BYTES &&
    Buffer.byteLength(JSON.stringify(items)) > MAX_ITEMS_BYTES
  ) {
    return reject(common.invalid, { errors: [{ pointer: '/items', detail: 'the order is too large: split it' }] });
  }
  return { items, total_amount, currency };
}
