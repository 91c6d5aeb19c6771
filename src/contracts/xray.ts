/**
 * The order X-ray: everything the rooms know of one order, and in words where it stands, why, and what happens next and
 * when. And the outlook: its safe part, in a shopper's words.
 */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint } from '../platform/contract.ts';
import { Allocation, Movement } from './inventory.ts';
import { Notification } from './notifications.ts';
import { GetOrder, Order, TimelineEntry } from './orders.ts';
import { PaymentDetail, WebhookEvent } from './payments.ts';
import { NotFound } from './problems.ts';
import { Id, nullable, Time } from './shapes.ts';

/** Those that an order goes through. */
export const XrayRoom = Type.Enum(['orders', 'inventory', 'payments', 'notifications']);
export type XrayRoom = Static<typeof XrayRoom>;

const Sentence = Type.String({ description: 'A sentence' });
const When = nullable(
  Type.String({ format: 'date-time', description: 'When, or by when; null: any moment, or nobody knows' }),
);

export const Outlook = Type.Object({
  stands: Sentence,
  why: Sentence,
  next: Type.Array(Type.Object({ what: Sentence, when: When }), { description: 'Empty: nothing more will happen' }),
});
export type Outlook = Static<typeof Outlook>;

export const NextStep = Type.Object({
  what: Sentence,
  when: When,
  by: Type.Enum(['shop', 'deadline', 'person'], {
    description: 'shop: by itself. deadline: if nothing else comes first. person: somebody must do it',
  }),
});
export type NextStep = Static<typeof NextStep>;

const LetterLink = Type.Object(
  { service: XrayRoom, id: Id },
  { description: 'A message at the dead-letter desk of a service' },
);
export const Holdup = Type.Object({
  what: Sentence,
  needs: Type.Enum(['time', 'person'], { description: 'time: it is tried again by itself' }),
  letter: nullable(LetterLink),
});
export type Holdup = Static<typeof Holdup>;

export const Explanation = Type.Object({
  stands: Sentence,
  why: Sentence,
  goods: nullable(Sentence),
  money: nullable(Sentence),
  told: nullable(Sentence),
  next: Type.Array(NextStep, { description: 'What comes by itself, soonest first; then what people do' }),
  holdups: Type.Array(Holdup),
  over: Type.Boolean({ description: 'Nothing more will happen' }),
});
export type Explanation = Static<typeof Explanation>;

export const LineState = Type.Enum([
  'to_be_sent',
  'on_its_way',
  'to_be_handled',
  'failing',
  'dead',
  'discarded',
  'heard',
  'missing',
  'unknown',
]);
export type LineState = Static<typeof LineState>;

/** What one room said to another. */
export const Line = Type.Object({
  type: Type.String({ description: 'The event' }),
  from: Type.String({ description: 'A service' }),
  to: XrayRoom,
  said_at: nullable(Time),
  state: LineState,
  awaited: Type.Boolean({ description: 'Something follows from it; else it is known already' }),
  attempts: Type.Integer({ description: 'Those that failed' }),
  errors: Type.Array(Type.Object({ at: nullable(Time), error: Type.String() })),
  next_attempt_at: When,
  letter: nullable(Id),
});
export type Line = Static<typeof Line>;

/** A moment in one room. */
export const Mark = Type.Object({
  at: Time,
  room: XrayRoom,
  what: Type.String(),
  /** Whose word it followed. */
  from: nullable(XrayRoom),
  tone: Type.Enum(['plain', 'good', 'bad']),
});
export type Mark = Static<typeof Mark>;

/** A part is null while its room cannot be asked. */
export const Xray = Type.Object({
  at: Time,
  explanation: Explanation,
  way: Type.Array(Mark, { description: 'What happened where, in order' }),
  conversation: Type.Array(Type.Object({ ...Line.properties, words: Sentence }), {
    description: 'What the rooms said to each other about it',
  }),
  orders: nullable(
    Type.Object({ order: Order, timeline: Type.Array(TimelineEntry), outlook: Outlook, trace_id: Type.String() }),
  ),
  inventory: nullable(
    Type.Object({
      allocation: nullable(Allocation),
      movements: Type.Array(Movement),
    }),
  ),
  payments: nullable(
    Type.Object({
      payment: nullable(PaymentDetail),
      events: Type.Array(WebhookEvent),
    }),
  ),
  notifications: nullable(Type.Array(Notification)),
  away: Type.Array(Type.Object({ service: XrayRoom, detail: Type.String() }), {
    description: 'Services that cannot be asked right now, and why',
  }),
});
export type Xray = Static<typeof Xray>;

export const GetXray = endpoint('xray.order', 'GET /orders/{id}/xray', {
  service: 'gateway',
  summary:
    'All that the services know of one order, and in words where it stands, why, and what happens next; a service that is away is named, and the rest is there',
  access: 'admin',
  params: GetOrder.params,
  reply: Xray,
  problems: [NotFound],
});
export const GetOutlook = endpoint('orders.outlook', 'GET /orders/{id}/outlook', {
  service: 'orders',
  summary: "Where an order stands, why, and what happens next and when, in its shopper's words",
  access: 'anyone',
  params: GetOrder.params,
  query: GetOrder.query,
  reply: Outlook,
  problems: [NotFound],
});
