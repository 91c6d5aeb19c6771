/** Payments: charges once for each order, and gives back what an ended order was charged. */
import type { Settings } from '../../config.ts';
import type { RoomDefinition } from '../../platform/service.ts';
import { createWorker } from '../../platform/worker.ts';
import { auditRoutes } from './audit-routes.ts';
import { createCharges } from './charging.ts';
import { paymentHandlers } from './handlers.ts';
import { announceMethods } from './methods.ts';
import { exposeRefunds, meterMoney } from './metrics.ts';
import { createProviders } from './providers.ts';
import { createRefunds } from './refunding.ts';
import { paymentRoutes } from './routes.ts';
import { endPaymentLeases } from './store.ts';
import { RULES } from './store-audit.ts';
import { forgetEvents } from './store-events.ts';
import { endRefundLeases } from './store-refunds.ts';
import { createWebhooks } from './webhooks.ts';

/** Much longer than any provider goes on repeating itself. */
const EVENT_MEMORY_MS = 30 * 24 * 3_600_000;

export const payments = createPayments();

/** `provide` opens the card processors. */
export function createPayments(provide = createProviders): RoomDefinition<Settings> {
  return {
    name: 'payments',
    migrations: new URL('./migrations/', import.meta.url),
    open({ db, clock, log, settings, metrics, queued }) {
      const providers = provide(db, log, settings);
      const meter = meterMoney(metrics);
      exposeRefunds(metrics, db);
      const asking = {
        db,
        clock,
        log,
        meter,
        providers,
        timeoutMs: settings.PAYMENT_TIMEOUT_MS,
        concurrency: settings.PAYMENT_CONCURRENCY,
      };
      const refunds = createRefunds(asking);
      const charges = createCharges(asking, refunds.wake);
      const webhooks = createWebhooks(asking, { charges: charges.wake, refunds: refunds.wake });
      const wake = { charges: charges.wake, refunds: refunds.wake, webhooks: webhooks.wake };
      const forgetting = createWorker({
        name: 'forget-webhooks',
        pollMs: 60_000,
        log,
        pass: () => forgetEvents(db, new Date(clock.now().getTime() - EVENT_MEMORY_MS)),
      });
      return {
        prepare: async () => {
          await providers.load();
          await announceMethods(db, providers.current);
        },
        async endLeases() {
          await Promise.all([endPaymentLeases(db, clock.now()), endRefundLeases(db, clock.now())]);
        },
        routes: [...paymentRoutes({ db, clock, log, providers, wake }), ...auditRoutes({ db, queued })],
        rules: RULES,
        handlers: paymentHandlers(() => providers.current.name, wake, meter),
        workers: [charges, refunds, webhooks, forgetting],
      };
    },
  };
}
