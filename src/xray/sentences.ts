/** The words of an X-ray: what the books of the rooms mean, in sentences that the owner of a shop understands. Pure. */
import { fromMinor, toMinor } from '../contracts/money.ts';
import type { Notification } from '../contracts/notifications.ts';
import type { OrderStatus } from '../contracts/orders.ts';
import type { PaymentDetail } from '../contracts/payments.ts';
import type { Channel } from '../contracts/shapes.ts';
import type { Line, LineState, XrayRoom } from '../contracts/xray.ts';
import type { Facts } from './facts.ts';

/** What the news of each event is. */
const NEWS: Record<string, string> = {
  'order.placed': 'that it was placed',
  'order.awaiting_payment': 'that it awaits its payment',
  'order.confirmed': 'that it is confirmed',
  'order.shipped': 'that it was shipped',
  'order.delivered': 'that it has arrived',
  'order.failed': 'that it has failed',
  'order.cancelled': 'that it was cancelled',
  'product.stock.deducted': 'that its goods are held',
  'product.stock.deduction.failed': 'that something is sold out',
  'product.stock.restored': 'that its goods are for sale again',
  'payment.processed': 'that it is paid',
  'payment.failed': 'that the payment was refused',
  'payment.refunded': 'that money has gone back',
  'payment.refund.failed': 'that a refund came back',
};

const KNOWN: Record<LineState, string> = {
  to_be_sent: 'is about to be sent to',
  on_its_way: 'is on its way to',
  to_be_handled: 'has reached, and is about to be handled by,',
  failing: 'could not be handled by',
  dead: 'is stuck at',
  discarded: 'was put aside at',
  heard: 'is known to',
  missing: 'is on its way no more, and has left no trace at',
  unknown: 'cannot be followed to',
};

export function newsOf({ type }: Pick<Line, 'type'>): string {
  if (type === 'undecodable') return 'a batch of messages that the broker gave up, with one about it';
  const news = NEWS[type];
  return news ? `the news ${news}` : `a message of the type ${type}`;
}

/** "The news that it was placed could not be handled by inventory (3 attempts, the last: …)." */
export function lineWords(line: Line): string {
  const { state, to, attempts, errors } = line;
  const last = errors.at(-1)?.error;
  const tried = attempts > 0 ? `${counted(attempts, 'attempt')}, the last: ${last ?? 'no word'}` : last;
  const failed = state === 'to_be_sent' && attempts > 0 ? 'could not be sent to' : KNOWN[state];
  const how = tried ? ` (${state === 'heard' ? `after ${tried}` : tried})` : '';
  return sentence(`${newsOf(line)} ${failed} ${to}${how}`);
}

/** What becomes of it once the room has heard it. */
const THEN: Record<string, string> = {
  'order.placed inventory': 'Inventory holds the goods, or says what is sold out.',
  'order.failed inventory': 'Inventory puts what it holds for it back on sale.',
  'order.cancelled inventory': 'Inventory puts what it holds for it back on sale.',
  'order.shipped inventory': 'The goods leave the books of the stock.',
  'order.awaiting_payment payments': 'Payments asks the card processor for the money.',
  'order.failed payments': 'Payments sees to it that nothing is charged, or that it goes back.',
  'order.cancelled payments': 'Payments sees to it that nothing is charged, or that it goes back.',
  'order.confirmed notifications': 'The customer is told that it is confirmed.',
  'order.failed notifications': 'The customer is told that it has failed.',
  'order.cancelled notifications': 'The customer is told that it was cancelled.',
  'order.shipped notifications': 'The customer is told that it was shipped.',
  'order.delivered notifications': 'The customer is told that it has arrived.',
  'payment.refunded notifications': 'The customer is told of the refund.',
  'product.stock.deducted orders': 'Orders hears that the goods are held.',
  'product.stock.deduction.failed orders': 'Orders hears that something is sold out.',
  'product.stock.restored orders': 'Orders notes that the goods are for sale again.',
  'payment.processed orders': 'Orders hears that it is paid.',
  'payment.failed orders': 'Orders hears that the payment was refused.',
  'payment.refunded orders': 'Orders notes what has gone back.',
  'payment.refund.failed orders': 'Orders notes that a refund came back.',
};
export const hasWords = (type: string, to: string) => `${type} ${to}` in THEN && type in NEWS;

export const thenWords = ({ type, to }: Pick<Line, 'type' | 'to'>) =>
  THEN[`${type} ${to}`] ?? sentence(`${to} handles ${newsOf({ type })}`);

// ── what the books say ──

