/** Payments: one charge per order, by constraint; refunds never beyond what was captured. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint, event } from '../platform/contract.ts';
import { NotBelieved, NotFound, NotRefundable } from './problems.ts';
import { Amount, AmountIn, Currency, Cursor, Id, INT4, Limit, nullable, page, Text, Time } from './shapes.ts';

export const PaymentStatus = Type.Enum(['processing', 'succeeded', 'failed', 'voided']);
export type PaymentStatus = Static<typeof PaymentStatus>;

/** Of what is still to be decided. */
const AskedAt = nullable(
  Type.String({
    format: 'date-time',
    description: 'When the provider is asked, again unless it answers; null once it is decided',
  }),
);
export const RefundStatus = Type.Enum(['processing', 'succeeded', 'failed']);
export type RefundStatus = Static<typeof RefundStatus>;
export const Refund = Type.Object({
  id: Id,
  payment_id: Id,
  amount: Amount,
  currency: Currency,
  kind: Type.Enum(['order_ended', 'merchant', 'external'], {
    description: 'external: made at the provider, not by this shop',
  }),
  status: RefundStatus,
  reason: Type.String(),
  reference: nullable(Type.String({ description: "The provider's name for the refund" })),
  attempts: Type.Integer(),
  last_error: nullable(Type.String({ description: 'Why it failed, or what came of the last attempt' })),
  next_attempt_at: AskedAt,
  created_at: Time,
  updated_at: Time,
});
export type Refund = Static<typeof Refund>;
export const Dispute = Type.Object({
  id: Type.String(),
  amount: Amount,
  currency: Currency,
  reason: Type.String(),
  status: Type.String({ description: "The provider's word for where it stands" }),
  opened_at: Time,
  updated_at: Time,
});
export type Dispute = Static<typeof Dispute>;
export const Payment = Type.Object({
  id: Id,
  order_id: Id,
  amount: Amount,
  currency: Currency,
  status: PaymentStatus,
  method: Type.String(),
  provider: Type.String(),
  transaction_id: nullable(Type.String({ description: "The provider's name for the charge" })),
  reason: nullable(Type.String()),
  attempts: Type.Integer(),
  last_error: nullable(Type.String({ description: 'What came of the last attempt, while none has succeeded' })),
  next_attempt_at: AskedAt,
  void_requested: Type.Boolean({ description: 'The order has ended: nothing is charged for it, or it goes back' }),
  refunded_amount: Amount,
  dispute: nullable(Dispute),
  created_at: Time,
  updated_at: Time,
});
export type Payment = Static<typeof Payment>;
export const PaymentDetail = Type.Object({ ...Payment.properties, refunds: Type.Array(Refund) });
export type PaymentDetail = Static<typeof PaymentDetail>;

const ById = Type.Object({ id: Id });

