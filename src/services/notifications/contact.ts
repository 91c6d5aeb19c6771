/**
 * Whom an order's notifications go to, and on which channels. The order's own choice counts, else the account's, else it
 * is mail; a choice that cannot be met (no international number, no SMS in this shop) becomes mail, so that nobody is
 * left untold. Pure.
 */

import type { OrderState } from '../../contracts/orders.ts';
import type { Channel } from '../../contracts/shapes.ts';
import { InternationalPhone } from '../../contracts/shapes.ts';
import type { KnownCustomer } from './customer-news.ts';

export interface Contact {
  order_id: string;
  version: number;
  customer_id: string | null;
  /** Null: erased. */
  email: string | null;
  name: string | null;
  number: number | null;
  guest_token: string | null;
  phone: string | null;
  channels: Channel[];
}

export interface Audience {
  channels: Channel[];
  email: string | null;
  phone: string | null;
  /** The account is closed: what is sent is forgotten right after. */
  erased: boolean;
}

/** `account`: what is known of the customer, if the order has one. */
export function audienceOf(order: OrderState, account: KnownCustomer | undefined, sms: boolean): Audience {
  const phone = e164(order.phone) ?? e164(account?.phone);
  const choice = order.notify_by ?? account?.notify_by ?? ['email'];
  const channels = choice.filter((channel) => channel === 'email' || (sms && phone !== null));
  return {
    channels: channels.length > 0 ? channels : ['email'],
    email: isReachable(order.email) ? order.email : null,
    phone,
    erased: account?.erased ?? false,
  };
}

const NOTHING_PERSONAL = { email: null, name: null, guest_token: null, phone: null };

/** What is kept for a refund that comes later: nothing personal of an account that is closed. */
export function contactOf(order: OrderState, { channels, email, phone, erased }: Audience): Contact {
  const { id, version, customer_id, name, number, guest_token = null } = order;
  const known = !erased && email !== null;
  const personal = known ? { email, name, guest_token, phone } : NOTHING_PERSONAL;
  return { order_id: id, version, customer_id, number, channels, ...personal };
}

export function unknownContact(order_id: string): Contact {
  return { order_id, version: 0, customer_id: null, number: null, channels: [], ...NOTHING_PERSONAL };
}

/** One contact for each order, the newest. */
export function newestContacts(contacts: readonly Contact[]): Contact[] {
  const newest = new Map<string, Contact>();
  for (const contact of contacts) {
    if (contact.version >= (newest.get(contact.order_id)?.version ?? 0)) newest.set(contact.order_id, contact);
  }
  return [...newest.values()];
}

/** A number as the telephone network has it (ITU-T E.164: `+` and up to 15 digits); null when it is none. */
export function e164(phone: string | null | undefined): string | null {
  if (!phone || !InternationalPhone.test(phone)) return null;
  // "+44 (0)20 …": the zero in brackets is dialled at home only.
  const digits = phone.replace(/\(0\)/g, '').replace(/[^0-9]/g, '');
  return digits.length >= 7 && digits.length <= 15 ? `+${digits}` : null;
}

/** `.invalid` stands where an address was erased, and reaches nobody (RFC 2606). */
export const isReachable = (email: string) => !/\.invalid$/i.test(email);

const EMAIL = /^[^\s@<>(),;:\\"[\]]+@[^\s@<>(),;:\\"[\]]+$/;

/** A recipient that a person has typed, in the form it is sent to; undefined when the channel cannot reach it. */
export function recipientOn(channel: Channel, typed: string): string | undefined {
  if (channel === 'sms') return e164(typed.trim()) ?? undefined;
  const email = typed.trim();
  return email.length <= 254 && EMAIL.test(email) && isReachable(email) ? email : undefined;
}
