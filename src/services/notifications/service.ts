/** Notifications: people are told, at most once of each thing on each channel. */
import type { Settings } from '../../config.ts';
import type { RoomDefinition } from '../../platform/service.ts';
import { createWorker } from '../../platform/worker.ts';
import { auditRoutes } from './audit-routes.ts';
import { createHandlers } from './handlers.ts';
import { createMailer, openSmtp } from './mailer.ts';
import { exposeQueue, meterSending } from './metrics.ts';
import { createRoutes } from './routes.ts';
import { endLeases, expireDue } from './store.ts';
import { RULES } from './store-audit.ts';
import { createTexter, smsProvider } from './texter.ts';

const EXPIRY_POLL_MS = 30_000;

export const notifications = createNotifications();

/** `openTransport` opens the way to a mail server. */
export function createNotifications(openTransport = openSmtp): RoomDefinition<Settings> {
  return {
    name: 'notifications',
    migrations: new URL('./migrations/', import.meta.url),
    open: ({ db, clock, log, settings, metrics, queued }) => {
      const { MERCHANT_EMAIL: merchant, MAIL_FROM: sender, SHOP_URL: url, SHOP_NAME: name } = settings;
      const shop = { name, url };
      const provider = smsProvider(db, log, settings, name);
      const meter = meterSending(metrics);
      exposeQueue(metrics, db);
      const mailer = createMailer({ db, clock, log, meter, settings, shop, openTransport });
      const texter = provider && createTexter({ db, clock, log, meter, provider, shop });
      const wake = { email: () => mailer?.wake(), sms: () => texter?.wake() };
      const expiry = createWorker({
        name: 'expiry',
        pollMs: EXPIRY_POLL_MS,
        log,
        pass: async () => {
          await expireDue(db, clock.now());
          return false;
        },
      });
      return {
        endLeases: () => endLeases(db, clock.now()),
        routes: [...createRoutes({ db, sender, shop, wake }), ...auditRoutes({ db, queued })],
        rules: RULES,
        handlers: createHandlers({ merchant, sender, shop, sms: provider !== undefined, wake }),
        workers: [mailer, texter, expiry].filter((worker) => worker !== undefined),
      };
    },
  };
}
