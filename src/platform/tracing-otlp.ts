/** Spans to a collector, by OTLP over HTTP. Loaded only where one is configured. */
import type { Span as OtelSpan, SpanContext, Tracer } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import {
  BatchSpanProcessor,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { newId } from './clock.ts';
import type { Logger } from './log.ts';
import { ATTR } from './semconv.ts';
import type { BrowserSpan, Carrier, Span, Tracing } from './tracing.ts';
import { kindOf } from './tracing.ts';

interface OtlpOptions {
  /** Of a collector: `/v1/traces` is appended. */
  endpoint: string;
  headers: Record<string, string>;
  /** Of all traces, from 0 to 1; by their ids, so that all processes agree. */
  ratio: number;
  version: string;
  carrier: Carrier;
}

interface StoppableTracing extends Tracing {
  /** Sends what is left. */
  stop(): Promise<void>;
}

const NAME = 'tradewind';
/** Whose spans come from pages. */
const BROWSER = 'browser';
const EXPORT_TIMEOUT_MS = 5_000;
const EXPORT_EVERY_MS = 1_000;
/** Beyond these, spans are dropped: a collector that is away costs this much memory and nothing else. */
const MAX_WAITING = 8_192;
const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

export function createOtlpTracing({
  endpoint,
  headers,
  log,
  ...options
}: OtlpOptions & { log: Logger }): StoppableTracing {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: EXPORT_TIMEOUT_MS });
  return createTracing({ ...options, exporter: telling(exporter, url, log) });
}

/** Says once that spans do not arrive, and once that they do again. */
function telling(exporter: SpanExporter, url: string, log: Logger): SpanExporter {
  let failing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined;
        if (failed && !failing)
          log.warn({ err: result.error }, `traces do not arrive at ${url}; the shop does not wait for them`);
        if (!failed && failing) log.info(`traces arrive at ${url} again`);
        failing = failed;
        done(result);
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

interface TracingOptions extends Omit<OtlpOptions, 'endpoint' | 'headers'> {
  exporter: SpanExporter;
}

/** Every service is one to a viewer, also where several share a process. */
function createTracing({ exporter, ratio, version, carrier }: TracingOptions): StoppableTracing {
  const processor = new BatchSpanProcessor({
    exporter,
    maxQueueSize: MAX_WAITING,
    scheduledDelayMillis: EXPORT_EVERY_MS,
  });
  const sampler = new TraceIdRatioBasedSampler(ratio);
  const instance = newId();
  const services = new Map<string, Tracer>();
  const random = new RandomIdGenerator();
  /** The span of a page that is being recorded: it has its ids. */
  let given: BrowserSpan | undefined;
  const idGenerator = {
    generateTraceId: () => given?.trace_id ?? random.generateTraceId(),
    generateSpanId: () => given?.span_id ?? random.generateSpanId(),
  };

  function tracerOf(service: string): Tracer {
    const found = services.get(service);
    if (found) return found;
    const resource = resourceFromAttributes({
      [ATTR.serviceName]: service,
      [ATTR.serviceNamespace]: NAME,
      [ATTR.serviceVersion]: version,
      ...(service !== BROWSER && { [ATTR.serviceInstance]: instance }),
    });
    const provider = new TracerProvider({ resource, sampler, spanProcessors: [processor], idGenerator });
    const tracer = provider.getTracer(NAME, version);
    services.set(service, tracer);
    return tracer;
  }

  return {
    carrier,
    start(service, { name, kind, parent, links = false, attributes }) {
      const from = parent === undefined ? undefined : contextOf(parent);
      const context = from ? trace.setSpanContext(ROOT_CONTEXT, from) : ROOT_CONTEXT;
      const link = links && from ? [{ context: from }] : [];
      const span = tracerOf(service).startSpan(name, { kind: KINDS[kind], attributes, links: link }, context);
      return span.isRecording() ? spanOf(service, span) : undefined;
    },
    record(span) {
      given = span;
      try {
        const { name, attributes } = span;
        // As dates: what is small is taken for the age of this process.
        const startTime = new Date(span.started_at);
        const recorded = tracerOf(BROWSER).startSpan(
          name,
          { kind: SpanKind.CLIENT, startTime, attributes },
          ROOT_CONTEXT,
        );
        if (span.error) recorded.setStatus({ code: SpanStatusCode.ERROR }).setAttribute(ATTR.errorType, span.error);
        recorded.end(new Date(span.ended_at));
      } finally {
        given = undefined;
      }
    },
    // That the last of them did not arrive has been told.
    stop: () => processor.shutdown().catch(() => {}),
  };
}

function spanOf(service: string, span: OtelSpan): Span {
  const { traceId, spanId } = span.spanContext();
  return {
    service,
    traceparent: `00-${traceId}-${spanId}-01`,
    set: (attributes) => void span.setAttributes(attributes),
    end(error) {
      if (error !== undefined)
        span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute(ATTR.errorType, kindOf(error));
      span.end();
    },
  };
}

function contextOf(traceparent: string): SpanContext {
  const [, traceId = '', spanId = ''] = traceparent.split('-');
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}
