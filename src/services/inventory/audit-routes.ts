/** What an auditor asks of orders. */
import { AuditKnown, AuditStock, KNOWN_PAGE } from '../../contracts/audit.ts';
import type { Database } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { knownOrders, stockOf } from './store-audit.ts';

export const auditRoutes = (db: Database): Route[] => [
  route(AuditStock, async ({ query }) => ({ body: { items: await stockOf(db, query.ids.split(',')) } })),
  route(AuditKnown.inventory, async ({ query }) => ({ body: { ids: await knownOrders(db, query, KNOWN_PAGE) } })),
];
