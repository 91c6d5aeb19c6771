/**
 * Argon2id off the main thread, few at a time: each hash takes 19 MiB and tens of milliseconds of a core, and the thread
 * pool is shared with files and DNS. A flood of logins waits in a short line; past its end it is turned away (503).
 */
import { randomBytes } from 'node:crypto';
import { type Algorithm, hash, verify } from '@node-rs/argon2';
import { Overloaded } from '../../platform/group-commit.ts';

/** OWASP Password Storage Cheat Sheet: m = 19 MiB, t = 2, p = 1. */
const ARGON2ID = { algorithm: 2 satisfies Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Node's thread pool has four threads: half of them stay free. */
const SIDE_BY_SIDE = 2;
const MOST_WAITING = 200;

/** Runs at most `max` pieces of work at once, the others in the order they came; refuses what would wait too long. */
export function createLimiter(max: number, maxWaiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < max) running += 1;
    else if (waiting.length >= maxWaiting) throw new Overloaded();
    else await new Promise<void>((resolve) => waiting.push(resolve)); // whoever ends hands over its place
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Takes as long for an account that does not exist (no hash) as for one that does. */
  verify(password: string, hash: string | undefined): Promise<boolean>;
  /** A password nobody has to remember. */
  generate(): string;
}

export function createPasswords(): Passwords {
  const limited = createLimiter(SIDE_BY_SIDE, MOST_WAITING);
  const make = (password: string) => limited(() => hash(password, ARGON2ID));
  // Made at once, so that not even the first login of an unknown account takes longer.
  const nobody = make(randomBytes(16).toString('base64'));
  nobody.catch(() => {});
  return {
    hash: make,
    async verify(password, stored) {
      const against = stored ?? (await nobody);
      const fits = await limited(() => verify(against, password));
      return fits && stored !== undefined;
    },
    generate: () => randomBytes(15).toString('base64url'),
  };
}
