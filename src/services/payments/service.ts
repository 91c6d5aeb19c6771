/** Payments: charges once for each order, and gives back what an ended order was charged. */
import type { Settings } from '../../config.ts';
import type { RoomDefinition } from '../../platform/service.ts';
import { createCharging } from './charging.ts';
import { paymentHandlers } from './handlers.ts';
import { paymentRoutes } from './routes.ts';
import { createTestProvider } from './test-provider.ts';

export const payments: RoomDefinition<Settings> = {
  name: 'payments',
  migrations: new URL('./migrations/', import.meta.url),
  open({ db, clock, log, settings }) {
    const provider = createTestProvider(db, settings.PAYMENT_LATENCY_MS);
    const { charges, refunds } = createCharging({
      db,
      clock,
      log,
      provider,
      timeoutMs: settings.PAYMENT_TIMEOUT_MS,
      concurrency: settings.PAYMENT_CONCURRENCY,
    });
    return {
      routes: paymentRoutes(db, refunds.wake),
      handlers: paymentHandlers(provider.name, { charges: charges.wake, refunds: refunds.wake }),
      workers: [charges, refunds],
    };
  },
};
