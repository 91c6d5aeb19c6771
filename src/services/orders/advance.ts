/** Load → decide → save: moves orders along their lifecycle and tells the others, a batch in one transaction. */

import type { OrderStatus } from '../../contracts/orders.ts';
import * as contracts from '../../contracts/orders.ts';
import type { EventContract } from '../../platform/contract.ts';
import type { Tx } from '../../platform/database.ts';
import type { Logger } from '../../platform/log.ts';
import { traceId } from '../../platform/log.ts';
import type { Cause } from '../../platform/message.ts';
import type { Deadlines, HistoryEntry, Learnt } from './lifecycle.ts';
import { step } from './lifecycle.ts';
import type { OrderRow } from './store.ts';
import { insertHistory, lockOrders, orderState, updateOrders } from './store.ts';

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
}

/** One line for each step of each order: what a person greps for. */
export function logStep(log: Logger, order: OrderRow, event: string): void {
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
  const entries: HistoryEntry[] = [];
  for (const one of learnt) {
    const before = orders.get(one.order_id);
    if (!before) continue;
    const { order, entry, moved } = step(before, one, tx.now, rules.deadlines);
    orders.set(order.id, order);
    entries.push(entry);
    // The trace of the checkout runs through all that follows from it.
    if (!moved) continue;
    tx.send(ANNOUNCED[order.status], orderState(order), order);
    tx.afterCommit(() => logStep(rules.log, order, one.event));
  }
  if (entries.length === 0) return [];
  const changed = [...orders.values()];
  updateOrders(tx, changed);
  insertHistory(tx, entries);
  return changed;
}
