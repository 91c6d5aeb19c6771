/** Webhooks: merchants are told of events at addresses of their own, signed by the Standard Webhooks specification. */
import { type Static, Type } from 'typebox';
import type { EventContract, ServiceDeclaration } from '../platform/contract.ts';
import { endpoint } from '../platform/contract.ts';
import { ProductCreated, ProductDeleted, ProductUpdated } from './catalog.ts';
import { CustomerDeleted, CustomerRegistered, CustomerUpdated } from './customers.ts';
import { StockLow } from './inventory.ts';
import {
  OrderAwaitingPayment,
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderFailed,
  OrderPlaced,
  OrderShipped,
} from './orders.ts';
import { PaymentFailed, PaymentProcessed, PaymentRefunded, PaymentRefundFailed } from './payments.ts';
import { NotFound, NotReplayable, TooManyWebhooks } from './problems.ts';
import { Cursor, closed, Id, Limit, Line, nullable, page, Text, Time, TimeIn } from './shapes.ts';

const HEARD: readonly EventContract[] = [
  OrderPlaced,
  OrderAwaitingPayment,
  OrderConfirmed,
  OrderFailed,
  OrderCancelled,
  OrderShipped,
  OrderDelivered,
  PaymentProcessed,
  PaymentFailed,
  PaymentRefunded,
  PaymentRefundFailed,
  ProductCreated,
  ProductUpdated,
  ProductDeleted,
  StockLow,
  CustomerRegistered,
  CustomerUpdated,
  CustomerDeleted,
];

/** The service is found by its folder; this is what the shop must know of it before it runs. */
export const SERVICE: ServiceDeclaration = { port: 8006, hears: HEARD };

/** What can be subscribed to. */
export const WebhookType = Type.Enum(HEARD.map(({ name }) => name));
export type WebhookType = Static<typeof WebhookType>;
/** What is sent to try an address out; nobody subscribes to it. */
export const WEBHOOK_TEST = 'webhook.test';

export const WEBHOOK_LIMITS = {
  /** Addresses of one shop. */
  webhooks: 50,
  /** Characters. */
  url: 1_000,
  description: 200,
  /** Deliveries that are sent again by one request. */
  replay: 10_000,
} as const;

export const WebhookStatus = Type.Enum(['enabled', 'disabled']);
export type WebhookStatus = Static<typeof WebhookStatus>;
/** By an admin; by its answer 410 Gone; because nothing has arrived for five days. */
export const DisabledBy = Type.Enum(['admin', 'gone', 'failing']);
export type DisabledBy = Static<typeof DisabledBy>;

export const Webhook = Type.Object({
  id: Id,
  url: Type.String(),
  description: Type.String(),
  types: Type.Array(Type.String()),
  status: WebhookStatus,
  disabled_by: nullable(DisabledBy),
  failing_since: nullable(Type.String({ format: 'date-time', description: 'Nothing has arrived since' })),
  waiting: Type.Integer({ description: 'Deliveries that are to be tried, again perhaps; counted to 1001' }),
  created_at: Time,
  updated_at: Time,
});
export type Webhook = Static<typeof Webhook>;

export const WebhookDeliveryStatus = Type.Enum(['waiting', 'delivered', 'failed']);
export type WebhookDeliveryStatus = Static<typeof WebhookDeliveryStatus>;

const delivery = {
  id: Id,
  webhook_id: Id,
  message_id: Type.String({ format: 'uuid', description: 'The same for every attempt, and sent as `webhook-id`' }),
  type: Type.String(),
  subject: Type.String({ description: 'What it is about: the id of an order, product or customer' }),
  status: WebhookDeliveryStatus,
  attempts: Type.Integer(),
  last_error: nullable(Type.String()),
  next_attempt_at: nullable(Time),
  delivered_at: nullable(Time),
  created_at: Time,
};
export const WebhookDelivery = Type.Object(delivery);
export type WebhookDelivery = Static<typeof WebhookDelivery>;

export const WebhookAttempt = Type.Object({
  at: Time,
  status: nullable(Type.Integer({ description: 'Of the answer, if there was one' })),
  error: nullable(Type.String()),
  response: Type.String({ description: 'The beginning of the answer' }),
  milliseconds: Type.Integer(),
});
export type WebhookAttempt = Static<typeof WebhookAttempt>;

const Url = { ...Line(WEBHOOK_LIMITS.url), description: 'an address on the internet, https://…' };
const Types = Type.Array(WebhookType, { minItems: 1, maxItems: HEARD.length, uniqueItems: true });
const Description = Text(WEBHOOK_LIMITS.description, 0);
const Secret = Type.String({ description: 'whsec_…, shown this once' });
const ById = Type.Object({ id: Id });

