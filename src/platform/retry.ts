/** When to try again: capped exponential back-off with full jitter (AWS Architecture Blog, 2015). */

import { random01 } from './clock.ts';

export interface BackoffOptions {
  baseMs: number;
  capMs: number;
}

/** Milliseconds before the try that follows the `attempt`-th failure (from 1): uniform in [0, min(cap, base·2ⁿ)]. */
export function backoff(attempt: number, { baseMs, capMs }: BackoffOptions, random: () => number = random01): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.ceil(random() * ceiling);
}
