/** What is left of an order whose customer has closed the account: its books, and nobody's name. Pure. */
import { ERASED_EMAIL } from '../../contracts/orders.ts';
import type { OrderRow } from './store.ts';

export function erased(order: OrderRow, now: Date): OrderRow {
  return {
    ...order,
    email: ERASED_EMAIL,
    name: null,
    phone: null,
    shipping_address: null,
    client_reference: null,
    guest_token: null,
    tracking: null,
    notify_by: null,
    // What a person wrote as the reason may be about a person.
    reason: order.status === 'cancelled' ? 'cancelled' : order.reason,
    erased_at: now.toISOString(),
  };
}
