/**
 * Asks the rooms what they know of one order, side by side, each with the caller's own token. A room that does not answer
 * is named, and the others are there all the same.
 */
import { GetAllocation, ListAllMovements } from '../contracts/inventory.ts';
import type { MessagesAbout } from '../contracts/messages.ts';
import { MESSAGES } from '../contracts/messages.ts';
import { ListNotifications } from '../contracts/notifications.ts';
import { GetOrder, GetTimeline } from '../contracts/orders.ts';
import { GetPayment, ListPayments, ListWebhookEvents } from '../contracts/payments.ts';
import { LIMITS } from '../contracts/shapes.ts';
import type { XrayRoom } from '../contracts/xray.ts';
import { GetOutlook } from '../contracts/xray.ts';
import type { CallOptions, CallResult, Client } from '../platform/client.ts';
import type { Clock } from '../platform/clock.ts';
import type { Endpoint, ReplyOf } from '../platform/contract.ts';
import { UpstreamUnavailable } from '../platform/upstream.ts';
import type { Facts } from './facts.ts';
import { ROOMS } from './facts.ts';

/** What an X-ray is made of. */
export const ASKED: readonly Endpoint[] = [
  ...[GetOrder, GetTimeline, GetOutlook, GetAllocation, ListAllMovements, ListPayments, GetPayment, ListWebhookEvents],
  ...[ListNotifications, ...ROOMS.map((room) => MESSAGES[room])],
];

/** An order that moves while it is asked about is asked about again, so often. */
const LOOKS = 3;

const limit = LIMITS.page;
/** Its books stay, and others lead here from them. */
const DELETED_TOO = { deleted: true };

/** Undefined: there is no such order. */
export async function readFacts(
  rooms: Client,
  order: { id: string; token: string },
  clock: Pick<Clock, 'now'>,
): Promise<Facts | undefined> {
  for (let look = 1; ; look += 1) {
    const facts = await lookOnce(rooms, order, clock);
    // The others may know more than orders, never less of what it had heard: so their books fit together.
    if (!facts?.orders || look === LOOKS) return facts;
    const again = await askAs(rooms, order.token)(GetOrder, { params: { id: order.id }, query: DELETED_TOO }).catch(
      () => undefined,
    );
    if (!again?.ok || again.body.version === facts.orders.order.version) return facts;
  }
}

const askAs =
  (rooms: Client, token: string) =>
  <E extends Endpoint>(endpoint: E, options: CallOptions<E>): Promise<CallResult<E>> =>
    rooms.call(endpoint, { ...options, token });
type Ask = ReturnType<typeof askAs>;

async function lookOnce(rooms: Client, { id, token }: { id: string; token: string }, { now }: Pick<Clock, 'now'>) {
  const ask = askAs(rooms, token);
  const away = new Map<XrayRoom, string>();
  /** What a room answers; null, and its name, when it cannot be asked. */
  const partOf = <T>(room: XrayRoom, part: Promise<T>): Promise<T | null> =>
    part.catch((error) => {
      if (!(error instanceof UpstreamUnavailable)) throw error;
      away.set(room, error.message);
      return null;
    });

  const orders = await partOf('orders', ordersPart(ask, id));
  if (orders === undefined) return undefined;
  const [inventory, payments, notifications, ...messages] = await Promise.all([
    partOf('inventory', inventoryPart(ask, id)),
    partOf('payments', paymentsPart(ask, id)),
    partOf('notifications', mails(ask, id)),
    ...ROOMS.map((room) => partOf(room, waiting(ask, room, id))),
  ]);
  return {
    ...{ at: now().toISOString(), orders, inventory, payments, notifications },
    messages: Object.fromEntries(ROOMS.map((room, i) => [room, messages[i] ?? null])) as Facts['messages'],
    away: [...away].map(([service, detail]) => ({ service, detail })),
  };
}

async function ordersPart(ask: Ask, id: string): Promise<Facts['orders'] | undefined> {
  const asked = { params: { id }, query: DELETED_TOO };
  const [order, timeline, outlook] = await Promise.all([
    found(ask(GetOrder, asked), 'orders'),
    found(ask(GetTimeline, asked), 'orders'),
    found(ask(GetOutlook, asked), 'orders'),
  ]);
  if (!order || !timeline || !outlook) return undefined;
  return { order, timeline: timeline.items, outlook, trace_id: timeline.trace_id };
}

async function inventoryPart(ask: Ask, order_id: string): Promise<Facts['inventory']> {
  // In turn: movements that are younger than the decision are taken for news on its way, older ones for a broken ledger.
  const allocation = await found(ask(GetAllocation, { params: { order_id } }), 'inventory');
  const movements = await body(ask(ListAllMovements, { query: { order_id, limit } }), 'inventory');
  return { allocation: allocation ?? null, movements: movements.items.reverse() };
}

async function paymentsPart(ask: Ask, order_id: string): Promise<Facts['payments']> {
  const [payments, events] = await Promise.all([
    body(ask(ListPayments, { query: { order_id } }), 'payments'),
    body(ask(ListWebhookEvents, { query: { order_id, limit } }), 'payments'),
  ]);
  const [payment] = payments.items;
  const detail = payment && (await found(ask(GetPayment, { params: { id: payment.id } }), 'payments'));
  return { payment: detail ?? null, events: events.items.reverse() };
}

async function mails(ask: Ask, order_id: string): Promise<Facts['notifications']> {
  return (await body(ask(ListNotifications, { query: { order_id, limit } }), 'notifications')).items;
}

async function waiting(ask: Ask, room: XrayRoom, subject: string): Promise<MessagesAbout> {
  const { known, ...messages } = await body(ask(MESSAGES[room], { query: { subject } }), room);
  if (!known) throw new UpstreamUnavailable(room, 'has too many messages waiting to look through them');
  return messages;
}

async function body<E extends Endpoint>(asked: Promise<CallResult<E>>, room: XrayRoom): Promise<ReplyOf<E>> {
  return bodyOf(await asked, room);
}

/** Undefined: there is none. */
async function found<E extends Endpoint>(
  asked: Promise<CallResult<E>>,
  room: XrayRoom,
): Promise<ReplyOf<E> | undefined> {
  const reply = await asked;
  return reply.status === 404 ? undefined : bodyOf(reply, room);
}

function bodyOf<E extends Endpoint>(reply: CallResult<E>, room: XrayRoom): ReplyOf<E> {
  if (!reply.ok) throw new UpstreamUnavailable(room, `answered ${reply.status}`);
  return reply.body;
}
