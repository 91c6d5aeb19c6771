/** The rules of notifications: what events become, who is told, what an answer of a mail server means. Pure. */

import type { CustomerDeleted, CustomerRegistered, CustomerUpdated } from '../../contracts/customers.ts';
import type { StockLow } from '../../contracts/inventory.ts';
import type { NotificationStatus } from '../../contracts/notifications.ts';
import type { OrderState } from '../../contracts/orders.ts';
import type { PaymentRefunded } from '../../contracts/payments.ts';
import { NotResendable } from '../../contracts/problems.ts';
import type { DataOf } from '../../platform/contract.ts';
import type { Rejection } from '../../platform/problem.ts';
import { reject } from '../../platform/problem.ts';
import type { Kind, MailData } from './templates.ts';

/** A mail to be, before it has an id. */
export interface Draft<K extends Kind = Kind> {
  /** At most one mail has it, whatever comes twice. */
  dedupe_key: string;
  kind: K;
  order_id: string | null;
  customer_id: string | null;
  /** Null: nobody knows yet; the mail waits. */
  recipient: string | null;
  data: MailData[K];
}

export type OrderKind = 'confirmed' | 'failed' | 'cancelled' | 'shipped' | 'delivered';
export const ORDER_KINDS: Record<string, OrderKind> = {
  'order.confirmed': 'confirmed',
  'order.failed': 'failed',
  'order.cancelled': 'cancelled',
  'order.shipped': 'shipped',
  'order.delivered': 'delivered',
};

export function orderMail(kind: OrderKind, order: OrderState): Draft<OrderKind> {
  const { id, number, name, reason, total_amount, currency, guest_token = null } = order;
  const items = order.items.map((line) => ({
    name: line.name,
    quantity: line.quantity,
    unit_price: line.unit_price,
    line_total: line.line_total,
  }));
  return {
    dedupe_key: `${kind}:${id}`,
    kind,
    order_id: id,
    customer_id: order.customer_id,
    recipient: order.email,
    data: { order_id: id, number, name, reason, items, total_amount, currency, guest_token },
  };
}

/** Payments does not know whom it pays back: the order's own events do. */
export function refundMail({
  refund_id,
  order_id,
  amount,
  currency,
}: DataOf<typeof PaymentRefunded>): Draft<'refunded'> {
  return {
    dedupe_key: `refunded:${refund_id}`,
    kind: 'refunded',
    order_id,
    customer_id: null,
    recipient: null,
    data: { order_id, amount, currency },
  };
}

export function lowStockMail(messageId: string, data: DataOf<typeof StockLow>, merchant: string): Draft<'low_stock'> {
  const { product_id, available, low_stock_threshold } = data;
  return {
    dedupe_key: `low_stock:${messageId}`,
    kind: 'low_stock',
    order_id: null,
    customer_id: null,
    recipient: merchant,
    data: { product_id, available, low_stock_threshold },
  };
}

export interface Contact {
  order_id: string;
  version: number;
  customer_id: string | null;
  email: string | null;
  name: string | null;
  number: number | null;
  guest_token: string | null;
}

export function contactOf(order: OrderState): Contact {
  const { id, version, customer_id, email, name, number, guest_token = null } = order;
  return { order_id: id, version, customer_id, email, name, number, guest_token };
}

export function unknownContact(order_id: string): Contact {
  return { order_id, version: 0, customer_id: null, email: null, name: null, number: null, guest_token: null };
}

/** One contact for each order, the newest. */
export function newestContacts(contacts: readonly Contact[]): Contact[] {
  const newest = new Map<string, Contact>();
  for (const contact of contacts) {
    if (contact.version >= (newest.get(contact.order_id)?.version ?? 0)) newest.set(contact.order_id, contact);
  }
  return [...newest.values()];
}

export interface KnownCustomer {
  customer_id: string;
  version: number;
  email: string | null;
  name: string | null;
  erased: boolean;
}

