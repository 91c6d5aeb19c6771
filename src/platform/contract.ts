/**
 * The words in which rooms may speak of each other: an endpoint, an event, a problem. Each is declared once, as a
 * value; its types, validation, reply filtering, client, gateway route and documents all follow from that value.
 */

import type { Static, TObject, TSchema } from 'typebox';
import { Type } from 'typebox';

/**
 * Who may call an endpoint at all; what they may see of it is decided in the action. auditor: a part of the shop that
 * compares the books of several rooms, and admins.
 */
export type Access = 'anyone' | 'customer' | 'admin' | 'auditor';

/** A fault a caller can do something about. `type` on the wire is `urn:tradewind:problem:<code>` (RFC 9457). */
export interface ProblemType<Code extends string = string> {
  readonly code: Code;
  readonly status: number;
  readonly title: string;
}

export function problem<const Code extends string>(code: Code, status: number, title: string): ProblemType<Code> {
  return { code, status, title };
}

/** A body that reaches the action as the bytes it is; the caller is known and allowed before any of them is read. */
export interface RawBody {
  /** Media types, without parameters. */
  readonly types: readonly string[];
  readonly maxBytes: number;
  /** For the documents: a form and its parts (a file is `format: 'binary'`). */
  readonly schema?: TSchema;
}

/**
 * How often one client may call: the gateway counts by policy. `auth` is for guessing secrets, `checkout` for buying up
 * the shop.
 */
export type Quota = 'default' | 'checkout' | 'auth';

export interface Endpoint<
  Params extends TObject = TObject,
  Query extends TObject = TObject,
  Body extends TSchema = TSchema,
  Reply extends TSchema = TSchema,
  Problem extends ProblemType = ProblemType,
> {
  /** `service.action`, unique: `orders.place`. */
  readonly name: string;
  readonly service: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** On the service itself, with `{param}`: `/orders/{id}`. */
  readonly path: string;
  /** On the gateway; `/api` + path unless stated. */
  readonly publicPaths: readonly string[];
  readonly summary: string;
  readonly access: Access;
  readonly params: Params;
  readonly query: Query;
  /** `Type.Never()`-free: endpoints without a body leave it undefined. */
  readonly body: Body | undefined;
  /** Instead of `body`: an upload, a signed webhook. */
  readonly raw: RawBody | undefined;
  /** Request headers beyond the ordinary ones that the action reads, in lower case; they travel through the gateway. */
  readonly headers: readonly string[];
  /** Status of the ordinary reply. */
  readonly status: number;
  /** Its body; undefined for 204. */
  readonly reply: Reply | undefined;
  /** Replies that are given to some only, by status. */
  readonly others: Readonly<Record<number, TSchema>>;
  /** Media type of a reply that is not JSON: a picture, a stream of events. */
  readonly media: string | undefined;
  /** Its reply goes on for as long as there is more to come, or to be read. */
  readonly streams: boolean;
  readonly problems: readonly Problem[];
  /** Accepts an Idempotency-Key. */
  readonly idempotent: boolean;
  readonly quota: Quota;
}

interface EndpointOptions<
  P extends TObject,
  Q extends TObject,
  B extends TSchema,
  R extends TSchema,
  X extends ProblemType,
> {
  service: string;
  summary: string;
  access: Access;
  params?: P;
  query?: Q;
  body?: B;
  raw?: RawBody;
  headers?: readonly string[];
  status?: number;
  reply?: R;
  others?: Readonly<Record<number, TSchema>>;
  media?: string;
  streams?: boolean;
  problems?: readonly X[];
  publicPaths?: readonly string[];
  idempotent?: boolean;
  quota?: Quota;
}

const NOTHING = Type.Object({}, { additionalProperties: true });

/**
 * Declares an endpoint.
 *
 * @example endpoint('orders.get', 'GET /orders/{id}', { service: 'orders', access: 'anyone', reply: Order, … })
 */
export function endpoint<
  P extends TObject = TObject<Record<never, never>>,
  Q extends TObject = TObject<Record<never, never>>,
  B extends TSchema = TSchema,
  R extends TSchema = TSchema,
  X extends ProblemType = never,
>(name: string, route: string, options: EndpointOptions<P, Q, B, R, X>): Endpoint<P, Q, B, R, X> {
  const [method, path] = route.split(' ') as [Endpoint['method'], string];
  return {
    name,
    method,
    path,
    service: options.service,
    summary: options.summary,
    access: options.access,
    publicPaths: options.publicPaths ?? [`/api${path}`],
    params: options.params ?? (NOTHING as unknown as P),
    query: options.query ?? (NOTHING as unknown as Q),
    body: options.body,
    raw: options.raw,
    headers: options.headers ?? [],
    status: options.status ?? (options.reply || options.media ? 200 : 204),
    reply: options.reply,
    others: options.others ?? {},
    media: options.media,
    streams: options.streams ?? false,
    problems: options.problems ?? [],
    idempotent: options.idempotent ?? false,
    quota: options.quota ?? 'default',
  };
}

export interface EventContract<Name extends string = string, Data extends TObject = TObject> {
  /** `noun.past_tense`; also the routing key. Within a name only additions; a breaking change is a new name. */
  readonly name: Name;
  /** The only service that may publish it. */
  readonly publisher: string;
  readonly summary: string;
  readonly data: Data;
  /** The property of `data` that is the entity's id: the envelope's `subject`. */
  readonly subject: string;
  /** Properties of `data` that nobody but its handlers may read: whatever shows messages to people masks them. */
  readonly secrets: readonly string[];
  /** Properties of `data` that say who is told its secrets: they stay when somebody mends it who may not read them. */
  readonly addressees: readonly string[];
  /** Properties of `data` that say who somebody is: whoever looks on without having to know does not see them. */
  readonly personal: readonly string[];
}

export function event<const Name extends string, Data extends TObject>(
  name: Name,
  options: {
    publisher: string;
    summary: string;
    data: Data;
    subject: keyof Static<Data> & string;
    secrets?: readonly (keyof Static<Data> & string)[];
    addressees?: readonly (keyof Static<Data> & string)[];
    personal?: readonly (keyof Static<Data> & string)[];
  },
): EventContract<Name, Data> {
  return { name, secrets: [], addressees: [], personal: [], ...options };
}

/** What a service says of itself in its contract when no line of the others names it: it exports this as `SERVICE`. */
export interface ServiceDeclaration {
  /** Where it listens, unless `PORT_…` says otherwise. */
  readonly port: number;
  /** What it listens to. Every process declares its queue from this, whether it runs or not. */
  readonly hears: readonly EventContract[];
}

export type ParamsOf<E> = E extends Endpoint<infer P, TObject, TSchema, TSchema, ProblemType> ? Static<P> : never;
export type QueryOf<E> = E extends Endpoint<TObject, infer Q, TSchema, TSchema, ProblemType> ? Static<Q> : never;
export type BodyOf<E> = E extends Endpoint<TObject, TObject, infer B, TSchema, ProblemType> ? Static<B> : never;
export type ReplyOf<E> = E extends Endpoint<TObject, TObject, TSchema, infer R, ProblemType> ? Static<R> : never;
export type ProblemOf<E> = E extends Endpoint<TObject, TObject, TSchema, TSchema, infer X> ? X : never;
export type DataOf<E> = E extends EventContract<string, infer D> ? Static<D> : never;