export const ListWebhookTypes = endpoint('webhooks.types', 'GET /webhook-types', {
  service: 'webhooks',
  summary: 'The events that can be subscribed to',
  access: 'admin',
  reply: Type.Object({ items: Type.Array(Type.Object({ type: Type.String(), summary: Type.String() })) }),
});

export const ListWebhooks = endpoint('webhooks.list', 'GET /webhook-subscriptions', {
  service: 'webhooks',
  summary: 'Every address that is told of events, oldest first',
  access: 'admin',
  reply: Type.Object({ items: Type.Array(Webhook) }),
});

export const GetWebhook = endpoint('webhooks.get', 'GET /webhook-subscriptions/{id}', {
  service: 'webhooks',
  summary: 'One address',
  access: 'admin',
  params: ById,
  reply: Webhook,
  problems: [NotFound],
});

export const CreateWebhook = endpoint('webhooks.create', 'POST /webhook-subscriptions', {
  service: 'webhooks',
  summary:
    'Tell an address of events that are published from now on; the answer holds the secret that they are signed with',
  access: 'admin',
  body: closed({ url: Url, description: Type.Optional(Description), types: Types }),
  status: 201,
  reply: Type.Object({ ...Webhook.properties, secret: Secret }),
  problems: [TooManyWebhooks],
  idempotent: true,
});

export const UpdateWebhook = endpoint('webhooks.update', 'PATCH /webhook-subscriptions/{id}', {
  service: 'webhooks',
  summary: 'Change where, of what and whether it is told; enabled again, it is sent what waited meanwhile',
  access: 'admin',
  params: ById,
  body: Type.Object(
    {
      url: Type.Optional(Url),
      description: Type.Optional(Description),
      types: Type.Optional(Types),
      status: Type.Optional(WebhookStatus),
    },
    { additionalProperties: false, minProperties: 1 },
  ),
  reply: Webhook,
  problems: [NotFound],
});

export const DeleteWebhook = endpoint('webhooks.delete', 'DELETE /webhook-subscriptions/{id}', {
  service: 'webhooks',
  summary: 'Forget an address, and all that it was sent',
  access: 'admin',
  params: ById,
  problems: [NotFound],
});

export const RotateWebhookSecret = endpoint('webhooks.rotate', 'POST /webhook-subscriptions/{id}/secret', {
  service: 'webhooks',
  summary: 'Give it a new secret; for a day everything is signed with both',
  access: 'admin',
  params: ById,
  reply: Type.Object({ secret: Secret, old_valid_until: Time }),
  problems: [NotFound],
  idempotent: true,
});

export const TestWebhook = endpoint('webhooks.test', 'POST /webhook-subscriptions/{id}/test', {
  service: 'webhooks',
  summary: `Send it a "${WEBHOOK_TEST}", to see whether it arrives`,
  access: 'admin',
  params: ById,
  status: 202,
  reply: WebhookDelivery,
  problems: [NotFound, NotReplayable],
});

export const ReplayWebhook = endpoint('webhooks.replay', 'POST /webhook-subscriptions/{id}/replay', {
  service: 'webhooks',
  summary: `Send again what was made since then: what has failed, or everything (at most ${WEBHOOK_LIMITS.replay} at once)`,
  access: 'admin',
  params: ById,
  body: closed({ since: TimeIn, status: Type.Optional(Type.Enum(['failed', 'all'])) }),
  reply: Type.Object({
    replayed: Type.Integer(),
    more_since: nullable(Type.String({ format: 'date-time', description: 'There may be more: ask again, since then' })),
  }),
  problems: [NotFound, NotReplayable],
});

export const ListDeliveries = endpoint('webhooks.deliveries', 'GET /webhook-deliveries', {
  service: 'webhooks',
  summary: 'What was sent, or is to be, newest first; kept for 30 days',
  access: 'admin',
  query: closed({
    webhook_id: Type.Optional(Id),
    status: Type.Optional(WebhookDeliveryStatus),
    limit: Limit,
    cursor: Cursor,
  }),
  reply: page(WebhookDelivery),
});

export const GetDelivery = endpoint('webhooks.delivery', 'GET /webhook-deliveries/{id}', {
  service: 'webhooks',
  summary: 'One delivery: what was sent, and what came of each attempt (the last 30)',
  access: 'admin',
  params: ById,
  reply: Type.Object({
    ...delivery,
    payload: Type.String({ description: 'The body, as it is signed' }),
    history: Type.Array(WebhookAttempt),
  }),
  problems: [NotFound],
});

export const ReplayDelivery = endpoint('webhooks.deliver', 'POST /webhook-deliveries/{id}/replay', {
  service: 'webhooks',
  summary: 'Send one again, now, under the same `webhook-id`',
  access: 'admin',
  params: ById,
  status: 202,
  reply: WebhookDelivery,
  problems: [NotFound, NotReplayable],
});
