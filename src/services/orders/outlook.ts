/**
 * The safe part of an order's X-ray: where it stands, why, and what happens next and when, in its shopper's words and
 * from what orders itself has learnt. No attempts, no names of providers, no other room's matters. Pure.
 */
import { fromMinor } from '../../contracts/money.ts';
import type { OrderStatus, Tracking } from '../../contracts/orders.ts';
import type { Outlook } from '../../contracts/xray.ts';
import type { HistoryEntry } from './lifecycle.ts';
import { isPaidBack } from './lifecycle.ts';

export interface OutlookOrder {
  status: OrderStatus;
  reason: string | null;
  deadline_at: string | null;
  /** Minor units, as the refunded amount. */
  total_amount: number;
  refunded_amount: number;
  currency: string;
  tracking: Tracking | null;
}

type Entry = Pick<HistoryEntry, 'event' | 'status' | 'at'>;
type Next = Outlook['next'][number];

/**
 * Stock and payment are decided within seconds. Later than this since its last step something is away or stuck: at which room,
 * and whether it goes on by itself, orders does not know, so no more is promised than what the deadline sees to.
 */
const USUAL_MS = 30_000;

const soon = (what: string): Next => ({ what, when: null });

/** The history begins with the placing. */
export function outlookOf(order: OutlookOrder, history: readonly Entry[], now: Date): Outlook {
  const { status, deadline_at: when } = order;
  const money = moneyOf(order, history);
  if (now.getTime() - Date.parse(history.at(-1)?.at ?? now.toISOString()) > USUAL_MS) {
    const slow = slowOf(status, when, now);
    if (slow) return slow;
  }
  switch (status) {
    case 'pending':
      return {
        stands: 'We are checking that everything is in stock.',
        why: 'Your order has arrived.',
        next: [
          soon('Everything is held for you, and the payment is taken.'),
          { what: 'If we cannot hold it by then, the order ends, and nothing is charged.', when },
        ],
      };
    case 'awaiting_payment':
      return {
        stands: 'Your payment is being taken.',
        why: 'Everything is held for you.',
        next: [
          soon('As soon as it is paid we get it ready, and tell you.'),
          { what: 'If it is not paid by then, the order ends. Should money be taken after all, it goes back.', when },
        ],
      };
    case 'confirmed':
      if (isPaidBack(order)) {
        return {
          stands: 'All of your money has gone back to you, so it will not be sent.',
          why: money.why,
          next: [soon('We close the order.')],
        };
      }
      return {
        stands: 'It is paid, and we are getting it ready.',
        why: `Everything is held for you. ${money.why}`,
        next: [soon('We send it, and tell you when it leaves.'), ...money.next],
      };
    case 'shipped':
      return {
        stands: 'It is on its way to you.',
        why: `It has left our house${carrier(order)}. ${money.why}`,
        next: [soon('We tell you when it has arrived.'), ...money.next],
      };
    case 'delivered':
      return { stands: 'It has arrived.', why: money.why, next: money.next };
    case 'failed':
      return {
        stands: FAILED[order.reason ?? ''] ?? 'This order did not go through.',
        why: `Nothing is held for you any more. ${money.why}`,
        next: money.next,
      };
    case 'cancelled':
      return {
        stands: 'This order was cancelled.',
        why: `Nothing is held for you any more. ${money.why}`,
        next: money.next,
      };
  }
}

/** Of an order that should have gone on by now. */
function slowOf(status: OrderStatus, deadline: string | null, now: Date): Outlook | undefined {
  const words = SLOW[status];
  if (!words) return undefined;
  const over = deadline === null || Date.parse(deadline) <= now.getTime();
  return {
    stands: 'This takes longer than usual.',
    why: `${words.why} The shop is looking at it.`,
    next: [
      {
        what: `It is decided ${over ? 'any moment now' : 'by then at the latest'}: ${words.ends}`,
        when: over ? null : deadline,
      },
    ],
  };
}
const SLOW: Partial<Record<OrderStatus, { why: string; ends: string }>> = {
  pending: {
    why: 'Your order has arrived. It is not decided yet whether everything is in stock.',
    ends: 'the order goes on, or it ends and nothing is charged.',
  },
  awaiting_payment: {
    why: 'Everything is held for you. Your payment is not decided yet.',
    ends: 'the order is paid, or it ends. Should money be taken after all, it goes back.',
  },
};

const FAILED: Record<string, string> = {
  out_of_stock: 'This order did not go through: something was sold out.',
  payment_declined: 'This order did not go through: the payment was declined.',
  timed_out: 'This order did not go through: it took too long.',
};

const carrier = ({ tracking }: OutlookOrder) => (tracking?.carrier ? ` with ${tracking.carrier}` : '');

/** What was taken and what comes back of it, as far as orders has heard. */
function moneyOf(order: OutlookOrder, history: readonly Entry[]): Pick<Outlook, 'why' | 'next'> {
  const { status, reason, total_amount, refunded_amount, currency } = order;
  const words = (minor: number) => `${fromMinor(minor, currency)} ${currency}`;
  const heard = (event: string) => history.some((entry) => entry.event === event);
  const ended = status === 'failed' || status === 'cancelled';
  const back = Math.max(refunded_amount, 0);
  const paid = heard('payment.processed');
  if (!paid && back === 0) {
    const asked = history.some((entry) => entry.status === 'awaiting_payment');
    if (!asked || reason === 'payment_declined') return { why: 'Nothing was charged.', next: [] };
    return { why: 'Should money have been taken, it goes back to you by itself.', next: [] };
  }
  const gone =
    back === 0
      ? ''
      : back >= total_amount
        ? 'All of it has gone back to you.'
        : `${words(back)} of it has gone back to you.`;
  const why = [`${words(total_amount)} was charged.`, gone].filter(Boolean).join(' ');
  const owed = ended ? total_amount - back : 0;
  const refused = heard('payment.refund.failed') && ended && owed > 0;
  if (refused)
    return { why, next: [soon(`Your bank did not take the money back: we give you ${words(owed)} another way.`)] };
  if (owed > 0)
    return { why, next: [soon(`${words(owed)} goes back to you; your bank may take some days to show it.`)] };
  return { why, next: [] };
}
