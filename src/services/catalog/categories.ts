/**
 * Categories with how much is in them. To count is to go through the whole catalogue, and every page view asks: one answer
 * serves everybody for a few seconds, and only one count is under way at a time.
 */
import type { Clock } from '../../platform/clock.ts';

export const COUNTED_FOR_MS = 5_000;

/** A failure is told to those who waited for it, and the next one asks anew. */
export function createCategories<Counts>(
  clock: Pick<Clock, 'now'>,
  count: () => Promise<Counts>,
): () => Promise<Counts> {
  let known: { counts: Promise<Counts>; until: number } | undefined;
  return () => {
    const now = clock.now().getTime();
    if (known && now < known.until) return known.counts;
    const mine = { counts: count(), until: Number.POSITIVE_INFINITY };
    known = mine;
    mine.counts.then(
      () => {
        mine.until = clock.now().getTime() + COUNTED_FOR_MS;
      },
      () => {
        mine.until = 0;
      },
    );
    return mine.counts;
  };
}
