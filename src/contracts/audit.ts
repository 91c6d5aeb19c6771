/**
 * What the auditor of each room finds in its books; and what rooms tell an auditor of orders, so that their books can be
 * laid side by side.
 */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint } from '../platform/contract.ts';
import type { ServiceName } from './services.ts';
import { closed, Id, Ids, LIMITS, nullable, ProductId, Time } from './shapes.ts';

/** Rooms that have rules. */
export const AUDITED = ['orders', 'inventory', 'payments', 'notifications'] as const satisfies readonly ServiceName[];
export type Audited = (typeof AUDITED)[number];

/** What a finding names; an event is one that a card processor told of. */
export const AuditSubject = Type.Enum(['order', 'product', 'notification', 'reservation', 'event']);
export type AuditSubject = Static<typeof AuditSubject>;

export const AuditReport = Type.Object({
  checks: Type.Array(
    Type.Object({
      rule: Type.String({ description: 'A sentence: what holds' }),
      about: { ...AuditSubject, description: 'What the subjects of its findings are' },
      looked_until: nullable(Time),
      whole_at: nullable(Time),
      problem: nullable(Type.String({ description: 'Why it could not be looked at last time' })),
      broken: Type.Integer({ minimum: 0 }),
    }),
  ),
  findings: Type.Array(
    Type.Object({
      rule: Type.String(),
      subject: Type.String({ description: 'What breaks it: the id of what its check is about' }),
      detail: Type.String(),
      found_at: Time,
    }),
    { description: 'What breaks a rule, the oldest 200' },
  ),
});
export type AuditReport = Static<typeof AuditReport>;

const reading = <S extends Audited>(service: S) => ({
  report: endpoint(`${service}.audit.report`, 'GET /audit', {
    service,
    summary: 'What holds of its books and when that was looked at, and what breaks it',
    access: 'admin',
    publicPaths: [`/api/audit/${service}`],
    reply: AuditReport,
  }),
  everything: endpoint(`${service}.audit.everything`, 'POST /audit/everything', {
    service,
    summary: 'Look at everything there is, as soon as it can be; the report says when that was done',
    access: 'admin',
    publicPaths: [`/api/audit/${service}/everything`],
  }),
});
export const AUDITS = {
  orders: reading('orders'),
  inventory: reading('inventory'),
  payments: reading('payments'),
  notifications: reading('notifications'),
};

const ofOrders = { access: 'auditor', publicPaths: [] as string[] } as const;
const query = closed({ ids: Ids });
const Minor = Type.Integer({ description: 'Minor units' });
const Lines = Type.Array(Type.Object({ product_id: ProductId, quantity: Type.Integer() }));
/** Of one reply of `AuditKnown`. */
export const KNOWN_PAGE = 1_000;

const known = <S extends 'inventory' | 'payments'>(service: S) =>
  endpoint(`${service}.audit.known`, 'GET /audit/known-orders', {
    ...ofOrders,
    service,
    summary: 'Which orders it knows, in the order of their ids: what orders does not know is lost there',
    query: closed({
      after: { ...Id, description: 'Those with a larger id' },
      until: { ...Id, description: 'Up to this one' },
    }),
    reply: Type.Object({ ids: Type.Array(Id, { maxItems: KNOWN_PAGE }) }),
  });
export const AuditKnown = { inventory: known('inventory'), payments: known('payments') };

const waiting = <S extends Exclude<Audited, 'orders'>>(service: S) =>
  endpoint(`${service}.audit.waiting`, 'GET /audit/waiting', {
    ...ofOrders,
    service,
    summary: 'About which of these orders messages wait there to be sent or handled',
    query,
    reply: Type.Object({
      ids: Type.Array(Id, { maxItems: LIMITS.batch }),
      queued: Type.Boolean({ description: 'Messages wait for it with the broker, nobody knows about what' }),
    }),
  });
export const AuditWaiting = {
  inventory: waiting('inventory'),
  payments: waiting('payments'),
  notifications: waiting('notifications'),
};

export const AuditStock = endpoint('inventory.audit.orders', 'GET /audit/orders', {
  ...ofOrders,
  service: 'inventory',
  summary: 'What it decided on orders',
  query,
  reply: Type.Object({
    items: Type.Array(
      Type.Object({
        order_id: Id,
        status: Type.Enum(['held', 'refused', 'restored', 'shipped', 'void']),
        lines: Lines,
        held: { ...Lines, description: 'What its ledger holds for the order now' },
      }),
    ),
  }),
});
export const AuditPayments = endpoint('payments.audit.orders', 'GET /audit/orders', {
  ...ofOrders,
  service: 'payments',
  summary: 'What was charged for orders, and went back',
  query,
  reply: Type.Object({
    items: Type.Array(
      Type.Object({
        order_id: Id,
        status: Type.String(),
        amount: Minor,
        returned: Minor,
        returning: Minor,
        void_requested: Type.Boolean({ description: 'It has heard that the order has ended' }),
      }),
    ),
  }),
});
export const AuditNotifications = endpoint('notifications.audit.orders', 'GET /audit/orders', {
  ...ofOrders,
  service: 'notifications',
  summary: 'Of what the people of orders were told',
  query,
  reply: Type.Object({ items: Type.Array(Type.Object({ order_id: Id, kind: Type.String() })) }),
});
