/** A room's HTTP server: Fastify for routing and limits around the door, problem+json for everything that fails. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Fastify from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Endpoint } from './contract.ts';
import type { Door, HttpReply, HttpRequest } from './dispatch.ts';
import { problemReply } from './dispatch.ts';
import type { Rejection } from './problem.ts';
import { common, reject } from './problem.ts';
import type { Metrics } from './telemetry.ts';

/** Bytes of a JSON body. */
export const MAX_BODY = 64 * 1024;

export function createHttpServer(): FastifyInstance {
  const app = Fastify({
    bodyLimit: MAX_BODY,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    connectionTimeout: 30_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000,
    return503OnClosing: true,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    logger: false,
    clientErrorHandler: (error, socket) => refuse(error, socket as Socket),
    frameworkErrors: (error, request, reply) => void send(reply, problemReply(httpFault(error), request.url)),
  });
  // The door parses: bodies travel from the gateway to a room as the bytes they are.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setNotFoundHandler((request, reply) => {
    const detail = `${request.method} ${request.url.split('?')[0]} is not served here; see /docs`;
    return send(reply, problemReply(reject(common.noRoute, { detail }), request.url));
  });
  app.setErrorHandler((error, request, reply) => send(reply, problemReply(httpFault(error as Error), request.url)));
  return app;
}

function httpFault(error: Error & { code?: string; statusCode?: number }): Rejection {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return reject(common.tooLarge, { detail: `a body has at most ${MAX_BODY} bytes` });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return reject(common.unsupportedType);
    case 'FST_ERR_BAD_URL':
      return reject(common.malformed, { detail: 'the address is not percent-encoded UTF-8' });
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return reject({ ...common.malformed, status: 414 }, { detail: 'a part of the address is too long' });
    default: {
      const status = error.statusCode ?? 500;
      if (status >= 500) return reject(status === 503 ? common.unavailable : common.internal);
      return reject({ ...common.malformed, status }, { detail: error.message });
    }
  }
}

/** Answers what Node's parser gives up on, which never reaches a route: too much of a header, or no HTTP at all. */
function refuse(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const tooLong = error.code === 'HPE_HEADER_OVERFLOW';
  const status = tooLong ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const detail = tooLong ? 'address and headers are too long' : 'this is no HTTP request, or it took too long';
  const { headers, body } = problemReply(reject({ ...common.malformed, status }, { detail }), '/');
  const head = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body as string), connection: 'close' });
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...head.map(([name, value]) => `${name}: ${value}`)];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

export function toRequest(request: FastifyRequest): HttpRequest {
  return {
    url: request.url,
    params: request.params as Record<string, string>,
    query: request.query as Record<string, unknown>,
    headers: request.headers as Record<string, string>,
    body: request.body as Buffer | undefined,
    receivedAt: performance.now(),
  };
}

export function send(reply: FastifyReply, { status, headers, body }: HttpReply): FastifyReply {
  reply.code(status).header('cache-control', 'no-store').header('x-content-type-options', 'nosniff').headers(headers);
  return reply.send(body);
}

/** `/orders/{id}` as Fastify writes it. */
export const routePath = (path: string) => path.replace(/\{(\w+)\}/g, ':$1');

export function mountEndpoints(
  app: FastifyInstance,
  mounts: readonly { endpoint: Endpoint; path: string }[],
  door: Door,
  metrics: Metrics,
): void {
  for (const { endpoint, path } of mounts) {
    app.route({
      method: endpoint.method,
      url: routePath(path),
      handler: async (request, reply) => {
        const received = toRequest(request);
        const result = await door.handle(endpoint, received);
        metrics.httpRequest(endpoint.name, result.status, (performance.now() - received.receivedAt) / 1000);
        return send(reply, result);
      },
    });
  }
}

export interface Probes {
  /** Why the process should not get traffic; undefined when it should. */
  ready: () => Promise<string | undefined>;
  /** Everything asked and answered. */
  summary: () => Promise<{ status: 'ok' | 'degraded' | 'down' } & Record<string, unknown>>;
}

/** /health, /health/live, /health/ready, /metrics, /openapi.json and /docs: the same in every room and the gateway. */
export async function mountOperations(
  app: FastifyInstance,
  options: { probes: Probes; metrics: Metrics; openapi: object },
): Promise<void> {
  const { probes, metrics, openapi } = options;
  app.get('/health/live', async () => ({ status: 'ok' }));
  app.get('/health/ready', async (request, reply) => {
    const problem = await probes.ready();
    if (problem === undefined) return { status: 'ok' };
    return send(reply, problemReply(reject(common.unavailable, { detail: problem }), request.url));
  });
  app.get('/health', async (_request, reply) => {
    const summary = await probes.summary();
    return reply.code(summary.status === 'down' ? 503 : 200).send(summary);
  });
  app.get('/metrics', async (_request, reply) =>
    reply.header('content-type', metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  app.get('/openapi.json', async () => openapi);
  // swagger-ui asks @fastify/swagger for the document; ours comes from the contracts, so we stand in for it.
  const document = async (scope: FastifyInstance) => void scope.decorate('swagger', (() => openapi) as never);
  await app.register(fastifyPlugin(document, { name: '@fastify/swagger' }));
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // Shops without TLS have documents too.
    transformStaticCSP: (header) => header.replace('upgrade-insecure-requests;', ''),
  });
}
