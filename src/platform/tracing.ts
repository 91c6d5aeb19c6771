/**
 * Spans, for whoever has asked for traces (OpenTelemetry). Where nobody has, every function here returns at once, and no
 * SDK is loaded.
 *
 * An order is one trace, whatever processes it goes through and however often they start again: the `traceparent` of a
 * message is the span that made it, and stays with it in outbox, inbox and dead letters. Handling it is a child of that
 * span and links to it as well, so that viewers that follow either show the whole way. A batch is handled in one
 * transaction: each of its messages has a span of its own, and the statements are below the first one's.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ATTR } from './semconv.ts';

export type Attributes = Record<string, string | number | boolean | undefined>;

export interface SpanOptions {
  name: string;
  kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  /** W3C; none begins a trace. */
  parent: string | undefined;
  /** Links to the parent as well. */
  links?: boolean;
  attributes: Attributes;
}

export interface Span {
  /** Whose it is. */
  readonly service: string;
  /** W3C: who goes on from here is told this. */
  readonly traceparent: string;
  set(attributes: Attributes): void;
  /** With what it failed. Messages of errors may name people, and stay here: only their kind is told. */
  end(error?: unknown): void;
}

/** What carries the messages: an exchange of RabbitMQ, or this process itself. */
export interface Carrier {
  system: 'rabbitmq' | 'tradewind';
  exchange: string;
}

/** What spans become; begun by tracing-otlp.ts, or by a test. */
export interface Tracing {
  readonly carrier: Carrier;
  /** Undefined for a trace that is not to be recorded. */
  start(service: string, options: SpanOptions): Span | undefined;
  /** What a browser did, as it says. */
  record(span: BrowserSpan): void;
}

/** With the ids that its request was sent with. */
export interface BrowserSpan {
  trace_id: string;
  span_id: string;
  name: string;
  /** Milliseconds since 1970. */
  started_at: number;
  ended_at: number;
  attributes: Attributes;
  error?: string | undefined;
}

let tracing: Tracing | undefined;
const current = new AsyncLocalStorage<Span | undefined>();

/** Undefined: no more spans. */
export function traceWith(next: Tracing | undefined): void {
  tracing = next;
}

export const isTracing = (): boolean => tracing !== undefined;

export const recordBrowserSpan = (span: BrowserSpan): void => tracing?.record(span);

export function startSpan(service: string, options: SpanOptions): Span | undefined {
  return tracing?.start(service, options);
}

/** Below what is being done. */
export function startChild(options: Omit<SpanOptions, 'parent'>): Span | undefined {
  const parent = currentSpan();
  return parent && startSpan(parent.service, { ...options, parent: parent.traceparent });
}

export const currentSpan = (): Span | undefined => (tracing ? current.getStore() : undefined);

/** What the work asks of others is below this span; below none, where there is none. */
export function inside<T>(span: Span | undefined, work: () => T): T {
  return tracing ? current.run(span, work) : work();
}

