/**
 * What brokers bring: handled at once where that can be, else stored. Either way it is safe when `deliver` ends, and may be
 * acknowledged.
 */
import type { Clock } from './clock.ts';
import { isUnavailable } from './database.ts';
import { createGroupCommit } from './group-commit.ts';
import type { Logger } from './log.ts';
import type { StoredEvent } from './message.ts';

/** Of a room: what has been brought, and is neither handled nor stored yet. */
export interface InHand {
  count: number;
  /** Seconds since the first of them came. */
  oldest_seconds: number;
}

export interface Arrivals {
  deliver(events: readonly StoredEvent[], again?: boolean): Promise<void>;
  inHand(): InHand;
  start(): void;
  /** What comes from now on is stored, for the next start. Ends when all that came before has been dealt with. */
  stop(): Promise<void>;
}

export interface ArrivalsOptions {
  /** All of them in one transaction, or none. */
  handle: (events: readonly StoredEvent[]) => Promise<void>;
  store: (events: readonly StoredEvent[]) => Promise<void>;
  /** Most that are handled together. */
  max: number;
  clock: Clock;
  log: Logger;
}

export function createArrivals({ handle, store, max, clock, log }: ArrivalsOptions): Arrivals {
  const deliveries = new Set<{ count: number; since: number }>();
  const together = createGroupCommit<StoredEvent, undefined>({
    max,
    retryAlone: () => false,
    async write(events) {
      await handle(events);
      return events.map(() => undefined);
    },
  });
  let stopped = false;

  async function handleOrStore(events: readonly StoredEvent[]): Promise<void> {
    const results = await Promise.allSettled(events.map(together.add));
    const left = events.filter((_, i) => results[i]?.status === 'rejected');
    if (left.length === 0) return;
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    // Nothing can be stored either: it comes again.
    const away = reasons.find(isUnavailable);
    if (away) throw away;
    log.warn({ err: reasons[0], count: left.length }, 'not handled at once; will be handled from the inbox');
    await store(left);
  }

  return {
    async deliver(events, again = false) {
      const delivery = { count: events.length, since: clock.now().getTime() };
      deliveries.add(delivery);
      try {
        await (again || stopped ? store(events) : handleOrStore(events));
      } finally {
        deliveries.delete(delivery);
      }
    },
    inHand() {
      let [count, since] = [0, Number.POSITIVE_INFINITY];
      for (const delivery of deliveries) {
        count += delivery.count;
        since = Math.min(since, delivery.since);
      }
      return { count, oldest_seconds: count > 0 ? Math.max(0, (clock.now().getTime() - since) / 1000) : 0 };
    },
    start() {
      stopped = false;
    },
    async stop() {
      stopped = true;
      await together.drained();
    },
  };
}
