/** Load → decide → save: moves orders along their lifecycle and tells the others, a batch in one transaction. */

import type { OrderStatus } from '../../contracts/orders.ts';
import * as contracts from '../../contracts/orders.ts';
import type { EventContract } from '../../platform/contract.ts';
import type { Tx } from '../../platform/database.ts';
import type { Logger } from '../../platform/log.ts';
import { traceId } from '../../platform/log.ts';
import type { Cause } from '../../platform/message.ts';
import { erased } from './erasure.ts';
import type { Deadlines, Learnt, Step } from './lifecycle.ts';
import { FINISHED, step } from './lifecycle.ts';
import type { OrderMeter } from './metrics.ts';
import type { OrderRow } from './store.ts';
import { eraseOrders, findClosed, insertHistory, lockOrders, orderState, updateOrders } from './store.ts';

/** What the others are told when an order becomes this. */
const ANNOUNCED = {
  pending: contracts.OrderPlaced,
  awaiting_payment: contracts.OrderAwaitingPayment,
  confirmed: contracts.OrderConfirmed,
  shipped: contracts.OrderShipped,
  delivered: contracts.OrderDelivered,
  failed: contracts.OrderFailed,
  cancelled: contracts.OrderCancelled,
} satisfies Record<OrderStatus, EventContract>;

export interface Rules {
  deadlines: Deadlines;
  log: Logger;
  meter: OrderMeter;
  /** Called when orders have taken steps: somebody may be watching. */
  onSteps: () => void;
}

/** One line for each step of each order: what a person greps for. And one more in the metrics. */
export function noteStep({ log, meter }: Rules, order: OrderRow, event: string): void {
  meter(order);
  const { id, number, status, reason, traceparent } = order;
  const trace_id = traceId(traceparent);
  log.info({ order_id: id, trace_id, event, ...(reason !== null && { reason }) }, `order #${number} ${status}`);
}

/** Locks the orders concerned and applies what was learnt, in that order. Orders that do not exist are passed over. */
export async function advance(tx: Tx, learnt: readonly (Learnt & Cause)[], rules: Rules): Promise<OrderRow[]> {
  const orders = await lockOrders(
    tx,
    learnt.map(({ order_id }) => order_id),
  );
  return apply(tx, orders, learnt, rules);
}

/** The same for orders that are locked already. */
export async function apply(
  tx: Tx,
  locked: readonly OrderRow[],
  learnt: readonly (Learnt & Cause)[],
  rules: Rules,
): Promise<OrderRow[]> {
  const orders = new Map(locked.map((order) => [order.id, order]));
  const steps: (Step<OrderRow> & { cause: Cause })[] = [];
  for (const one of learnt) {
    const before = orders.get(one.order_id);
    if (!before) continue;
    const taken = step(before, one, tx.now, rules.deadlines);
    orders.set(taken.order.id, taken.order);
    steps.push({ cause: causeOf(before, one), ...taken });
  }
  if (steps.length === 0) return [];
  const forgotten = await closedAccounts(tx, orders);
  const seen = (order: OrderRow) => (forgets(order, forgotten) ? erased(order, tx.now) : order);
  for (const { order, entry, moved, cause } of steps) {
    if (!moved) continue;
    // Its last word still says to whom: that it arrived, or was cancelled, is theirs to know. Nothing is kept of it.
    tx.send(ANNOUNCED[order.status], orderState(order), cause);
    tx.afterCommit(() => noteStep(rules, order, entry.event));
  }
  const changed = [...orders.values()].map(seen);
  updateOrders(tx, changed);
  insertHistory(
    tx,
    steps.map(({ entry }) => entry),
  );
  const gone = changed.filter((order) => forgets(order, forgotten));
  if (gone.length > 0) eraseOrders(tx, gone, tx.now);
  tx.afterCommit(rules.onSteps);
  return changed;
}

/** The trace of the checkout runs through all that follows from it: below what was learnt, where that belongs to it. */
function causeOf(order: OrderRow, learnt: Cause): Cause {
  return traceId(learnt.traceparent) === traceId(order.traceparent) ? learnt : order;
}

/** An order that has ended and whose account was closed keeps nothing personal. */
function forgets({ status, customer_id }: OrderRow, closed: ReadonlySet<string>): boolean {
  return customer_id !== null && closed.has(customer_id) && FINISHED.includes(status);
}

/** Which customers of ended orders have closed their accounts; asked only when an order has ended. */
function closedAccounts(tx: Tx, orders: ReadonlyMap<string, OrderRow>): Promise<Set<string>> {
  const ended = [...orders.values()].filter(({ status, erased_at }) => FINISHED.includes(status) && !erased_at);
  const customers = ended.flatMap(({ customer_id }) => customer_id ?? []);
  return findClosed(tx, [...new Set(customers)]);
}

/**
 * Says the last word about these orders again, under new ids: rooms that have heard it do nothing, one that has missed
 * it catches up.
 */
export async function announceAgain(tx: Tx, ids: readonly string[]): Promise<OrderRow[]> {
  const orders = await lockOrders(tx, ids);
  for (const order of orders) {
    // Goods that were delivered have left before: who listens for that has no use for a later word.
    if (order.status === 'delivered') tx.send(contracts.OrderShipped, orderState(order), order);
    tx.send(ANNOUNCED[order.status], orderState(order), order);
  }
  return orders;
}
