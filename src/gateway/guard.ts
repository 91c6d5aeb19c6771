/**
 * Calls to the rooms, each room behind its own time limit and circuit breaker, so that one that is away or hangs costs
 * its own routes a quick 503 and the others nothing. This is the only layer that tries again: once, soon, and only what
 * may be asked twice.
 */
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleType } from 'cockatiel';
import type { Endpoint } from '../platform/contract.ts';
import type { HttpReply, HttpRequest } from '../platform/dispatch.ts';
import type { Logger } from '../platform/log.ts';
import type { Upstream } from '../platform/upstream.ts';
import { patience, UpstreamUnavailable } from '../platform/upstream.ts';

/** Failures in a row that open a breaker, and how long it stays open before one request tries for all. */
const FAILURES = 5;
export const OPEN_MS = 5_000;
/** A room that needs this long to say that it is not available hangs on something: as good as no answer. */
const STUCK_MS = 1_000;
/** A retry waits up to this long, so that clients that failed together do not come back together. */
const RETRY_WITHIN_MS = 100;

/** No answer in time: whether it was done is not known. */
export class Late extends UpstreamUnavailable {}
/** Not asked at all: the room has failed too often just now. */
export class Resting extends UpstreamUnavailable {}

export interface Guard {
  call(endpoint: Endpoint, request: HttpRequest): Promise<HttpReply>;
  /** Whether the breaker of a room is open. */
  isOpen(service: string): boolean;
}

export interface GuardOptions {
  upstream: Pick<Upstream, 'call'>;
  timeoutMs: number;
  log: Logger;
  /** Told which room is not asked for a while. */
  onTrip?: (service: string) => void;
  openMs?: number;
}

export function createGuard({ upstream, timeoutMs, log, onTrip, openMs = OPEN_MS }: GuardOptions): Guard {
  const breakers = new Map<string, ReturnType<typeof newBreaker>>();
  /** Rooms that one request finds out about, for all the others. */
  const probed = new Set<string>();

  function newBreaker(service: string) {
    const failures = handleType(UpstreamUnavailable).orWhenResult((result) => (result as Answer).stuck);
    const breaker = circuitBreaker(failures, { halfOpenAfter: openMs, breaker: new ConsecutiveBreaker(FAILURES) });
    breaker.onBreak(() => {
      log.warn({ upstream: service }, `${service} does not answer: not asked for a while`);
      onTrip?.(service);
    });
    breaker.onReset(() => log.info({ upstream: service }, `${service} answers again`));
    return breaker;
  }

  function breakerOf(service: string) {
    let breaker = breakers.get(service);
    if (!breaker) {
      breaker = newBreaker(service);
      breakers.set(service, breaker);
    }
    return breaker;
  }

  async function ask(endpoint: Endpoint, request: HttpRequest): Promise<HttpReply> {
    const { service } = endpoint;
    const breaker = breakerOf(service);
    const probing = breaker.state !== CircuitState.Closed;
    // The library would have them wait for the probe; they have waited enough.
    if (probing && probed.has(service)) throw new Resting(service, 'is being tried');
    if (probing) probed.add(service);
    try {
      return (await breaker.execute(() => answerOf(endpoint, request))).reply;
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw new Resting(service, 'has failed too often just now');
      throw error;
    } finally {
      if (probing) probed.delete(service);
    }
  }

  async function answerOf(endpoint: Endpoint, request: HttpRequest): Promise<Answer> {
    const started = performance.now();
    const ended = new AbortController();
    const { url, params, query, headers, body, receivedAt } = request;
    const passed = { url, params, query, headers, body, receivedAt, signal: ended.signal };
    const work = upstream.call(endpoint, passed);
    const reply = await inTime(work, patience(endpoint, timeoutMs), endpoint.service, ended);
    return { reply, stuck: reply.status === 503 && performance.now() - started > STUCK_MS };
  }

  return {
    async call(endpoint, request) {
      try {
        return await ask(endpoint, request);
      } catch (error) {
        if (!(error instanceof UpstreamUnavailable) || error instanceof Late || error instanceof Resting) throw error;
        if (!mayRepeat(endpoint, request)) throw error;
        await sleep(Math.random() * RETRY_WITHIN_MS);
        return ask(endpoint, request);
      }
    },
    isOpen: (service) => breakers.get(service)?.state === CircuitState.Open,
  };
}

/** Reading changes nothing, and a keyed request takes effect once. */
function mayRepeat({ method, idempotent }: Endpoint, { headers }: HttpRequest): boolean {
  return method === 'GET' || (idempotent && headers['idempotency-key'] !== undefined);
}

interface Answer {
  reply: HttpReply;
  stuck: boolean;
}

async function inTime(
  work: Promise<HttpReply>,
  ms: number,
  service: string,
  ended: AbortController,
): Promise<HttpReply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      fail(new Late(service, `gave no answer within ${ms} ms`));
      ended.abort();
      // A stream that opens after all has no reader.
      work.then(({ body }) => body instanceof Readable && body.destroy()).catch(() => {});
    }, ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
