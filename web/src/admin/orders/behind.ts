/** Whether the ledger has not yet heard what became of an order. Pure. */
import type { ListAllMovements } from '../../../../src/contracts/inventory.ts';
import type { OrderStatus } from '../../../../src/contracts/orders.ts';
import type { ReplyOf } from '../../../../src/platform/contract.ts';

type Movement = Pick<ReplyOf<typeof ListAllMovements>['items'][number], 'reserved_delta'>;

const HOLDING: readonly OrderStatus[] = ['awaiting_payment', 'confirmed'];

/** What waits for money or the parcel holds its stock; what has left or ended holds none. */
export function isBehind(status: OrderStatus, movements: readonly Movement[]): boolean {
  // Its stock is being decided on: the next step tells of it.
  if (status === 'pending') return false;
  const held = movements.reduce((sum, { reserved_delta }) => sum + reserved_delta, 0);
  return held > 0 !== HOLDING.includes(status);
}
