/** Notifications: at most one mail of a kind for each order. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint } from '../platform/contract.ts';
import { NotFound, NotResendable } from './problems.ts';
import { Cursor, Id, Limit, nullable, page, Time } from './shapes.ts';

export const Notification = Type.Object({
  id: Id,
  order_id: nullable(Id),
  kind: Type.String(),
  channel: Type.Enum(['email']),
  recipient: Type.String(),
  subject: Type.String(),
  status: Type.Enum(['queued', 'sent', 'failed']),
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
      status: Type.Optional(Type.Enum(['queued', 'sent', 'failed'])),
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
