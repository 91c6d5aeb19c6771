/**
 * The one way into a room: authenticate → authorize → validate → act → filter the reply. HTTP and the in-process
 * upstream both end here, so a request meets the same checks whichever way it came.
 */
import type { Readable } from 'node:stream';
import fastJson from 'fast-json-stringify';
import type { Activity } from './activity.ts';
import type { Caller, Verifier } from './auth.ts';
import { authenticate, authorize, GUEST } from './auth.ts';
import { randomBytes } from './clock.ts';
import type { BodyOf, Endpoint, ParamsOf, ProblemOf, QueryOf, ReplyOf } from './contract.ts';
import { isCollision, isUnavailable } from './database.ts';
import { Overloaded } from './group-commit.ts';
import type { IdempotencyKey, StoredReply } from './idempotency.ts';
import { readKey } from './idempotency.ts';
import type { Logger } from './log.ts';
import { traceId } from './log.ts';
import type { Fault, Rejection } from './problem.ts';
import { common, isRejection, problemDocument, reject } from './problem.ts';
import { answering, isTraceparent } from './tracing.ts';
import type { Check } from './validate.ts';
import { compile } from './validate.ts';

/** A request as it came, before anything is believed. */
export interface HttpRequest {
  /** Path and query, for `instance` and logs. */
  url: string;
  params: Record<string, string>;
  query: Record<string, unknown>;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer | undefined;
  /** `performance.now()` when it came in. */
  receivedAt: number;
  /** The client's address; known at the gateway only. */
  ip?: string;
  /** Ends when nobody waits for the answer any more. */
  signal?: AbortSignal;
}

/** What is known of a request before its body is read. */
export type Arrival = Pick<HttpRequest, 'url' | 'headers' | 'ip'>;

export interface HttpReply {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer | Readable | undefined;
}

/** What an action gets: checked, typed, with a known caller. */
export interface Request<E extends Endpoint> {
  readonly params: ParamsOf<E>;
  readonly query: QueryOf<E>;
  readonly body: BodyOf<E>;
  /** Of an endpoint with a `raw` body; empty otherwise. */
  readonly raw: Buffer;
  /** As they came, in lower case; through the gateway only those that the endpoint declares. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly caller: Caller;
  readonly traceparent: string;
  readonly key: IdempotencyKey | undefined;
  readonly receivedAt: number;
}

export interface Reply<E extends Endpoint> {
  /** A rejection is none: without this its every property would fit, and no undeclared problem would be seen. */
  readonly rejected?: never;
  readonly body?: ReplyOf<E>;
  readonly headers?: Record<string, string>;
}

/** A reply that is not JSON, or has another status than the ordinary one (304). */
export interface MediaReply {
  readonly rejected?: never;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly bytes?: Buffer;
  readonly stream?: Readable;
}

export type Action<E extends Endpoint> = (
  request: Request<E>,
) => Promise<
  Reply<E> | MediaReply | StoredReply | Rejection<ProblemOf<E>['code'] | (typeof common)[keyof typeof common]['code']>
>;

export interface Route {
  readonly endpoint: Endpoint;
  readonly action: Action<Endpoint>;
}

export function route<E extends Endpoint>(endpoint: E, action: Action<E>): Route {
  return { endpoint, action: action as unknown as Action<Endpoint> };
}

/** A room seen from outside. */
export interface Door {
  /** Why a caller is turned away before the body is read; undefined when it is not. */
  admit(endpoint: Endpoint, request: Arrival): Promise<HttpReply | undefined>;
  handle(endpoint: Endpoint, request: HttpRequest): Promise<HttpReply>;
}

/** By the schema of the reply: what every room has alike is compiled once. */
const serializers = new WeakMap<object, (body: unknown) => string>();

/** The reply body as JSON, with only what the contract declares. */
export function serialize<E extends Endpoint>(endpoint: E, body: ReplyOf<E>): string {
  return serializerOf(endpoint)(body);
}

function serializerOf(endpoint: Endpoint): (body: unknown) => string {
  const schema = endpoint.reply as object;
  let write = serializers.get(schema);
  if (!write) {
    write = fastJson(schema) as (body: unknown) => string;
    serializers.set(schema, write);
  }
  return write;
}

/** The stored form of a reply, for endpoints that take an Idempotency-Key. */
export function storedReply<E extends Endpoint>(
  endpoint: E,
  body: ReplyOf<E>,
  headers: Record<string, string> = {},
): StoredReply {
  return { status: endpoint.status, headers, text: serialize(endpoint, body) };
}

/** The caller's trace context (W3C) when it is well-formed, else a new one. */
export function traceparentOf(header: string | string[] | undefined): string {
  if (isTraceparent(header)) return header;
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}

interface Checks {
  params: Check;
  query: Check;
  body: Check | undefined;
}

/** Compiles what would otherwise be compiled while the first shopper waits (measured: 140 ms). */
function warmUp(endpoint: Endpoint, checks: Checks): void {
  checks.params({});
  checks.query({});
  checks.body?.({});
  if (endpoint.reply) serializerOf(endpoint);
}

export interface DoorOptions {
  routes: readonly Route[];
  verifier: Verifier;
  log: Logger;
  /** Writes down what admins do. */
  activity?: Activity | undefined;
}

