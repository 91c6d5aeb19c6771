/** What admins did in a room. Every room has the same. */
import type { ACTIVITY } from '../contracts/activity.ts';
import type { ServiceName } from '../contracts/services.ts';
import { listActivity } from '../platform/activity.ts';
import type { Route } from '../platform/dispatch.ts';
import { route } from '../platform/dispatch.ts';
import { cutPage, decodeIdCursor } from '../platform/page.ts';
import { isRejection } from '../platform/problem.ts';
import type { CommonParts } from '../platform/service.ts';

export function activityRoute(endpoint: (typeof ACTIVITY)[ServiceName], { db }: Pick<CommonParts, 'db'>): Route {
  return route(endpoint, async ({ query: { cursor, limit = 50, ...filter } }) => {
    const before = decodeIdCursor(cursor);
    if (isRejection(before)) return before;
    const rows = await listActivity(db, { ...filter, before, limit: limit + 1 });
    return { body: cutPage(rows, limit, ({ id }) => [id]) };
  });
}
