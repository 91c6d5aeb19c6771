/** All SQL of the address book. */
import type { SavedAddress } from '../../contracts/customers.ts';
import type { Tx } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';

type Queryable = Pick<Tx, 'query'>;

const ADDRESS = 'id, label, address, is_default, created_at, updated_at';
const LIST_ADDRESSES = sql(`select ${ADDRESS} from addresses where customer_id = $1 order by id`);
const CLEAR_DEFAULT = sql('update addresses set is_default = false where customer_id = $1 and is_default and id <> $2');
const INSERT_ADDRESS = sql(`
  insert into addresses (id, customer_id, label, address, is_default, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $6) returning ${ADDRESS}`);
const UPDATE_ADDRESS = sql(`
  update addresses set label = $3, address = $4, is_default = $5, updated_at = $6
  where id = $1 and customer_id = $2 returning ${ADDRESS}`);
const DELETE_ADDRESS = sql('delete from addresses where id = $1 and customer_id = $2 returning 1');

export function listAddresses(db: Queryable, customerId: string): Promise<SavedAddress[]> {
  return db.query<SavedAddress>(LIST_ADDRESSES, [customerId]);
}

export interface AddressFields {
  label: string | null;
  address: SavedAddress['address'];
  is_default: boolean;
}

/** There is one default at most: the others step back first. */
export async function insertAddress(
  tx: Tx,
  id: string,
  customerId: string,
  fields: AddressFields,
): Promise<SavedAddress> {
  if (fields.is_default) await tx.query(CLEAR_DEFAULT, [customerId, id]);
  const values = [id, customerId, fields.label, JSON.stringify(fields.address), fields.is_default, tx.now];
  return (await tx.query<SavedAddress>(INSERT_ADDRESS, values))[0] as SavedAddress;
}

export async function updateAddress(
  tx: Tx,
  id: string,
  customerId: string,
  fields: AddressFields,
): Promise<SavedAddress> {
  if (fields.is_default) await tx.query(CLEAR_DEFAULT, [customerId, id]);
  const values = [id, customerId, fields.label, JSON.stringify(fields.address), fields.is_default, tx.now];
  return (await tx.query<SavedAddress>(UPDATE_ADDRESS, values))[0] as SavedAddress;
}

export async function deleteAddress(db: Queryable, id: string, customerId: string): Promise<boolean> {
  return (await db.query(DELETE_ADDRESS, [id, customerId])).length > 0;
}
