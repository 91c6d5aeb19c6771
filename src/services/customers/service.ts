/** Customers: accounts, and the tokens that prove who somebody is. */
import type { Settings } from '../../config.ts';
import type { RoomDefinition } from '../../platform/service.ts';
import { prepareFirstAdmin } from './first-admin.ts';
import { createPasswords } from './passwords.ts';
import { createRoutes } from './routes.ts';
import { createTokens } from './tokens.ts';

export interface CustomersOptions {
  /** Told the generated password of the first admin, once, so that it can be shown; it belongs in no log. */
  onAdminPassword?: (email: string, password: string) => void;
}

export function createCustomers({ onAdminPassword = () => {} }: CustomersOptions = {}): RoomDefinition<Settings> {
  return {
    name: 'customers',
    migrations: new URL('./migrations/', import.meta.url),
    open: ({ db, clock, settings }) => {
      const passwords = createPasswords();
      const tokens = createTokens({ db, clock, seconds: settings.TOKEN_SECONDS });
      return {
        routes: createRoutes({ db, passwords, tokens, tokenSeconds: settings.TOKEN_SECONDS }),
        handlers: [],
        prepare: async () => {
          await tokens.prepare();
          await prepareFirstAdmin({ db, passwords, settings, onAdminPassword });
        },
      };
    },
  };
}
