/** Notifications: people are told, at most once of each thing. */
import type { Settings } from '../../config.ts';
import type { RoomDefinition } from '../../platform/service.ts';
import { createHandlers } from './handlers.ts';
import { createMailer } from './mailer.ts';
import { createRoutes } from './routes.ts';

export const notifications: RoomDefinition<Settings> = {
  name: 'notifications',
  migrations: new URL('./migrations/', import.meta.url),
  open: ({ db, clock, log, settings }) => {
    const mailer = createMailer({ db, clock, log, settings });
    const { MERCHANT_EMAIL: merchant, MAIL_FROM: sender, SHOP_URL: shopUrl } = settings;
    return {
      routes: createRoutes({ db, sender, wake: mailer.wake }),
      handlers: createHandlers({ merchant, sender, shopUrl, wake: mailer.wake }),
      workers: [mailer],
    };
  },
};
