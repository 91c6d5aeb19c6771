/** What an auditor asks of orders. */
import { AuditKnown, AuditStock, AuditWaiting, KNOWN_PAGE } from '../../contracts/audit.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { waitingAbout } from '../../platform/messages-about.ts';
import type { RoomContext } from '../../platform/service.ts';
import { knownOrders, stockOf } from './store-audit.ts';

export const auditRoutes = ({ db, queued }: Pick<RoomContext<never>, 'db' | 'queued'>): Route[] => [
  route(AuditStock, async ({ query }) => ({ body: { items: await stockOf(db, query.ids.split(',')) } })),
  route(AuditKnown.inventory, async ({ query }) => ({ body: { ids: await knownOrders(db, query, KNOWN_PAGE) } })),
  route(AuditWaiting.inventory, async ({ query }) => ({
    body: { ids: await waitingAbout(db, query.ids.split(',')), queued: await queued() },
  })),
];
