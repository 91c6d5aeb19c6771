/** What the address of the order list asks for: in words, which stay the same while time goes by, and as a query of now. */
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

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Nobody has this id: what stands in the address is none, and must not show the orders of everybody. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

const WORDS = ['status', 'text', 'product', 'customer', 'within', 'from', 'to'] as const;

/** What the list is known by. */
export const orderWords = ({ get }: Address) => WORDS.map(get);

export function orderQuery(address: Address): OrderQuery {
  const { get, oneOf } = address;
  const status = oneOf('status', OrderStatus.enum);
  const customer = get('customer');
  return {
    ...said({ product_id: get('product'), text: get('text').replace(/^#/, '') }),
    ...(status && { status }),
    ...(customer && { customer_id: UUID.test(customer) ? customer : NOBODY }),
    ...(get('status') === STUCK && { waiting_since: stuckSince() }),
    ...spanOf(address),
  };
}

const stuckSince = () => new Date(Date.now() - STATISTICS.stuckSeconds * 1000).toISOString();
