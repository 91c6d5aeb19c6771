/** Endpoints of the address book. The account is locked for each change: a book has one default and a last page. */
import * as contracts from '../../contracts/customers.ts';
import { NotFound, TooManyAddresses } from '../../contracts/problems.ts';
import { newId } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { reject } from '../../platform/problem.ts';
import { mayTouch } from './customer.ts';
import { findCustomer, lockCustomer } from './store.ts';
import { deleteAddress, insertAddress, listAddresses, updateAddress } from './store-addresses.ts';

const MOST = 20;

export function addressRoutes(db: Database): Route[] {
  /** The book of a locked account; undefined when there is no such account. */
  async function bookOf(tx: Tx, id: string) {
    return (await lockCustomer(tx, id)) ? listAddresses(tx, id) : undefined;
  }

  return [
    route(contracts.ListAddresses, async ({ params: { id }, caller }) => {
      if (!mayTouch(caller, id) || !(await findCustomer(db, id))) return reject(NotFound);
      return { body: { items: await listAddresses(db, id) } };
    }),

    route(contracts.AddAddress, async ({ params: { id }, body, caller }) => {
      if (!mayTouch(caller, id)) return reject(NotFound);
      return db.transaction(async (tx) => {
        const book = await bookOf(tx, id);
        if (!book) return reject(NotFound);
        if (book.length >= MOST) return reject(TooManyAddresses);
        const is_default = body.is_default ?? book.length === 0;
        const saved = await insertAddress(tx, newId(), id, { ...body, label: body.label ?? null, is_default });
        return { body: saved, headers: { location: `/customers/${id}/addresses/${saved.id}` } };
      });
    }),

    route(contracts.UpdateAddress, async ({ params: { id, address_id }, body, caller }) => {
      if (!mayTouch(caller, id)) return reject(NotFound);
      return db.transaction(async (tx) => {
        const saved = (await bookOf(tx, id))?.find((one) => one.id === address_id);
        if (!saved) return reject(NotFound);
        return { body: await updateAddress(tx, address_id, id, { ...saved, ...body }) };
      });
    }),

    route(contracts.DeleteAddress, async ({ params: { id, address_id }, caller }) => {
      if (!mayTouch(caller, id) || !(await deleteAddress(db, address_id, id))) return reject(NotFound);
      return {};
    }),
  ];
}
