/**
 * Shows events as they are published to admins who watch. While nobody does, it costs the shop nothing; while somebody does,
 * so little each second: what is more than that, or more than the reader takes, is left out and counted. Nobody is shown
 * what is secret, or who somebody is.
 */
import { EventsElsewhere } from '../contracts/problems.ts';
import { EVENTS } from '../contracts/registry.ts';
import { TapEvents, type TappedEvent } from '../contracts/tap.ts';
import type { Broker, Tapped } from '../platform/broker.ts';
import type { EventContract } from '../platform/contract.ts';
import type { Route } from '../platform/dispatch.ts';
import { route } from '../platform/dispatch.ts';
import type { EventStream } from '../platform/event-stream.ts';
import { EVENT_STREAM_HEADERS, openEventStream } from '../platform/event-stream.ts';
import { MASK, maskIn } from '../platform/mask.ts';
import type { StoredEvent } from '../platform/message.ts';
import { common, reject } from '../platform/problem.ts';

const VIEWERS = 5;
const MANY = `${VIEWERS} are watching already`;
/** Events that one viewer is shown in a second. */
export const PER_SECOND = 500;
/** Bytes that may wait for a viewer; a stream that has twice as many is cut off. */
const MOST_WAITING = 128 * 1024;
const TELL_MS = 1_000;

const CONTRACTS = new Map(EVENTS.map((event) => [event.name, event]));

export function tapRoutes(broker: Pick<Broker, 'tap'>): Route[] {
  let viewers = 0;

  return [
    route(TapEvents, async ({ query: { type, subject } }) => {
      const types = matching(type ?? '*');
      if (types.length === 0) {
        const detail = `must fit an event; there are ${[...CONTRACTS.keys()].sort().join(', ')}`;
        return reject(common.invalid, { errors: [{ pointer: '/query/type', detail }] });
      }
      if (viewers >= VIEWERS) return reject(common.quotaExceeded, { detail: MANY, headers: { 'retry-after': '5' } });
      viewers += 1;
      const events = openEventStream();
      events.onClose(() => {
        viewers -= 1;
      });
      const { stream } = events;
      try {
        const end = await broker.tap({ types, subject }, createViewer(events, subject));
        if (end) {
          events.onClose(() => void end().catch(() => {}));
          return { stream, headers: EVENT_STREAM_HEADERS };
        }
        stream.destroy();
        return reject(EventsElsewhere, { detail: 'rooms run elsewhere, and this gateway has no AMQP_URL' });
      } catch (error) {
        stream.destroy();
        return reject(common.unavailable, { detail: (error as Error).message, headers: { 'retry-after': '5' } });
      }
    }),
  ];
}

/** Names of events that fit one of some patterns. */
export function matching(patterns: string): string[] {
  const forms = patterns.split(',').map((one) => new RegExp(`^${one.replaceAll('.', '\\.').replace(/\*+/g, '.*')}$`));
  return [...CONTRACTS.keys()].filter((name) => forms.some((form) => form.test(name)));
}

/** Sends what the stream has room for. */
export function createViewer(
  stream: EventStream,
  subject: string | undefined,
  milliseconds = () => performance.now(),
): (tapped: Tapped) => void {
  let second = 0;
  let shown = 0;
  let dropped = 0;
  let telling: NodeJS.Timeout | undefined;
  stream.onClose(() => clearTimeout(telling));

  function isFull(): boolean {
    const now = Math.floor(milliseconds() / 1000);
    if (now !== second) [second, shown] = [now, 0];
    return shown >= PER_SECOND || stream.waiting() > MOST_WAITING;
  }

  function drop(count: number): void {
    dropped += count;
    telling ??= setTimeout(tell, TELL_MS);
  }

  function tell(): void {
    telling = undefined;
    if (stream.waiting() > MOST_WAITING) {
      drop(0);
      return;
    }
    stream.send({ event: 'dropped', data: { count: dropped } });
    dropped = 0;
  }

  return ({ count, read }) => {
    if (isFull()) return drop(count);
    for (const event of read()) {
      const contract = CONTRACTS.get(event.type);
      if (!contract || (subject !== undefined && event.subject !== subject)) continue;
      if (isFull()) drop(1);
      else {
        shown += 1;
        stream.send({ event: 'event', data: masked(contract, event) });
      }
    }
  };
}

/** For whoever only looks on. */
export function masked({ secrets, personal }: EventContract, event: StoredEvent): TappedEvent {
  const { id, time, type, subject, source } = event;
  const data = maskIn(secrets, JSON.parse(event.data));
  if (typeof data === 'object' && data !== null) {
    const whole = data as Record<string, unknown>;
    for (const name of personal) if (name in whole && whole[name] !== null) whole[name] = MASK;
  }
  return { id, time, type, subject, source, data };
}
