/** Orders: accepts checkouts in milliseconds and carries each order to its end. */
import type { Settings } from '../../config.ts';
import { createExports } from '../../platform/csv-export.ts';
import { isUnavailable } from '../../platform/database.ts';
import type { RoomDefinition } from '../../platform/service.ts';
import { createWorker } from '../../platform/worker.ts';
import { apply } from './advance.ts';
import { createCounting } from './counting.ts';
import { createCrossCheck } from './cross-check.ts';
import { createCustomerCheck } from './customer-check.ts';
import { exportRoutes } from './export-routes.ts';
import { orderHandlers } from './handlers.ts';
import type { Deadlines } from './lifecycle.ts';
import { exposeWaiting, meterOrders } from './metrics.ts';
import { createPlacement } from './place.ts';
import { orderRoutes } from './routes.ts';
import { statisticsRoutes } from './statistics-routes.ts';
import { lockOverdue, putOffOverdue } from './store.ts';
import { RULES } from './store-audit.ts';
import { createWatch } from './watch.ts';

const OVERDUE_BATCH = 256;
const PUT_OFF_SECONDS = 60;
const STATISTICS_POLL_MS = 500;

export const orders: RoomDefinition<Settings> = {
  name: 'orders',
  migrations: new URL('./migrations/', import.meta.url),
  open({ db, clock, log, client, settings, metrics, queued }) {
    const deadlines: Deadlines = {
      pending: settings.STOCK_DEADLINE_SECONDS,
      awaiting_payment: settings.PAYMENT_DEADLINE_SECONDS,
    };

    const watch = createWatch(db, log);
    const rules = { deadlines, log, meter: meterOrders(metrics), onSteps: watch.worker.wake };
    exposeWaiting(metrics, db);

    /** No order waits for ever: what is overdue learns that its time is up, like any other news. */
    const giveUp = (limit: number) =>
      db.transaction(async (tx) => {
        const overdue = await lockOverdue(tx, clock.now(), limit);
        const learnt = overdue.map(({ id, traceparent }) => ({
          order_id: id,
          input: 'deadline' as const,
          event: 'deadline',
          traceparent,
        }));
        await apply(tx, overdue, learnt, rules);
        return overdue.length === limit;
      });

    /** One order that cannot be ended must not keep the others waiting: it is put off, and said aloud. */
    async function giveUpOneByOne(error: unknown): Promise<boolean> {
      if (isUnavailable(error)) throw error;
      for (let more = true; more; ) {
        more = await giveUp(1).catch(async (thrown) => {
          const put = await putOffOverdue(db, clock.now(), PUT_OFF_SECONDS);
          log.error({ err: thrown, order_id: put?.id }, 'an overdue order cannot be ended');
          return put !== undefined;
        });
      }
      return false;
    }

    return {
      routes: [
        ...orderRoutes({
          db,
          clock,
          rules,
          placement: createPlacement(db, rules),
          checkCustomer: createCustomerCheck(client, log, metrics),
          watch,
        }),
        ...statisticsRoutes(db, clock),
        ...exportRoutes(db, createExports(clock, log)),
      ],
      rules: RULES,
      crossCheck: createCrossCheck({ db, client, token: settings.AUDIT_TOKEN, queued }),
      handlers: orderHandlers(rules),
      workers: [
        createWorker({ name: 'deadlines', pass: () => giveUp(OVERDUE_BATCH).catch(giveUpOneByOne), log }),
        watch.worker,
        createWorker({ name: 'statistics', pollMs: STATISTICS_POLL_MS, pass: createCounting(db, clock), log }),
      ],
    };
  },
};
