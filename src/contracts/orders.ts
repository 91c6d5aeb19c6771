/** Orders: the only conversation. What an order became is published; the other rooms react and answer with facts. */
import { type Static, Type } from 'typebox';
import { endpoint, event } from '../platform/contract.ts';
import {
  CustomerNeedsLogin,
  CustomersUnavailable,
  EmailNeeded,
  ForeignCustomer,
  IllegalStatus,
  MixedCurrencies,
  NotFinished,
  NotFound,
  PriceMismatch,
  UnknownCustomer,
  UnknownPaymentMethod,
  UnknownProduct,
} from './problems.ts';
import {
  AddressIn,
  Amount,
  AmountIn,
  Currency,
  Cursor,
  Email,
  GuestToken,
  Id,
  Ids,
  INT4,
  INT8,
  LIMITS,
  LimitOrAll,
  Line,
  NotifyBy,
  nullable,
  Phone,
  ProductId,
  ProductIdIn,
  page,
  Quantity,
  Seen,
  Text,
  Time,
  TimeIn,
} from './shapes.ts';

export const OrderStatus = Type.Enum([
  'pending',
  'awaiting_payment',
  'confirmed',
  'shipped',
  'delivered',
  'failed',
  'cancelled',
]);
export type OrderStatus = Static<typeof OrderStatus>;
export const FailureReason = Type.Enum(['out_of_stock', 'payment_declined', 'timed_out']);
export type FailureReason = Static<typeof FailureReason>;

export const OrderItem = Type.Object({
  product_id: ProductId,
  name: Type.String(),
  quantity: Type.Integer({ ...INT8, minimum: 1 }),
  unit_price: Amount,
  line_total: Amount,
});
export type OrderItem = Static<typeof OrderItem>;

/** Where a parcel is. */
export const Tracking = Type.Object(
  {
    carrier: Type.Optional(Line(100)),
    number: Line(100),
    url: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s"<>]{1,500}$',
        description: 'a web address that begins with https:// or http://',
      }),
    ),
  },
  { additionalProperties: false },
);
export type Tracking = Static<typeof Tracking>;

/** Stands where an address was; `.invalid` reaches nobody (RFC 2606). */
export const ERASED_EMAIL = 'erased@customer.invalid';

const facts = {
  id: Id,
  number: Type.Integer({ ...INT8, description: 'For people: short, unique, with gaps' }),
  status: OrderStatus,
  reason: nullable(Type.String({ description: 'Why it failed or was cancelled' })),
  customer_id: nullable(Id),
  email: Type.String(),
  name: nullable(Type.String()),
  phone: nullable(Type.String()),
  shipping_address: nullable(AddressIn),
  client_reference: nullable(Type.String({ description: "The client's own user id, kept and never trusted" })),
  payment_method: Type.String(),
  items: Type.Array(OrderItem),
  total_amount: Amount,
  currency: Currency,
  version: Type.Integer(INT4),
  created_at: Time,
  updated_at: Time,
  deadline_at: nullable(Type.String({ format: 'date-time', description: 'When a waiting order gives up' })),
};
export const Order = Type.Object({
  ...facts,
  refunded_amount: Amount,
  tracking: nullable(Tracking),
  notify_by: nullable(NotifyBy),
  processing_duration_ms: Type.Number(),
  deleted_at: nullable(Type.String({ format: 'date-time', description: 'When it was taken out of every list' })),
  next_statuses: Type.Array(OrderStatus, {
    description: 'What a person may make of it now: its customer `cancelled`, admins each of them',
  }),
});
export type Order = Static<typeof Order>;

/**
 * The request bodies of three clients as they stand: `customer_id`/`price_at_purchase`, `user_id`/`user_email`,
 * `customer_name`/`customer_email`. Fields it does not know are ignored here, and only here.
 */
export const Checkout = Type.Object({
  customer_id: Type.Optional(Type.Union([Type.String({ maxLength: 64 }), Type.Integer()])),
  user_id: Type.Optional(Type.Union([Text(64), Type.Integer()])),
  email: Type.Optional(Email),
  user_email: Type.Optional(Email),
  customer_email: Type.Optional(Email),
  name: Type.Optional(Line(200)),
  customer_name: Type.Optional(Line(200)),
  phone: Type.Optional(Phone),
  shipping_address: Type.Optional(AddressIn),
  payment_method: Type.Optional(
    Type.String({ pattern: '^[A-Za-z0-9_]{1,100}$', description: 'the id of a payment method' }),
  ),
  currency: Type.Optional(Currency),
  /** For this order; otherwise as the account says, or by mail. SMS needs an international phone number. */
  notify_by: Type.Optional(NotifyBy),
  items: Type.Array(
    Type.Object({
      product_id: ProductIdIn,
      quantity: Quantity,
      /** An assertion: another price in the catalogue is a 409 with both. */
      price: Type.Optional(AmountIn),
      price_at_purchase: Type.Optional(AmountIn),
    }),
    { minItems: 1, maxItems: LIMITS.lines, description: 'The same product twice is one line with the sum' },
  ),
});
export type Checkout = Static<typeof Checkout>;

