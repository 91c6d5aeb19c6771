/** Catalog: what the shop sells, and for how much. */
import type { Settings } from '../../config.ts';
import type { RoomDefinition } from '../../platform/service.ts';
import { handlers } from './handlers.ts';
import { createRoutes } from './routes.ts';

export { loadSampleShop } from './sample-shop.ts';

export const catalog: RoomDefinition<Settings> = {
  name: 'catalog',
  migrations: new URL('./migrations/', import.meta.url),
  open: ({ db, settings }) => ({
    routes: createRoutes({ db, currency: settings.CURRENCY }),
    handlers,
  }),
};
