/** Orders as a file, found by the filters of the list and in its order. */
import { ExportOrders } from '../../contracts/orders.ts';
import type { Exports } from '../../platform/csv-export.ts';
import type { Database } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { ORDER_COLUMNS } from './order-sheet.ts';
import { orderReply } from './store.ts';
import type { OrderFilter } from './store-list.ts';
import { listOrders } from './store-list.ts';

/** An order has up to a hundred lines. */
const BATCH = 250;

export function exportRoutes(db: Database, exports: Exports): Route[] {
  async function* batches(filter: Omit<OrderFilter, 'after' | 'limit'>) {
    for (let after: string | undefined; ; ) {
      const rows = await listOrders(db, { ...filter, after, limit: BATCH });
      if (rows.length > 0) yield rows.map(orderReply);
      if (rows.length < BATCH) return;
      after = rows.at(-1)?.id;
    }
  }

  return [
    route(ExportOrders, ({ query }) => exports.open({ name: 'orders', columns: ORDER_COLUMNS, rows: batches(query) })),
  ];
}
