/** What admins did in each service. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint } from '../platform/contract.ts';
import { SERVICES, type ServiceName } from './services.ts';
import { Cursor, closed, Id, Limit, Line, nullable, page, Time } from './shapes.ts';

export const Deed = Type.Object({
  id: Id,
  at: Time,
  admin_id: Id,
  action: Type.String({ description: "The endpoint's name" }),
  about: Type.String({ description: 'What it was about: the values in its path' }),
  request: Type.Unknown({ description: 'What was sent, with secrets and people masked; null: too much, or no JSON' }),
  status: nullable(Type.Integer({ description: 'Of the answer; null: being done, or nobody knows' })),
  problem: nullable(Type.String({ description: 'Why it was refused' })),
  trace_id: Type.String(),
});
export type Deed = Static<typeof Deed>;

const activityOf = (service: ServiceName) =>
  endpoint(`${service}.activity`, 'GET /activity', {
    service,
    access: 'admin',
    summary: 'What admins did here: changes and exports, newest first; kept for 400 days',
    publicPaths: [`/api/activity/${service}`],
    query: closed({
      admin_id: Type.Optional(Id),
      about: Type.Optional({ ...Line(200), description: 'the id of an order, a product, a customer' }),
      limit: Limit,
      cursor: Cursor,
    }),
    reply: page(Deed),
  });

/** Every service has the same. */
export const ACTIVITY = Object.fromEntries(SERVICES.map((service) => [service, activityOf(service)])) as Record<
  ServiceName,
  ReturnType<typeof activityOf>
>;
