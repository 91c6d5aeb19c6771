/** What an auditor asks of orders. */
import { AuditNotifications, AuditWaiting } from '../../contracts/audit.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { waitingAbout } from '../../platform/messages-about.ts';
import type { RoomContext } from '../../platform/service.ts';
import { toldAbout } from './store-audit.ts';

export const auditRoutes = ({ db, queued }: Pick<RoomContext<never>, 'db' | 'queued'>): Route[] => [
  route(AuditNotifications, async ({ query }) => ({ body: { items: await toldAbout(db, query.ids.split(',')) } })),
  route(AuditWaiting.notifications, async ({ query }) => ({
    body: { ids: await waitingAbout(db, query.ids.split(',')), queued: await queued() },
  })),
];
