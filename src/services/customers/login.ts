/** Proving who one is: passwords, throttled by address, and sessions that go on by refresh tokens. */
import { createHash, randomBytes } from 'node:crypto';
import { TooManyAttempts } from '../../contracts/problems.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import type { Rejection } from '../../platform/problem.ts';
import { reject } from '../../platform/problem.ts';
import type { Passwords } from './passwords.ts';
import type { Credentials } from './store.ts';
import { forgetAttempts, insertSession, lockAttempts, saveAttempts } from './store-sessions.ts';
import { guessed, pauseLeft } from './throttle.ts';

/** Secrets are kept as digests only; 256 random bits need no salt. */
export const digestOf = (secret: string) => createHash('sha256').update(secret).digest();
export const newSecret = () => randomBytes(32).toString('base64url');

export interface PasswordCheck {
  /**
   * Whether a password is that of an account; without an account (no hash) it is not, and costs the same. Guesses are
   * counted by address, those from a browser that has known the password once apart: so nobody is kept out of their own
   * account by somebody else's guessing (OWASP, device cookies).
   */
  check(
    email: string,
    password: string,
    hash: string | undefined,
    device?: string,
  ): Promise<'wrong' | Rejection<'too-many-attempts'> | undefined>;
  /** The account has proved itself otherwise: its failures are forgotten. */
  forget(email: string): Promise<void>;
}

/** `seal` keys the digests: a list of addresses must not tell whose rows these are. */
export function createPasswordCheck(
  db: Database,
  clock: Clock,
  passwords: Passwords,
  seal: (text: string) => string,
): PasswordCheck {
  const digestFor = (who: string) => Buffer.from(seal(`attempts of ${who}`), 'base64url');

  /** Counts the guess, or says how long to wait. */
  function take(digest: Buffer): Promise<number> {
    return db.transaction(async (tx) => {
      const attempts = await lockAttempts(tx, digest);
      const pause = pauseLeft(attempts, clock.now());
      if (pause === 0) saveAttempts(tx, digest, guessed(attempts, clock.now()));
      return pause;
    });
  }

  return {
    async check(email, password, hash, device = '') {
      const digest = digestFor(`${email} ${device}`.trim());
      const pause = await take(digest);
      if (pause > 0) return reject(TooManyAttempts, { headers: { 'retry-after': String(Math.ceil(pause / 1000)) } });
      if (!(await passwords.verify(password, hash))) return 'wrong';
      await forgetAttempts(db, digest);
      return undefined;
    },
    forget: (email) => forgetAttempts(db, digestFor(email)),
  };
}

/**
 * Starts a session; the refresh token is told once and kept nowhere. Undefined when the password that was looked at is no
 * longer the account's, or the account is gone.
 */
export async function startSession(
  tx: Tx,
  { id: customer_id, password_hash }: Credentials,
  expires_at: Date,
): Promise<string | undefined> {
  const secret = newSecret();
  const session = { id: newId(), customer_id, password_hash, digest: digestOf(secret), expires_at };
  return (await insertSession(tx, session)) ? secret : undefined;
}
