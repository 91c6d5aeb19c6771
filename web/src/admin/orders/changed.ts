/** After a step of an order: the reply is the newest there is, and every list it stands in is old. */
import { useQueryClient } from '@tanstack/react-query';
import type { Order } from '../../../../src/contracts/orders.ts';
import { orderKey } from './reads.ts';

export function useChanged() {
  const queries = useQueryClient();
  return async (order: Order) => {
    queries.setQueryData(orderKey(order.id), order);
    await queries.invalidateQueries({ queryKey: ['orders'] });
  };
}
