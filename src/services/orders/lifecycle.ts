/**
 * The life of an order as one total table, and the pure function that walks it. Whatever arrives, however late or
 * often, has an answer here: a step, or a reason why nothing happens.
 */
import type { FailureReason, OrderStatus } from '../../contracts/orders.ts';
import type { Table } from '../../platform/state-machine.ts';
import { isIgnored } from '../../platform/state-machine.ts';

export const INPUTS = [
  'stock_deducted',
  'stock_refused',
  'payment_processed',
  'payment_failed',
  'deadline',
  'cancel',
  'ship',
  'deliver',
  'payment_refunded',
  'refund_failed',
  'stock_restored',
  'account_closed',
] as const;
export type Input = (typeof INPUTS)[number];

export interface Transition {
  readonly to: OrderStatus;
  /** Why it failed; a cancellation brings its own reason. */
  readonly reason?: FailureReason;
}

const to = (status: OrderStatus): Transition => ({ to: status });
const fail = (reason: FailureReason): Transition => ({ to: 'failed', reason });
const ignore = (reason: string) => ({ ignore: reason });

const noted = ignore('noted; the order stays as it is');
const undone = ignore('inventory gives the stock back by itself when the order ends');
const refunded = ignore('payments refunds by itself when the order ends');
const over = ignore('the order has ended');
const unpaid = ignore('the order is not paid yet');
const notLeft = ignore('the order has not been shipped');
const left = ignore('the goods have left the building');
const decided = ignore('the stock is held already');
const paid = ignore('the order is paid already');
const unasked = ignore('payment was not asked for yet');
const inTime = ignore('the order no longer waits');

export const LIFECYCLE: Table<OrderStatus, Input, Transition> = {
  pending: {
    stock_deducted: to('awaiting_payment'),
    stock_refused: fail('out_of_stock'),
    payment_processed: unasked,
    payment_failed: unasked,
    deadline: fail('timed_out'),
    cancel: to('cancelled'),
    ship: unpaid,
    deliver: unpaid,
    payment_refunded: noted,
    refund_failed: noted,
    stock_restored: noted,
    account_closed: noted,
  },
  awaiting_payment: {
    stock_deducted: decided,
    stock_refused: decided,
    payment_processed: to('confirmed'),
    payment_failed: fail('payment_declined'),
    deadline: fail('timed_out'),
    cancel: to('cancelled'),
    ship: unpaid,
    deliver: unpaid,
    payment_refunded: noted,
    refund_failed: noted,
    stock_restored: noted,
    account_closed: noted,
  },
  confirmed: {
    stock_deducted: decided,
    stock_refused: decided,
    payment_processed: paid,
    payment_failed: paid,
    deadline: inTime,
    cancel: to('cancelled'),
    ship: to('shipped'),
    deliver: notLeft,
    payment_refunded: noted,
    refund_failed: noted,
    stock_restored: noted,
    account_closed: noted,
  },
  shipped: {
    stock_deducted: decided,
    stock_refused: decided,
    payment_processed: paid,
    payment_failed: paid,
    deadline: inTime,
    cancel: left,
    ship: left,
    deliver: to('delivered'),
    payment_refunded: noted,
    refund_failed: noted,
    stock_restored: noted,
    account_closed: noted,
  },
  delivered: {
    stock_deducted: over,
    stock_refused: over,
    payment_processed: over,
    payment_failed: over,
    deadline: over,
    cancel: left,
    ship: left,
    deliver: over,
    payment_refunded: noted,
    refund_failed: noted,
    stock_restored: noted,
    account_closed: noted,
  },
  failed: {
    stock_deducted: undone,
    stock_refused: over,
    payment_processed: refunded,
    payment_failed: over,
    deadline: over,
    cancel: over,
    ship: over,
    deliver: over,
    payment_refunded: noted,
    refund_failed: noted,
    stock_restored: noted,
    account_closed: noted,
  },
  cancelled: {
    stock_deducted: undone,
    stock_refused: over,
    payment_processed: refunded,
    payment_failed: over,
    deadline: over,
    cancel: over,
    ship: over,
    deliver: over,
    payment_refunded: noted,
    refund_failed: noted,
    stock_restored: noted,
    account_closed: noted,
  },
};

