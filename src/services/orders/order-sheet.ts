/** An order as a line of a spreadsheet. Pure. */
import type { Order } from '../../contracts/orders.ts';
import type { Columns } from '../../platform/csv-export.ts';

type Part = 'name' | 'line1' | 'line2' | 'city' | 'region' | 'postal_code' | 'country';

/** An address of one line stands where the first line of others does. */
function partOf({ shipping_address }: Order, part: Part): string | undefined {
  if (typeof shipping_address === 'string') return part === 'line1' ? shipping_address : undefined;
  return shipping_address?.[part];
}

export const ORDER_COLUMNS: Columns<Order> = [
  ['number', ({ number }) => number],
  ['id', ({ id }) => id],
  ['created_at', ({ created_at }) => created_at],
  ['status', ({ status }) => status],
  ['reason', ({ reason }) => reason],
  ['email', ({ email }) => email],
  ['name', ({ name }) => name],
  ['customer_id', ({ customer_id }) => customer_id],
  ['items', ({ items }) => items.map(({ quantity, name }) => `${quantity}× ${name}`).join('; ')],
  ['total_amount', ({ total_amount }) => total_amount],
  ['refunded_amount', ({ refunded_amount }) => refunded_amount],
  ['currency', ({ currency }) => currency],
  ['payment_method', ({ payment_method }) => payment_method],
  ['shipping_name', (order) => partOf(order, 'name')],
  ['shipping_line1', (order) => partOf(order, 'line1')],
  ['shipping_line2', (order) => partOf(order, 'line2')],
  ['shipping_city', (order) => partOf(order, 'city')],
  ['shipping_region', (order) => partOf(order, 'region')],
  ['shipping_postal_code', (order) => partOf(order, 'postal_code')],
  ['shipping_country', (order) => partOf(order, 'country')],
  ['tracking_number', ({ tracking }) => tracking?.number],
];
