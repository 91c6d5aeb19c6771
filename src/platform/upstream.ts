/** The seam between a caller and a room, chosen once in main.ts: a function call in this process, or HTTP. */
import { Pool } from 'undici';
import type { Endpoint } from './contract.ts';
import type { Door, HttpReply, HttpRequest } from './dispatch.ts';

export interface Upstream {
  call(endpoint: Endpoint, request: HttpRequest): Promise<HttpReply>;
  /** The room's own account of its health; throws when it cannot be asked. */
  health(service: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Thrown when a room cannot be reached; the caller may try again. */
export class UpstreamUnavailable extends Error {
  readonly code = 'ECONNREFUSED';
}

export interface LocalRoom {
  door: Door;
  health: () => Promise<unknown>;
}

export function createLocalUpstream(rooms: ReadonlyMap<string, LocalRoom>): Upstream {
  const room = (service: string) => {
    const found = rooms.get(service);
    if (!found) throw new UpstreamUnavailable(`${service} does not run in this process`);
    return found;
  };
  return {
    call: (endpoint, request) => room(endpoint.service).door.handle(endpoint, request),
    health: (service) => room(service).health(),
    async close() {},
  };
}

/** Headers that travel on. Nothing a client sends about who it is does, but its token. */
const FORWARDED = ['authorization', 'content-type', 'idempotency-key', 'traceparent', 'last-event-id', 'if-match'];
const RETURNED = ['content-type', 'location', 'retry-after', 'www-authenticate', 'idempotency-replayed', 'etag'];

export function createHttpUpstream(urlOf: (service: string) => string, timeoutMs = 10_000): Upstream {
  const pools = new Map<string, Pool>();
  const pool = (service: string) => {
    let found = pools.get(service);
    if (!found) {
      found = new Pool(urlOf(service), { connections: 64, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
      pools.set(service, found);
    }
    return found;
  };

  async function request(service: string, method: string, path: string, headers: object, body?: Buffer) {
    try {
      const response = await pool(service).request({
        method: method as 'GET',
        path,
        headers: headers as Record<string, string>,
        body: body ?? null,
      });
      return { ...response, text: await response.body.text() };
    } catch (error) {
      throw new UpstreamUnavailable(`${service} cannot be reached: ${(error as Error).message}`, { cause: error });
    }
  }

  return {
    async call(endpoint, { params, query, headers, body }) {
      const forwarded = Object.fromEntries(
        FORWARDED.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
      );
      const hasBody = endpoint.body && body && body.length > 0;
      const response = await request(
        endpoint.service,
        endpoint.method,
        pathOf(endpoint, params, query),
        forwarded,
        hasBody ? body : undefined,
      );
      const returned = Object.fromEntries(
        RETURNED.flatMap((name) => (response.headers[name] ? [[name, String(response.headers[name])]] : [])),
      );
      return { status: response.statusCode, headers: returned, body: response.text || undefined };
    },
    async health(service) {
      const { text } = await request(service, 'GET', '/health', {});
      return JSON.parse(text);
    },
    async close() {
      await Promise.all([...pools.values()].map((one) => one.close()));
    },
  };
}

/** `/orders/{id}` with its parameters filled in. */
export function pathOf(endpoint: Endpoint, params: Record<string, unknown>, query: Record<string, unknown>): string {
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.append(name, String(value));
  return search.size > 0 ? `${path}?${search}` : path;
}
