/** A shop has an admin from the first moment on. The account is the owner's act, no customer's: no event tells of it. */
import type { Settings } from '../../config.ts';
import { newId } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { normalEmail, weakness } from './customer.ts';
import type { Passwords } from './passwords.ts';
import { findCredentials, hasAdmin, lockAdmins, makeAdmin } from './store.ts';

export interface FirstAdminOptions {
  db: Database;
  passwords: Passwords;
  settings: Pick<Settings, 'ADMIN_EMAIL' | 'ADMIN_PASSWORD'>;
  /** Told once, when a password was made; it is stored nowhere. */
  onAdminPassword: (email: string, password: string) => void;
}

export async function prepareFirstAdmin({ db, passwords, settings, onAdminPassword }: FirstAdminOptions) {
  const email = normalEmail(settings.ADMIN_EMAIL);
  const given = settings.ADMIN_PASSWORD;
  if (given && weakness(given, email)) throw new Error('ADMIN_PASSWORD is among the first that anybody would guess');
  if (given) await keepGivenPassword();
  else await makeOneWhenThereIsNone();

  /** The password from the settings works after every start; a hash that verifies it is left alone. */
  async function keepGivenPassword(): Promise<void> {
    await db.transaction(async (tx) => {
      await lockAdmins(tx);
      const account = await findCredentials(tx, email);
      if (account?.role === 'admin' && (await passwords.verify(given, account.password_hash))) return;
      await makeAdmin(tx, newId(), email, await passwords.hash(given));
    });
  }

  async function makeOneWhenThereIsNone(): Promise<void> {
    if (await hasAdmin(db)) return;
    const password = passwords.generate();
    const hash = await passwords.hash(password);
    const made = await db.transaction(async (tx) => {
      await lockAdmins(tx);
      if (await hasAdmin(tx)) return false;
      await makeAdmin(tx, newId(), email, hash);
      return true;
    });
    if (made) onAdminPassword(email, password);
  }
}
