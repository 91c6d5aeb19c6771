/**
 * How often a password may be guessed: a few times freely, then after pauses that double. Counted by address, whether or
 * not there is such an account, so that being throttled tells nothing either. Pure.
 */

const FREE = 5;
const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
/** Failures are forgotten after this much quiet. */
export const FORGOTTEN_MS = 60 * 60_000;

export interface Attempts {
  failures: number;
  blocked_until: string | null;
  failed_at: string;
}

/** Milliseconds until the next guess is taken; 0 when one is now. */
export function pauseLeft({ blocked_until }: Pick<Attempts, 'blocked_until'>, now: Date): number {
  return blocked_until === null ? 0 : Math.max(0, Date.parse(blocked_until) - now.getTime());
}

/**
 * One more guess, counted before it is looked at: a thousand at once are a thousand. The right one takes its count back.
 */
export function guessed({ failures, failed_at }: Attempts, now: Date): Attempts {
  const quiet = now.getTime() - Date.parse(failed_at) > FORGOTTEN_MS;
  const count = (quiet ? 0 : failures) + 1;
  const pause = count < FREE ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (count - FREE), LONGEST_PAUSE_MS);
  return {
    failures: count,
    blocked_until: pause === 0 ? null : new Date(now.getTime() + pause).toISOString(),
    failed_at: now.toISOString(),
  };
}
