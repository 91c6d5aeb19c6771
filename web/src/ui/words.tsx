/** Money, times and states as people read them, through Intl in the reader's own language and zone. */
import { ERASED_EMAIL, type OrderStatus } from '../../../src/contracts/orders.ts';
import { languageOf } from './language.ts';
import { useMinute } from './minute.ts';

export const LANGUAGE = languageOf(navigator.languages);

const moneyFormats = new Map<string, Intl.NumberFormat>();
function moneyFormat(currency: string): Intl.NumberFormat {
  let format = moneyFormats.get(currency);
  if (!format) {
    format = new Intl.NumberFormat(LANGUAGE, { style: 'currency', currency });
    moneyFormats.set(currency, format);
  }
  return format;
}

/** `money('1299.90', 'USD')`: "$1,299.90". The decimal string is formatted as it is; it never becomes a float. */
export function money(amount: string, currency: string): string {
  return moneyFormat(currency).format(amount as unknown as number);
}

/** What the shop wrote: its amounts ("79.99 USD") as the reader writes them. */
export const withMoney = (text: string) =>
  text.replace(/\b(\d+(?:\.\d+)?) ([A-Z]{3})\b/g, (_, amount, currency) => money(amount, currency));

export const number = (value: number) => value.toLocaleString(LANGUAGE);

const DATE = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium' });
const MOMENT = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'short' });
const CLOCK = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: 'medium' });
const AGO = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto', style: 'short' });

/** The time of day; with its date unless that is today. */
export function timeOf(at: string): string {
  const then = new Date(at);
  return then.toDateString() === new Date().toDateString() ? CLOCK.format(then) : MOMENT.format(then);
}
export const date = (at: string) => DATE.format(new Date(at));
export const moment = (at: string) => MOMENT.format(new Date(at));
export const clock = (at: string) => CLOCK.format(new Date(at));

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['minute', 60],
  ['hour', 24],
  ['day', 14],
];

/** "just now", "a minute ago", "3 min. ago"; a date when it is longer ago than two weeks. Seconds would be old before they are read. */
function ago(at: string): string {
  let past = Math.round((new Date(at).getTime() - Date.now()) / 60_000);
  if (past === 0) return 'just now';
  if (past === -1) return 'a minute ago';
  for (const [unit, limit] of STEPS) {
    if (Math.abs(past) < limit) return AGO.format(past, unit);
    past = Math.round(past / limit);
  }
  return date(at);
}

/** A duration in milliseconds: "840 ms", "3.2 s", "4 min". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

export function Time({ at }: { at: string }) {
  useMinute();
  return (
    <time dateTime={at} title={moment(at)}>
      {ago(at)}
    </time>
  );
}

/** Of an order whose customer has closed their account: its people are not known any more. */
export const isErased = (email: string) => email === ERASED_EMAIL;

type Tone = 'good' | 'wait' | 'bad' | 'plain';
const ORDER_STATES: Record<OrderStatus, [words: string, tone: Tone]> = {
  pending: ['Checking stock', 'wait'],
  awaiting_payment: ['Awaiting payment', 'wait'],
  confirmed: ['Confirmed', 'good'],
  shipped: ['Shipped', 'good'],
  delivered: ['Delivered', 'good'],
  failed: ['Failed', 'bad'],
  cancelled: ['Cancelled', 'plain'],
};

export function Badge({ tone = 'plain', children }: { tone?: Tone; children: React.ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>;
}

export function OrderState({ status }: { status: OrderStatus }) {
  const [words, tone] = ORDER_STATES[status];
  return <Badge tone={tone}>{words}</Badge>;
}

export const orderState = (status: OrderStatus) => ORDER_STATES[status][0];

const REASONS: Record<string, string> = {
  out_of_stock: 'something was sold out',
  payment_declined: 'the payment was declined',
  timed_out: 'it took too long',
};
/** Why an order ended, in words; what people wrote stays as it is. */
export const reasonOf = (reason: string) => REASONS[reason] ?? reason;
