/** What the address of the order list asks for. */
import type { ListOrders } from '../../../../src/contracts/orders.ts';
import { OrderStatus, STATISTICS } from '../../../../src/contracts/orders.ts';
import type { QueryOf } from '../../../../src/platform/contract.ts';
import { orderState } from '../../ui/words.tsx';
import { type Address, said } from '../list/address.ts';
import { spanOf } from '../list/span.tsx';

export type OrderQuery = Omit<QueryOf<typeof ListOrders>, 'cursor' | 'limit'>;

export const STUCK = 'stuck';
export const TABS = [
  { value: '', label: 'All' },
  ...OrderStatus.enum.map((value) => ({ value, label: orderState(value) })),
  { value: STUCK, label: 'Stuck' },
];

const UUID = /^[0-9a-f-]{36}$/i;

export function orderQuery(address: Address): OrderQuery {
  const { get, oneOf } = address;
  const status = oneOf('status', OrderStatus.enum);
  const customer = get('customer');
  return {
    ...said({ product_id: get('product'), text: get('text').replace(/^#/, '') }),
    ...(status && { status }),
    ...(UUID.test(customer) && { customer_id: customer }),
    ...(get('status') === STUCK && { waiting_since: stuckSince() }),
    ...spanOf(address),
  };
}

/** To a quarter of a minute, so that it stays one query while somebody looks. */
function stuckSince(): string {
  const step = 15_000;
  return new Date(Math.floor((Date.now() - STATISTICS.stuckSeconds * 1000) / step) * step).toISOString();
}
