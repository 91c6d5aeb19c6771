/** The tap: events of the shop for whoever watches it work, live and masked. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint } from '../platform/contract.ts';
import { EventsElsewhere } from './problems.ts';
import { closed, Id, Line, Time } from './shapes.ts';

/** The `data` of each `event` of the stream. */
export const TappedEvent = Type.Object({
  ...{ id: Id, time: Time, type: Type.String(), subject: Type.String(), source: Type.String() },
  data: Type.Unknown({ description: 'As published; what is secret or says who somebody is is masked' }),
});
export type TappedEvent = Static<typeof TappedEvent>;

export const TapEvents = endpoint('tap.events', 'GET /tap', {
  service: 'gateway',
  summary:
    'Events as they are published, as server-sent events: an `event` each; what is too much for the reader is left out, and a ' +
    '`dropped` says how many. Nothing is kept: what was published while nobody read is not here',
  access: 'admin',
  query: closed({
    type: Type.Optional({
      ...Type.String({ pattern: '^[a-z_.*]{1,100}(,[a-z_.*]{1,100}){0,19}$' }),
      description: 'names of events, separated by commas; * stands for any part: order.*,payment.failed',
    }),
    subject: Type.Optional({ ...Line(200), description: 'the id of an order, a product, a customer' }),
  }),
  media: 'text/event-stream',
  streams: true,
  problems: [EventsElsewhere],
});
