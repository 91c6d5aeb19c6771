/** Events that people are told of. A batch becomes one insert; what came before is left alone. */
import { ProductCreated, ProductUpdated } from '../../contracts/catalog.ts';
import {
  CustomerDeleted,
  CustomerRegistered,
  CustomerUpdated,
  PasswordChanged,
  PasswordResetRequested,
  RegistrationRepeated,
} from '../../contracts/customers.ts';
import { StockLow } from '../../contracts/inventory.ts';
import { OrderCancelled, OrderConfirmed, OrderDelivered, OrderFailed, OrderShipped } from '../../contracts/orders.ts';
import { PaymentRefunded } from '../../contracts/payments.ts';
import type { Channel } from '../../contracts/shapes.ts';
import { idAt, newId } from '../../platform/clock.ts';
import type { Tx } from '../../platform/database.ts';
import { eraseDead } from '../../platform/dead-letters.ts';
import type { Handler } from '../../platform/handler.ts';
import { on } from '../../platform/handler.ts';
import type { StoredEvent } from '../../platform/message.ts';
import type { Contact } from './contact.ts';
import { audienceOf, contactOf, newestContacts, unknownContact } from './contact.ts';
import { learn } from './customer-news.ts';
import { messageId } from './delivery.ts';
import type { Draft, OrderKind } from './drafts.ts';
import { lowStockDraft, ORDER_KINDS, orderDrafts, refundDrafts } from './drafts.ts';
import type { SmsKind } from './sms.ts';
import { smsSubject } from './sms.ts';
import {
  eraseCustomers,
  insertNotifications,
  lockCustomers,
  moveRecipients,
  productNames,
  releaseWaiting,
  saveContacts,
  saveCustomers,
  saveProducts,
} from './store.ts';
import { smsSince } from './store-sms.ts';
import type { ShopIdentity } from './templates.ts';
import { subjectOf } from './templates.ts';

export interface HandlerOptions {
  merchant: string;
  sender: string;
  shop: ShopIdentity;
  /** Whether this shop sends SMS. */
  sms: boolean;
  /** There may be something to send. */
  wake: Record<Channel, () => void>;
}

const ABOUT_ORDERS = [
  OrderConfirmed,
  OrderFailed,
  OrderCancelled,
  OrderShipped,
  OrderDelivered,
  PaymentRefunded,
] as const;
const ABOUT_CUSTOMERS = [
  CustomerRegistered,
  RegistrationRepeated,
  CustomerUpdated,
  CustomerDeleted,
  PasswordResetRequested,
  PasswordChanged,
] as const;

/** Of a notification: a message that is about an order or an account. */
type Cause = Pick<StoredEvent, 'subject' | 'traceparent'>;

const SMS_A_DAY = 20;
const DAY_MS = 24 * 3_600_000;

export function createHandlers({ merchant, sender, shop, sms, wake }: HandlerOptions): Handler[] {
  function wakeAfter(tx: Tx, channels: Iterable<Channel>): void {
    for (const channel of new Set(channels)) tx.afterCommit(wake[channel]);
  }

  /** SMS cost money, and a guest may name anybody's number: beyond so many a day they are recorded and not sent. */
  async function rationed(tx: Tx, drafts: readonly Draft[]): Promise<readonly Draft[]> {
    const numbers = drafts.flatMap(({ channel, recipient }) => (channel === 'sms' && recipient ? [recipient] : []));
    if (numbers.length === 0) return drafts;
    const sent = await smsSince(tx, numbers, idAt(new Date(tx.now.getTime() - DAY_MS)));
    return drafts.map((draft) => {
      if (draft.channel !== 'sms' || !draft.recipient) return draft;
      const count = sent.get(draft.recipient) ?? 0;
      sent.set(draft.recipient, count + 1);
      return count < SMS_A_DAY ? draft : { ...draft, hopeless: `this number was written ${SMS_A_DAY} SMS today` };
    });
  }

  async function queue(tx: Tx, wanted: readonly Draft[], causes: readonly Cause[]): Promise<void> {
    const traces = new Map(causes.map(({ subject, traceparent }) => [subject, traceparent]));
    const traceOf = ({ order_id, customer_id }: Draft) => traces.get(order_id ?? customer_id ?? '') ?? null;
    const drafts = await rationed(tx, wanted);
    await insertNotifications(
      tx,
      drafts.map((draft) => {
        const id = newId();
        const rest = { subject: subject(draft), message_id: messageId(id, 0, sender), traceparent: traceOf(draft) };
        return { id, ...rest, ...draft };
      }),
    );
    wakeAfter(
      tx,
      drafts.map(({ channel }) => channel),
    );
  }

  function subject({ kind, channel, data }: Draft): string {
    // Of what is not even tried there is nothing to say.
    if (data === null) return '';
    return channel === 'sms' ? smsSubject(kind as SmsKind, data as never, shop) : subjectOf(kind, data, shop);
  }

  return [
    on([ProductCreated, ProductUpdated], (messages, tx) =>
      saveProducts(
        tx,
        messages.map(({ data }) => data),
      ),
    ),

    // Orders and refunds together: each must see what the other, a moment ago or in another replica, has left for it.
    on<(typeof ABOUT_ORDERS)[number]>(ABOUT_ORDERS, async (messages, tx) => {
      const steps = messages.filter((message) => message.type !== 'payment.refunded');
      const refunds = messages.filter((message) => message.type === 'payment.refunded');
      const accounts = steps.flatMap(({ data }) => (data.customer_id ? [data.customer_id] : []));
      const known = new Map((await lockCustomers(tx, accounts)).map((one) => [one.customer_id, one]));

      const contacts: Contact[] = refunds.map(({ data }) => unknownContact(data.order_id));
      const drafts: Draft[] = refunds.flatMap(({ data }) => refundDrafts(data, sms ? ['email', 'sms'] : ['email']));
      for (const { type, data: order } of steps) {
        const audience = audienceOf(order, known.get(order.customer_id ?? ''), sms);
        contacts.push(contactOf(order, audience));
        drafts.push(...orderDrafts(ORDER_KINDS[type] as OrderKind, order, audience));
      }
      const awaited = await saveContacts(tx, newestContacts(contacts));
      await queue(tx, drafts, messages);
      const refunded = refunds.map(({ data }) => data.order_id);
      wakeAfter(tx, await releaseWaiting(tx, [...new Set([...refunded, ...awaited])]));
    }),

    on<(typeof ABOUT_CUSTOMERS)[number]>(ABOUT_CUSTOMERS, async (messages, tx) => {
      const known = await lockCustomers(
        tx,
        messages.map(({ data }) => data.id),
      );
      const { customers, drafts, moved, erased } = learn(known, messages, tx.now);
      await saveCustomers(tx, customers);
      await moveRecipients(tx, moved);
      await queue(tx, drafts, messages);
      await eraseCustomers(tx, erased);
      const closed = messages.filter(({ type }) => type === CustomerDeleted.name);
      eraseDead(
        tx,
        closed.map(({ data }) => data.id),
      );
    }),

    on(StockLow, async (messages, tx) => {
      const names = await productNames(
        tx,
        messages.map(({ data }) => data.product_id),
      );
      await queue(
        tx,
        messages.map(({ id, data }) => lowStockDraft(id, data, names.get(data.product_id), merchant)),
        messages,
      );
    }),
  ];
}