/** Ends a span as the work ends. */
export async function spanning<T>(span: Span | undefined, work: () => Promise<T>): Promise<T> {
  if (!span) return work();
  try {
    const result = await inside(span, work);
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

/** A request that a service answers; it goes on below its span. */
export async function answering<R extends Arriving, Reply extends { status: number }>(
  service: string,
  { method, path }: { method: string; path: string },
  request: R,
  answer: (request: R) => Promise<Reply>,
): Promise<Reply> {
  if (!tracing) return answer(request);
  const header = request.headers.traceparent;
  const span = startSpan(service, {
    name: `${method} ${path}`,
    kind: 'server',
    parent: isTraceparent(header) ? header : undefined,
    attributes: {
      [ATTR.method]: method,
      [ATTR.route]: path,
      [ATTR.path]: request.url.split('?')[0],
      [ATTR.scheme]: 'http',
    },
  });
  if (!span) return answer(request);
  const headers = { ...request.headers, traceparent: span.traceparent };
  const reply = await inside(span, () => answer({ ...request, headers }));
  span.set({ [ATTR.status]: reply.status });
  span.end(reply.status >= 500 ? String(reply.status) : undefined);
  return reply;
}

interface Arriving {
  readonly url: string;
  readonly headers: Record<string, string | string[] | undefined>;
}

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Well-formed trace context (W3C). */
export const isTraceparent = (header: unknown): header is string =>
  typeof header === 'string' && TRACEPARENT.test(header);

/** `503`, `ECONNREFUSED`, `TimeoutError`: the kind of an error. */
export function kindOf(error: unknown): string {
  if (typeof error === 'string') return error;
  const { code, name } = error as { code?: string; name?: string };
  return code ?? name ?? 'Error';
}

/** What a statement takes, below whatever it is asked for. Its values are parameters, and not in it. */
export function tracedStatement<T>(database: string, { text }: { text: string }, ask: () => Promise<T>): Promise<T> {
  if (!currentSpan()) return ask();
  const operation = (/\w+/.exec(text)?.[0] ?? 'query').toUpperCase();
  const span = startChild({
    name: `${operation} ${database}`,
    kind: 'client',
    attributes: {
      [ATTR.database]: 'postgresql',
      [ATTR.databaseName]: database,
      [ATTR.operation]: operation,
      [ATTR.statement]: text.replace(/\s+/g, ' ').trim(),
    },
  });
  return spanning(span, ask);
}

/** The spans of messages that are handled together; those that belong to no trace have none. */
export interface Handling {
  /** What it is handled as: whatever comes of it goes on from its span. */
  begin<M extends Traced>(message: M): M;
  readonly first: Span | undefined;
}

interface Traced {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly traceparent: string | null;
}

const NOTHING: Handling = { begin: (message) => message, first: undefined };

/** Work that handles messages: their spans end as it ends. */
export async function tracedHandling(service: string, work: (handling: Handling) => Promise<void>): Promise<void> {
  if (!tracing) return work(NOTHING);
  const spans: Span[] = [];
  const handling: Handling = {
    begin(message) {
      if (!message.traceparent) return message;
      const span = startSpan(service, {
        name: `process ${message.type}`,
        kind: 'consumer',
        parent: message.traceparent,
        links: true,
        attributes: aboutMessage(message, 'process'),
      });
      if (!span) return message;
      spans.push(span);
      return { ...message, traceparent: span.traceparent };
    },
    get first() {
      return spans[0];
    },
  };
  try {
    await work(handling);
    for (const span of spans) span.end();
  } catch (error) {
    for (const span of spans) span.end(error);
    throw error;
  }
}

/** The spans of messages on their way to the broker end with its answer: an error for all, or failures by their ids. */
type Sent = (error: unknown, failures?: ReadonlyMap<string, string>) => void;

export function traceSending(service: string, messages: readonly Traced[]): Sent {
  if (!tracing) return () => {};
  const spans = messages.flatMap((message) => {
    const span =
      message.traceparent &&
      startSpan(service, {
        name: `send ${message.type}`,
        kind: 'producer',
        parent: message.traceparent,
        attributes: aboutMessage(message, 'send'),
      });
    return span ? [{ id: message.id, span }] : [];
  });
  return (error, failures) => {
    for (const { id, span } of spans) span.end(error ?? (failures?.has(id) ? 'not confirmed' : undefined));
  };
}

function aboutMessage({ id, type, subject }: Traced, operation: 'send' | 'process'): Attributes {
  // Traces may have ended while a batch was being handled.
  const { system, exchange } = tracing?.carrier ?? { system: undefined, exchange: '' };
  return {
    [ATTR.messaging]: system,
    [ATTR.messagingOperation]: operation,
    [ATTR.messagingKind]: operation,
    [ATTR.destination]: exchange ? `${exchange}:${type}` : type,
    [ATTR.routingKey]: exchange ? type : undefined,
    [ATTR.messageId]: id,
    [ATTR.conversationId]: subject,
  };
}
