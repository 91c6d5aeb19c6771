/** The seam between a caller and a room, chosen once in main.ts: a function call in this process, or HTTP. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import type { Endpoint } from './contract.ts';
import type { Door, HttpReply, HttpRequest } from './dispatch.ts';
import { ATTR } from './semconv.ts';
import type { Span } from './tracing.ts';
import { isTracing, spanning, startChild } from './tracing.ts';

export interface Upstream {
  call(endpoint: Endpoint, request: HttpRequest): Promise<HttpReply>;
  /** The room's own account of its health; throws when it cannot be asked. */
  health(service: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Thrown when a room cannot be reached; the caller may try again. */
export class UpstreamUnavailable extends Error {
  readonly code = 'ECONNREFUSED';
  readonly service: string;
  constructor(service: string, message: string, options?: ErrorOptions) {
    super(`${service} ${message}`, options);
    this.service = service;
  }
}

export interface LocalRoom {
  door: Door;
  health: () => Promise<unknown>;
}

export function createLocalUpstream(rooms: ReadonlyMap<string, LocalRoom>): Upstream {
  const room = (service: string) => {
    const found = rooms.get(service);
    if (!found) throw new UpstreamUnavailable(service, 'does not run in this process');
    return found;
  };
  return {
    call: (endpoint, request) => room(endpoint.service).door.handle(endpoint, request),
    health: (service) => room(service).health(),
    async close() {},
  };
}

/** Headers that travel on, and those an endpoint asks for. Nothing a client sends about who it is does, but its token. */
const FORWARDED = ['authorization', 'content-type', 'idempotency-key', 'traceparent'];
const RETURNED = [
  'allow',
  'cache-control',
  'content-disposition',
  'content-type',
  'etag',
  'idempotency-replayed',
  'last-modified',
  'location',
  'retry-after',
  'set-cookie',
  'www-authenticate',
];

/** What of a request's headers goes to the room that owns the endpoint. */
export function forwarded(endpoint: Endpoint, headers: HttpRequest['headers']): HttpRequest['headers'] {
  const passed: HttpRequest['headers'] = {};
  for (const name of FORWARDED) if (headers[name] !== undefined) passed[name] = headers[name];
  for (const name of endpoint.headers) if (headers[name] !== undefined) passed[name] = headers[name];
  return passed;
}

function returned(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(RETURNED.flatMap((name) => (headers[name] ? [[name, String(headers[name])]] : [])));
}

/** A stream says something more often than this, or waits for its reader. */
const MAX_SILENCE_MS = 60_000;

/**
 * How long a connection is used. Behind one address there may be several processes, and it is connections that are shared among
 * them: one that comes later hears of nothing while the old ones last.
 */
const CONNECTION_LIFE_MS = 60_000;

/** How long an answer may take: an upload is worked on before it is answered. */
export function patience({ raw }: Endpoint, timeoutMs: number): number {
  return raw ? 3 * timeoutMs : timeoutMs;
}

export function createHttpUpstream(
  urlOf: (service: string) => string,
  timeoutMs = 10_000,
  lifeMs = CONNECTION_LIFE_MS,
): Upstream {
  const pools = new Map<string, { pool: Pool; until: number }>();
  /** What is under way on them ends; nothing new begins. */
  const leaving = new Set<Pool>();

  /** A stream holds its connection for as long as it lasts, and must not take it from the requests. */
  function pool(service: string, kind: 'requests' | 'streams'): Pool {
    const name = `${service} ${kind}`;
    const found = pools.get(name);
    if (found && performance.now() < found.until) return found.pool;
    if (found) leave(found.pool);
    const limits =
      kind === 'requests'
        ? { connections: 64, bodyTimeout: timeoutMs }
        : { connections: null, bodyTimeout: MAX_SILENCE_MS };
    const made = new Pool(urlOf(service), { ...limits, headersTimeout: timeoutMs, connect: { timeout: timeoutMs } });
    pools.set(name, { pool: made, until: performance.now() + lifeMs });
    return made;
  }

  // The library's own limit (clientTtl) keeps a request waiting that finds all connections of a pool too old.
  function leave(old: Pool): void {
    leaving.add(old);
    old
      .close()
      .catch(() => {})
      .finally(() => leaving.delete(old));
  }

  async function reach<T>(service: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new UpstreamUnavailable(service, `cannot be reached: ${(error as Error).message}`, { cause: error });
    }
  }

  return {
    async call(endpoint, { params, query, headers, body, signal }) {
      const { service, method } = endpoint;
      const hasBody = (endpoint.body || endpoint.raw) && body && body.length > 0;
      const span = asking(endpoint, urlOf);
      const told = span ? { ...headers, traceparent: span.traceparent } : headers;
      const work = () =>
        reach(service, async () => {
          const reply = await pool(service, endpoint.streams ? 'streams' : 'requests').request({
            method,
            path: pathOf(endpoint, params, query),
            headers: forwarded(endpoint, told) as Record<string, string>,
            body: hasBody ? body : null,
            headersTimeout: patience(endpoint, timeoutMs),
            signal: signal ?? null,
          });
          // A refusal is a document like any other.
          const streams = endpoint.streams && String(reply.headers['content-type']).startsWith(String(endpoint.media));
          const content: Readable | Buffer = streams ? reply.body : Buffer.from(await reply.body.arrayBuffer());
          const empty = content instanceof Buffer && content.length === 0;
          span?.set({ [ATTR.status]: reply.statusCode });
          return { status: reply.statusCode, headers: returned(reply.headers), body: empty ? undefined : content };
        });
      return spanning(span, work);
    },
    async health(service) {
      return reach(service, async () => {
        const reply = await pool(service, 'requests').request({ method: 'GET', path: '/health' });
        return reply.body.json();
      });
    },
    async close() {
      await Promise.all([...[...pools.values()].map((one) => one.pool), ...leaving].map((one) => one.destroy()));
    },
  };
}

/** The span of a request to another process. */
function asking({ service, method, path }: Endpoint, urlOf: (service: string) => string): Span | undefined {
  if (!isTracing()) return undefined;
  const { hostname, port } = new URL(urlOf(service));
  return startChild({
    name: `${method} ${path}`,
    kind: 'client',
    attributes: {
      [ATTR.method]: method,
      [ATTR.urlTemplate]: path,
      [ATTR.serverAddress]: hostname,
      [ATTR.serverPort]: Number(port) || undefined,
    },
  });
}

/** `/orders/{id}` with its parameters filled in. */
export function pathOf(endpoint: Endpoint, params: Record<string, unknown>, query: Record<string, unknown>): string {
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    // What came twice goes on twice: the room refuses it, as it does when it is asked itself.
    for (const one of [value].flat()) if (one !== undefined) search.append(name, String(one));
  }
  return search.size > 0 ? `${path}?${search}` : path;
}
