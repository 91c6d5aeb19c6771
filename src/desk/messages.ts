/** What a room still holds about one thing, for whoever asks why nothing happens. Every room has the same. */
import type { MESSAGES } from '../contracts/messages.ts';
import type { ServiceName } from '../contracts/services.ts';
import type { Route } from '../platform/dispatch.ts';
import { route } from '../platform/dispatch.ts';
import { messagesAbout } from '../platform/messages-about.ts';
import type { CommonParts } from '../platform/service.ts';

const NONE = { outgoing: [], incoming: [], mended: [], dead: [], findings: [] };

export function messageRoute(endpoint: (typeof MESSAGES)[ServiceName], { db }: Pick<CommonParts, 'db'>): Route {
  return route(endpoint, async ({ query }) => {
    const found = await messagesAbout(db, query.subject);
    return { body: found ? { known: true, ...found } : { known: false, ...NONE } };
  });
}
