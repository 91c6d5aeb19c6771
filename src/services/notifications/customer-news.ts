/**
 * What is learnt of customers, and what they are told of their accounts. Messages come late, twice and in any order:
 * versions say what is newer, and whoever is erased stays erased and hears nothing more. Pure.
 */
import type {
  CustomerDeleted,
  CustomerRegistered,
  CustomerUpdated,
  PasswordChanged,
  PasswordResetRequested,
  RegistrationRepeated,
} from '../../contracts/customers.ts';
import type { Channel } from '../../contracts/shapes.ts';
import type { DataOf } from '../../platform/contract.ts';
import type { Draft } from './drafts.ts';
import { draftTo } from './drafts.ts';

export interface KnownCustomer {
  customer_id: string;
  version: number;
  email: string | null;
  name: string | null;
  phone: string | null;
  /** Null: they have not said. */
  notify_by: Channel[] | null;
  erased: boolean;
}

export type CustomerNews = { id: string } & (
  | { type: 'customer.registered'; data: DataOf<typeof CustomerRegistered> }
  | { type: 'customer.updated'; data: DataOf<typeof CustomerUpdated> }
  | { type: 'customer.deleted'; data: DataOf<typeof CustomerDeleted> }
  | { type: 'customer.password_reset_requested'; data: DataOf<typeof PasswordResetRequested> }
  | { type: 'customer.registration_repeated'; data: DataOf<typeof RegistrationRepeated> }
  | { type: 'customer.password_changed'; data: DataOf<typeof PasswordChanged> }
);

export interface CustomerDecision {
  customers: KnownCustomer[];
  drafts: Draft[];
  /** Mails that are not sent yet follow their customer to a new address. */
  moved: { customer_id: string; from: string; to: string }[];
  erased: string[];
}

/** `known` holds every customer of the news. */
export function learn(known: readonly KnownCustomer[], news: readonly CustomerNews[], now: Date): CustomerDecision {
  const before = new Map(known.map((customer) => [customer.customer_id, customer]));
  const after = new Map(before);
  for (const one of news) {
    const customer = after.get(one.data.id) as KnownCustomer;
    after.set(one.data.id, newer(customer, one));
  }
  const customers = [...after.values()];
  const reachable = (id: string) => !after.get(id)?.erased;
  const moved = customers.flatMap(({ customer_id, email }) => {
    const from = before.get(customer_id)?.email;
    return from && email && from !== email ? [{ customer_id, from, to: email }] : [];
  });
  const welcomed = new Set(news.filter(({ type }) => type === 'customer.registered').map(({ data }) => data.id));
  return {
    customers,
    moved,
    erased: customers.filter(({ erased }) => erased).map(({ customer_id }) => customer_id),
    drafts: [
      ...[...welcomed].filter(reachable).map((id) => welcome(after.get(id) as KnownCustomer)),
      ...moved.map(({ customer_id, from }) => farewell(after.get(customer_id) as KnownCustomer, from)),
      ...news.filter(({ data }) => reachable(data.id)).flatMap((one) => security(one, now)),
    ],
  };
}

function newer(customer: KnownCustomer, { type, data }: CustomerNews): KnownCustomer {
  if (type === 'customer.deleted') {
    const nothing = { email: null, name: null, phone: null, notify_by: null };
    return { ...customer, ...nothing, version: data.version, erased: true };
  }
  if (type !== 'customer.registered' && type !== 'customer.updated') return customer;
  if (customer.erased || data.version <= customer.version) return customer;
  const { version, email, name, phone = null, notify_by = null } = data;
  return { ...customer, version, email, name, phone, notify_by };
}

const DAY = 10;

const welcome = ({ customer_id, email, name }: KnownCustomer): Draft =>
  draftTo<'welcome'>(email, { dedupe_key: `welcome:${customer_id}`, kind: 'welcome', customer_id, data: { name } });

/** To the old address: whoever has read mails there should know, above all if it was not they who changed it. */
const farewell = ({ customer_id, version, email, name }: KnownCustomer, from: string): Draft =>
  draftTo<'email_changed'>(from, {
    dedupe_key: `email_changed:${customer_id}:${version}`,
    kind: 'email_changed',
    customer_id,
    data: { name, new_email: email as string },
  });

function security({ id, type, data }: CustomerNews, now: Date): Draft[] {
  if (type === 'customer.registration_repeated') {
    const { email, name, tried_at } = data;
    return [
      draftTo<'account_exists'>(email, {
        // Once a day: whoever fills in the form a hundred times fills no mailbox.
        dedupe_key: `account_exists:${data.id}:${tried_at.slice(0, DAY)}`,
        kind: 'account_exists',
        customer_id: data.id,
        data: { name },
      }),
    ];
  }
  if (type === 'customer.password_reset_requested') {
    const { email, name, token, expires_at } = data;
    const late = new Date(expires_at) <= now;
    return [
      draftTo<'password_reset'>(email, {
        dedupe_key: `password_reset:${id}`,
        kind: 'password_reset',
        customer_id: data.id,
        data: late ? null : { name, token, expires_at },
        expires_at,
        forget: 'data',
        hopeless: late ? EXPIRED : null,
      }),
    ];
  }
  if (type === 'customer.password_changed') {
    const { email, name, changed_at } = data;
    return [
      draftTo<'password_changed'>(email, {
        dedupe_key: `password_changed:${id}`,
        kind: 'password_changed',
        customer_id: data.id,
        data: { name, changed_at },
      }),
    ];
  }
  return [];
}

export const EXPIRED = 'it was of no use any more before it could be sent';
