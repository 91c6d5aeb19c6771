/**
 * Server-sent events (WHATWG HTML, 9.2): a reply that stays open. A comment now and then keeps proxies and time-outs
 * away; a reader too slow to keep up, or one that has listened for long, is cut off and comes back by itself with the
 * id of the last event it has seen. Nothing is kept here for anyone.
 */
import { Readable } from 'node:stream';

const HEARTBEAT_MS = 15_000;
/** Then the reader has to show again that it may read. */
const LIFETIME_MS = 15 * 60_000;
const RECONNECT_MS = 2_000;
/** How long an ended stream waits to be read. */
const CLOSING_MS = 5_000;
/** Bytes that may wait for a slow reader. */
const MAX_WAITING = 256 * 1024;

export interface ServerSentEvent {
  /** Comes back as Last-Event-ID; none where nobody can take up again. */
  id?: string | number;
  event: string;
  data: unknown;
}

export interface EventStream {
  readonly stream: Readable;
  send(event: ServerSentEvent): void;
  /** Bytes that the reader has not taken yet. */
  waiting(): number;
  /** There is no more to come. */
  end(): void;
  /** Called once, when the reader has gone or was cut off. */
  onClose(callback: () => void): void;
}

export const EVENT_STREAM = 'text/event-stream';
/** Proxies must neither keep nor gather it. */
export const EVENT_STREAM_HEADERS = { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' };

export function openEventStream({ heartbeatMs = HEARTBEAT_MS, lifetimeMs = LIFETIME_MS } = {}): EventStream {
  const stream = new Readable({ read() {} });
  let ended = false;
  const write = (text: string) => {
    if (ended || stream.destroyed) return;
    stream.push(text);
    if (stream.readableLength > MAX_WAITING) stream.destroy();
  };
  const heartbeat = setInterval(() => write(': still here\n\n'), heartbeatMs);
  const end = () => {
    ended = true;
    stream.push(null);
    // What nobody reads to its end never closes by itself.
    closing ??= setTimeout(() => stream.destroy(), CLOSING_MS);
  };
  let closing: NodeJS.Timeout | undefined;
  const lifetime = setTimeout(end, lifetimeMs);
  stream.once('close', () => {
    clearInterval(heartbeat);
    clearTimeout(lifetime);
    clearTimeout(closing);
  });
  write(`retry: ${RECONNECT_MS}\n\n`);
  return {
    stream,
    send: ({ id, event, data }) =>
      write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    waiting: () => stream.readableLength,
    end,
    onClose: (callback) => void stream.once('close', callback),
  };
}
