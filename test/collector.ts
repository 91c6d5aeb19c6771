/** A collector of traces as operators have one: OTLP over HTTP, on a port of its own. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CollectedSpan {
  service: string;
  name: string;
  kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  trace: string;
  id: string;
  parent: string | undefined;
  /** Spans that it links to, by their ids. */
  links: string[];
  attributes: Record<string, unknown>;
  failed: boolean;
  /** Milliseconds since 1970. */
  start: number;
  end: number;
}

export interface Collector {
  url: string;
  spans: CollectedSpan[];
  /** What it was sent, as text. */
  bodies: string[];
  /** Headers of what came last. */
  headers: Record<string, unknown>;
  close(): Promise<void>;
}

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: OtlpAttribute[];
  links: { traceId: string; spanId: string }[];
  status: { code?: number };
}
interface OtlpAttribute {
  key: string;
  value: Record<string, unknown>;
}
interface OtlpBody {
  resourceSpans: { resource: { attributes: OtlpAttribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const valuesOf = (attributes: OtlpAttribute[] = []) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

export async function startCollector(): Promise<Collector> {
  const collector: Collector = { url: '', spans: [], bodies: [], headers: {}, close: async () => {} };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      collector.headers = request.headers;
      collector.bodies.push(text);
      if (request.url === '/v1/traces') collector.spans.push(...spansOf(JSON.parse(text)));
      response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  collector.close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return collector;
}

function spansOf({ resourceSpans }: OtlpBody): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name']);
    return scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({
        service,
        name: span.name,
        kind: KINDS[span.kind] ?? 'internal',
        trace: span.traceId,
        id: span.spanId,
        parent: span.parentSpanId || undefined,
        links: (span.links ?? []).map(({ spanId }) => spanId),
        attributes: valuesOf(span.attributes),
        failed: span.status?.code === 2,
        start: Number(BigInt(span.startTimeUnixNano) / 1_000_000n),
        end: Number(BigInt(span.endTimeUnixNano) / 1_000_000n),
      }));
  });
}
