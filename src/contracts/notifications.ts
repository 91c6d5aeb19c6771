/** Notifications: at most one of a kind for each order and channel, and the addresses that are not written to any more. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint } from '../platform/contract.ts';
import { InvalidRecipient, NotFound, NotResendable } from './problems.ts';
import { Channel, Cursor, Id, Limit, Line, nullable, page, Time } from './shapes.ts';

/** `waiting`: a refund was heard of before its order, so nobody knows yet whom to tell. */
export const NotificationStatus = Type.Enum(['waiting', 'queued', 'sent', 'failed']);
export type NotificationStatus = Static<typeof NotificationStatus>;

export const Kind = Type.Enum([
  'confirmed',
  'failed',
  'cancelled',
  'shipped',
  'delivered',
  'refunded',
  'low_stock',
  'welcome',
  'account_exists',
  'email_changed',
  'password_reset',
  'password_changed',
]);
export type Kind = Static<typeof Kind>;

/** What only the shop needs to know is missing for customers. */
export const Notification = Type.Object({
  id: Id,
  order_id: nullable(Id),
  customer_id: nullable(Id),
  kind: Type.String(),
  channel: Channel,
  /** Null while nobody knows the address yet, and after the customer's data was erased. */
  recipient: nullable(Type.String()),
  subject: Type.String(),
  status: NotificationStatus,
  attempts: Type.Optional(Type.Integer()),
  last_error: Type.Optional(nullable(Type.String())),
  next_attempt_at: Type.Optional(
    nullable(Type.String({ format: 'date-time', description: 'Of one that is queued: when it is sent' })),
  ),
  message_id: Type.Optional(Type.String()),
  provider_id: Type.Optional(nullable(Type.String({ description: "An SMS provider's own name for it" }))),
  created_at: Time,
  sent_at: nullable(Type.String({ format: 'date-time' })),
});
export type Notification = Static<typeof Notification>;

const ById = Type.Object({ id: Id });
/** A mail address or a phone number. */
const Recipient = Line(254);

export const ListNotifications = endpoint('notifications.list', 'GET /notifications', {
  service: 'notifications',
  summary: 'Notifications, newest first; customers see their own',
  access: 'customer',
  query: Type.Object(
    {
      order_id: Type.Optional(Id),
      customer_id: Type.Optional(Id),
      status: Type.Optional(NotificationStatus),
      kind: Type.Optional(Kind),
      channel: Type.Optional(Channel),
      recipient: Type.Optional(Recipient),
      limit: Limit,
      cursor: Cursor,
    },
    { additionalProperties: false },
  ),
  reply: page(Notification),
});
export const GetNotification = endpoint('notifications.get', 'GET /notifications/{id}', {
  service: 'notifications',
  summary: "One notification with its words; a guest's key to the order, and secrets, are left out",
  access: 'admin',
  params: ById,
  reply: Type.Object({
    ...Notification.properties,
    text: nullable(Type.String({ description: 'Null when its content is forgotten, or a secret' })),
    html: nullable(Type.String({ description: 'Of a mail' })),
  }),
  problems: [NotFound],
});
export const Resend = endpoint('notifications.resend', 'POST /notifications/{id}/resend', {
  service: 'notifications',
  summary:
    'Send once more what failed or was lost, to the same address or a corrected one; an address that was refused is tried again',
  access: 'admin',
  params: ById,
  body: Type.Object({ recipient: Type.Optional(Recipient) }, { additionalProperties: false }),
  status: 202,
  reply: Notification,
  problems: [NotFound, NotResendable, InvalidRecipient],
});

/**
 * `refused`: by the mail server or SMS provider, for good. `bounced`: taken, and sent back later. `complained`: called
 * spam. `unsubscribed`: answered STOP.
 */
export const SuppressionReason = Type.Enum(['refused', 'bounced', 'complained', 'unsubscribed']);
export type SuppressionReason = Static<typeof SuppressionReason>;

export const Suppression = Type.Object({
  id: Id,
  channel: Channel,
  recipient: Type.String(),
  reason: SuppressionReason,
  detail: nullable(Type.String()),
  created_at: Time,
});
export type Suppression = Static<typeof Suppression>;

export const ListSuppressions = endpoint('notifications.suppressions', 'GET /suppressions', {
  service: 'notifications',
  summary: 'Addresses that are not written to any more, newest first',
  access: 'admin',
  query: Type.Object(
    { channel: Type.Optional(Channel), recipient: Type.Optional(Recipient), limit: Limit, cursor: Cursor },
    { additionalProperties: false },
  ),
  reply: page(Suppression),
});
export const Suppress = endpoint('notifications.suppress', 'POST /suppressions', {
  service: 'notifications',
  summary: 'Stop writing to an address: it bounced, or its owner asked; again for the same address changes nothing',
  access: 'admin',
  body: Type.Object(
    {
      channel: Channel,
      recipient: Recipient,
      reason: SuppressionReason,
      detail: Type.Optional(Line(500)),
    },
    { additionalProperties: false },
  ),
  status: 201,
  reply: Suppression,
  problems: [InvalidRecipient],
});
export const LiftSuppression = endpoint('notifications.lift-suppression', 'DELETE /suppressions/{id}', {
  service: 'notifications',
  summary: 'Write to an address again',
  access: 'admin',
  params: ById,
  problems: [NotFound],
});

export const ListDevelopmentSms = endpoint('notifications.development-sms', 'GET /development-sms', {
  service: 'notifications',
  summary: 'What the development SMS provider has recorded instead of sending, newest first',
  access: 'admin',
  query: Type.Object({ limit: Limit, cursor: Cursor }, { additionalProperties: false }),
  reply: page(
    Type.Object({ id: Id, sender: Type.String(), recipient: Type.String(), body: Type.String(), created_at: Time }),
  ),
});