/** What a person may ask for, and the input it means. */
export const COMMANDS: Partial<Record<OrderStatus, Input>> = {
  cancelled: 'cancel',
  shipped: 'ship',
  delivered: 'deliver',
};

export const FINISHED: readonly OrderStatus[] = ['delivered', 'failed', 'cancelled'];

/** What a waiting order waits for, in words a shopper understands. */
export const NEXT: Record<OrderStatus, string | null> = {
  pending: 'Stock is being checked',
  awaiting_payment: 'Payment is being taken',
  confirmed: 'Waiting to be shipped',
  shipped: 'On its way',
  delivered: null,
  failed: null,
  cancelled: null,
};

/** Statuses a person may set from here. */
export function legalStatuses(status: OrderStatus): OrderStatus[] {
  return (Object.entries(COMMANDS) as [OrderStatus, Input][])
    .filter(([, input]) => !isIgnored(LIFECYCLE[status][input]))
    .map(([target]) => target);
}

/** An order and its money, in minor units. */
export type Paid = Pick<Life, 'status' | 'refunded_amount'> & { total_amount: number };

/** Nothing is sent to whoever has got all of the money back. */
export const isPaidBack = ({ total_amount, refunded_amount }: Paid) =>
  total_amount > 0 && refunded_amount >= total_amount;

/** Statuses a person may set now. */
export function nextStatuses(order: Paid): OrderStatus[] {
  return legalStatuses(order.status).filter((status) => status !== 'shipped' || !isPaidBack(order));
}

/** The moving part of an order. */
export interface Life {
  id: string;
  status: OrderStatus;
  reason: string | null;
  version: number;
  updated_at: string;
  deadline_at: string | null;
  /** Minor units that have gone back to the shopper; below zero while a failure has overtaken the refund it is of. */
  refunded_amount: number;
}

/** Something learnt about an order. */
export interface Learnt {
  order_id: string;
  input: Input;
  /** Event name, `command …` or `deadline`. */
  event: string;
  /** What the timeline shows beside it. */
  note?: string | undefined;
  /** Of a cancellation: why. */
  reason?: string | undefined;
  /** Of a refund: how much, in minor units; below zero of one that failed after all. */
  refunded?: number | undefined;
}

export interface HistoryEntry {
  order_id: string;
  version: number;
  at: string;
  event: string;
  status: OrderStatus;
  note: string | null;
  /** Of a refund, as in what was learnt. */
  refunded: number | null;
}

/** Seconds an order may wait in a status. */
export type Deadlines = Partial<Record<OrderStatus, number>>;

export interface Step<L extends Life> {
  order: L;
  entry: HistoryEntry;
  /** The status has changed: the others must be told. */
  moved: boolean;
}

export function deadlineAt(status: OrderStatus, now: Date, deadlines: Deadlines): string | null {
  const seconds = deadlines[status];
  return seconds === undefined ? null : new Date(now.getTime() + seconds * 1000).toISOString();
}

/** One step of one order. Everything learnt enters the history, what is ignored with its reason. */
export function step<L extends Life>(order: L, learnt: Learnt, now: Date, deadlines: Deadlines): Step<L> {
  const cell = LIFECYCLE[order.status][learnt.input];
  const at = now.toISOString();
  const version = order.version + 1;
  const entry = { order_id: order.id, version, at, event: learnt.event, refunded: learnt.refunded ?? null };
  const refunded_amount = order.refunded_amount + (learnt.refunded ?? 0);
  if (isIgnored(cell)) {
    const note = cell === noted ? (learnt.note ?? null) : `ignored: ${cell.ignore}`;
    return {
      order: { ...order, version, refunded_amount },
      entry: { status: order.status, note, ...entry },
      moved: false,
    };
  }
  const reason = cell.to === 'cancelled' ? (learnt.reason ?? 'cancelled') : (cell.reason ?? null);
  return {
    order: {
      ...order,
      version,
      status: cell.to,
      reason,
      refunded_amount,
      updated_at: at,
      deadline_at: deadlineAt(cell.to, now, deadlines),
    },
    entry: { status: cell.to, note: learnt.note ?? reason, ...entry },
    moved: true,
  };
}
