/** The way of an order through the rooms: what happened where, and whose word it followed; for a picture of it. Pure. */
import type { Mark, XrayRoom } from '../contracts/xray.ts';
import { decidedAt } from './conversation.ts';
import type { Facts } from './facts.ts';
import { ROOMS } from './facts.ts';
import { mailWords, newsOf } from './sentences.ts';

type Tone = Mark['tone'];

export function wayOf(facts: Facts): Mark[] {
  const marks = [...ordersMarks(facts), ...inventoryMarks(facts), ...paymentMarks(facts), ...mailMarks(facts)];
  return [...marks, ...failedMarks(facts)].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || causeFirst(a, b));
}

/** In the same millisecond. */
const causeFirst = (a: Mark, b: Mark) => Number(a.from === b.room) - Number(b.from === a.room);

const EVENTS: Record<string, readonly [words: string, tone?: Tone, from?: XrayRoom]> = {
  'order.placed': ['Placed'],
  'product.stock.deducted': ['Its goods are held', 'plain', 'inventory'],
  'product.stock.deduction.failed': ['Something is sold out', 'bad', 'inventory'],
  'product.stock.restored': ['Its goods are for sale again', 'plain', 'inventory'],
  'payment.processed': ['It is paid', 'good', 'payments'],
  'payment.failed': ['The payment was refused', 'bad', 'payments'],
  'payment.refunded': ['Money has gone back', 'plain', 'payments'],
  'payment.refund.failed': ['A refund came back', 'bad', 'payments'],
  'command ship': ['Shipped', 'good'],
  'command deliver': ['Delivered', 'good'],
  'command cancel': ['Cancelled'],
  'customer.deleted': ['The account was closed'],
  deadline: ['Its time was up', 'bad'],
};

function ordersMarks({ orders }: Facts): Mark[] {
  const marks = (orders?.timeline ?? []).map(({ at, event, status }, i, all): Mark => {
    const [words, tone = 'plain', from = null] = EVENTS[event] ?? [event];
    const moved = i > 0 && status !== all[i - 1]?.status && !words.toLowerCase().includes(status);
    return { at, room: 'orders', what: moved ? `${words}: ${status.replaceAll('_', ' ')}` : words, from, tone };
  });
  const gone = orders?.order.deleted_at;
  return gone ? [...marks, { at: gone, room: 'orders', what: 'Deleted', from: null, tone: 'plain' }] : marks;
}

const SHOWN = 3;

function inventoryMarks({ inventory, orders }: Facts): Mark[] {
  const movements = inventory?.movements ?? [];
  const names = new Map(orders?.order.items.map(({ product_id, name }) => [product_id, name]));
  return (['deducted', 'restored', 'shipped'] as const).flatMap((kind) => {
    const own = movements.filter((movement) => movement.kind === kind);
    const [first] = own;
    if (!first) return [];
    const lines = own.slice(0, SHOWN).map(({ product_id, reserved_delta }) => {
      return `${Math.abs(reserved_delta)} × ${names.get(product_id) ?? product_id}`;
    });
    if (own.length > SHOWN) lines.push(`${own.length - SHOWN} more`);
    return [
      { at: first.at, room: 'inventory', what: `${MOVED[kind]} ${lines.join(', ')}`, from: 'orders', tone: 'plain' },
    ];
  });
}
const MOVED = { deducted: 'Holds', restored: 'Gives back', shipped: 'Lets go' } as const;

function paymentMarks(facts: Facts): Mark[] {
  const payment = facts.payments?.payment;
  const mark = (at: string, what: string, tone: Tone = 'plain', from: XrayRoom | null = null): Mark => ({
    ...{ at, room: 'payments', what, from, tone },
  });
  const marks = (facts.payments?.events ?? []).map(({ type, status, received_at }) =>
    mark(
      received_at,
      `The card processor told ${type}`,
      status === 'refused' || status === 'unmatched' ? 'bad' : 'plain',
    ),
  );
  if (!payment) return marks;
  const { status, attempts, amount, currency, created_at, refunds, dispute } = payment;
  if (status === 'voided' && attempts === 0)
    return [...marks, mark(created_at, 'Charges nothing: it has ended', 'plain', 'orders')];
  marks.push(mark(created_at, `Is to charge ${amount} ${currency}`, 'plain', 'orders'));
  const at = decidedAt(facts);
  const decided = status === 'processing' ? undefined : DECIDED[status];
  if (at !== null && decided) marks.push(mark(at, decided[0], decided[1]));
  for (const refund of refunds) {
    const sum = `${refund.amount} ${refund.currency}`;
    marks.push(
      mark(refund.created_at, `Is to give back ${sum}`, 'plain', refund.kind === 'order_ended' ? 'orders' : null),
    );
    if (refund.status === 'succeeded') marks.push(mark(refund.updated_at, `Gave back ${sum}`));
    if (refund.status === 'failed') marks.push(mark(refund.updated_at, `Could not give back ${sum}`, 'bad'));
  }
  if (dispute) marks.push(mark(dispute.opened_at, `Disputed: ${dispute.amount} ${dispute.currency}`, 'bad'));
  return marks;
}
const DECIDED = {
  succeeded: ['Charged', 'good'],
  failed: ['Refused', 'bad'],
  voided: ['Nothing is charged', 'plain'],
} as const;

function mailMarks({ notifications }: Facts): Mark[] {
  return (notifications ?? []).map(({ kind, channel, status, created_at, sent_at }) => ({
    at: sent_at ?? created_at,
    room: 'notifications',
    what: `${mailWords(channel, kind)}: ${MAILED[status]}`,
    from: kind === 'refunded' ? 'payments' : 'orders',
    tone: status === 'failed' ? 'bad' : 'plain',
  }));
}
const MAILED = { sent: 'sent', queued: 'to be sent', waiting: 'waits', failed: 'failed' } as const;

/** The attempts that failed, the last few of each message. */
function failedMarks({ messages }: Facts): Mark[] {
  return ROOMS.flatMap((room) => {
    const { incoming = [], mended = [], dead = [] } = messages[room] ?? {};
    return [...incoming, ...mended, ...dead].flatMap(({ type, source, errors }) =>
      errors.slice(-SHOWN).map(({ at, error }): Mark => {
        const from = ROOMS.find((one) => one === source) ?? null;
        return { at, room, what: `Could not handle ${newsOf({ type })}: ${error}`, from, tone: 'bad' };
      }),
    );
  });
}
