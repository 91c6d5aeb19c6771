/** What an auditor asks of orders. */
import { AuditNotifications } from '../../contracts/audit.ts';
import type { Database } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { toldAbout } from './store-audit.ts';

export const auditRoutes = (db: Database): Route[] => [
  route(AuditNotifications, async ({ query }) => ({ body: { items: await toldAbout(db, query.ids.split(',')) } })),
];
