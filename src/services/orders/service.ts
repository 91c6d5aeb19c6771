/** Orders: accepts checkouts in milliseconds and carries each order to its end. */
import type { Settings } from '../../config.ts';
import type { RoomDefinition } from '../../platform/service.ts';
import { createWorker } from '../../platform/worker.ts';
import { apply } from './advance.ts';
import { createCustomerCheck } from './customer-check.ts';
import { orderHandlers } from './handlers.ts';
import type { Deadlines } from './lifecycle.ts';
import { createPlacement } from './place.ts';
import { orderRoutes } from './routes.ts';
import { lockOverdue } from './store.ts';

const OVERDUE_BATCH = 256;

export const orders: RoomDefinition<Settings> = {
  name: 'orders',
  migrations: new URL('./migrations/', import.meta.url),
  open({ db, clock, log, client, settings }) {
    const deadlines: Deadlines = {
      pending: settings.STOCK_DEADLINE_SECONDS,
      awaiting_payment: settings.PAYMENT_DEADLINE_SECONDS,
    };

    /** No order waits for ever: what is overdue learns that its time is up, like any other news. */
    const giveUp = () =>
      db.transaction(async (tx) => {
        const overdue = await lockOverdue(tx, clock.now(), OVERDUE_BATCH);
        const learnt = overdue.map(({ id, traceparent }) => ({
          order_id: id,
          input: 'deadline' as const,
          event: 'deadline',
          traceparent,
        }));
        await apply(tx, overdue, learnt, deadlines);
        return overdue.length === OVERDUE_BATCH;
      });

    return {
      routes: orderRoutes({
        db,
        deadlines,
        placement: createPlacement(db, deadlines),
        checkCustomer: createCustomerCheck(client, log),
      }),
      handlers: orderHandlers(deadlines),
      workers: [createWorker({ name: 'deadlines', pass: giveUp, log })],
    };
  },
};
