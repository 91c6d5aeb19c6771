/**
 * What the rooms would answer about many orders, straight from their tables: at rest every order is looked at, and asking
 * every room about each would cost a run more than the run itself. Of such orders no message is left.
 */
import type { Allocation, Movement } from '../src/contracts/inventory.ts';
import type { Notification } from '../src/contracts/notifications.ts';
import type { WebhookEvent } from '../src/contracts/payments.ts';
import type { Database } from '../src/platform/database.ts';
import { dynamicSql } from '../src/platform/database.ts';
import { traceId } from '../src/platform/log.ts';
import { outlookOf } from '../src/services/orders/outlook.ts';
import type { OrderRow } from '../src/services/orders/store.ts';
import { historyAfter, orderReply } from '../src/services/orders/store.ts';
import type { PaymentRow } from '../src/services/payments/store.ts';
import { paymentReply } from '../src/services/payments/store.ts';
import type { RefundRow } from '../src/services/payments/store-refunds.ts';
import { refundReply } from '../src/services/payments/store-refunds.ts';
import type { Facts } from '../src/xray/facts.ts';
import type { SimulatedRoom } from './processes.ts';

const PAGE = 500;
const NO_MESSAGES = { outgoing: [], incoming: [], mended: [], dead: [], findings: [] };
const NOTHING_LEFT = { orders: NO_MESSAGES, inventory: NO_MESSAGES, payments: NO_MESSAGES, notifications: NO_MESSAGES };

type Books = (room: SimulatedRoom) => Pick<Database, 'query'>;

/** Of all these orders, a page at a time. */
export async function* factsAtRest(books: Books, ids: readonly string[], at: string): AsyncGenerator<Facts[]> {
  for (let from = 0; from < ids.length; from += PAGE) yield await pageOf(books, ids.slice(from, from + PAGE), at);
}

async function pageOf(books: Books, ids: readonly string[], at: string): Promise<Facts[]> {
  const rows = <Row>(room: SimulatedRoom, from: string) =>
    books(room).query<Row>(dynamicSql(`select * from ${from}`), [ids]);
  const [orders, history, allocations, movements, payments, refunds, events, mails] = await Promise.all([
    rows<OrderRow>('orders', 'orders where id = any($1)'),
    historyAfter(
      books('orders'),
      ids.map((order_id) => ({ order_id, version: 0 })),
    ),
    rows<Allocation>('inventory', 'allocations where order_id = any($1)'),
    rows<Movement>('inventory', 'movements where order_id = any($1) order by id'),
    rows<PaymentRow>('payments', 'payments where order_id = any($1)'),
    rows<RefundRow>(
      'payments',
      'refunds where payment_id in (select id from payments where order_id = any($1)) order by id',
    ),
    rows<WebhookEvent & { order_id: string }>(
      'payments',
      'webhook_events where order_id = any($1) order by received_at',
    ),
    rows<Notification & { order_id: string }>(
      'notifications',
      'notifications where order_id = any($1) order by id desc',
    ),
  ]);
  const historyOf = groups(history, ({ order_id }) => order_id);
  const allocationOf = groups(allocations, ({ order_id }) => order_id);
  const movementsOf = groups(movements, ({ order_id }) => order_id);
  const paymentOf = groups(payments, ({ order_id }) => order_id);
  const refundsOf = groups(refunds, ({ payment_id }) => payment_id);
  const eventsOf = groups(events, ({ order_id }) => order_id);
  const mailsOf = groups(mails, ({ order_id }) => order_id);
  return orders.map((row) => {
    const timeline = historyOf(row.id);
    const [payment] = paymentOf(row.id);
    return {
      ...{ at, messages: NOTHING_LEFT, away: [] },
      orders: {
        order: orderReply(row),
        timeline,
        outlook: outlookOf(row, timeline, new Date(at)),
        trace_id: traceId(row.traceparent) ?? '',
      },
      inventory: { allocation: allocationOf(row.id)[0] ?? null, movements: movementsOf(row.id) },
      payments: {
        payment: payment ? { ...paymentReply(payment), refunds: refundsOf(payment.id).map(refundReply) } : null,
        events: eventsOf(row.id),
      },
      notifications: mailsOf(row.id),
    };
  });
}

function groups<T>(rows: readonly T[], keyOf: (row: T) => string | null): (key: string) => T[] {
  const found = new Map<string | null, T[]>();
  for (const row of rows) {
    const group = found.get(keyOf(row));
    if (group) group.push(row);
    else found.set(keyOf(row), [row]);
  }
  return (key) => found.get(key) ?? [];
}
