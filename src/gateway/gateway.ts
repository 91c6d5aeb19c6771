/**
 * The one door for clients. Its routes are the contracts' public paths; it checks tokens (the rooms check again), counts
 * requests, passes on only the headers it knows, and says clearly which part of the shop is away.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { ExportCustomer } from '../contracts/customers.ts';
import type { Caller, Known, Verifier } from '../platform/auth.ts';
import { authenticate, authorize, GUEST } from '../platform/auth.ts';
import type { Client } from '../platform/client.ts';
import { createClient } from '../platform/client.ts';
import type { Endpoint } from '../platform/contract.ts';
import type { Arrival, Door, HttpReply, HttpRequest, Route } from '../platform/dispatch.ts';
import { createDoor, problemReply, traceparentOf } from '../platform/dispatch.ts';
import type { EventDocuments } from '../platform/http.ts';
import { createHttpServer, mountEndpoints, mountHealth, mountOperations } from '../platform/http.ts';
import type { Logger } from '../platform/log.ts';
import type { Rejection } from '../platform/problem.ts';
import { common, isRejection, reject } from '../platform/problem.ts';
import { createMetrics } from '../platform/telemetry.ts';
import { exposeBreakers, measured } from '../platform/telemetry-platform.ts';
import { exposeProcess } from '../platform/telemetry-process.ts';
import { answering } from '../platform/tracing.ts';
import type { Upstream } from '../platform/upstream.ts';
import { forwarded, UpstreamUnavailable } from '../platform/upstream.ts';
import { completeExport } from './export.ts';
import { createGuard, Late, OPEN_MS, Resting } from './guard.ts';
import type { Quotas, Taken } from './quota.ts';
import { clientOf, createQuotaCounter } from './quota.ts';
import { createPages, type Pages, type WebOptions } from './web.ts';

export interface GatewayOptions {
  endpoints: readonly Endpoint[];
  services: readonly string[];
  upstream: Upstream;
  verifier: Verifier;
  log: Logger;
  openapi: object;
  events: EventDocuments;
  /** What is answered here, put together from what the rooms answer. */
  routes: (rooms: Client) => readonly Route[];
  quotas: Quotas;
  /** How long a room may take to answer. */
  timeoutMs: number;
  /** Whose X-Forwarded-For is believed. */
  trustProxy: string;
  /** The pages that people see; a gateway for machines only has none. */
  web: WebOptions | undefined;
}

export interface Gateway {
  listen(host: string, port: number): Promise<string>;
  /** The pages and, on the same origin, the API. */
  listenWeb(host: string, port: number): Promise<string>;
  health(): Promise<GatewayHealth>;
  stop(): Promise<void>;
}

export interface GatewayHealth extends Record<string, unknown> {
  status: 'ok' | 'degraded' | 'down';
  services: Record<string, unknown>;
}

/** The service of what no room answers alone. */
const OWN = 'gateway';
const HEALTH_TIMEOUT_MS = 3_000;
const MAX_STREAMS = 50;