export type CustomerNews =
  | { type: 'customer.registered'; data: DataOf<typeof CustomerRegistered> }
  | { type: 'customer.updated'; data: DataOf<typeof CustomerUpdated> }
  | { type: 'customer.deleted'; data: DataOf<typeof CustomerDeleted> };

export interface CustomerDecision {
  customers: KnownCustomer[];
  welcomes: Draft<'welcome'>[];
  /** Mails that are not sent yet follow their customer to a new address. */
  moved: { customer_id: string; from: string; to: string }[];
  erased: string[];
}

/** Messages come late, twice and in any order: versions say what is newer, and an erased customer stays erased. */
export function learn(known: readonly KnownCustomer[], news: readonly CustomerNews[]): CustomerDecision {
  const before = new Map(known.map((customer) => [customer.customer_id, customer]));
  const after = new Map(before);
  const registered = new Set<string>();
  for (const { type, data } of news) {
    const customer = after.get(data.id) as KnownCustomer;
    if (type === 'customer.registered') registered.add(data.id);
    if (type === 'customer.deleted') {
      after.set(data.id, { ...customer, version: data.version, email: null, name: null, erased: true });
    } else if (!customer.erased && data.version > customer.version) {
      after.set(data.id, { ...customer, version: data.version, email: data.email, name: data.name });
    }
  }
  const customers = [...after.values()];
  const reachable = customers.filter((customer) => !customer.erased);
  return {
    customers,
    erased: customers.filter(({ erased }) => erased).map(({ customer_id }) => customer_id),
    welcomes: reachable
      .filter(({ customer_id }) => registered.has(customer_id))
      .map(({ customer_id, email, name }) => ({
        dedupe_key: `welcome:${customer_id}`,
        kind: 'welcome',
        order_id: null,
        customer_id,
        recipient: email,
        data: { name },
      })),
    moved: reachable.flatMap(({ customer_id, email }) => {
      const from = before.get(customer_id)?.email;
      return from && email && from !== email ? [{ customer_id, from, to: email }] : [];
    }),
  };
}

/** RFC 5322 Message-ID: the same for every attempt, so that a mail server can tell a repeat from a second mail. */
export function messageId(id: string, resends: number, sender: string): string {
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(sender)?.[1] ?? 'localhost';
  return `<${id}${resends > 0 ? `-r${resends}` : ''}@${domain}>`;
}

export interface Resendable {
  status: NotificationStatus;
  recipient: string | null;
  resends: number;
}

/** How often a mail will have been resent, once it is on its way again. One that never left stays the same mail. */
export function resend({ status, recipient, resends }: Resendable): number | Rejection<'not-resendable'> {
  if (status === 'queued' || status === 'waiting') return reject(NotResendable);
  if (recipient === null) return reject(NotResendable, { detail: 'its recipient was erased' });
  return status === 'sent' ? resends + 1 : resends;
}

export type Outcome =
  | { result: 'sent' }
  /** The mail server does not want this mail, ever. */
  | { result: 'refused'; error: string }
  /** It does not want it now. */
  | { result: 'later'; error: string }
  /** It has the mail and says nothing: it may have delivered it. */
  | { result: 'unanswered'; error: string }
  /** There is no talking to it: no fault of the mail. */
  | { result: 'unreachable'; error: string };

/** What a failed attempt means (RFC 5321, 4.2.1: 4yz is transient, 5yz permanent). */
export function outcomeOf(failure: {
  message: string;
  code?: string;
  command?: string;
  responseCode?: number;
}): Exclude<Outcome, { result: 'sent' }> {
  const { message, code, command, responseCode } = failure;
  const aboutTheMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  if (!aboutTheMail || responseCode === 421)
    return { result: code === 'EABORT' ? 'unanswered' : 'unreachable', error: message };
  // A refused sender is our setting, and a person can put it right: the mails wait for that.
  if (command === 'MAIL FROM' && responseCode) return { result: 'later', error: message };
  const transient = responseCode !== undefined && responseCode < 500;
  return { result: transient ? 'later' : 'refused', error: message };
}
