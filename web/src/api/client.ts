/** Every call of the pages: typed by its contract, with the session's token. */
import type { BodyOf, Endpoint, ParamsOf, QueryOf, ReplyOf } from '../../../src/platform/contract.ts';
import { addressOf, isPassing, Problem, problemOf, request } from './http.ts';
import { forgetToken, token } from './session.ts';
import { beginDeed } from './trace.ts';

export interface CallOptions<E extends Endpoint> {
  params?: ParamsOf<E>;
  query?: QueryOf<E>;
  body?: BodyOf<E>;
  /** Idempotency-Key: one for each thing that must happen once. */
  key?: string;
  /** As a guest, whoever is signed in. */
  anonymous?: boolean;
  signal?: AbortSignal;
}

/** The endpoint's reply; throws a Problem when it says no. */
export async function call<E extends Endpoint>(endpoint: E, options: CallOptions<E> = {}): Promise<ReplyOf<E>> {
  const { body, key, anonymous = false, signal } = options;
  const deed = beginDeed(endpoint);
  const init = {
    method: endpoint.method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key && { 'idempotency-key': key }),
      ...(deed && { traceparent: deed.traceparent }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  };
  const open = endpoint.access === 'anyone' && endpoint.method === 'GET';
  const answer = await send(addressOf(endpoint, options), init, { anonymous, open }).catch((error) => {
    deed?.end(error instanceof Problem ? error.status : 0);
    throw error;
  });
  deed?.end(answer.status);
  const text = await answer.text();
  return (text === '' ? undefined : JSON.parse(text)) as ReplyOf<E>;
}

/**
 * With the session's token, and once more with a new one where it had run out; where all is `open` to anyone, also
 * without one while none can be had. Throws a Problem unless it went well.
 */
export async function send(
  address: string,
  init: RequestInit = {},
  { anonymous = false, open = false } = {},
): Promise<Response> {
  const { access, away } = anonymous ? {} : await tokenOrWhyNot();
  if (away && !(open && isPassing(away))) throw away;
  const answer = await request(address, init, access);
  if (answer.ok) return answer;
  const problem = await problemOf(answer);
  // It may be a yes to who we are.
  if (away && HIDDEN.includes(problem.status)) throw away;
  if (problem.code !== 'unauthorized' || !access) throw problem;
  forgetToken(access);
  const again = await request(address, init, await token());
  if (again.ok) return again;
  throw await problemOf(again);
}

const HIDDEN = [401, 403, 404];

const tokenOrWhyNot = (): Promise<{ access?: string | undefined; away?: unknown }> =>
  token().then(
    (access) => ({ access }),
    (away) => ({ away }),
  );
