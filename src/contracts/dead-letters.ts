/**
 * The dead-letter desk of each service: messages it could not handle, by their cause; what is wrong with each; what it
 * would do; once more, changed, or put aside. Whatever is done says who, when and why.
 */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint } from '../platform/contract.ts';
import { AlreadyDealtWith, EndsTheProcess, NotFound, StillFaulty } from './problems.ts';
import { SERVICES, type ServiceName } from './services.ts';
import { Cursor, closed, FailedAttempts, Id, Limit, Line, nullable, page, Text, Time } from './shapes.ts';

export const DeadStatus = Type.Enum(['dead', 'retried', 'discarded']);
export type DeadStatus = Static<typeof DeadStatus>;

const Group = Type.String({ pattern: '^[0-9a-f]{32}$', description: 'group: messages of one type and one cause' });
const Count = Type.Integer({ minimum: 0 });

const summary = {
  id: Id,
  type: Type.String({ description: 'The event, or `undecodable` for what is no message of this shop' }),
  subject: Type.String(),
  status: DeadStatus,
  waiting: Type.Boolean({ description: 'Retried, and not yet handled' }),
  cause: Type.String(),
  group: Group,
  attempts: Count,
  died_at: Time,
  finished_at: nullable(Time),
};
export const DeadLetter = Type.Object(summary);
export type DeadLetter = Static<typeof DeadLetter>;

const Fault = Type.Object({ pointer: Type.String(), detail: Type.String() });
export const DeadLetterDetail = Type.Object({
  ...summary,
  source: Type.String(),
  time: Time,
  traceparent: nullable(Type.String()),
  data: Type.String({ description: 'The payload as it came: JSON, unless it is undecodable. At most its first 64 Ki' }),
  size: Type.Integer({ minimum: 0, description: 'Bytes of the whole payload' }),
  inside: nullable(Type.Integer({ description: 'Of a batch that the broker gave up: how many messages are in it' })),
  contract: nullable(
    Type.Object({
      summary: Type.String(),
      publisher: Type.String(),
      schema: Type.Unknown({ description: 'JSON Schema' }),
    }),
  ),
  faults: Type.Array(Fault, { description: 'Where the payload differs from its contract' }),
  dangerous: Type.Boolean({ description: 'It ended the process: it can be retried, but not rehearsed' }),
  types: Type.Array(Type.String(), { description: 'What this service listens to' }),
  errors: FailedAttempts,
  actions: Type.Array(
    Type.Object({
      action: Type.Enum(['retry', 'edit', 'discard', 'stop']),
      actor_id: Id,
      actor: Type.String(),
      at: Time,
      why: Type.String(),
      type_before: nullable(Type.String()),
      data_before: nullable(Type.String()),
    }),
  ),
});
export type DeadLetterDetail = Static<typeof DeadLetterDetail>;

export const Causes = Type.Object({
  groups: Type.Array(
    Type.Object({
      group: Group,
      type: Type.String(),
      cause: Type.String({ description: 'Without ids and numbers' }),
      count: Count,
      first: Time,
      last: Time,
    }),
  ),
  more_groups: Type.Integer({ description: 'So many more groups there are than are told of: the largest 200' }),
  waiting: Type.Integer({ description: 'Retried messages that are still to be handled' }),
  waiting_groups: Type.Array(Type.Object({ group: Group, count: Count }), { description: 'The same, by their group' }),
  unsent: Type.Object(
    { count: Count, oldest: nullable(Time), error: nullable(Type.String()) },
    { description: 'Events of this service that could not be published five times or more; they go on trying' },
  ),
});
export type Causes = Static<typeof Causes>;

const Row = Type.Unknown({ description: 'The row, or null' });
export const Rehearsal = Type.Object({
  tables: Type.Array(
    Type.Object({
      table: Type.String(),
      count: nullable(Count),
      keys: Type.Array(Type.String(), { description: 'The columns that say which row it is' }),
      rows: Type.Array(Type.Object({ change: Type.Enum(['insert', 'update', 'delete']), before: Row, after: Row })),
    }),
  ),
  events: Type.Array(Type.Object({ type: Type.String(), subject: Type.String(), data: Type.Unknown() })),
  error: nullable(Type.String()),
});
export type Rehearsal = Static<typeof Rehearsal>;

const Why = Text(1_000);
/** What it is to become. */
const edit = {
  type: Type.Optional(Line(200)),
  data: Type.Optional(Type.Unknown({ description: 'The whole payload; without it as it is' })),
};
const ById = Type.Object({ id: Id });
const ofGroup = { group: Group, why: Why };

