/** Events that people are told of. A batch becomes one insert; what came before is left alone. */
import { CustomerDeleted, CustomerRegistered, CustomerUpdated } from '../../contracts/customers.ts';
import { StockLow } from '../../contracts/inventory.ts';
import { OrderCancelled, OrderConfirmed, OrderDelivered, OrderFailed, OrderShipped } from '../../contracts/orders.ts';
import { PaymentRefunded } from '../../contracts/payments.ts';
import { newId } from '../../platform/clock.ts';
import type { Tx } from '../../platform/database.ts';
import type { Handler } from '../../platform/inbox.ts';
import { on } from '../../platform/inbox.ts';
import type { Contact, Draft } from './notification.ts';
import {
  contactOf,
  learn,
  lowStockMail,
  messageId,
  newestContacts,
  ORDER_KINDS,
  type OrderKind,
  orderMail,
  refundMail,
  unknownContact,
} from './notification.ts';
import {
  eraseCustomers,
  insertNotifications,
  lockCustomers,
  moveRecipients,
  releaseWaiting,
  saveContacts,
  saveCustomers,
} from './store.ts';
import { subjectOf } from './templates.ts';

export interface HandlerOptions {
  merchant: string;
  sender: string;
  shopUrl: string;
  /** There may be mails to send. */
  wake: () => void;
}

const ABOUT_ORDERS = [
  OrderConfirmed,
  OrderFailed,
  OrderCancelled,
  OrderShipped,
  OrderDelivered,
  PaymentRefunded,
] as const;

export function createHandlers({ merchant, sender, shopUrl, wake }: HandlerOptions): Handler[] {
  async function queue(tx: Tx, drafts: readonly Draft[]): Promise<void> {
    await insertNotifications(
      tx,
      drafts.map((draft) => {
        const id = newId();
        const subject = subjectOf(draft.kind, draft.data, shopUrl);
        return { ...draft, id, subject, message_id: messageId(id, 0, sender) };
      }),
    );
    tx.afterCommit(wake);
  }

  return [
    // Orders and refunds together: each must see what the other, a moment ago or in another replica, has left for it.
    on<(typeof ABOUT_ORDERS)[number]>(ABOUT_ORDERS, async (messages, tx) => {
      const contacts: Contact[] = [];
      const drafts: Draft[] = [];
      for (const message of messages) {
        if (message.type === 'payment.refunded') {
          contacts.push(unknownContact(message.data.order_id));
          drafts.push(refundMail(message.data));
        } else {
          contacts.push(contactOf(message.data));
          drafts.push(orderMail(ORDER_KINDS[message.type] as OrderKind, message.data));
        }
      }
      const newest = newestContacts(contacts);
      await saveContacts(tx, newest);
      await queue(tx, drafts);
      await releaseWaiting(
        tx,
        newest.map(({ order_id }) => order_id),
      );
    }),

    on([CustomerRegistered, CustomerUpdated, CustomerDeleted], async (messages, tx) => {
      const known = await lockCustomers(
        tx,
        messages.map(({ data }) => data.id),
      );
      const { customers, welcomes, moved, erased } = learn(known, messages);
      await saveCustomers(tx, customers);
      await queue(tx, welcomes);
      await moveRecipients(tx, moved);
      await eraseCustomers(tx, erased);
    }),

    on(StockLow, (messages, tx) =>
      queue(
        tx,
        messages.map(({ id, data }) => lowStockMail(id, data, merchant)),
      ),
    ),
  ];
}
