/** Notifications: at most one mail of a kind for each order. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint } from '../platform/contract.ts';
import { NotFound, NotResendable } from './problems.ts';
import { Cursor, Id, Limit, nullable, page, Time } from './shapes.ts';

/** `waiting`: a refund was heard of before its order, so nobody knows yet whom to tell. */
export const NotificationStatus = Type.Enum(['waiting', 'queued', 'sent', 'failed']);
export type NotificationStatus = Static<typeof NotificationStatus>;

export const Notification = Type.Object({
  id: Id,
  order_id: nullable(Id),
  kind: Type.String(),
  channel: Type.Enum(['email']),
  /** Null while nobody knows the address yet, and after the customer's data was erased. */
  recipient: nullable(Type.String()),
  subject: Type.String(),
  status: NotificationStatus,
  attempts: Type.Integer(),
  last_error: nullable(Type.String()),
  message_id: Type.String(),
  created_at: Time,
  sent_at: nullable(Type.String({ format: 'date-time' })),
});
export type Notification = Static<typeof Notification>;

export const ListNotifications = endpoint('notifications.list', 'GET /notifications', {
  service: 'notifications',
  summary: 'Notifications, newest first',
  access: 'admin',
  query: Type.Object(
    {
      order_id: Type.Optional(Id),
      status: Type.Optional(NotificationStatus),
      limit: Limit,
      cursor: Cursor,
    },
    { additionalProperties: false },
  ),
  reply: page(Notification),
});
export const Resend = endpoint('notifications.resend', 'POST /notifications/{id}/resend', {
  service: 'notifications',
  summary: 'Send a mail that failed or was lost once more',
  access: 'admin',
  params: Type.Object({ id: Id }),
  status: 202,
  reply: Notification,
  problems: [NotFound, NotResendable],
});
