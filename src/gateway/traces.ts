/** Traces begin in the browser: its part of them is told afterwards. */
import { TellSpans } from '../contracts/traces.ts';
import type { Endpoint } from '../platform/contract.ts';
import type { Route } from '../platform/dispatch.ts';
import { route } from '../platform/dispatch.ts';
import { ATTR } from '../platform/semconv.ts';
import { recordBrowserSpan } from '../platform/tracing.ts';

/** A page says what it likes: only operations that there are become spans, named as the shop names them. */
export function traceRoutes(endpoints: readonly Endpoint[]): Route[] {
  const known = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
  return [
    route(TellSpans, async ({ body }) => {
      for (const { endpoint: name, status, ...span } of body.spans) {
        const endpoint = known.get(name);
        const path = endpoint?.publicPaths[0];
        if (!endpoint || !path || span.ended_at < span.started_at) continue;
        const { method } = endpoint;
        recordBrowserSpan({
          ...span,
          name: `${method} ${path}`,
          attributes: { [ATTR.method]: method, [ATTR.urlTemplate]: path, [ATTR.status]: status || undefined },
          error: status === 0 || status >= 400 ? String(status || 'no answer') : undefined,
        });
      }
      return {};
    }),
  ];
}
