/** Webhooks: merchants are told of events. Found by this folder's name; its contract is src/contracts/webhooks.ts. */
import type { Settings } from '../../config.ts';
import { createOutgoing } from '../../platform/outgoing.ts';
import type { RoomDefinition } from '../../platform/service.ts';
import { createWorker } from '../../platform/worker.ts';
import { createHandlers, createInterest } from './handlers.ts';
import { exposeWebhooks, meterWebhooks } from './metrics.ts';
import { createRoutes } from './routes.ts';
import { createSending } from './sending.ts';
import { endLeases, forgetBefore } from './store-deliveries.ts';

const KEPT_MS = 30 * 24 * 3_600_000;
const FORGET_POLL_MS = 60_000;

export const service: RoomDefinition<Settings> = {
  name: 'webhooks',
  migrations: new URL('./migrations/', import.meta.url),
  open({ db, clock, log, settings, metrics }) {
    const outgoing = createOutgoing(settings.WEBHOOKS_PRIVATE_HOSTS);
    const sending = createSending({ db, clock, log, outgoing, meter: meterWebhooks(metrics) });
    const interest = createInterest(db, clock);
    exposeWebhooks(metrics, db);
    const forgetting = createWorker({
      name: 'forgetting',
      pollMs: FORGET_POLL_MS,
      log,
      pass: () => forgetBefore(db, new Date(clock.now().getTime() - KEPT_MS)),
    });
    const sender = {
      ...sending,
      async stop() {
        await sending.stop();
        await outgoing.close();
      },
    };
    return {
      routes: createRoutes({ db, clock, outgoing, wake: sending.wake, look: interest.look }),
      handlers: createHandlers(sending.wake),
      wanted: interest.wanted,
      workers: [sender, forgetting],
      endLeases: () => endLeases(db, clock.now()),
    };
  },
};