export const GOODS = {
  none: 'No stock is held for it yet.',
  held: 'All its goods are held for it.',
  refused: 'No stock was taken: something was sold out.',
  restored: 'What was held for it is for sale again.',
  shipped: 'Its goods have left the building.',
  void: 'No stock was taken: it had ended before.',
} as const;

export const goodsWords = (inventory: Facts['inventory']) => inventory && GOODS[inventory.allocation?.status ?? 'none'];

/** Of a charge that went through; in minor units. */
export interface Sum {
  currency: string;
  taken: number;
  /** Has gone back. */
  back: number;
  /** Is on its way back. */
  going: number;
}

export function sumWords({ currency, taken, back, going }: Sum): string {
  const words = (sum: number) => amountWords(sum, currency);
  const parts = [`${words(taken)} was charged.`];
  if (back > 0) parts.push(back >= taken ? 'All of it has gone back.' : `${words(back)} of it has gone back.`);
  if (going > 0) parts.push(`${words(going)} is on its way back.`);
  return parts.join(' ');
}

export const NOTHING_TAKEN = 'Nothing was charged';

export function sumOf({ amount, currency, refunds }: PaymentDetail): Sum {
  const sum = (status: string) =>
    refunds.filter((refund) => refund.status === status).reduce((total, one) => total + minor(one.amount, currency), 0);
  return { currency, taken: minor(amount, currency), back: sum('succeeded'), going: sum('processing') };
}

export const amountWords = (sum: number, currency: string) => `${fromMinor(sum, currency)} ${currency}`;
export const minor = (amount: string, currency: string) => toMinor(amount, currency) ?? 0;

export function moneyWords({ payments, orders }: Pick<Facts, 'payments' | 'orders'>): string | null {
  if (!payments) return null;
  const { payment } = payments;
  if (!payment) return uncharged(orders?.order.status);
  const { status, amount, currency, attempts, reason, void_requested } = payment;
  switch (status) {
    case 'succeeded':
      return sumWords(sumOf(payment));
    case 'failed':
      return sentence(
        `${NOTHING_TAKEN}: the card processor refused${reason ? ` (${reason.replaceAll('_', ' ')})` : ''}`,
      );
    case 'voided':
      return `${NOTHING_TAKEN}: the order ended first.`;
    case 'processing':
      if (void_requested) return `The charge of ${amount} ${currency} is being called off.`;
      return attempts === 0
        ? `The card processor is about to be asked for ${amount} ${currency}.`
        : `The card processor was asked for ${amount} ${currency}, and has not said yes or no.`;
  }
}

/** What it means that payments knows of no charge. */
function uncharged(status: OrderStatus | undefined): string {
  switch (status) {
    case 'pending':
    case 'awaiting_payment':
      return `${NOTHING_TAKEN}: it has not been asked for yet.`;
    case 'failed':
    case 'cancelled':
      return `${NOTHING_TAKEN}.`;
    default:
      return 'Payments knows of no charge for it.';
  }
}

export function toldWords(notifications: Facts['notifications']): string | null {
  if (!notifications) return null;
  const of = (...statuses: Notification['status'][]) =>
    [...new Set(notifications.filter(({ status }) => statuses.includes(status)).map(({ kind }) => kind))].reverse();
  const [sent, coming, failed] = [of('sent'), of('queued', 'waiting'), of('failed')];
  const parts = [
    sent.length > 0 ? `The customer was told: ${sent.join(', ')}.` : '',
    coming.length > 0 ? `About to be told: ${coming.join(', ')}.` : '',
    failed.length > 0 ? `Could not be told: ${failed.join(', ')}.` : '',
  ];
  return parts.filter(Boolean).join(' ') || 'The customer has not been told anything yet.';
}

const CHANNELS = { email: 'mail', sms: 'SMS' } as const;
const TELLS: Record<string, string> = {
  confirmed: 'that it is confirmed',
  failed: 'that it has failed',
  cancelled: 'that it was cancelled',
  shipped: 'that it was shipped',
  delivered: 'that it has arrived',
  refunded: 'about the refund',
};
export const mailWords = (channel: Channel, kind: string) =>
  `The ${CHANNELS[channel]} ${TELLS[kind] ?? `called ${kind}`}`;

// ── language ──

/** With a capital letter and a full stop. */
export function sentence(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1).replace(/[.\s]+$/, '')}.`;
}

export const counted = (count: number, one: string) => `${count} ${count === 1 ? one : `${one}s`}`;

export const roomWords = (room: XrayRoom) => sentence(room).slice(0, -1);