const ById = Type.Object({ id: Id });

export const PlaceOrder = endpoint('orders.place', 'POST /orders', {
  service: 'orders',
  summary: 'Place an order; answers as soon as it is safely written, before stock and payment',
  access: 'anyone',
  publicPaths: ['/api/checkout', '/api/orders'],
  body: Checkout,
  status: 201,
  reply: Type.Object({ ...Order.properties, guest_token: Type.Optional(Type.String()) }),
  problems: [
    UnknownProduct,
    PriceMismatch,
    MixedCurrencies,
    UnknownPaymentMethod,
    EmailNeeded,
    CustomerNeedsLogin,
    ForeignCustomer,
    UnknownCustomer,
    CustomersUnavailable,
  ],
  idempotent: true,
  quota: 'checkout',
});
const filters = {
  status: Type.Optional(OrderStatus),
  customer_id: Type.Optional(Id),
  email: Type.Optional(Email),
  product_id: Type.Optional(ProductId),
  waiting_since: Type.Optional({
    ...TimeIn,
    description: 'a time: orders placed before it that have not got their stock or payment yet, the oldest first',
  }),
  from: Type.Optional(TimeIn),
  to: Type.Optional(TimeIn),
  text: Type.Optional({
    ...Text(200),
    description: 'words of number, e-mail, name, phone, reference or products, each by its beginning',
  }),
};
export const ListOrders = endpoint('orders.list', 'GET /orders', {
  service: 'orders',
  summary:
    'List orders, newest first (with `waiting_since` oldest first); customers see their own, admins find any by its words',
  access: 'customer',
  query: Type.Object(
    { ...filters, ids: Type.Optional(Ids), limit: LimitOrAll, cursor: Cursor },
    { additionalProperties: false },
  ),
  reply: page(Order),
});
export const ExportOrders = endpoint('orders.export', 'GET /orders/export', {
  service: 'orders',
  summary: 'All orders of a list as CSV, one a line; a few at a time. A transfer that breaks off is not the whole',
  access: 'admin',
  query: Type.Object(filters, { additionalProperties: false }),
  media: 'text/csv',
  streams: true,
});
/** What statistics keep to. */
export const STATISTICS = {
  /** Of one reply. */
  points: 400,
  minutesKeptDays: 366,
  /** An order is confirmed within seconds. One that still waits after this long is called stuck: something does not answer. */
  stuckSeconds: 60,
  /** Waiting orders that are counted. */
  waiting: 10_000,
} as const;
export const StatisticsStep = Type.Enum(['minute', 'hour', 'day']);
export type StatisticsStep = Static<typeof StatisticsStep>;

