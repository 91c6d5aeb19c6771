/** What rooms might answer about one order: facts for tests of what is made of them. */
import type { AllocationStatus } from '../src/contracts/inventory.ts';
import type { IncomingMessage, MessagesAbout, OutgoingMessage, StuckMessage } from '../src/contracts/messages.ts';
import type { Notification } from '../src/contracts/notifications.ts';
import type { OrderStatus, TimelineEntry } from '../src/contracts/orders.ts';
import type { PaymentDetail, Refund, WebhookEvent } from '../src/contracts/payments.ts';
import type { XrayRoom } from '../src/contracts/xray.ts';
import type { Facts } from '../src/xray/facts.ts';

export const NOW = '2026-03-01T12:00:00.000Z';
/** So many seconds from now. */
export const inSeconds = (seconds: number) => new Date(Date.parse(NOW) + seconds * 1000).toISOString();
const ID = '01900000-0000-7000-8000-000000000001';
export const LETTER = '01900000-0000-7000-8000-00000000dead';

export const placed: Entry = ['order.placed', 'pending'];
export const held: Entry = ['product.stock.deducted', 'awaiting_payment'];
export const paid: Entry = ['payment.processed', 'confirmed'];
export const shipped: Entry = ['command ship', 'shipped'];
export const delivered: Entry = ['command deliver', 'delivered'];
export const cancelled: Entry = ['command cancel', 'cancelled'];
export const soldOut: Entry = ['product.stock.deduction.failed', 'failed', 'short of P1'];
export const refused: Entry = ['payment.failed', 'failed', 'insufficient_funds'];
export const timedOut: Entry = ['deadline', 'failed'];
export type Entry = readonly [event: string, status: OrderStatus, note?: string];

const REASONS: Record<string, string> = {
  'product.stock.deduction.failed': 'out_of_stock',
  'payment.failed': 'payment_declined',
  deadline: 'timed_out',
  'command cancel': 'changed my mind',
};

export interface Story {
  /** How it came there; the last one is where it is. */
  history?: readonly Entry[];
  /** Seconds until it gives up. */
  deadline?: number;
  refunded?: string;
  stock?: AllocationStatus;
  /** Units that inventory has decided on, and that its ledger holds less than it should. */
  decided?: number;
  missing?: number;
  payment?: Partial<PaymentDetail>;
  events?: readonly Partial<WebhookEvent>[];
  mails?: readonly (Partial<Notification> & { kind: string })[];
  messages?: Partial<Record<XrayRoom, Partial<MessagesAbout>>>;
  away?: readonly XrayRoom[];
}

/** The last step was made a second ago. */
export function factsOf(story: Story): Facts {
  const { history = [placed], mails = [], events = [], away = [] } = story;
  const known = <T>(room: XrayRoom, part: T) => (away.includes(room) ? null : part);
  const timeline = history.map(
    ([event, status, note = null], i): TimelineEntry => ({
      ...{ version: i + 1, at: inSeconds(i - history.length), event, status, note },
    }),
  );
  const messages = (room: XrayRoom) =>
    known(room, { ...{ outgoing: [], incoming: [], mended: [], dead: [], findings: [] }, ...story.messages?.[room] });
  const ordersPart = {
    order: orderOf(history, story),
    timeline,
    outlook: { stands: '', why: '', next: [] },
    trace_id: '0af7651916cd43dd8448eb211c80319c',
  };
  return {
    at: NOW,
    orders: known('orders', ordersPart),
    inventory: known('inventory', {
      allocation: story.stock
        ? { order_id: ID, status: story.stock, lines: [{ product_id: 'P1', quantity: story.decided ?? 2 }] }
        : null,
      movements: movementsOf(story.stock, story.missing),
    }),
    payments: known('payments', {
      payment: story.payment ? paymentOf(story.payment) : null,
      events: events.map(eventOf),
    }),
    notifications: known('notifications', mails.map(mailOf)),
    messages: {
      orders: messages('orders'),
      inventory: messages('inventory'),
      payments: messages('payments'),
      notifications: messages('notifications'),
    },
    away: away.map((service) => ({ service, detail: `${service} cannot be reached` })),
  };
}

