/**
 * What the rooms said to each other about one order, and whether it was heard. A room keeps no list of what it has sent or
 * handled, but for what it handled after attempts that failed; so both follow from its books: an order that is confirmed has said so, and notifications has heard it when it
 * has written the mail. What was not heard is looked for where it may be: with its sender, on its way, with its
 * receiver, or at the dead-letter desk. What is nowhere is with the broker, unless the auditor has found that it is not. Pure.
 */
import type { TimelineEntry } from '../contracts/orders.ts';
import { SUBSCRIPTIONS } from '../contracts/registry.ts';
import type { Line, LineState, XrayRoom } from '../contracts/xray.ts';
import { type Lasting, lastingIn } from './disagreements.ts';
import type { Facts } from './facts.ts';
import { ROOMS } from './facts.ts';

/** Something one room has said to another; `heard` is undefined while that cannot be asked. */
interface Said {
  type: string;
  from: XrayRoom;
  to: XrayRoom;
  said_at: string | null;
  heard: boolean | undefined;
}

export function conversationOf(facts: Facts): Line[] {
  const said = [...saidByOrders(facts), ...saidByInventory(facts), ...saidByPayments(facts)];
  const found = new Set<string>();
  const lasting = lastingIn(facts);
  const lines = said.map((one) => {
    const line = follow(one, facts, found);
    const missing = line.state === 'on_its_way' && lasting.some((one) => isMissedBy(one, line));
    return missing ? { ...line, state: 'missing' as const } : line;
  });
  return [...lines, ...beside(facts, found)].sort(
    (a, b) => Date.parse(a.said_at ?? facts.at) - Date.parse(b.said_at ?? facts.at),
  );
}

/** The auditor looked for it and found nothing, and it would have told the room what its books do not know, or orders. */
const isMissedBy = ({ room, found_at }: Lasting, { from, to, said_at }: Line) =>
  (room === from || room === to) && said_at !== null && Date.parse(said_at) < Date.parse(found_at);

// ── what was said ──

const listens = (room: XrayRoom, type: string) => SUBSCRIPTIONS[room].some(({ name }) => name === type);

/** Each step of an order is told under the name of what it became. */
export function announcements(timeline: readonly TimelineEntry[]): { type: string; at: string }[] {
  return timeline
    .filter(({ status }, i) => status !== timeline[i - 1]?.status)
    .map(({ status, at }) => ({ type: status === 'pending' ? 'order.placed' : `order.${status}`, at }));
}

function saidByOrders(facts: Facts): Said[] {
  return announcements(facts.orders?.timeline ?? []).flatMap(({ type, at }) =>
    ROOMS.filter((room) => listens(room, type)).map((to) => ({
      ...{ type, to, from: 'orders' as const, said_at: at },
      heard: wasAnswered(facts, type, to) || HEARD[to]?.(facts, type),
    })),
  );
}

/** Orders has the answer, so the room has heard the question, whatever its books say now. */
const wasAnswered = ({ orders }: Facts, type: string, by: XrayRoom) =>
  orders?.timeline.some(({ event }) => ANSWERS[`${type} ${by}`]?.includes(event)) ?? false;
const ANSWERS: Record<string, readonly string[]> = {
  'order.placed inventory': ['product.stock.deducted', 'product.stock.deduction.failed'],
  'order.awaiting_payment payments': ['payment.processed', 'payment.failed'],
};

/** Whether what orders said shows in the books of each room. */
const HEARD: Partial<Record<XrayRoom, (facts: Facts, type: string) => boolean | undefined>> = {
  inventory({ inventory }, type) {
    if (!inventory) return undefined;
    const decided = inventory.allocation?.status;
    if (type === 'order.shipped') return decided === 'shipped';
    return decided !== undefined && (type === 'order.placed' || decided !== 'held');
  },
  payments({ payments }, type) {
    if (!payments) return undefined;
    const { payment } = payments;
    if (!payment || type === 'order.awaiting_payment') return payment !== null;
    return payment.void_requested || payment.status === 'failed' || payment.status === 'voided';
  },
  notifications: ({ notifications }, type) => notifications?.some(({ kind }) => `order.${kind}` === type) ?? undefined,
};

