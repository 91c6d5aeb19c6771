/** OpenAPI 3.1 from endpoints, AsyncAPI 3 from events: the documents cannot say anything the code does not do. */
import type { TSchema } from 'typebox';
import type { Endpoint, EventContract, ProblemType } from './contract.ts';
import { common } from './problem.ts';

export interface DocumentInfo {
  title: string;
  version: string;
  description: string;
}

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string', format: 'uri', examples: ['urn:tradewind:problem:not-found'] },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    errors: {
      type: 'array',
      description: 'Every fault at once, each with its RFC 6901 pointer',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};

/** Paths are those of the service itself, or the gateway's public ones. */
export function openapi(info: DocumentInfo, endpoints: readonly Endpoint[], door: 'service' | 'gateway'): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const endpoint of endpoints) {
    const mounts = door === 'service' ? [endpoint.path] : endpoint.publicPaths;
    for (const [i, path] of mounts.entries()) {
      const operationId = i === 0 ? endpoint.name : `${endpoint.name}.${i + 1}`;
      paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(endpoint, operationId) };
    }
  }
  return {
    openapi: '3.1.0',
    info,
    paths,
    components: {
      schemas: { Problem: PROBLEM },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

const FOR = {
  anyone: undefined,
  customer: 'For customers and admins.',
  admin: 'For admins.',
  auditor: 'For auditors.',
};

function operation(endpoint: Endpoint, operationId: string): object {
  const { access, status, reply, others, media, service, summary } = endpoint;
  const content = reply ? { 'application/json': { schema: reply } } : media && { [media]: {} };
  return {
    operationId,
    tags: [service],
    summary,
    description: FOR[access],
    security: access === 'anyone' ? [{}, { token: [] }] : [{ token: [] }],
    parameters: [
      ...parameters(endpoint.params, 'path'),
      ...parameters(endpoint.query, 'query'),
      ...(endpoint.idempotent ? [IDEMPOTENCY_KEY] : []),
      ...endpoint.headers.map((name) => ({ name, in: 'header', required: false, schema: { type: 'string' } })),
    ],
    requestBody: requestBody(endpoint),
    responses: {
      [status]: { description: 'Done', ...(content && { content }) },
      ...Object.fromEntries(Object.entries(others).map(([other, schema]) => [other, done(schema)])),
      ...problems(endpoint),
    },
  };
}

const done = (schema: object) => ({ description: 'Done', content: { 'application/json': { schema } } });

function requestBody({ body, raw }: Endpoint): object | undefined {
  if (body) return { required: true, content: { 'application/json': { schema: body } } };
  if (!raw) return undefined;
  const schema = raw.schema ?? {};
  return { required: true, content: Object.fromEntries(raw.types.map((type) => [type, { schema }])) };
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key and body get the same answer for 24 hours; another body is refused with 422',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

function parameters(schema: TSchema, place: 'path' | 'query'): object[] {
  const { properties = {}, required = [] } = schema as { properties?: Record<string, TSchema>; required?: string[] };
  return Object.entries(properties).map(([name, value]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: value,
  }));
}

function problems(endpoint: Endpoint): Record<string, object> {
  const possible: ProblemType[] = [...endpoint.problems];
  if (endpoint.access !== 'anyone') possible.push(common.unauthorized);
  if (endpoint.access === 'admin' || endpoint.access === 'auditor') possible.push(common.forbidden);
  if (endpoint.body || endpoint.raw) possible.push(common.malformed, common.tooLarge, common.unsupportedType);
  if (endpoint.idempotent) possible.push(common.keyReused);
  possible.push(common.invalid, common.quotaExceeded);
  const byStatus = new Map<number, string[]>();
  for (const { status, code, title } of possible) {
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\`: ${title}`]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, titles]) => [
      status,
      {
        description: titles.join('; '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}

/** Every event, who sends it and who receives it. */
export function asyncapi(
  info: DocumentInfo,
  events: readonly EventContract[],
  subscriptions: Readonly<Record<string, readonly EventContract[]>>,
): object {
  const key = (event: EventContract) => event.name.replaceAll('.', '_');
  return {
    asyncapi: '3.0.0',
    info,
    defaultContentType: 'application/cloudevents-batch+json',
    channels: Object.fromEntries(
      events.map((event) => [
        key(event),
        {
          address: event.name,
          description: `Topic exchange tradewind.events, routing key ${event.name}. Published by ${event.publisher}.`,
          messages: { [key(event)]: { $ref: `#/components/messages/${key(event)}` } },
          bindings: {
            amqp: { is: 'routingKey', exchange: { name: 'tradewind.events', type: 'topic', durable: true } },
          },
        },
      ]),
    ),
    operations: Object.fromEntries([
      ...events.map((event) => [
        `${event.publisher}_sends_${key(event)}`,
        { action: 'send', channel: { $ref: `#/channels/${key(event)}` }, summary: event.summary },
      ]),
      ...Object.entries(subscriptions).flatMap(([service, listened]) =>
        listened.map((event) => [
          `${service}_receives_${key(event)}`,
          { action: 'receive', channel: { $ref: `#/channels/${key(event)}` } },
        ]),
      ),
    ]),
    components: {
      messages: Object.fromEntries(
        events.map((event) => [
          key(event),
          {
            name: event.name,
            summary: event.summary,
            contentType: 'application/cloudevents-batch+json',
            payload: { type: 'array', maxItems: 100, items: { $ref: `#/components/schemas/${key(event)}` } },
          },
        ]),
      ),
      schemas: Object.fromEntries(events.map((event) => [key(event), cloudEvent(event)])),
    },
  };
}

function cloudEvent(event: EventContract): object {
  return {
    type: 'object',
    description: 'CloudEvents 1.0',
    required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'data'],
    properties: {
      specversion: { const: '1.0' },
      id: { type: 'string', format: 'uuid', description: 'The same on every redelivery' },
      source: { const: `/tradewind/${event.publisher}` },
      type: { const: event.name },
      subject: { type: 'string', description: `data.${event.subject}` },
      time: { type: 'string', format: 'date-time' },
      datacontenttype: { const: 'application/json' },
      dataschema: { const: `urn:tradewind:event:${event.name}` },
      traceparent: { type: 'string', description: 'W3C trace context of what started it all' },
      data: event.data,
    },
  };
}
