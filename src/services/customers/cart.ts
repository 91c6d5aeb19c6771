/** The rules of a cart: whose it is, what may be in it, which change of it counts. Pure. */
import type { Cart, PutCart } from '../../contracts/customers.ts';
import { CartChanged } from '../../contracts/problems.ts';
import type { Caller } from '../../platform/auth.ts';
import type { BodyOf } from '../../platform/contract.ts';
import type { Rejection } from '../../platform/problem.ts';
import { common, reject } from '../../platform/problem.ts';

export const NO_CART: Cart = { items: [], version: 0, updated_at: null };

/** Nobody needs to look into the cart of another, admins neither. */
export const isOwn = (caller: Caller, id: string) => caller.role !== 'guest' && caller.id === id;

/** The cart after a change; refused when what is changed is no longer the cart. */
export function changedCart(
  cart: Cart,
  { items, version }: BodyOf<typeof PutCart>,
  now: Date,
): Cart | Rejection<'cart-changed' | 'invalid-request'> {
  const lines = items.map(({ product_id, quantity }) => ({ product_id: String(product_id), quantity }));
  const errors = lines.flatMap(({ product_id }, i) =>
    lines.findIndex((line) => line.product_id === product_id) === i
      ? []
      : [{ pointer: `/items/${i}/product_id`, detail: `${product_id} is in it already` }],
  );
  if (errors.length > 0) return reject(common.invalid, { errors });
  // Said again, because the answer was lost: it is so already.
  if (isSame(lines, cart.items)) return cart;
  if (version !== cart.version) {
    return reject(CartChanged, { detail: `it is at version ${cart.version}, not ${version}`, extra: { cart } });
  }
  return { items: lines, version: version + 1, updated_at: now.toISOString() };
}

const isSame = (a: Cart['items'], b: Cart['items']) =>
  a.length === b.length &&
  a.every(({ product_id, quantity }, i) => b[i]?.product_id === product_id && b[i]?.quantity === quantity);