function saidByInventory({ inventory, orders }: Facts): Said[] {
  const decided = inventory?.allocation?.status;
  if (!inventory || decided === undefined || decided === 'void') return [];
  const say = (type: string, kind?: string): Said => ({
    ...{ type, from: 'inventory', to: 'orders' },
    said_at: inventory.movements.find((movement) => movement.kind === kind)?.at ?? null,
    heard: orders?.timeline.some(({ event }) => event === type),
  });
  if (decided === 'refused') return [say('product.stock.deduction.failed')];
  const taken = say('product.stock.deducted', 'deducted');
  return decided === 'restored' ? [taken, say('product.stock.restored', 'restored')] : [taken];
}

function saidByPayments(facts: Facts): Said[] {
  const { payments, orders } = facts;
  const payment = payments?.payment;
  if (!payment) return [];
  const heard = (type: string) => orders?.timeline.some(({ event }) => event === type);
  const say = (type: string): Said => ({
    ...{ type, from: 'payments', to: 'orders', said_at: decidedAt(facts), heard: heard(type) },
  });
  const told = refundsTold(facts);
  // Charged although it was refused: the refusal was told, and of the charge only what goes back.
  if (payment.status === 'succeeded' && !heard('payment.failed')) return [say('payment.processed'), ...told];
  return payment.status === 'failed' ? [say('payment.failed')] : told;
}

/** A payment's row moves on with its refunds. */
export function decidedAt({ payments, orders }: Facts): string | null {
  const payment = payments?.payment;
  if (!payment || payment.status === 'processing') return null;
  if (payment.refunds.length === 0 && !payment.dispute) return payment.updated_at;
  const heard = orders?.timeline.find(({ event }) => event === 'payment.processed' || event === 'payment.failed');
  return heard?.at ?? null;
}

/**
 * Every refund that succeeded was told to orders and to notifications; one that failed afterwards to orders once more. The
 * history names no refunds, so they are counted: a failure that was heard means a success that is no more.
 */
function refundsTold({ payments, orders, notifications }: Facts): Said[] {
  const refunds = payments?.payment?.refunds ?? [];
  const succeeded = refunds.filter(({ status }) => status === 'succeeded');
  const count = (event: string) => orders?.timeline.filter((entry) => entry.event === event).length ?? 0;
  const [back, failed] = [count('payment.refunded'), count('payment.refund.failed')];
  const told = toldOfRefunds(notifications ?? []);
  const say = (type: string, to: XrayRoom, at: string, heard: boolean | undefined): Said => ({
    ...{ type, from: 'payments', to, said_at: at, heard },
  });
  const cameBack = Math.max(0, back - succeeded.length - failed);
  return [
    ...succeeded.flatMap(({ updated_at: at }, i) => [
      say('payment.refunded', 'orders', at, orders ? i < back - failed : undefined),
      say('payment.refunded', 'notifications', at, notifications ? i < told : undefined),
    ]),
    ...refunds
      .filter(({ status }) => status === 'failed')
      .slice(0, orders ? cameBack : 0)
      .map(({ updated_at: at }) => say('payment.refund.failed', 'orders', at, false)),
  ];
}

/** Of each refund there is one for each channel. */
function toldOfRefunds(notifications: NonNullable<Facts['notifications']>): number {
  const channels = new Map<string, number>();
  for (const { kind, channel } of notifications) {
    if (kind === 'refunded') channels.set(channel, (channels.get(channel) ?? 0) + 1);
  }
  return Math.max(0, ...channels.values());
}

// ── where it is ──

type Where = Pick<Line, 'state' | 'attempts' | 'errors' | 'next_attempt_at' | 'letter'>;

const at = (state: LineState): Where => ({ state, attempts: 0, errors: [], next_attempt_at: null, letter: null });

