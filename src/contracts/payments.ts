/** Payments: one charge per order, by constraint; refunds never beyond what was captured. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint, event } from '../platform/contract.ts';
import { NotFound, NotRefundable } from './problems.ts';
import { Amount, AmountIn, Currency, Cursor, Id, Limit, nullable, page, Text, Time } from './shapes.ts';

export const PaymentStatus = Type.Enum(['processing', 'succeeded', 'failed', 'voided']);
export type PaymentStatus = Static<typeof PaymentStatus>;

export const Refund = Type.Object({
  id: Id,
  amount: Amount,
  currency: Currency,
  status: Type.Enum(['processing', 'succeeded', 'failed']),
  reason: Type.String(),
  created_at: Time,
});
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
  refunded_amount: Amount,
  created_at: Time,
  updated_at: Time,
});
export type Payment = Static<typeof Payment>;
const PaymentDetail = Type.Object({ ...Payment.properties, refunds: Type.Array(Refund) });

const ById = Type.Object({ id: Id });

export const ListPayments = endpoint('payments.list', 'GET /payments', {
  service: 'payments',
  summary: 'Payments, newest first',
  access: 'admin',
  query: Type.Object(
    {
      order_id: Type.Optional(Id),
      status: Type.Optional(PaymentStatus),
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

const Outcome = {
  order_id: Id,
  payment_id: Id,
  amount: Amount,
  currency: Currency,
};
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
export const PaymentRefunded = event('payment.refunded', {
  publisher: 'payments',
  summary: 'Money has gone back',
  data: Type.Object({
    ...Outcome,
    refund_id: Id,
    reason: Type.String(),
    email: Type.Optional(nullable(Type.String())),
    number: Type.Optional(nullable(Type.Integer())),
  }),
  subject: 'order_id',
});
