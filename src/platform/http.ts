/** A room's HTTP server: Fastify for routing and limits around the door, problem+json for everything that fails. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Fastify from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Endpoint } from './contract.ts';
import type { Door, HttpReply, HttpRequest } from './dispatch.ts';
import { problemReply } from './dispatch.ts';
import { noteUrgent } from './load.ts';
import type { Rejection } from './problem.ts';
import { common, reject } from './problem.ts';
import type { Metrics } from './telemetry.ts';

/** Bytes of a JSON body. */
export const MAX_BODY = 64 * 1024;

export interface HttpServerOptions {
  /** Whose X-Forwarded-For is believed: addresses or networks, separated by commas; '' for nobody's. */
  trustProxy?: string;
  /** Answers what no route does, where it has an answer: pages. */
  fallback?: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;
}

/** How long whoever reads a stream may take for what was sent; other replies have the time of the connection. */
const READER_PAUSE_MS = 5 * 60_000;

/** Streams have no end of their own: a server that closes ends those it has open. */
const openStreams = new WeakMap<object, Set<Readable>>();

export function createHttpServer({ trustProxy = '', fallback }: HttpServerOptions = {}): FastifyInstance {
  const asked: Asked = new WeakMap();
  const app = Fastify({
    bodyLimit: MAX_BODY,
    trustProxy: trustProxy || false,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    connectionTimeout: 30_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000,
    return503OnClosing: true,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    logger: false,
    // What Node refuses by itself would be no problem document.
    http: { requireHostHeader: false },
    clientErrorHandler: (error, socket) => refuse(error, socket as Socket, asked),
    frameworkErrors: (error, request, reply) => void send(reply, problemReply(httpFault(error), request.url)),
  });
  // The door parses: bodies travel from the gateway to a room as the bytes they are.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const streams = new Set<Readable>();
  openStreams.set(app.server, streams);
  const unused = new Set<Socket>();
  // Browsers open connections ahead; Node takes one that never carried a request for busy, and waits for it.
  app.server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  app.server.on('request', (request, response) => {
    unused.delete(request.socket);
    remember(asked, request.socket, response);
  });
  app.server.on('checkExpectation', refuseExpectation);
  const asking = new WeakSet<ServerResponse>();
  // Without a listener Node says "continue" before any route has seen how long the body is.
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    asking.add(response);
    app.server.emit('request', request, response);
  });
  app.addHook('onRequest', ({ raw, headers, url }, reply, next) => {
    if (headers.host !== undefined || raw.httpVersion === '1.0') return next();
    send(reply, problemReply(reject(common.malformed, { detail: 'there is no Host header' }), url));
  });
  // Whoever may not send it has been answered by now; what is too large for its route is refused by Fastify, unread.
  app.addHook('preParsing', ({ headers, routeOptions }, { raw }, _payload, next) => {
    const length = Number(headers['content-length'] ?? 0);
    if (asking.has(raw) && length <= (routeOptions.bodyLimit ?? MAX_BODY)) raw.writeContinue();
    next();
  });
  app.addHook('preClose', async () => {
    for (const stream of streams) stream.destroy();
    for (const socket of unused) socket.destroy();
  });
  const served: { method: string; path: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) served.push({ method: one, path: pathPattern(url) });
  });
  app.setNotFoundHandler((request, reply) => {
    const answered = fallback?.(request, reply);
    if (answered) return answered;
    const path = request.url.split('?')[0] as string;
    const methods = served.filter((route) => route.path.test(path)).map(({ method }) => method);
    const allow = [...new Set(methods)].join(', ');
    // A route that knows the method has looked already, as one for files does.
    const refusal =
      allow === '' || methods.includes(request.method)
        ? reject(common.noRoute, { detail: `${request.method} ${path} is not served here; see /docs` })
        : reject(common.wrongMethod, { detail: `${path} knows ${allow}`, headers: { allow } });
    return send(reply, problemReply(refusal, request.url));
  });
  app.setErrorHandler((error, request, reply) => {
    const types = (request.routeOptions.config as { types?: readonly string[] } | undefined)?.types;
    const fault = httpFault(error as Error, request.routeOptions.bodyLimit, types);
    return send(reply, problemReply(fault, request.url));
  });
  return app;
}

/** The addresses a route answers to: `/orders/:id`; `/docs/*`. */
function pathPattern(route: string): RegExp {
  const source = route
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replace(/\*/g, '.*');
  return new RegExp(`^${source}/?$`);
}

