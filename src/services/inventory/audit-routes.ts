/** What an auditor asks of orders. */
import { AuditStock } from '../../contracts/audit.ts';
import type { Database } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { allocationsOf } from './store-audit.ts';

export const auditRoutes = (db: Database): Route[] => [
  route(AuditStock, async ({ query }) => ({ body: { items: await allocationsOf(db, query.ids.split(',')) } })),
];
