/** Endpoints of the cart. The account is locked for a change: of two that were made of the same cart, one is refused. */
import * as contracts from '../../contracts/customers.ts';
import { NotFound } from '../../contracts/problems.ts';
import type { Database } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { isRejection, reject } from '../../platform/problem.ts';
import { changedCart, isOwn } from './cart.ts';
import { findCustomer, lockCustomer } from './store.ts';
import { findCart, saveCart } from './store-carts.ts';

export function cartRoutes(db: Database): Route[] {
  return [
    route(contracts.GetCart, async ({ params: { id }, caller }) => {
      if (!isOwn(caller, id) || !(await findCustomer(db, id))) return reject(NotFound);
      return { body: await findCart(db, id) };
    }),

    route(contracts.PutCart, async ({ params: { id }, body, caller }) => {
      if (!isOwn(caller, id)) return reject(NotFound);
      return db.transaction(async (tx) => {
        if (!(await lockCustomer(tx, id))) return reject(NotFound);
        const known = await findCart(tx, id);
        const cart = changedCart(known, body, tx.now);
        if (isRejection(cart)) return cart;
        if (cart !== known) saveCart(tx, id, cart);
        return { body: cart };
      });
    }),
  ];
}