/** Looks for it; `found` collects the messages it was found in. */
function follow({ heard, ...told }: Said, { messages }: Facts, found: Set<string>): Line {
  const { type, from, to } = told;
  const said = { ...told, awaited: !heard };
  const [sender, receiver] = [messages[from], messages[to]];
  // In the order of the likelihood that this one is meant: of two refunds the later one waits.
  const take = <M extends { id: string; type: string }>(list: readonly M[] | undefined, fits: (one: M) => boolean) => {
    const one = list?.find((other) => other.type === type && !found.has(`${to} ${other.id}`) && fits(other));
    if (one) found.add(`${to} ${one.id}`);
    return one;
  };
  if (heard) {
    const retried = take(receiver?.dead, ({ status, waiting }) => status === 'retried' && !waiting);
    const mended = retried ? mendedOf(receiver, retried) : take(receiver?.mended, () => true);
    return { ...said, ...heardAfter(retried, mended) };
  }
  const incoming = take(receiver?.incoming, () => true);
  if (incoming) return { ...said, ...incomingWhere(incoming) };
  const dead = take(receiver?.dead, ({ status }) => status !== 'retried');
  if (dead) return { ...said, ...at(dead.status === 'dead' ? 'dead' : 'discarded'), ...stuckWords(dead) };
  const outgoing = take(sender?.outgoing, () => true);
  if (outgoing) return { ...said, ...outgoingWhere(outgoing) };
  return { ...said, ...at(heard === undefined || !sender || !receiver ? 'unknown' : 'on_its_way') };
}

type Messages = NonNullable<Facts['messages'][XrayRoom]>;

const mendedOf = (receiver: Messages | null, { id }: { id: string }) => receiver?.mended.find((one) => one.id === id);

/** Its tries before it came to the desk, and those since. */
function heardAfter(retried?: Messages['dead'][number], mended?: Messages['mended'][number]): Where {
  const stuck = retried && stuckWords(retried);
  return {
    ...at('heard'),
    attempts: (stuck?.attempts ?? 0) + (mended?.attempts ?? 0),
    errors: [...(stuck?.errors ?? []), ...(mended?.errors ?? [])],
    letter: stuck?.letter ?? null,
  };
}

const stuckWords = ({ id, attempts, errors, cause }: Messages['dead'][number]) => ({
  ...{ attempts, letter: id },
  errors: errors.length > 0 ? errors : [{ at: null, error: cause }],
});

const incomingWhere = ({ attempts, errors, next_attempt_at }: Messages['incoming'][number]): Where => ({
  ...at(attempts > 0 ? 'failing' : 'to_be_handled'),
  ...{ attempts, errors, next_attempt_at },
});

const outgoingWhere = ({ attempts, last_error, next_attempt_at }: Messages['outgoing'][number]): Where => ({
  ...at('to_be_sent'),
  ...{ attempts, errors: last_error === null ? [] : [{ at: null, error: last_error }], next_attempt_at },
});

/** Messages about the order that nobody waits for: said twice, told to nobody's books, or what a broker gave up. */
function beside({ messages }: Facts, found: ReadonlySet<string>): Line[] {
  return ROOMS.flatMap((room): Line[] => {
    const { outgoing = [], incoming = [], mended = [], dead = [] } = messages[room] ?? {};
    const isNew = ({ id }: { id: string }) => !found.has(`${room} ${id}`);
    return [
      ...outgoing.flatMap((one) =>
        ROOMS.filter((to) => listens(to, one.type) && !found.has(`${to} ${one.id}`)).map((to) => ({
          ...{ type: one.type, from: room, to, said_at: one.time, awaited: false, ...outgoingWhere(one) },
        })),
      ),
      ...incoming.filter(isNew).map((one) => ({
        ...{ type: one.type, from: one.source, to: room, said_at: one.time, awaited: false },
        ...incomingWhere(one),
      })),
      ...dead
        .filter((one) => isNew(one) && !one.waiting)
        .map((one) => ({
          ...{ type: one.type, from: one.source, to: room, said_at: one.time, awaited: false },
          ...(one.status === 'retried'
            ? heardAfter(one, mendedOf(messages[room], one))
            : { ...at(one.status), ...stuckWords(one) }),
        })),
      ...mended
        .filter((one) => isNew(one) && !dead.some(({ id }) => id === one.id))
        .map((one) => ({
          ...{ type: one.type, from: one.source, to: room, said_at: one.time, awaited: false },
          ...heardAfter(undefined, one),
        })),
    ];
  });
}