export const ListPayments = endpoint('payments.list', 'GET /payments', {
  service: 'payments',
  summary: 'Payments, newest first',
  access: 'admin',
  query: Type.Object(
    {
      order_id: Type.Optional(Id),
      status: Type.Optional(PaymentStatus),
      disputed: Type.Optional(
        Type.Boolean({ description: 'Whether a customer contests, or contested, it with their bank' }),
      ),
      limit: Limit,
      cursor: Cursor,
    },
    { additionalProperties: false },
  ),
  reply: page(Payment),
});
export const GetPayment = endpoint('payments.get', 'GET /payments/{id}', {
  service: 'payments',
  summary: 'One payment with its refunds',
  access: 'admin',
  params: ById,
  reply: PaymentDetail,
  problems: [NotFound],
});
export const RefundPayment = endpoint('payments.refund', 'POST /payments/{id}/refund', {
  service: 'payments',
  summary: 'Give money back: all that is left, or an amount',
  access: 'admin',
  params: ById,
  body: Type.Object(
    { amount: Type.Optional(AmountIn), reason: Type.Optional(Text(500)) },
    { additionalProperties: false },
  ),
  status: 202,
  reply: Refund,
  problems: [NotFound, NotRefundable],
  idempotent: true,
});
export const ListRefunds = endpoint('payments.refunds', 'GET /refunds', {
  service: 'payments',
  summary: 'Refunds of all payments, newest first; with status=failed those a person must look after',
  access: 'admin',
  query: Type.Object(
    { status: Type.Optional(RefundStatus), limit: Limit, cursor: Cursor },
    { additionalProperties: false },
  ),
  reply: page(Refund),
});
export const WebhookEventStatus = Type.Enum(['waiting', 'applied', 'refused', 'unmatched'], {
  description:
    'waiting: for its payment, or its turn. refused: it contradicts our books. unmatched: no payment came to it in three days',
});
export type WebhookEventStatus = Static<typeof WebhookEventStatus>;
export const WebhookEvent = Type.Object({
  provider: Type.String(),
  event_id: Type.String({ description: "The provider's name for it" }),
  type: Type.String(),
  reference: Type.String({ description: "The provider's name for the charge it is about" }),
  payment_id: nullable(Type.String({ description: 'As the event names it' })),
  order_id: nullable(Type.String({ description: 'As the event names it' })),
  status: WebhookEventStatus,
  note: nullable(Type.String({ description: 'Why it was refused, what it waits for, or why it changed nothing' })),
  attempts: Type.Integer(),
  next_attempt_at: nullable(Type.String({ format: 'date-time', description: 'Of one that waits' })),
  received_at: Time,
});
export type WebhookEvent = Static<typeof WebhookEvent>;
export const ListWebhookEvents = endpoint('payments.webhook-events', 'GET /webhook-events', {
  service: 'payments',
  summary:
    'What payment providers told unasked, newest first; with status=refused or unmatched what a person must look after',
  access: 'admin',
  query: Type.Object(
    {
      order_id: Type.Optional({ ...Id, description: 'an order: what was told about it or its charge' }),
      status: Type.Optional(WebhookEventStatus),
      limit: Limit,
      cursor: Cursor,
    },
    { additionalProperties: false },
  ),
  reply: page(WebhookEvent),
});
export const ReceiveWebhook = endpoint('payments.webhook', 'POST /webhooks/{provider}', {
  service: 'payments',
  summary: 'What a payment provider tells unasked; believed when its signature is good, and answered once it is stored',
  access: 'anyone',
  params: Type.Object({ provider: Type.String({ pattern: '^[a-z]{1,30}$' }) }),
  raw: { types: ['application/json'], maxBytes: 256 * 1024 },
  headers: ['stripe-signature'],
  problems: [NotFound, NotBelieved],
});

const Outcome = {
  order_id: Id,
  payment_id: Id,
  amount: Amount,
  currency: Currency,
};
export const ListMethods = endpoint('payments.methods', 'GET /payment-methods', {
  service: 'payments',
  summary: 'How an order can be paid: methods that may be sent as they are, or only those that the provider gave out',
  access: 'anyone',
  reply: Type.Object({
    provider: Type.String(),
    test: Type.Boolean({ description: 'No money moves' }),
    default_method: nullable(Type.String()),
    methods: Type.Array(Type.Object({ id: Type.String(), label: Type.String() })),
  }),
});

export const PaymentMethodsChanged = event('payment.methods.changed', {
  publisher: 'payments',
  summary: 'How an order can be paid from now on, so that a checkout can say no at once',
  data: Type.Object({
    provider: Type.String(),
    pattern: Type.String({ format: 'regex', description: 'Regular expression that a method must match' }),
    default_method: nullable(Type.String()),
    version: Type.Integer(INT4),
  }),
  subject: 'provider',
});
export const PaymentProcessed = event('payment.processed', {
  publisher: 'payments',
  summary: 'The order is paid, once',
  data: Type.Object({ ...Outcome, transaction_id: Type.String() }),
  subject: 'order_id',
});
export const PaymentFailed = event('payment.failed', {
  publisher: 'payments',
  summary: 'The provider refused for good; nothing was charged',
  data: Type.Object({ ...Outcome, reason: Type.String() }),
  subject: 'order_id',
});
/** Follows a `payment.refunded`, but may overtake it on the way. */
export const PaymentRefundFailed = event('payment.refund.failed', {
  publisher: 'payments',
  summary: 'Money that had gone back has come back to the shop: a bank did not take it',
  data: Type.Object({ ...Outcome, refund_id: Id, reason: Type.String() }),
  subject: 'order_id',
});
export const PaymentRefunded = event('payment.refunded', {
  publisher: 'payments',
  summary: 'Money has gone back',
  data: Type.Object({
    ...Outcome,
    refund_id: Id,
    reason: Type.String(),
  }),
  subject: 'order_id',
});
