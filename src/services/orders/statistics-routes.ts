/** Statistics as they are right now: what is counted, and what came in the seconds since, counted on the spot. */
import type { OrderStatistics } from '../../contracts/orders.ts';
import { GetStatistics, STATISTICS } from '../../contracts/orders.ts';
import type { Clock } from '../../platform/clock.ts';
import type { QueryOf } from '../../platform/contract.ts';
import type { Database } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import type { Rejection } from '../../platform/problem.ts';
import { isRejection } from '../../platform/problem.ts';
import type { Slot } from './statistics.ts';
import { readWindow, shown } from './statistics.ts';
import { countHistory, readCounted, readWaiting } from './store-statistics.ts';

/** The longest span that is counted while somebody waits; normally it is half a minute. */
const MOST_LIVE_MS = 5 * 60_000;

export function statisticsRoutes(db: Database, clock: Clock): Route[] {
  return [
    route(GetStatistics, async ({ query }) => {
      const statistics = await readStatistics(db, query, clock.now());
      return isRejection(statistics) ? statistics : { body: statistics };
    }),
  ];
}

export async function readStatistics(
  db: Database,
  query: QueryOf<typeof GetStatistics>,
  now: Date,
): Promise<OrderStatistics | Rejection<'invalid-request'>> {
  const window = readWindow(query, now.getTime());
  if (isRejection(window)) return window;
  const stuck_since = new Date(now.getTime() - STATISTICS.stuckSeconds * 1000).toISOString();
  const [waiting, { marks, slots }] = await Promise.all([readWaiting(db, stuck_since), readCounted(db, window)]);
  const uncounted = Math.max(window.from, marks.counted);
  const live = Math.max(uncounted, now.getTime() - MOST_LIVE_MS);
  const fresh: Slot[] = live < window.to ? await countHistory(db, live, window.to) : [];
  const missing = { from: uncounted, to: Math.min(live, window.to) };
  return {
    ...shown(window, [...slots, ...fresh]),
    waiting: { ...waiting, stuck_since },
    uncounted: missing.from < missing.to ? { from: iso(missing.from), to: iso(missing.to) } : null,
  };
}

const iso = (time: number) => new Date(time).toISOString();
