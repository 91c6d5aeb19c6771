/** Customers: accounts, and the tokens that prove who somebody is. */
import type { Settings } from '../../config.ts';
import { createExports } from '../../platform/csv-export.ts';
import type { RoomDefinition } from '../../platform/service.ts';
import { createWorker } from '../../platform/worker.ts';
import { addressRoutes } from './address-routes.ts';
import { authRoutes } from './auth-routes.ts';
import { cartRoutes } from './cart-routes.ts';
import { prepareFirstAdmin } from './first-admin.ts';
import { createPasswordCheck } from './login.ts';
import { sendResets } from './password-resets.ts';
import { createPasswords } from './passwords.ts';
import { createRoutes } from './routes.ts';
import { createSheetRoutes } from './sheet-routes.ts';
import { forgetOld } from './store-sessions.ts';
import { createTokens } from './tokens.ts';

const FORGET_EVERY_MS = 60_000;
/** More often than a new key is used for the first time. */
const KEYS_EVERY_MS = 20_000;
const FORGET_AT_ONCE = 1_000;
const DAY_SECONDS = 86_400;

export interface CustomersOptions {
  /** Told the generated password of the first admin, once, so that it can be shown; it belongs in no log. */
  onAdminPassword?: (email: string, password: string) => void;
}

export function createCustomers({ onAdminPassword = () => {} }: CustomersOptions = {}): RoomDefinition<Settings> {
  return {
    name: 'customers',
    migrations: new URL('./migrations/', import.meta.url),
    open: ({ db, clock, log, settings }) => {
      const passwords = createPasswords();
      const tokens = createTokens({
        db,
        clock,
        seconds: settings.TOKEN_SECONDS,
        keyDays: settings.SIGNING_KEY_DAYS,
      });
      const check = createPasswordCheck(db, clock, passwords, tokens.seal);
      const resets = createWorker({ name: 'password-resets', pass: () => sendResets(db), log });
      return {
        routes: [
          ...createRoutes({ db, clock, passwords, check, tokens }),
          ...authRoutes({
            db,
            clock,
            log,
            passwords,
            check,
            tokens,
            tokenSeconds: settings.TOKEN_SECONDS,
            sessionSeconds: settings.SESSION_DAYS * DAY_SECONDS,
            secure: settings.SHOP_URL.startsWith('https:'),
            wakeResets: resets.wake,
          }),
          ...createSheetRoutes({ db, passwords, exports: createExports(clock, log) }),
          ...addressRoutes(db),
          ...cartRoutes(db),
        ],
        handlers: [],
        workers: [
          resets,
          createWorker({
            name: 'signing-keys',
            pollMs: KEYS_EVERY_MS,
            log,
            pass: async () => {
              await tokens.tend();
              return false;
            },
          }),
          createWorker({
            name: 'forgetting',
            pollMs: FORGET_EVERY_MS,
            pass: () => forgetOld(db, clock.now(), FORGET_AT_ONCE),
            log,
          }),
        ],
        prepare: async () => {
          await tokens.prepare();
          await prepareFirstAdmin({ db, passwords, settings, onAdminPassword });
        },
      };
    },
  };
}
