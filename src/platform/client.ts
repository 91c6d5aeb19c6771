/** A typed client for every declared endpoint, over either upstream. */
import { Readable } from 'node:stream';
import type { BodyOf, Endpoint, ParamsOf, QueryOf, ReplyOf } from './contract.ts';
import type { Upstream } from './upstream.ts';

export interface CallOptions<E extends Endpoint> {
  params?: ParamsOf<E>;
  query?: QueryOf<E>;
  body?: BodyOf<E>;
  token?: string;
  idempotencyKey?: string;
  traceparent?: string;
}

export type CallResult<E extends Endpoint> =
  | { ok: true; status: number; headers: Record<string, string>; body: ReplyOf<E> }
  | { ok: false; status: number; headers: Record<string, string>; problem: ProblemDocument };

export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail?: string;
  errors?: { pointer: string; detail: string }[];
  [extra: string]: unknown;
}

export interface Client {
  call<E extends Endpoint>(endpoint: E, options?: CallOptions<E>): Promise<CallResult<E>>;
}

export function createClient(upstream: Pick<Upstream, 'call'>): Client {
  return {
    async call(endpoint, { params = {}, query = {}, body, token, idempotencyKey, traceparent } = {} as never) {
      const reply = await upstream.call(endpoint, {
        url: endpoint.path,
        params: params as Record<string, string>,
        query: query as Record<string, unknown>,
        headers: {
          authorization: token && `Bearer ${token}`,
          'content-type': body === undefined ? undefined : 'application/json',
          'idempotency-key': idempotencyKey,
          traceparent,
        },
        body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
        receivedAt: performance.now(),
      });
      const { status, headers } = reply;
      if (reply.body instanceof Readable) throw new Error(`${endpoint.name} answers with a stream`);
      const document = reply.body === undefined ? undefined : JSON.parse(reply.body.toString());
      return status < 400
        ? { ok: true, status, headers, body: document }
        : { ok: false, status, headers, problem: document };
    },
  };
}
