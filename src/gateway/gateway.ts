/**
 * The one door for clients. Its routes are the contracts' public paths; it checks tokens (the rooms check again),
 * passes on only the headers it knows, and says clearly which part of the shop is away.
 */
import type { FastifyInstance } from 'fastify';
import type { Verifier } from '../platform/auth.ts';
import { authenticate, authorize } from '../platform/auth.ts';
import type { Endpoint } from '../platform/contract.ts';
import type { Door, HttpReply, HttpRequest } from '../platform/dispatch.ts';
import { problemReply, traceparentOf } from '../platform/dispatch.ts';
import { createHttpServer, mountEndpoints, mountOperations } from '../platform/http.ts';
import type { Logger } from '../platform/log.ts';
import { common, isRejection, reject } from '../platform/problem.ts';
import { createMetrics } from '../platform/telemetry.ts';
import type { Upstream } from '../platform/upstream.ts';
import { UpstreamUnavailable } from '../platform/upstream.ts';

export interface GatewayOptions {
  endpoints: readonly Endpoint[];
  services: readonly string[];
  upstream: Upstream;
  verifier: Verifier;
  log: Logger;
  openapi: object;
}

export interface Gateway {
  listen(host: string, port: number): Promise<string>;
  health(): Promise<GatewayHealth>;
  stop(): Promise<void>;
}

export interface GatewayHealth extends Record<string, unknown> {
  status: 'ok' | 'degraded' | 'down';
  services: Record<string, unknown>;
}

const FORWARDED = ['authorization', 'content-type', 'idempotency-key', 'last-event-id', 'if-match'];
const HEALTH_TIMEOUT_MS = 3_000;

export function createGateway(options: GatewayOptions): Gateway {
  const { endpoints, services, upstream, verifier, openapi } = options;
  const log = options.log.child({ service: 'gateway' });
  const metrics = createMetrics('gateway');
  let app: FastifyInstance | undefined;
  let stopping = false;

  const door: Door = {
    async handle(endpoint, request): Promise<HttpReply> {
      try {
        const { authorization } = request.headers;
        const caller = await authenticate(authorization as string | undefined, verifier);
        const denied = isRejection(caller) ? caller : authorize(caller, endpoint.access);
        if (denied) return problemReply(denied, request.url);
        return withPublicLocation(await upstream.call(endpoint, { ...request, headers: passedOn(request) }), endpoint);
      } catch (error) {
        const away = error instanceof UpstreamUnavailable;
        log[away ? 'warn' : 'error']({ err: error, endpoint: endpoint.name }, 'upstream failed');
        if (!away) return problemReply(reject(common.internal), request.url);
        const detail = `${endpoint.service} cannot be reached`;
        return problemReply(reject(common.unavailable, { detail, headers: { 'retry-after': '2' } }), request.url);
      }
    },
  };

  async function health(): Promise<GatewayHealth> {
    const asked = await Promise.all(
      services.map(async (service) => {
        const summary = await withTimeout(upstream.health(service)).catch((error) => ({
          status: 'down',
          error: (error as Error).message,
        }));
        return [service, summary as { status: string }] as const;
      }),
    );
    const statuses = asked.map(([, { status }]) => status);
    const allDown = statuses.every((status) => status === 'down');
    const status = allDown || stopping ? 'down' : statuses.every((one) => one === 'ok') ? 'ok' : 'degraded';
    return { status, service: 'gateway', services: Object.fromEntries(asked) };
  }

  return {
    health,
    async listen(host, port) {
      app = createHttpServer();
      const mounts = endpoints.flatMap((endpoint) => endpoint.publicPaths.map((path) => ({ endpoint, path })));
      mountEndpoints(app, mounts, door, metrics);
      app.get('/', async (_request, reply) => reply.redirect('/docs'));
      // Links in mails lead to the order's page; where there is no web shop, to the order itself.
      app.get<{ Params: { id: string } }>('/orders/:id', async ({ params, url }, reply) => {
        const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
        return reply.redirect(`/api/orders/${encodeURIComponent(params.id)}/timeline${query}`);
      });
      const ready = async () => (stopping ? 'stopping' : undefined);
      await mountOperations(app, { probes: { ready, summary: health }, metrics, openapi });
      return app.listen({ host, port });
    },
    async stop() {
      stopping = true;
      await app?.close();
    },
  };
}

/** Who somebody is comes from their token only: no identity or forwarding header of a client travels on. */
function passedOn({ headers }: HttpRequest): HttpRequest['headers'] {
  const passed: HttpRequest['headers'] = { traceparent: traceparentOf(headers.traceparent) };
  for (const name of FORWARDED) if (headers[name] !== undefined) passed[name] = headers[name];
  return passed;
}

/** A room names its own paths; clients reach them below /api. */
function withPublicLocation(reply: HttpReply, endpoint: Endpoint): HttpReply {
  const { location } = reply.headers;
  if (!location?.startsWith('/') || !endpoint.publicPaths[0]?.startsWith('/api')) return reply;
  return { ...reply, headers: { ...reply.headers, location: `/api${location}` } };
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error('no answer in time')), HEALTH_TIMEOUT_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