function orderOf(history: readonly Entry[], { deadline, refunded = '0.00' }: Story) {
  const [, status] = history.at(-1) as Entry;
  return {
    ...{
      id: ID,
      number: 1001,
      status,
      reason: endingOf(history),
      customer_id: null,
      email: 'ada@example.com',
      name: null,
      phone: null,
    },
    ...{ shipping_address: null, client_reference: null, payment_method: 'pm_success', currency: 'EUR' },
    items: [{ product_id: 'P1', name: 'Lamp', quantity: 2, unit_price: '10.00', line_total: '20.00' }],
    ...{ total_amount: '20.00', refunded_amount: refunded, version: history.length, tracking: null, notify_by: null },
    ...{ created_at: inSeconds(-history.length), updated_at: inSeconds(-1), processing_duration_ms: 1 },
    deadline_at: deadline === undefined ? null : inSeconds(deadline),
    ...{ next_statuses: [], deleted_at: null },
  };
}

/** What ended it may not be the last that was noted. */
function endingOf(history: readonly Entry[]): string | null {
  const ending = history.find(([, status]) => status === 'failed' || status === 'cancelled');
  return REASONS[ending?.[0] ?? ''] ?? null;
}

function movementsOf(stock: AllocationStatus | undefined, missing = 0): NonNullable<Facts['inventory']>['movements'] {
  const of = (kind: 'deducted' | 'restored' | 'shipped', on_hand_delta: number, reserved_delta: number) => ({
    ...{ id: ID, product_id: 'P1', kind, on_hand_delta, reserved_delta, order_id: ID, reservation_id: null },
    ...{ reason: null, actor: null, at: inSeconds(-1) },
  });
  if (stock === 'held') return [of('deducted', 0, 2 - missing)];
  if (stock === 'restored') return [of('deducted', 0, 2), of('restored', 0, -2)];
  return stock === 'shipped' ? [of('deducted', 0, 2), of('shipped', -2, -2)] : [];
}

export function paymentOf(payment: Partial<PaymentDetail>): PaymentDetail {
  return {
    ...{ id: ID, order_id: ID, amount: '20.00', currency: 'EUR', status: 'succeeded', method: 'pm_success' },
    ...{ provider: 'test', transaction_id: null, reason: null, attempts: 1, last_error: null, next_attempt_at: null },
    ...{ void_requested: false, refunded_amount: '0.00', dispute: null, refunds: [] },
    ...{ created_at: inSeconds(-1), updated_at: inSeconds(-1) },
    ...payment,
  };
}

export function refundOf(refund: Partial<Refund>): Refund {
  return {
    ...{ id: ID, payment_id: ID, amount: '20.00', currency: 'EUR', kind: 'order_ended', status: 'succeeded' },
    ...{ reason: 'the order ended', reference: null, attempts: 1, last_error: null, next_attempt_at: null },
    ...{ created_at: inSeconds(-1), updated_at: inSeconds(-1) },
    ...refund,
  };
}

export function mailOf(mail: Partial<Notification> & { kind: string }): Notification {
  return {
    ...{ id: ID, order_id: ID, customer_id: null, channel: 'email', recipient: 'ada@example.com', subject: 'News' },
    ...{ status: 'sent', attempts: 1, last_error: null, created_at: inSeconds(-1), sent_at: inSeconds(-1) },
    ...mail,
  };
}

function eventOf(event: Partial<WebhookEvent>): WebhookEvent {
  return {
    ...{ provider: 'stripe', event_id: 'evt_1', type: 'refund', reference: 'ch_1', payment_id: null, order_id: ID },
    ...{ status: 'applied', note: null, attempts: 1, next_attempt_at: null, received_at: inSeconds(-1) },
    ...event,
  };
}

export const outgoing = (type: string, more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  ...{ id: LETTER, type, time: inSeconds(-1), attempts: 0, last_error: null, next_attempt_at: null },
  ...more,
});

export const incoming = (type: string, source: XrayRoom, more: Partial<IncomingMessage> = {}): IncomingMessage => ({
  ...{ id: LETTER, type, source, time: inSeconds(-1), attempts: 0, errors: [], next_attempt_at: null },
  ...more,
});

export const stuck = (type: string, source: XrayRoom, more: Partial<StuckMessage> = {}): StuckMessage => ({
  ...{ id: LETTER, type, source, time: inSeconds(-1), status: 'dead', waiting: false, cause: 'no such table' },
  ...{
    attempts: 12,
    errors: [{ at: inSeconds(-1), error: 'no such table' }],
    died_at: inSeconds(-1),
    finished_at: null,
  },
  ...more,
});