export function createGateway(options: GatewayOptions): Gateway {
  const { endpoints, services, upstream, verifier, openapi, events, quotas, timeoutMs, trustProxy, web } = options;
  const log = options.log.child({ service: 'gateway' });
  const metrics = createMetrics('gateway');
  exposeProcess(metrics.registry);
  const onTrip = exposeBreakers(metrics, services, (service) => guard.isOpen(service));
  const guard = createGuard({ upstream, timeoutMs, log, onTrip });
  const counter = createQuotaCounter(quotas);
  const streams = createStreamCounter();
  const rooms = createClient(guard);
  const own = createDoor({ routes: options.routes(rooms), verifier, log });
  const servers: FastifyInstance[] = [];
  let stopping = false;

  /** Who calls, and whether they may: not too often, not without the right. */
  async function check(endpoint: Endpoint, request: Arrival, count: 'take' | 'look') {
    const { authorization } = request.headers;
    const caller = await authenticate(authorization as string | undefined, verifier);
    const known: Caller = isRejection(caller) || caller.role === 'auditor' ? GUEST : caller;
    const client = clientOf(endpoint.quota, known, request.ip ?? '');
    const taken = counter[count](endpoint.quota, client, Date.now());
    return { refusal: refusalOf(endpoint, caller, taken), headers: taken?.headers ?? {}, client };
  }

  const door: Door = measured(
    {
      async admit(endpoint, request) {
        try {
          const { refusal, headers } = await check(endpoint, request, 'take');
          return refusal && withHeaders(problemReply(refusal, request.url), headers);
        } catch (error) {
          return failed(error, endpoint, request.url);
        }
      },
      handle(endpoint, request) {
        // Its own are answered by a door that tells of it.
        if (endpoint.service === OWN) return handle(endpoint, request);
        const { method, publicPaths } = endpoint;
        const about = { method, path: publicPaths[0] ?? endpoint.path };
        return answering(OWN, about, request, (traced) => handle(endpoint, traced));
      },
    },
    metrics,
  );

  async function handle(endpoint: Endpoint, request: HttpRequest): Promise<HttpReply> {
    try {
      // A raw body was admitted, and counted, before it was read.
      const { refusal, headers, client } = await check(endpoint, request, endpoint.raw ? 'look' : 'take');
      const denied = refusal ?? (endpoint.streams ? streams.refuse(client) : undefined);
      if (denied) return withHeaders(problemReply(denied, request.url), headers);
      const asked = { ...request, headers: passedOn(endpoint, request) };
      const answered = await (endpoint.service === OWN ? own.handle(endpoint, asked) : guard.call(endpoint, asked));
      const whole = endpoint.name === ExportCustomer.name && answered.status === 200;
      const reply = whole ? await completeExport(rooms, answered, asked) : answered;
      if (reply.body instanceof Readable) streams.count(client, reply.body);
      return withHeaders(withPublicLocation(reply, endpoint), headers);
    } catch (error) {
      return failed(error, endpoint, request.url);
    }
  }

  function failed(error: unknown, endpoint: Endpoint, url: string): HttpReply {
    const { name } = endpoint;
    if (!(error instanceof UpstreamUnavailable)) {
      log.error({ err: error, endpoint: name }, 'upstream failed');
      return problemReply(reject(common.internal), url);
    }
    if (!(error instanceof Resting)) log.warn({ err: error, endpoint: name }, 'upstream failed');
    const seconds = error instanceof Resting ? Math.ceil(OPEN_MS / 1000) : 2;
    const headers = { 'retry-after': String(seconds) };
    return problemReply(reject(common.unavailable, { detail: awayDetail(error), headers }), url);
  }

  async function health(): Promise<GatewayHealth> {
    const asked = await Promise.all(
      services.map(async (service) => {
        const summary = await withTimeout(upstream.health(service)).catch((error) => ({
          status: 'down',
          error: (error as Error).message,
        }));
        const breaker = guard.isOpen(service) ? 'open' : 'closed';
        return [service, { ...(summary as { status: string }), breaker }] as const;
      }),
    );
    const statuses = asked.map(([, { status }]) => status);
    const allDown = statuses.every((status) => status === 'down');
    const status = allDown || stopping ? 'down' : statuses.every((one) => one === 'ok') ? 'ok' : 'degraded';
    return { status, service: 'gateway', services: Object.fromEntries(asked) };
  }

  function openServer(pages?: Pages): FastifyInstance {
    const app = createHttpServer({ trustProxy, ...(pages && { fallback: pages.answer }) });
    servers.push(app);
    // A browser reaches nothing but /api.
    mountHealth(app, '/api/health', health);
    const mounts = endpoints.flatMap((endpoint) => endpoint.publicPaths.map((path) => ({ endpoint, path })));
    mountEndpoints(app, mounts, door);
    return app;
  }

  return {
    health,
    async listen(host, port) {
      const app = openServer();
      app.get('/', async (_request, reply) => reply.redirect('/docs'));
      const ready = async () => (stopping ? 'stopping' : undefined);
      await mountOperations(app, { probes: { ready, summary: health }, metrics, openapi, events });
      return app.listen({ host, port });
    },
    async listenWeb(host, port) {
      if (!web) throw new Error('this gateway has no pages');
      const pages = createPages(web);
      const app = openServer(pages);
      await pages.mountFiles(app);
      return app.listen({ host, port });
    },
    async stop() {
      stopping = true;
      await Promise.all(servers.map((app) => app.close()));
    },
  };
}

function refusalOf(endpoint: Endpoint, caller: Known | Rejection, taken: Taken | undefined): Rejection | undefined {
  if (taken?.exceeded) return reject(common.quotaExceeded, { detail: `of the "${endpoint.quota}" quota none is left` });
  return isRejection(caller) ? caller : authorize(caller, endpoint.access);
}

function withHeaders(reply: HttpReply, headers: Record<string, string>): HttpReply {
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

/** It need not be the room that was asked for: without customers' keys no token can be checked. */
function awayDetail(error: UpstreamUnavailable): string {
  const { service } = error;
  if (error instanceof Late) {
    return `${service} gave no answer in time; what was asked for may have been done: ask again with the same Idempotency-Key, or look first`;
  }
  return error instanceof Resting ? `${service} does not answer at the moment` : `${service} cannot be reached`;
}

/** Streams last: one client has a few tabs, not all of a room's places. */
function createStreamCounter() {
  const open = new Map<string, number>();
  return {
    refuse(client: string): Rejection | undefined {
      if ((open.get(client) ?? 0) < MAX_STREAMS) return undefined;
      const detail = `${MAX_STREAMS} streams are open already; close one`;
      return reject(common.quotaExceeded, { detail, headers: { 'retry-after': '10' } });
    },
    count(client: string, stream: Readable): void {
      open.set(client, (open.get(client) ?? 0) + 1);
      stream.once('close', () => {
        const left = (open.get(client) ?? 1) - 1;
        if (left > 0) open.set(client, left);
        else open.delete(client);
      });
    },
  };
}

/** Who somebody is comes from their token only: no identity or forwarding header of a client travels on. */
function passedOn(endpoint: Endpoint, { headers }: HttpRequest): HttpRequest['headers'] {
  return { ...forwarded(endpoint, headers), traceparent: traceparentOf(headers.traceparent) };
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
