/**
 * What the rooms would answer about many orders, straight from their tables and at one moment, in one round trip to each:
 * asking every room about each order would cost a run more than the run itself.
 */
import type { Allocation, Movement } from '../src/contracts/inventory.ts';
import type { IncomingMessage, OutgoingMessage, StuckMessage } from '../src/contracts/messages.ts';
import type { Notification } from '../src/contracts/notifications.ts';
import type { WebhookEvent } from '../src/contracts/payments.ts';
import type { Database, Tx } from '../src/platform/database.ts';
import { dynamicSql } from '../src/platform/database.ts';
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
const NEXT = 'case when isfinite(available_at) then available_at end as next_attempt_at';

type Books = (room: SimulatedRoom) => Database;
type About<T> = T & { subject: string };

/** Of all these orders, a page at a time. */
export async function* factsOfAll(books: Books, ids: readonly string[], at: string): AsyncGenerator<Facts[]> {
  for (let from = 0; from < ids.length; from += PAGE) yield await pageOf(books, ids.slice(from, from + PAGE), at);
}

async function pageOf(books: Books, ids: readonly string[], at: string): Promise<Facts[]> {
  const read = <T>(room: SimulatedRoom, work: (rows: Rows, tx: Tx) => Promise<T>) =>
    books(room).transaction((tx) => work((what) => tx.query(dynamicSql(`select ${what}`), [ids]), tx));
  const versions = ids.map((order_id) => ({ order_id, version: 0 }));
  const [orders, inventory, payments, notifications] = await Promise.all([
    read('orders', async (rows, tx) => {
      const [found, history, messages] = await Promise.all([
        rows<OrderRow>('* from orders where id = any($1)'),
        historyAfter(tx, versions),
        messagesOf(rows),
      ]);
      return { found, historyOf: groups(history, ({ order_id }) => order_id), messages };
    }),
    read('inventory', async (rows) => {
      const [allocations, movements, messages] = await Promise.all([
        rows<Allocation>('* from allocations where order_id = any($1)'),
        rows<Movement>('* from movements where order_id = any($1) order by id'),
        messagesOf(rows),
      ]);
      const byOrder = ({ order_id }: { order_id: string | null }) => order_id;
      return { allocationOf: groups(allocations, byOrder), movementsOf: groups(movements, byOrder), messages };
    }),
    read('payments', async (rows) => {
      const [found, refunds, events, messages] = await Promise.all([
        rows<PaymentRow>('* from payments where order_id = any($1)'),
        rows<RefundRow>(
          '* from refunds where payment_id in (select id from payments where order_id = any($1)) order by id',
        ),
        rows<WebhookEvent>('* from webhook_events where order_id = any($1) order by received_at'),
        messagesOf(rows),
      ]);
      return {
        paymentOf: groups(found, ({ order_id }) => order_id),
        refundsOf: groups(refunds, ({ payment_id }) => payment_id),
        eventsOf: groups(events, ({ order_id }) => order_id),
        messages,
      };
    }),
    read('notifications', async (rows) => {
      const [mails, messages] = await Promise.all([
        rows<Notification>('* from notifications where order_id = any($1) order by id desc'),
        messagesOf(rows),
      ]);
      return { mailsOf: groups(mails, ({ order_id }) => order_id), messages };
    }),
  ]);
  return orders.found.map((row) => {
    const { id } = row;
    const timeline = orders.historyOf(id);
    const [payment] = payments.paymentOf(id);
    return {
      ...{ at, away: [] },
      orders: { order: orderReply(row), timeline, outlook: outlookOf(row, timeline) },
      inventory: { allocation: inventory.allocationOf(id)[0] ?? null, movements: inventory.movementsOf(id) },
      payments: {
        payment: payment
          ? { ...paymentReply(payment), refunds: payments.refundsOf(payment.id).map(refundReply) }
          : null,
        events: payments.eventsOf(id),
      },
      notifications: notifications.mailsOf(id).map(asAnswered),
      messages: {
        orders: orders.messages(id),
        inventory: inventory.messages(id),
        payments: payments.messages(id),
        notifications: notifications.messages(id),
      },
    };
  });
}

type Rows = <Row>(what: string) => Promise<Row[]>;

async function messagesOf(rows: Rows) {
  const [outgoing, incoming, dead] = await Promise.all([
    rows<About<OutgoingMessage>>(`*, ${NEXT} from outbox where subject = any($1) order by id`),
    rows<About<IncomingMessage>>(
      `*, coalesce(errors, '[]') as errors, ${NEXT} from inbox where subject = any($1) order by id`,
    ),
    rows<About<StuckMessage>>('*, false as waiting from dead_letters where subject = any($1) order by id'),
  ]);
  const bySubject = ({ subject }: { subject: string }) => subject;
  const [out, arrived, stuck] = [groups(outgoing, bySubject), groups(incoming, bySubject), groups(dead, bySubject)];
  return (id: string) => ({ outgoing: out(id), incoming: arrived(id), dead: stuck(id) });
}

/** The row of one that was sent still has the end of its lease. */
function asAnswered(mail: Notification): Notification {
  return mail.status === 'queued' ? mail : { ...mail, next_attempt_at: null };
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
