/** Looks at the shop all the time: when checkouts were answered, and when no order was stuck. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Crowd } from './shoppers.ts';
import type { Books } from './verdict.ts';
import { stuckOrders } from './verdict.ts';

export interface Watch {
  /** Waits until, later than `after`, a checkout was answered and no order is stuck. Milliseconds that took, or none. */
  recovered(after: number, limitMs: number): Promise<number | undefined>;
  /** The longest time without an answered checkout between two moments; milliseconds. */
  longestSilence(from: number, to: number): number;
}

const LOOK_MS = 100;

export function watch(books: Books, crowd: Crowd): Watch {
  const { answeredAt } = crowd;
  return {
    async recovered(after, limitMs) {
      for (;;) {
        const began = performance.now();
        if (began > after + limitMs) return undefined;
        const stuck = await stuckOrders(books).catch(() => 1);
        if (stuck === 0 && (answeredAt.at(-1) ?? 0) > after) return performance.now() - after;
        await sleep(LOOK_MS);
      }
    },
    longestSilence(from, to) {
      const moments = [from, ...answeredAt.filter((at) => at > from && at < to), to];
      return Math.max(...moments.slice(1).map((at, i) => at - (moments[i] as number)));
    },
  };
}
