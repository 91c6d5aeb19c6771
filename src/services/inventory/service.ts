/** Inventory: holds stock for orders, all lines or none, and never sells what it has not. */
import type { Settings } from '../../config.ts';
import { StockChanged } from '../../contracts/inventory.ts';
import { isUnavailable } from '../../platform/database.ts';
import type { RoomDefinition } from '../../platform/service.ts';
import { createWorker } from '../../platform/worker.ts';
import { statusOf } from './allocation.ts';
import { auditRoutes } from './audit-routes.ts';
import { inventoryHandlers } from './handlers.ts';
import { expireOneByOne, expireReservations, reservationRoutes } from './reservation-routes.ts';
import { inventoryRoutes } from './routes.ts';
import { takeUnannounced } from './store.ts';
import { RULES } from './store-audit.ts';

const ANNOUNCE_BATCH = 256;
const EXPIRE_BATCH = 256;
/** Stock is back within a second of its time. */
const EXPIRE_POLL_MS = 250;

export const inventory: RoomDefinition<Settings> = {
  name: 'inventory',
  migrations: new URL('./migrations/', import.meta.url),
  open({ db, clock, log, queued }) {
    /** Tells of changed levels once a second: shop windows cost by the product, not by the order. */
    const announce = () =>
      db.transaction(async (tx) => {
        const levels = await takeUnannounced(tx, ANNOUNCE_BATCH);
        for (const level of levels) {
          const { product_id, available, version } = level;
          tx.send(StockChanged, { product_id, available, status: statusOf(level), version });
        }
        return levels.length === ANNOUNCE_BATCH;
      });

    return {
      routes: [...inventoryRoutes(db), ...reservationRoutes(db), ...auditRoutes({ db, queued })],
      rules: RULES,
      handlers: inventoryHandlers,
      workers: [
        createWorker({ name: 'announcements', pass: announce, log }),
        createWorker({
          name: 'reservations',
          pollMs: EXPIRE_POLL_MS,
          pass: () =>
            expireReservations(db, clock, EXPIRE_BATCH).catch(async (error) => {
              if (isUnavailable(error)) throw error;
              await expireOneByOne(db, clock, log);
              return false;
            }),
          log,
        }),
      ],
    };
  },
};