export function createDoor({ routes, verifier, log, activity }: DoorOptions): Door {
  const entries = new Map(
    routes.map(({ endpoint, action }) => {
      const checks: Checks = {
        params: compile(endpoint.params, { coerce: true, at: '/path' }),
        query: compile(endpoint.query, { coerce: true, at: '/query' }),
        body: endpoint.body && compile(endpoint.body),
      };
      warmUp(endpoint, checks);
      return [endpoint.name, { action, checks }];
    }),
  );

  async function answer(endpoint: Endpoint, request: HttpRequest): Promise<HttpReply | Rejection> {
    const entry = entries.get(endpoint.name);
    if (!entry) throw new Error(`${endpoint.name} is declared but nobody acts on it`);
    const known = await authenticate(one(request.headers.authorization), verifier);
    if (isRejection(known)) return known;
    const denied = authorize(known, endpoint.access);
    if (denied) return denied;
    const caller = known.role === 'auditor' ? GUEST : known;

    const body = readBody(endpoint, request);
    if (isRejection(body)) return body;
    const query = { ...request.query };
    const faults: Fault[] = [
      ...(entry.checks.params(request.params) ?? []),
      ...(entry.checks.query(query) ?? []),
      ...(entry.checks.body?.(body) ?? []),
    ];
    if (faults.length > 0) return reject(common.invalid, { errors: faults });

    const { method, path } = endpoint;
    const key = endpoint.idempotent
      ? readKey(one(request.headers['idempotency-key']), routeName(method, path, request.params), caller, request.body)
      : undefined;
    if (isRejection(key)) return key;

    const traceparent = traceparentOf(request.headers.traceparent);
    const { receivedAt, params, headers } = request;
    const raw = endpoint.raw ? (request.body ?? NO_BYTES) : NO_BYTES;
    const call = { params, query, body, raw, headers, caller, traceparent, key, receivedAt };
    const act = () => entry.action(call as never);
    const result = await (activity ? activity.doing(endpoint, call, act) : act());
    if (isRejection(result)) return result;
    if (endpoint.media) return mediaReply(endpoint, result);
    if ('text' in result) return { status: result.status, headers: json(result.headers), body: result.text };
    const text = endpoint.reply ? serialize(endpoint, (result as Reply<Endpoint>).body as never) : undefined;
    return { status: endpoint.status, headers: json(result.headers, text === undefined), body: text };
  }

  return {
    async admit(endpoint, request) {
      try {
        const caller = await authenticate(one(request.headers.authorization), verifier);
        const denied = isRejection(caller) ? caller : authorize(caller, endpoint.access);
        return denied && problemReply(denied, request.url);
      } catch (error) {
        return failure(error, endpoint, request);
      }
    },
    handle: (endpoint, request) => answering(endpoint.service, endpoint, request, (traced) => handle(endpoint, traced)),
  };

  async function handle(endpoint: Endpoint, request: HttpRequest): Promise<HttpReply> {
    try {
      const result = await answer(endpoint, request);
      if (!isRejection(result)) return result;
      const { status, code } = result.rejected;
      if (status === 401 || status === 403) log.info({ endpoint: endpoint.name, code }, 'refused');
      return problemReply(result, request.url);
    } catch (error) {
      return failure(error, endpoint, request);
    }
  }

  function failure(error: unknown, endpoint: Endpoint, request: Arrival): HttpReply {
    const trace_id = traceId(traceparentOf(request.headers.traceparent));
    if (isUnavailable(error) || isCollision(error) || error instanceof Overloaded) {
      log.warn({ err: error, endpoint: endpoint.name, trace_id }, 'unavailable');
      return problemReply(reject(common.unavailable, { headers: { 'retry-after': '2' } }), request.url);
    }
    log.error({ err: error, endpoint: endpoint.name, trace_id }, 'request failed');
    return problemReply(reject(common.internal, { extra: { trace_id } }), request.url);
  }
}

/** Refuses what is not UTF-8 instead of storing replacement characters; passes over a byte order mark. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

const NO_BYTES = Buffer.alloc(0);

/** The media type of a content-type header, without its parameters. */
export function mediaType(header: string | string[] | undefined): string {
  return (one(header)?.split(';')[0] ?? '').trim().toLowerCase();
}

function readBody(endpoint: Endpoint, { body, headers }: HttpRequest): unknown {
  const empty = !body || body.length === 0;
  if (endpoint.raw) {
    if (!endpoint.raw.types.includes(mediaType(headers['content-type']))) return wrongType(endpoint.raw.types);
    return !empty && body.length > endpoint.raw.maxBytes ? reject(common.tooLarge) : undefined;
  }
  if (!endpoint.body) return undefined;
  if (empty) return {};
  if (mediaType(headers['content-type']) !== 'application/json') return wrongType(['application/json']);
  try {
    return JSON.parse(UTF8.decode(body));
  } catch (error) {
    return reject(common.malformed, { detail: `the body is not JSON: ${(error as Error).message}` });
  }
}

function routeName(method: string, path: string, params: Record<string, string>): string {
  return `${method} ${path.replace(/\{(\w+)\}/g, (_, name) => params[name] ?? '')}`;
}

const wrongType = (types: readonly string[]) =>
  reject(common.unsupportedType, { detail: `send ${types.join(' or ')}` });

function mediaReply({ media, status }: Endpoint, reply: MediaReply): HttpReply {
  const body = reply.stream ?? reply.bytes;
  const headers = { ...(body && { 'content-type': media as string }), ...reply.headers };
  return { status: reply.status ?? status, headers, body };
}

const one = (header: string | string[] | undefined) => (Array.isArray(header) ? header[0] : header);

function json(headers: Record<string, string> = {}, empty = false): Record<string, string> {
  return empty ? headers : { 'content-type': 'application/json; charset=utf-8', ...headers };
}

/** A rejection as application/problem+json. */
export function problemReply(rejection: Rejection, url: string): HttpReply {
  return {
    status: rejection.rejected.status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8', ...rejection.headers },
    body: problemDocument(rejection, url.split('?')[0] as string),
  };
}
