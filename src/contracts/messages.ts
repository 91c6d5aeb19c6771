/** The messages of each service about one thing: what waits to be sent or handled, and what could not be handled. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint } from '../platform/contract.ts';
import { DeadStatus } from './dead-letters.ts';
import { SERVICES, type ServiceName } from './services.ts';
import { closed, FailedAttempts, Id, Line, nullable, Time } from './shapes.ts';

const Attempts = Type.Integer({ minimum: 0, description: 'Those that failed' });

export const OutgoingMessage = Type.Object({
  id: Id,
  type: Type.String(),
  time: Time,
  attempts: Attempts,
  last_error: nullable(Type.String()),
  next_attempt_at: nullable(Type.String({ format: 'date-time', description: 'Null: at once' })),
});
export type OutgoingMessage = Static<typeof OutgoingMessage>;

export const IncomingMessage = Type.Object({
  id: Id,
  type: Type.String(),
  source: Type.String(),
  time: Time,
  attempts: Attempts,
  errors: FailedAttempts,
  next_attempt_at: nullable(Type.String({ format: 'date-time', description: 'Null: at once' })),
});
export type IncomingMessage = Static<typeof IncomingMessage>;

export const StuckMessage = Type.Object({
  id: Id,
  type: Type.String({ description: 'The event, or `undecodable` for a whole batch that the broker gave up' }),
  source: Type.String(),
  time: Time,
  status: DeadStatus,
  waiting: Type.Boolean({ description: 'Retried, and not yet handled' }),
  cause: Type.String(),
  attempts: Attempts,
  errors: FailedAttempts,
  died_at: Time,
  finished_at: nullable(Time),
});
export type StuckMessage = Static<typeof StuckMessage>;

export const MendedMessage = Type.Object({
  ...{ id: Id, type: Type.String(), source: Type.String(), time: Time },
  ...{ attempts: Attempts, errors: FailedAttempts, handled_at: Time },
});
export type MendedMessage = Static<typeof MendedMessage>;

export const AuditFinding = Type.Object({
  rule: Type.String({ description: 'A sentence: what should hold' }),
  detail: Type.String(),
  found_at: Time,
});
export type AuditFinding = Static<typeof AuditFinding>;

export const MessagesAbout = Type.Object({
  outgoing: Type.Array(OutgoingMessage, { description: 'Not yet sent' }),
  incoming: Type.Array(IncomingMessage, { description: 'Not yet handled' }),
  mended: Type.Array(MendedMessage, { description: 'Handled after attempts that failed, in the last 90 days' }),
  dead: Type.Array(StuckMessage, { description: 'At the dead-letter desk, or dealt with there in the last 90 days' }),
  findings: Type.Array(AuditFinding, { description: 'What the auditor has found of it, until it is mended' }),
});
export type MessagesAbout = Static<typeof MessagesAbout>;

/** What has been handled at once leaves no row, but for its id: the service's own books tell of it. */
const messagesOf = (service: ServiceName) =>
  endpoint(`${service}.messages`, 'GET /messages', {
    service,
    access: 'admin',
    summary:
      'What waits to be sent or handled about one thing, what was handled after attempts that failed, and what could not be; at most 100 of each',
    publicPaths: [`/api/messages/${service}`],
    query: closed({ subject: { ...Line(200), description: 'the id of an order, a product, a customer' } }),
    reply: Type.Object({
      // Not a 503: the service is well, and must not be taken for one that is away.
      known: Type.Boolean({ description: 'False: so much is waiting that it cannot be looked through in good time' }),
      ...MessagesAbout.properties,
    }),
  });

/** Every service has the same. */
export const MESSAGES = Object.fromEntries(SERVICES.map((service) => [service, messagesOf(service)])) as Record<
  ServiceName,
  ReturnType<typeof messagesOf>
>;
