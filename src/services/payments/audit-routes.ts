/** What an auditor asks of orders. */
import { AuditKnown, AuditPayments, KNOWN_PAGE } from '../../contracts/audit.ts';
import type { Database } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { knownOrders, paidFor } from './store-audit.ts';

export const auditRoutes = (db: Database): Route[] => [
  route(AuditPayments, async ({ query }) => ({ body: { items: await paidFor(db, query.ids.split(',')) } })),
  route(AuditKnown.payments, async ({ query }) => ({ body: { ids: await knownOrders(db, query, KNOWN_PAGE) } })),
];