function httpFault(
  error: Error & { code?: string; statusCode?: number },
  maxBody = MAX_BODY,
  types: readonly string[] = ['application/json'],
): Rejection {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return reject(common.tooLarge, { detail: `a body has at most ${maxBody} bytes here` });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return reject(common.unsupportedType, { detail: `send ${types.join(' or ')}` });
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

/** Of each connection: what is not answered yet, and what was asked last. */
type Asked = WeakMap<Socket, { open: Set<ServerResponse>; last: ServerResponse }>;

function remember(asked: Asked, socket: Socket, last: ServerResponse): void {
  const open = asked.get(socket)?.open ?? new Set();
  asked.set(socket, { open: open.add(last), last });
  last.once('close', () => open.delete(last));
}

/**
 * Answers what Node's parser gives up on, which never reaches a route: too much of a header, or no HTTP at all. What came
 * whole before it on the same connection is answered first: nobody is told that an order cannot be read which is placed.
 * Nor is anything answered twice.
 */
function refuse(error: Error & { code?: string }, socket: Socket, asked: Asked): void {
  if (refused.has(socket)) return;
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { open, last } = asked.get(socket) ?? {};
  const before = [...(open ?? [])].find(({ req }) => req.complete);
  if (before) {
    before.once('close', () => refuse(error, socket, asked));
    return;
  }
  if (last && !last.req.complete && last.headersSent) {
    socket.destroySoon();
    return;
  }
  const tooLong = error.code === 'HPE_HEADER_OVERFLOW';
  const status = tooLong ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const detail = tooLong ? 'address and headers are too long' : 'this is no HTTP request, or it took too long';
  const { headers, body } = problemReply(reject({ ...common.malformed, status }, { detail }), '/');
  const head = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body as string), connection: 'close' });
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...head.map(([name, value]) => `${name}: ${value}`)];
  refused.add(socket);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  // Closed at once, whatever it still sends would reset the connection, and take the answer with it.
  socket.resume();
  const leaving = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(leaving));
}

/** Those that have heard what is wrong: the rest of what they send is not looked at. */
const refused = new WeakSet<Socket>();
const LINGER_MS = 1_000;

/** `Expect:` with anything but 100-continue. */
function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  const refusal = reject({ ...common.malformed, status: 417 }, { detail: 'nothing can be expected but 100-continue' });
  const { status, headers, body } = problemReply(refusal, request.url ?? '/');
  const length = { 'content-length': Buffer.byteLength(body as string) };
  // Whether a body follows is not known.
  response.writeHead(status, { ...headers, ...length, connection: 'close' }).end(body);
}

export function toRequest(request: FastifyRequest): HttpRequest {
  return {
    url: request.url,
    params: request.params as Record<string, string>,
    query: request.query as Record<string, unknown>,
    headers: request.headers as Record<string, string>,
    body: request.body as Buffer | undefined,
    receivedAt: performance.now(),
    ip: request.ip,
  };
}

export function send(reply: FastifyReply, { status, headers, body }: HttpReply): FastifyReply {
  reply.code(status).header('cache-control', 'no-store').header('x-content-type-options', 'nosniff').headers(headers);
  if (body instanceof Readable) {
    const streams = openStreams.get(reply.server.server);
    streams?.add(body);
    reply.raw.socket?.setTimeout(READER_PAUSE_MS);
    body.once('close', () => streams?.delete(body));
  }
  return reply.send(body);
}

/** `/orders/{id}` as Fastify writes it. */
export const routePath = (path: string) => path.replace(/\{(\w+)\}/g, ':$1');

export function mountEndpoints(
  app: FastifyInstance,
  mounts: readonly { endpoint: Endpoint; path: string }[],
  door: Door,
): void {
  const types = new Set(mounts.flatMap(({ endpoint }) => endpoint.raw?.types ?? []));
  types.delete('application/json');
  for (const type of types) {
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  }
  for (const { endpoint, path } of mounts) {
    const { raw } = endpoint;
    app.route({
      method: endpoint.method,
      url: routePath(path),
      ...(raw && {
        bodyLimit: raw.maxBytes,
        config: { types: raw.types },
        // Nobody makes us hold megabytes before we know who it is.
        onRequest: async (request, reply) => {
          const { url, headers, ip } = request;
          const refusal = await door.admit(endpoint, { url, headers: headers as Record<string, string>, ip });
          if (refusal) return send(reply, refusal);
        },
      }),
      handler: async (request, reply) => {
        const result = await door.handle(endpoint, toRequest(request));
        noteUrgent();
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

export function mountHealth(app: FastifyInstance, path: string, ask: Probes['summary']): void {
  app.get(path, async (_request, reply) => {
    const summary = await ask();
    return reply
      .code(summary.status === 'down' ? 503 : 200)
      .header('cache-control', 'no-store')
      .send(summary);
  });
}

/** What a shop says of its events: AsyncAPI for programs, a page for people. */
export interface EventDocuments {
  asyncapi: object;
  page: string;
}

const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** /health, /health/live, /health/ready, /metrics, /openapi.json and /docs: the same in every room and the gateway. */
export async function mountOperations(
  app: FastifyInstance,
  options: { probes: Probes; metrics: Metrics; openapi: object; events?: EventDocuments | undefined },
): Promise<void> {
  const { probes, metrics, openapi, events } = options;
  if (events) {
    app.get('/asyncapi.json', async () => events.asyncapi);
    app.get('/docs/events', async (_request, reply) =>
      reply.header('content-security-policy', PAGE_POLICY).type('text/html; charset=utf-8').send(events.page),
    );
  }
  app.get('/health/live', async () => ({ status: 'ok' }));
  app.get('/health/ready', async (request, reply) => {
    const problem = await probes.ready();
    if (problem === undefined) return { status: 'ok' };
    return send(reply, problemReply(reject(common.unavailable, { detail: problem }), request.url));
  });
  mountHealth(app, '/health', probes.summary);
  app.get('/metrics', async (_request, reply) =>
    reply.header('content-type', metrics.registry.contentType).send(await metrics.scrape()),
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
