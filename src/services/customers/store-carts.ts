/** All SQL of carts. */
import type { Cart } from '../../contracts/customers.ts';
import type { Tx } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';
import { NO_CART } from './cart.ts';

type Queryable = Pick<Tx, 'query'>;

const FIND_CART = sql('select items, version, updated_at from carts where customer_id = $1');
const SAVE_CART = sql(`
  insert into carts (customer_id, items, version, updated_at) values ($1, $2, $3, $4)
  on conflict (customer_id) do update
    set items = excluded.items, version = excluded.version, updated_at = excluded.updated_at`);

export async function findCart(db: Queryable, customerId: string): Promise<Cart> {
  return (await db.query<Cart>(FIND_CART, [customerId]))[0] ?? NO_CART;
}

export function saveCart(tx: Pick<Tx, 'write'>, customerId: string, { items, version, updated_at }: Cart): void {
  tx.write(SAVE_CART, [customerId, JSON.stringify(items), version, updated_at]);
}
