/** What an auditor asks of orders. */
import { AuditKnown, AuditPayments, AuditWaiting, KNOWN_PAGE } from '../../contracts/audit.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { waitingAbout } from '../../platform/messages-about.ts';
import type { RoomContext } from '../../platform/service.ts';
import { knownOrders, paidFor } from './store-audit.ts';

export const auditRoutes = ({ db, queued }: Pick<RoomContext<never>, 'db' | 'queued'>): Route[] => [
  route(AuditPayments, async ({ query }) => ({ body: { items: await paidFor(db, query.ids.split(',')) } })),
  route(AuditKnown.payments, async ({ query }) => ({ body: { ids: await knownOrders(db, query, KNOWN_PAGE) } })),
  route(AuditWaiting.payments, async ({ query }) => ({
    body: { ids: await waitingAbout(db, query.ids.split(',')), queued: await queued() },
  })),
];
