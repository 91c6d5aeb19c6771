/** What orders counts of its own. */
import { fromMinor } from '../../contracts/money.ts';
import { FailureReason, OrderStatus } from '../../contracts/orders.ts';
import type { Database } from '../../platform/database.ts';
import type { Metrics } from '../../platform/telemetry.ts';
import { BUCKETS } from '../../platform/telemetry.ts';
import type { OrderRow } from './store.ts';
import { readWaiting } from './store-waiting.ts';

/** Told of each order that has become something else, once that is committed. */
export type OrderMeter = (order: OrderRow) => void;

export function meterOrders(metrics: Metrics): OrderMeter {
  const orders = metrics.counter('orders_total', 'Orders that became this (pending: placed); why, if they failed', [
    'status',
    'reason',
  ]);
  const amounts = metrics.counter(
    'confirmed_amount_total',
    'Worth of the orders that were confirmed, in major units of the currency: for graphs, the books are exact',
    ['currency'],
  );
  const confirmation = metrics.histogram(
    'order_confirmation_duration_seconds',
    'Time from placed to confirmed',
    BUCKETS.journey,
  );
  for (const status of OrderStatus.enum) {
    const reasons = status === 'failed' ? FailureReason.enum : [''];
    for (const reason of reasons) orders.inc({ status, reason }, 0);
  }
  return ({ status, reason, total_amount, currency, created_at, updated_at }) => {
    // A person who cancels may write anything.
    orders.inc({ status, reason: status === 'failed' ? (reason as FailureReason) : '' });
    if (status !== 'confirmed') return;
    amounts.inc({ currency }, Number(fromMinor(total_amount, currency)));
    confirmation.observe(Math.max(0, (Date.parse(updated_at) - Date.parse(created_at)) / 1000));
  };
}

export function exposeWaiting(metrics: Metrics, db: Pick<Database, 'query'>): void {
  metrics.ask({
    name: 'waiting_orders',
    labels: ['status'],
    figures: {
      orders_waiting: 'Orders that wait for their stock (pending) or their payment (counted to 10001)',
      orders_oldest_waiting_age_seconds: 'Since the oldest of them was placed',
    },
    read: () => readWaiting(db),
  });
}
