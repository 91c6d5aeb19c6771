/** What must hold of one order across the rooms once nothing is on its way for it any more. Pure. */
import type { OrderStatus } from '../contracts/orders.ts';

/** What each room knows of an order; money in minor units. */
export interface OrderFacts {
  id: string;
  status: OrderStatus;
  total_amount: number;
  /** As orders counts it. */
  refunded_amount: number;
  /** Inventory's decision; undefined: it has never heard of the order. */
  stock: 'held' | 'refused' | 'restored' | 'shipped' | 'void' | undefined;
  payment:
    | {
        status: string;
        amount: number;
        /** Gone back. */
        returned: number;
        /** On its way back. */
        returning: number;
        /** Payments has heard that the order has ended. */
        void_requested: boolean;
      }
    | undefined;
  /** Kinds of which there is a notification, on its way or not. */
  told: readonly string[];
}

/** What `faultsOf` finds. */
export const ACROSS = 'the rooms agree on an order';

/** What the rooms say of some orders, put together by order. */
export function factsOf(
  orders: readonly Pick<OrderFacts, 'id' | 'status' | 'total_amount' | 'refunded_amount'>[],
  stock: readonly { order_id: string; status: OrderFacts['stock'] }[],
  paid: readonly (NonNullable<OrderFacts['payment']> & { order_id: string })[],
  told: readonly { order_id: string; kind: string }[],
): OrderFacts[] {
  const stockOf = new Map(stock.map((one) => [one.order_id, one.status]));
  const paidOf = new Map(paid.map((one) => [one.order_id, one]));
  const toldOf = new Map<string, string[]>();
  for (const { order_id, kind } of told) toldOf.set(order_id, [...(toldOf.get(order_id) ?? []), kind]);
  return orders.map((order) => ({
    ...order,
    stock: stockOf.get(order.id),
    payment: paidOf.get(order.id),
    told: toldOf.get(order.id) ?? [],
  }));
}

const PAID: readonly OrderStatus[] = ['confirmed', 'shipped', 'delivered'];
const ENDED: readonly OrderStatus[] = ['failed', 'cancelled'];

export interface Fault {
  /** A sentence that begins after "the order …". */
  detail: string;
  /** Saying its last word again mends it: a room that has missed it catches up, and the others know it. */
  heals: boolean;
}

/** What is wrong; none when all agree. `sum` is how minor units are said. */
export function faultsOf(facts: OrderFacts, sum: (minor: number) => string = String): Fault[] {
  const { status, stock, payment, refunded_amount, total_amount, told } = facts;
  const faults: Fault[] = [];
  const says = (what: string, heals = false) => faults.push({ detail: `is ${status}, but ${what}`, heals });
  if (refunded_amount !== (payment?.returned ?? 0)) {
    says(`counts ${sum(refunded_amount)} as gone back, and payments ${sum(payment?.returned ?? 0)}`);
  }
  if (PAID.includes(status)) {
    if (stock !== (status === 'confirmed' ? 'held' : 'shipped'))
      says(`its stock is ${stock ?? 'untouched'}`, stock === 'held');
    if (payment?.status !== 'succeeded') says(`its payment is ${payment?.status ?? 'not there'}`);
    else if (payment.amount !== total_amount) says(`${sum(payment.amount)} was charged, not ${sum(total_amount)}`);
  }
  if (ENDED.includes(status)) {
    if (stock === 'held' || stock === 'shipped') says(`its stock is ${stock}`, stock === 'held');
    if (payment?.status === 'processing') says('it may still be charged', !payment.void_requested);
    if (payment?.status === 'succeeded' && payment.returned + payment.returning < payment.amount) {
      says(
        `${sum(payment.amount)} was charged, and ${sum(payment.returned + payment.returning)} goes back`,
        !payment.void_requested,
      );
    }
  }
  for (const kind of mustBeTold(status))
    if (!told.includes(kind)) says(`nobody was told that it is ${kind}`, kind === status);
  return faults;
}

/** A later word does not make an earlier one unnecessary. */
function mustBeTold(status: OrderStatus): OrderStatus[] {
  if (status === 'shipped') return ['confirmed', 'shipped'];
  if (status === 'delivered') return ['confirmed', 'shipped', 'delivered'];
  return status === 'confirmed' || ENDED.includes(status) ? [status] : [];
}
