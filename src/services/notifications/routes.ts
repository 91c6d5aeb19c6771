/** Endpoints of the notifications. */
import { ListNotifications, Resend } from '../../contracts/notifications.ts';
import { NotFound } from '../../contracts/problems.ts';
import type { Database } from '../../platform/database.ts';
import type { Request, Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { cutPage, decodeIdCursor } from '../../platform/page.ts';
import { isRejection, reject } from '../../platform/problem.ts';
import { messageId, resend } from './notification.ts';
import { listNotifications, lockNotification, requeue } from './store.ts';

export interface RouteOptions {
  db: Database;
  sender: string;
  /** There may be mails to send. */
  wake: () => void;
}

export function createRoutes({ db, sender, wake }: RouteOptions): Route[] {
  async function list({ query }: Request<typeof ListNotifications>) {
    const { order_id, status, cursor, limit = 50 } = query;
    const after = decodeIdCursor(cursor);
    if (isRejection(after)) return after;
    const rows = await listNotifications(db, { after, order_id, status, limit: limit + 1 });
    return { body: cutPage(rows, limit, ({ id }) => [id]) };
  }

  async function sendAgain({ params: { id } }: Request<typeof Resend>) {
    return db.transaction(async (tx) => {
      const notification = await lockNotification(tx, id);
      if (!notification) return reject(NotFound);
      const resends = resend(notification);
      if (isRejection(resends)) return resends;
      tx.afterCommit(wake);
      return { body: await requeue(tx, id, resends, messageId(id, resends, sender)) };
    });
  }

  return [route(ListNotifications, list), route(Resend, sendAgain)];
}