export const RATE = { most: 100, usual: 10 } as const;
/** Messages of one request. */
export const GROUP_LIMIT = 10_000;

/** Of any service: which one, and where the public reaches it, comes with `deskOf`. */
const ANY = 'any';
const admin = { service: ANY, access: 'admin' } as const;
/** What is done to one message. */
const oneOf = { ...admin, params: ById, status: 200 } as const;
const DESK = {
  list: endpoint('list', 'GET /dead-letters', {
    ...admin,
    summary:
      'Messages that could not be handled, by when they died, the last first (then by id, descending); those dealt with are kept for 90 days',
    query: closed({
      status: Type.Optional(DeadStatus),
      type: Type.Optional(Line(200)),
      group: Type.Optional(Group),
      limit: Limit,
      cursor: Cursor,
    }),
    reply: page(DeadLetter),
  }),
  causes: endpoint('causes', 'GET /dead-letters/causes', {
    ...admin,
    summary: 'What is dead, by type and cause (of the 10,000 that died last)',
    reply: Causes,
  }),
  get: endpoint('get', 'GET /dead-letters/{id}', {
    ...admin,
    summary: 'One message beside its contract, with its attempts and what was done about it',
    params: ById,
    reply: DeadLetterDetail,
    problems: [NotFound],
  }),
  rehearse: endpoint('dry-run', 'POST /dead-letters/{id}/dry-run', {
    ...oneOf,
    summary: 'What handling it would do, in a transaction that is rolled back',
    body: closed(edit),
    reply: Rehearsal,
    problems: [NotFound, AlreadyDealtWith, StillFaulty, EndsTheProcess],
  }),
  retry: endpoint('retry', 'POST /dead-letters/{id}/retry', {
    ...oneOf,
    summary:
      'Handle it once more, as it is or changed; it takes effect once, however often this is asked. What it is about ' +
      'stays, and what it is, too, unless this service knows no such event',
    body: closed({ why: Why, ...edit }),
    reply: DeadLetter,
    problems: [NotFound, AlreadyDealtWith, StillFaulty],
  }),
  discard: endpoint('discard', 'POST /dead-letters/{id}/discard', {
    ...oneOf,
    summary: 'Put it aside for good; it can still be read',
    body: closed({ why: Why }),
    reply: DeadLetter,
    problems: [NotFound, AlreadyDealtWith],
  }),
  retryGroup: endpoint('retry-group', 'POST /dead-letters/retry', {
    ...admin,
    summary:
      'Handle a whole group once more, oldest first and behind whatever was retried before; at most 10,000 at once. ' +
      'The rate is a schedule: so many a second are due. A service that stood still meanwhile handles at once what is overdue',
    body: closed({
      ...ofGroup,
      per_second: Type.Optional(Type.Integer({ minimum: 1, maximum: RATE.most, default: RATE.usual })),
    }),
    status: 200,
    reply: Type.Object({
      scheduled: Count,
      messages: Type.Integer({ description: 'As many: a batch that the broker gave up is all that is in it' }),
      skipped: Type.Integer({ description: 'Cannot be handled as they are: their payload must be changed first' }),
      until: Type.String({ format: 'date-time', description: 'When the last of them is due' }),
    }),
  }),
  discardGroup: endpoint('discard-group', 'POST /dead-letters/discard', {
    ...admin,
    summary: 'Put a whole group aside; at most 10,000 at once',
    body: closed(ofGroup),
    status: 200,
    reply: Type.Object({ discarded: Count }),
  }),
  stop: endpoint('stop', 'POST /dead-letters/stop', {
    ...admin,
    summary: 'Take back whatever was retried and is not yet due: it is dead again',
    body: closed({ why: Why }),
    status: 200,
    reply: Type.Object({ stopped: Count }),
  }),
};
export type Desk = typeof DESK;

/** The same schemas for all of them, which are compiled once. */
const deskOf = (service: ServiceName) =>
  Object.fromEntries(
    Object.entries(DESK).map(([key, one]) => {
      const publicPaths = [one.path.replace('/dead-letters', `/api/dead-letters/${service}`)];
      return [key, { ...one, service, name: `${service}.dead-letters.${one.name}`, publicPaths }];
    }),
  ) as unknown as Desk;

export const DESKS = Object.fromEntries(SERVICES.map((service) => [service, deskOf(service)])) as Record<
  ServiceName,
  Desk
>;