const SumByCurrency = Type.Record(
  Currency,
  Type.String({
    pattern: '^-?\\d+(\\.\\d{1,4})?$',
    description: 'Decimal amount; below zero if more came back than went',
  }),
);
const Latency = nullable(
  Type.Object({ p50: Type.Number(), p99: Type.Number() }, { description: 'Milliseconds, at most 9 % off' }),
);
const counts = {
  placed: Type.Integer(),
  confirmed: Type.Integer(),
  failed: Type.Integer(),
  cancelled: Type.Integer(),
  revenue: { ...SumByCurrency, description: 'Totals of orders when they were confirmed' },
  refunded: {
    ...SumByCurrency,
    description: 'What went back of revenue, when it did, less refunds that a bank did not take',
  },
  checkout_ms: { ...Latency, description: 'How long checkouts took to be answered' },
  confirm_ms: { ...Latency, description: 'From placed to confirmed' },
};
export const OrderStatistics = Type.Object({
  from: Time,
  to: Time,
  step: StatisticsStep,
  points: Type.Array(Type.Object({ at: Time, ...counts }), { description: 'One for each step from `from` to `to`' }),
  totals: Type.Object({
    ...counts,
    failures: Type.Object({
      out_of_stock: Type.Integer(),
      payment_declined: Type.Integer(),
      timed_out: Type.Integer(),
    }),
  }),
  waiting: Type.Object(
    {
      pending: Type.Integer(),
      awaiting_payment: Type.Integer(),
      oldest_at: nullable(Time),
      stuck: Type.Integer({ description: 'Those that `GET /orders?waiting_since={stuck_since}` lists' }),
      stuck_since: Type.String({ format: 'date-time', description: `${STATISTICS.stuckSeconds} seconds ago` }),
    },
    { description: `Orders that wait right now, whatever the span; at most ${STATISTICS.waiting} are counted` },
  ),
  uncounted: nullable(
    Type.Object(
      { from: Time, to: Time },
      { description: 'A part of the span that is still being counted, after an update or a long stop; else null' },
    ),
  ),
});
export type OrderStatistics = Static<typeof OrderStatistics>;
export const GetStatistics = endpoint('orders.statistics', 'GET /orders/statistics', {
  service: 'orders',
  summary:
    `Orders in numbers, over the last day or a span: whole minutes, hours or days (UTC), at most ${STATISTICS.points} of them; the ` +
    'shortest step that fits, unless one is named. What happened is counted when it happened, within seconds; deleting an order changes nothing',
  access: 'admin',
  query: Type.Object(
    { from: Type.Optional(TimeIn), to: Type.Optional(TimeIn), step: Type.Optional(StatisticsStep) },
    { additionalProperties: false },
  ),
  reply: OrderStatistics,
});
export const GetOrder = endpoint('orders.get', 'GET /orders/{id}', {
  service: 'orders',
  summary: 'One order, for its customer, a guest with its token, or an admin',
  access: 'anyone',
  params: ById,
  query: Seen,
  reply: Order,
  problems: [NotFound],
});
export const GetItems = endpoint('orders.items', 'GET /orders/{id}/items', {
  service: 'orders',
  summary: 'The lines of an order',
  access: 'anyone',
  params: ById,
  query: GuestToken,
  reply: Type.Object({ items: Type.Array(OrderItem) }),
  problems: [NotFound],
});
export const TimelineEntry = Type.Object({
  version: Type.Integer(),
  at: Time,
  event: Type.String({ description: 'What was learnt: an event, a command or a deadline' }),
  status: OrderStatus,
  note: nullable(Type.String()),
});
export type TimelineEntry = Static<typeof TimelineEntry>;
export const GetTimeline = endpoint('orders.timeline', 'GET /orders/{id}/timeline', {
  service: 'orders',
  summary: 'What happened to an order, step by step, and what happens next',
  access: 'anyone',
  params: ById,
  query: Seen,
  reply: Type.Object({
    items: Type.Array(TimelineEntry),
    next: nullable(Type.String({ description: 'What the order waits for, in words' })),
    deadline_at: nullable(Type.String({ format: 'date-time' })),
    trace_id: Type.String({ description: 'Of its checkout and all that followed, as in every log' }),
  }),
  problems: [NotFound],
});
export const StreamOrder = endpoint('orders.stream', 'GET /orders/{id}/stream', {
  service: 'orders',
  summary:
    'The timeline as server-sent events, live: one `step` for each entry, its version as the id. Last-Event-ID resumes after it, and none is missing',
  access: 'anyone',
  params: ById,
  query: GuestToken,
  headers: ['last-event-id'],
  media: 'text/event-stream',
  streams: true,
  problems: [NotFound],
});
export const ChangeStatus = endpoint('orders.change-status', 'PATCH /orders/{id}/status', {
  service: 'orders',
  summary: 'Ship, deliver or cancel; only steps of the lifecycle are legal',
  access: 'admin',
  params: ById,
  body: Type.Object(
    {
      status: OrderStatus,
      note: Type.Optional(Text(500)),
      tracking: Type.Optional({ ...Tracking, description: 'With `shipped` only' }),
    },
    { additionalProperties: false },
  ),
  reply: Order,
  problems: [NotFound, IllegalStatus],
});
export const CancelOrder = endpoint('orders.cancel', 'POST /orders/{id}/cancel', {
  service: 'orders',
  summary: 'Cancel an order that has not left; stock and money go back',
  access: 'anyone',
  params: ById,
  query: GuestToken,
  body: Type.Object({ reason: Type.Optional(Text(500)) }, { additionalProperties: false }),
  reply: Order,
  problems: [NotFound, IllegalStatus],
});
export const DeleteOrder = endpoint('orders.delete', 'DELETE /orders/{id}', {
  service: 'orders',
  summary:
    'Take a finished order out of every list and page; its books (stock movements, payment, history) stay. Admins only, and for good',
  access: 'admin',
  params: ById,
  problems: [NotFound, NotFinished],
});

/** The whole order: whoever reacts needs nothing else. `guest_token` lets mails link to the order page. */
const OrderState = Type.Object({
  ...facts,
  deadline_at: Type.Optional(nullable(Type.String())),
  refunded_amount: Type.Optional(Amount),
  tracking: Type.Optional(nullable(Tracking)),
  notify_by: Type.Optional(nullable(NotifyBy)),
  guest_token: Type.Optional(nullable(Type.String())),
});
export type OrderState = Static<typeof OrderState>;
/** An account may say by which channel its people are told, and has a number. */
const told = { secrets: ['guest_token'], addressees: ['email', 'phone', 'notify_by', 'customer_id'] } as const;
const personal = ['email', 'name', 'phone', 'shipping_address', 'client_reference', 'tracking'] as const;
const orderEvent = <const Name extends string>(name: Name, summary: string) =>
  event(name, { publisher: 'orders', summary, data: OrderState, subject: 'id', personal, ...told });

export const OrderPlaced = orderEvent('order.placed', 'Inventory takes all lines or none');
export const OrderAwaitingPayment = orderEvent('order.awaiting_payment', 'Stock is held; payments charge once');
export const OrderConfirmed = orderEvent('order.confirmed', 'Stock held and paid');
export const OrderFailed = orderEvent('order.failed', 'Stock and money go back');
export const OrderCancelled = orderEvent('order.cancelled', 'Stock and money go back');
export const OrderShipped = orderEvent('order.shipped', 'The goods have left; stock leaves the books');
export const OrderDelivered = orderEvent('order.delivered', 'The goods have arrived');
