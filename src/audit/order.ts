/** What must hold of one order across the rooms once nothing is on its way for it any more. Pure. */
import type { OrderStatus } from '../contracts/orders.ts';

/** Units of a product. */
export interface Line {
  product_id: string;
  quantity: number;
}

/** What was ordered, what inventory has decided on, and what its ledger holds for the order now. */
export interface Goods {
  ordered: readonly Line[];
  decided: readonly Line[];
  held: readonly Line[];
}

/** What each room knows of an order; money in minor units. */
export interface OrderFacts {
  id: string;
  status: OrderStatus;
  total_amount: number;
  /** As orders counts it. */
  refunded_amount: number;
  /** Inventory's decision; undefined: it has never heard of the order. */
  stock: 'held' | 'refused' | 'restored' | 'shipped' | 'void' | undefined;
  /** Left out by whoever does not know of lines. */
  goods?: Goods;
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

/** As orders keeps it. */
export type OrderAccount = Pick<OrderFacts, 'id' | 'status' | 'total_amount' | 'refunded_amount'> & { lines: Line[] };

/** As inventory keeps it: its decision, and what its movements for the order add up to. */
export interface StockOfOrder {
  order_id: string;
  status: NonNullable<OrderFacts['stock']>;
  lines: Line[];
  held: Line[];
}

/** What the rooms say of some orders, put together by order. */
export function factsOf(
  orders: readonly OrderAccount[],
  stock: readonly StockOfOrder[],
  paid: readonly (NonNullable<OrderFacts['payment']> & { order_id: string })[],
  told: readonly { order_id: string; kind: string }[],
): OrderFacts[] {
  const stockOf = new Map(stock.map((one) => [one.order_id, one]));
  const paidOf = new Map(paid.map((one) => [one.order_id, one]));
  const toldOf = new Map<string, string[]>();
  for (const { order_id, kind } of told) toldOf.set(order_id, [...(toldOf.get(order_id) ?? []), kind]);
  return orders.map(({ lines, ...order }) => {
    const decision = stockOf.get(order.id);
    return {
      ...order,
      stock: decision?.status,
      goods: { ordered: lines, decided: decision?.lines ?? [], held: decision?.held ?? [] },
      payment: paidOf.get(order.id),
      told: toldOf.get(order.id) ?? [],
    };
  });
}

const PAID: readonly OrderStatus[] = ['confirmed', 'shipped', 'delivered'];
const ENDED: readonly OrderStatus[] = ['failed', 'cancelled'];

export interface Fault {
  /** A sentence that begins after "the order …". */
  detail: string;
  /** Whose books are not those of orders. */
  room: 'inventory' | 'payments' | 'notifications';
  /** What happens when its last word is said again: a room that has missed it catches up. Undefined: that mends nothing. */
  remedy?: string;
}

/** What is wrong; none when all agree. `sum` is how minor units are said. */
export function faultsOf(facts: OrderFacts, sum: (minor: number) => string = String): Fault[] {
  const { status, stock, goods, payment, refunded_amount, total_amount, told } = facts;
  const faults: Fault[] = [];
  const says = (room: Fault['room'], what: string, remedy?: string) =>
    faults.push({ detail: `is ${status}, but ${what}`, room, ...(remedy && { remedy }) });
  if (refunded_amount !== (payment?.returned ?? 0)) {
    says('payments', `counts ${sum(refunded_amount)} as gone back, and payments ${sum(payment?.returned ?? 0)}`);
  }
  if (PAID.includes(status)) {
    if (stock !== (status === 'confirmed' ? 'held' : 'shipped'))
      says(
        'inventory',
        `its stock is ${stock ?? 'untouched'}`,
        stock === 'held' ? 'its stock leaves the building' : undefined,
      );
    if (payment?.status !== 'succeeded') says('payments', `its payment is ${payment?.status ?? 'not there'}`);
    else if (payment.amount !== total_amount)
      says('payments', `${sum(payment.amount)} was charged, not ${sum(total_amount)}`);
  }
  if (ENDED.includes(status)) {
    if (stock === 'held' || stock === 'shipped')
      says('inventory', `its stock is ${stock}`, stock === 'held' ? 'its stock is put back' : undefined);
    // One that is being called off is on its way, and "asked for without end" if that lasts.
    if (payment?.status === 'processing' && !payment.void_requested)
      says('payments', 'it may still be charged', 'its charge is called off');
    if (payment?.status === 'succeeded' && payment.returned + payment.returning < payment.amount) {
      const due = payment.amount - payment.returned - payment.returning;
      says(
        'payments',
        `${sum(payment.amount)} was charged, and ${sum(payment.returned + payment.returning)} goes back`,
        payment.void_requested ? undefined : `${sum(due)} is refunded`,
      );
    }
  }
  for (const kind of mustBeTold(status))
    if (!told.includes(kind))
      says(
        'notifications',
        `nobody was told that it is ${kind}`,
        kind === status ? `its customer is told that it is ${kind}` : undefined,
      );
  if (goods && stock) for (const what of wrongGoods(stock, goods)) says('inventory', what);
  return faults;
}

/** What inventory decided on must be what was ordered, and its ledger must hold that, or nothing any more. */
export function wrongGoods(stock: NonNullable<OrderFacts['stock']>, { ordered, decided, held }: Goods): string[] {
  const wrong: string[] = [];
  const taken = stock === 'held' || stock === 'shipped' || stock === 'restored';
  if (taken && words(decided) !== words(ordered)) {
    wrong.push(`its stock is ${words(decided)}, and ${words(ordered)} was ordered`);
  }
  const due = stock === 'held' ? decided : [];
  if (words(held) !== words(due)) wrong.push(`the ledger holds ${words(held)} for it, not ${words(due)}`);
  return wrong;
}

/** The same lines are the same words. */
function words(lines: readonly Line[]): string {
  const units = new Map<string, number>();
  for (const { product_id, quantity } of lines) units.set(product_id, (units.get(product_id) ?? 0) + quantity);
  const parts = [...units]
    .filter(([, count]) => count !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([product, count]) => `${count} of ${product}`);
  return parts.join(', ') || 'nothing';
}

/** What rooms say of an order that orders does not know. */
export const UNKNOWN: Pick<Fault, 'detail'> = { detail: 'is not there, and other rooms know of it' };

/** A later word does not make an earlier one unnecessary. */
function mustBeTold(status: OrderStatus): OrderStatus[] {
  if (status === 'shipped') return ['confirmed', 'shipped'];
  if (status === 'delivered') return ['confirmed', 'shipped', 'delivered'];
  return status === 'confirmed' || ENDED.includes(status) ? [status] : [];
}
