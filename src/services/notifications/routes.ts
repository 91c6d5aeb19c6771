/** Endpoints of the notifications. */
import * as contracts from '../../contracts/notifications.ts';
import { InvalidRecipient, NotFound } from '../../contracts/problems.ts';
import type { Channel } from '../../contracts/shapes.ts';
import { newId } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Request, Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { cutPage, decodeIdCursor } from '../../platform/page.ts';
import { isRejection, reject } from '../../platform/problem.ts';
import { recipientOn } from './contact.ts';
import { messageId, resend } from './delivery.ts';
import type { SmsKind } from './sms.ts';
import { writeSms } from './sms.ts';
import { listDevelopmentSms } from './sms-development.ts';
import {
  getNotification,
  liftSuppression,
  listNotifications,
  listSuppressions,
  lockNotification,
  requeue,
  suppress,
  suppressed,
} from './store.ts';
import type { ShopIdentity } from './templates.ts';
import { writeMail } from './templates.ts';

export interface RouteOptions {
  db: Database;
  sender: string;
  shop: ShopIdentity;
  /** There may be something to send. */
  wake: Record<Channel, () => void>;
}

const NO_SUCH_RECIPIENT = {
  email: 'must be a mail address that can be reached',
  sms: 'must be an international phone number such as +44 7700 900123',
};
const noRecipient = (channel: Channel) =>
  reject(InvalidRecipient, { errors: [{ pointer: '/recipient', detail: NO_SUCH_RECIPIENT[channel] }] });

export function createRoutes({ db, sender, shop, wake }: RouteOptions): Route[] {
  async function sendAgain({ params: { id }, body }: Request<typeof contracts.Resend>) {
    return db.transaction(async (tx) => {
      const notification = await lockNotification(tx, id);
      if (!notification) return reject(NotFound);
      const { channel } = notification;
      const recipient = body.recipient === undefined ? notification.recipient : recipientOn(channel, body.recipient);
      if (recipient === undefined) return noRecipient(channel);
      const no = recipient === null ? undefined : await suppressed(tx, channel, recipient);
      const resends = resend(notification, body.recipient !== undefined, no?.reason);
      if (isRejection(resends)) return resends;
      if (no) await liftSuppression(tx, no.id);
      tx.afterCommit(wake[channel]);
      const again = { resends, messageId: messageId(id, resends, sender), recipient: recipient as string };
      return { body: await requeue(tx, id, again) };
    });
  }

  async function read({ params: { id } }: Request<typeof contracts.GetNotification>) {
    const found = await getNotification(db, id);
    if (!found) return reject(NotFound);
    const { data, ...notification } = found;
    if (!data || found.kind === 'password_reset') return { body: { ...notification, text: null, html: null } };
    // Whoever may read this needs no key of a guest to see the order.
    const shown = 'guest_token' in data ? { ...data, guest_token: null } : data;
    if (found.channel === 'sms') {
      return { body: { ...notification, text: writeSms(found.kind as SmsKind, shown as never, shop), html: null } };
    }
    const { text, html } = writeMail(found.kind, shown as never, shop);
    return { body: { ...notification, text, html } };
  }

  return [
    route(contracts.ListNotifications, async ({ query, caller }) => {
      const before = decodeIdCursor(query.cursor);
      if (isRejection(before)) return before;
      const { cursor: _cursor, limit = 50, ...filter } = query;
      const owner = caller.role === 'customer' ? caller.id : undefined;
      const rows = await listNotifications(db, { ...filter, owner, before, limit: limit + 1 });
      const shown = caller.role === 'admin' ? rows : rows.map(forCustomer);
      return { body: cutPage(shown, limit, ({ id }) => [id]) };
    }),
    route(contracts.GetNotification, read),
    route(contracts.Resend, sendAgain),

    route(contracts.ListSuppressions, async ({ query: { cursor, limit = 50, ...filter } }) => {
      const before = decodeIdCursor(cursor);
      if (isRejection(before)) return before;
      const rows = await listSuppressions(db, { ...filter, before, limit: limit + 1 });
      return { body: cutPage(rows, limit, ({ id }) => [id]) };
    }),
    route(contracts.Suppress, async ({ body: { channel, reason, detail = null, ...body } }) => {
      const recipient = recipientOn(channel, body.recipient);
      if (recipient === undefined) return noRecipient(channel);
      return db.transaction(async (tx) => {
        await suppress(tx, [{ id: newId(), channel, recipient, reason, detail }]);
        return { body: (await suppressed(tx, channel, recipient)) as contracts.Suppression };
      });
    }),
    route(contracts.LiftSuppression, async ({ params: { id } }) =>
      (await liftSuppression(db, id)) ? {} : reject(NotFound),
    ),

    route(contracts.ListDevelopmentSms, async ({ query: { cursor, limit = 50 } }) => {
      const before = decodeIdCursor(cursor);
      if (isRejection(before)) return before;
      const rows = await listDevelopmentSms(db, before, limit + 1);
      return { body: cutPage(rows, limit, ({ id }) => [id]) };
    }),
  ];
}

/** Without what only the shop needs to know. */
function forCustomer(row: contracts.Notification): contracts.Notification {
  const { id, order_id, customer_id, kind, channel, recipient, subject, status, created_at, sent_at } = row;
  return { id, order_id, customer_id, kind, channel, recipient, subject, status, created_at, sent_at };
}
