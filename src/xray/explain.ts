/**
 * Where an order stands, why, what happens next and when, and what holds it up; in sentences, from what the rooms
 * answered. Whatever is still to come has a line under `next`: news that a room has not heard, money and mails on their
 * way, a deadline, something that only a person can do. So an order with none of them is over. Pure.
 */
import { ACROSS, wrongGoods } from '../audit/order.ts';
import type { Notification } from '../contracts/notifications.ts';
import type { Order, OrderStatus } from '../contracts/orders.ts';
import type { PaymentDetail, Refund } from '../contracts/payments.ts';
import type { Explanation, Holdup, Line, NextStep } from '../contracts/xray.ts';
import { conversationOf } from './conversation.ts';
import { disagreementsIn, lastingIn, stockIn } from './disagreements.ts';
import type { Facts } from './facts.ts';
import {
  counted,
  goodsWords,
  lineWords,
  mailWords,
  minor,
  moneyWords,
  newsOf,
  roomWords,
  sentence,
  thenWords,
  toldWords,
} from './sentences.ts';

/** News that has been on its way for longer than this is held up. */
const LATE_MS = 5 * 60_000;

export function explain(facts: Facts, lines: readonly Line[] = conversationOf(facts)): Explanation {
  const told = lines.flatMap(heardNext);
  const money = [...chargeNext(facts), ...refundsNext(facts), ...webhooksNext(facts), ...moneyForPeople(facts)];
  const mails = mailsNext(facts);
  const all = [...told, ...money, ...mails];
  const byItself = [...all, ...deadlineNext(facts)].filter(({ by }) => by !== 'person');
  const people = all.filter(({ by }) => by === 'person');
  // A mail that was refused excuses no books.
  const atRest = byItself.length === 0 && people.every((step) => mails.includes(step)) && isKnown(facts);
  const disagreements = atRest ? disagreementsIn(facts) : lastingIn(facts).map(({ detail }) => detail);
  const broken = findingsIn(facts);
  const wrong = [...disagreements.map((detail) => `it ${detail}`), ...broken];
  people.push(...wrong.map(booksNext), ...stepForPeople(facts.orders?.order));
  const next = [...once(byItself).sort(soonestFirst), ...once(people)].map((step) => upcoming(step, facts.at));
  const over = next.length === 0 && isKnown(facts);
  return {
    stands: [standsWords(facts, lines, wrong.length > 0), deletedWords(facts), over ? 'Nothing more will happen.' : '']
      .filter(Boolean)
      .join(' '),
    why: wrong.length > 0 ? wrong.map(sentence).join(' ') : whyWords(facts, lines),
    goods: atRest ? goodsAtRest(facts) : goodsWords(facts.inventory),
    money: moneyWords(facts),
    told: toldWords(facts.notifications),
    next,
    holdups: [
      ...awayHoldups(facts),
      ...lines.flatMap((line) => lineHoldups(line, facts.at)),
      ...effectHoldups(facts),
      ...wrong.map((detail) => hold(`The books are not in order: ${detail}`, 'person')),
    ],
    over,
  };
}

const isKnown = ({ orders, inventory, payments, notifications, messages }: Facts) =>
  [orders, inventory, payments, notifications, ...Object.values(messages)].every((part) => part !== null);

// ── where it stands ──

const STANDS: Record<OrderStatus, (order: Order) => string> = {
  pending: () => 'Its stock is being checked.',
  awaiting_payment: () => 'Its goods are held, and its payment is being taken.',
  confirmed: (order) =>
    isPaidBack(order) ? 'It is paid back in full, and will not be shipped.' : 'It is paid, and waits to be shipped.',
  shipped: () => 'It is on its way to the customer.',
  delivered: () => 'It has arrived.',
  failed: ({ reason }) => FAILED[reason ?? ''] ?? 'It has failed.',
  cancelled: () => 'It was cancelled.',
};
const FAILED: Record<string, string> = {
  out_of_stock: 'It has failed: something was sold out.',
  payment_declined: 'It has failed: the payment was refused.',
  timed_out: 'It has failed: it took too long.',
};

const isPaidBack = ({ total_amount, refunded_amount, currency }: Order) =>
  minor(total_amount, currency) > 0 && minor(refunded_amount, currency) >= minor(total_amount, currency);

/** While the message that would take it on lies at a dead-letter desk, or was put aside there. */
const STILL: Partial<Record<OrderStatus, string>> = {
  pending: 'It stands still: a message that it waits for could not be handled.',
  awaiting_payment: 'Its goods are held, and it stands still: a message that it waits for could not be handled.',
};
/** Who takes an order on that has not ended. */
const MOVERS: readonly string[] = ['inventory', 'payments', 'orders'];

function standsWords({ orders }: Facts, lines: readonly Line[], disagreed: boolean): string {
  if (!orders) return 'Nobody can say where it stands while orders cannot be asked.';
  const { order } = orders;
  if (disagreed) return `It is ${order.status}, but its books are not in order.`;
  const dead = lines.some(
    ({ state, awaited, to }) => (state === 'dead' || state === 'discarded') && awaited && MOVERS.includes(to),
  );
  return (dead && STILL[order.status]) || STANDS[order.status](order);
}

function deletedWords({ orders }: Facts): string {
  const at = orders?.order.deleted_at;
  return at ? `It was deleted on ${at.slice(0, 10)} at ${at.slice(11, 16)} UTC, and is in no list any more.` : '';
}

function whyWords(facts: Facts, lines: readonly Line[]): string {
  const { orders } = facts;
  if (!orders) return 'What the others know of it is below.';
  const { status, reason } = orders.order;
  const awaited = lines.find((line) => line.awaited && MOVERS.includes(line.to));
  switch (status) {
    case 'pending':
      return awaited ? lineWords(awaited) : 'Inventory has not been heard of yet.';
    case 'awaiting_payment':
      return awaited ? lineWords(awaited) : (moneyWords(facts) ?? 'Payments has not been heard of yet.');
    case 'confirmed':
      return 'Its goods are held, and its payment went through.';
    case 'shipped':
    case 'delivered':
      return 'It was paid, and somebody has shipped it.';
    case 'failed':
      return failureWords(facts);
    case 'cancelled':
      return reason && reason !== 'cancelled' ? sentence(`The reason given: ${reason}`) : 'No reason was given.';
  }
}

function failureWords({ orders, payments }: Facts): string {
  const timeline = orders?.timeline ?? [];
  const ending = timeline.findIndex(({ status }) => status === 'failed');
  const [before, end] = [timeline[ending - 1], timeline[ending]];
  switch (orders?.order.reason) {
    case 'out_of_stock':
      return sentence(`Inventory was ${end?.note ?? 'short of something'}`);
    case 'payment_declined':
      return sentence(
        `The card processor refused the charge: ${(payments?.payment?.reason ?? end?.note ?? 'it gave no reason').replaceAll('_', ' ')}`,
      );
    default:
      return before?.status === 'pending'
        ? 'Inventory had not said anything when its time was up.'
        : 'The payment was not there when its time was up.';
  }
}

// ── what happens next ──

function heardNext(line: Line): NextStep[] {
  const { state, awaited, to, next_attempt_at: when } = line;
  // What is missing is no news on its way: the books tell of it.
  if (state === 'heard' || state === 'unknown' || state === 'missing') return [];
  const person = (what: string): NextStep[] => [
    { what: sentence(`${what}: ${newsOf(line)}`), when: null, by: 'person' },
  ];
  if (state === 'dead') return person(`Somebody retries it at the dead-letter desk of ${to}, or puts it aside`);
  if (state === 'discarded') {
    return awaited ? person(`Somebody makes up for what was put aside at ${to} (npm run reconcile may do it)`) : [];
  }
  const what = awaited ? thenWords(line) : sentence(`${to} is told once more, and knows it already: ${newsOf(line)}`);
  return [{ what, when, by: 'shop' }];
}

function chargeNext({ payments }: Facts): NextStep[] {
  const payment = payments?.payment;
  if (payment?.status !== 'processing') return [];
  const { amount, currency, attempts, void_requested, next_attempt_at: when } = payment;
  const again = attempts > 0 ? ' again, unless it answers before' : '';
  const what = void_requested
    ? 'The card processor is asked to call the charge off; what it has taken goes back.'
    : `The card processor is asked for ${amount} ${currency}${again}.`;
  return [{ what, when, by: 'shop' }];
}

function refundsNext({ payments }: Facts): NextStep[] {
  const refunds = payments?.payment?.refunds.filter(({ status }) => status === 'processing') ?? [];
  return refunds.map(({ amount, currency, attempts, next_attempt_at: when }) => ({
    what: `The card processor is asked to give back ${amount} ${currency}${attempts > 0 ? ' again, unless it answers before' : ''}.`,
    when,
    by: 'shop',
  }));
}

function mailsNext({ notifications }: Facts): NextStep[] {
  return (notifications ?? []).flatMap((mail): NextStep[] => {
    const { status, kind, channel, attempts = 0, next_attempt_at: when = null } = mail;
    if (status === 'waiting') {
      return [{ what: 'The customer is told of the refund, once it is known who that is.', when: null, by: 'shop' }];
    }
    const what = `${mailWords(channel, kind)} is sent${attempts > 0 ? ' again, unless it has gone by then' : ''}.`;
    if (status === 'queued') return [{ what, when, by: 'shop' }];
    return couldNotBeTold(mail) ? [{ what: againWords(mail), when: null, by: 'person' }] : [];
  });
}

/** Failed for good, with somebody there to tell: whoever asked to be forgotten is told nothing any more. */
const couldNotBeTold = ({ status, recipient }: Notification) => status === 'failed' && recipient !== null;

const againWords = ({ channel, kind, recipient }: Notification) =>
  sentence(
    `Somebody corrects the address ${recipient}, or sends it again as it is: ${mailWords(channel, kind).replace('The', 'the')}`,
  );

function webhooksNext({ payments }: Facts): NextStep[] {
  return (payments?.events ?? []).flatMap(({ status, type, note, next_attempt_at: when }): NextStep[] => {
    if (status === 'waiting')
      return [{ what: `What the card processor told (${type}) is worked in.`, when, by: 'shop' }];
    if (status === 'applied') return [];
    const what = `Somebody compares our books with the card processor's, which told ${type}${note ? `: ${note}` : ''}`;
    return [{ what: sentence(what), when: null, by: 'person' }];
  });
}

function deadlineNext({ orders, at }: Facts): NextStep[] {
  const { status, deadline_at: when } = orders?.order ?? {};
  if (!when) return [];
  if (when <= at) return [{ what: 'Its time is up: it is ended.', when, by: 'deadline' }];
  const what =
    status === 'pending'
      ? 'If its stock is not decided by then, it fails, and nothing is charged.'
      : 'If it is not paid by then, it fails; its goods are for sale again, and money that was taken goes back.';
  return [{ what, when, by: 'deadline' }];
}

/** All its goods, or what the books say instead. */
function goodsAtRest(facts: Facts): string | null {
  const { stock, goods } = stockIn(facts);
  const wrong = stock ? wrongGoods(stock, goods) : [];
  return wrong.length > 0 ? sentence(wrong.join('; ')) : goodsWords(facts.inventory);
}

/** What the auditors of the rooms have found, each in its own books; what the rooms do not agree on is seen from here. */
function findingsIn({ messages }: Facts): string[] {
  const all = Object.entries(messages).flatMap(([room, about]) =>
    (about?.findings ?? []).map((finding) => ({ room, ...finding })),
  );
  return all
    .filter(({ rule }) => rule !== ACROSS)
    .map(({ room, rule, detail }) => `${room} finds ${detail}; the rule is that ${rule}`);
}

const booksNext = (detail: string): NextStep => ({
  what: sentence(`Somebody puts the books in order (npm run audit, npm run reconcile): ${detail}`),
  when: null,
  by: 'person',
});

function stepForPeople(order: Order | undefined): NextStep[] {
  const step = (what: string): NextStep[] => [{ what, when: null, by: 'person' }];
  if (order?.status === 'shipped') return step('Somebody marks it as delivered.');
  if (order?.status !== 'confirmed') return [];
  return step(
    isPaidBack(order)
      ? 'Somebody cancels it: all of its money has gone back, so it is not shipped.'
      : 'Somebody ships it, or cancels it.',
  );
}

/** What the card processor would not do, and what a customer contests. */
function moneyForPeople({ payments }: Facts): NextStep[] {
  const payment = payments?.payment;
  if (!payment) return [];
  const { dispute } = payment;
  const steps = refusedRefunds(payment).map(({ amount, currency, last_error }) =>
    sentence(
      `Somebody gives back ${amount} ${currency} another way: the card processor refused it${last_error ? ` (${last_error})` : ''}`,
    ),
  );
  if (dispute && !CLOSED.test(dispute.status)) {
    steps.push(`Somebody answers the dispute of ${dispute.amount} ${dispute.currency} at the card processor.`);
  }
  return steps.map((what) => ({ what, when: null, by: 'person' }));
}
/** Of a dispute: nothing can be done any more. */
const CLOSED = /^(won|lost|warning_closed|prevented)$/;

/** Refunds that failed and were not given again. */
function refusedRefunds({ refunds }: PaymentDetail): Refund[] {
  const later = (failed: Refund) =>
    refunds.some(
      ({ status, amount, currency, created_at }) =>
        status !== 'failed' &&
        created_at > failed.created_at &&
        minor(amount, currency) >= minor(failed.amount, currency),
    );
  return refunds.filter((refund) => refund.status === 'failed' && !later(refund));
}

function once(steps: readonly NextStep[]): NextStep[] {
  return steps.filter(({ what }, i) => steps.findIndex((other) => other.what === what) === i);
}

/** What is due already comes any moment. */
const upcoming = (step: NextStep, now: string): NextStep =>
  step.by === 'shop' && step.when !== null && step.when <= now ? { ...step, when: null } : step;

const soonestFirst = (a: NextStep, b: NextStep) => Date.parse(a.when ?? '1970') - Date.parse(b.when ?? '1970');

// ── what holds it up ──

const hold = (what: string, needs: Holdup['needs']): Holdup => ({ what: sentence(what), needs, letter: null });

const awayHoldups = ({ away }: Facts) =>
  away.map(({ service, detail }) =>
    hold(`${roomWords(service)} cannot be asked right now (${detail}); what it knows is missing here`, 'time'),
  );

function lineHoldups(line: Line, now: string): Holdup[] {
  const { state, awaited, attempts, said_at, to, letter } = line;
  if (state === 'dead' || (state === 'discarded' && awaited)) {
    return [{ what: lineWords(line), needs: 'person', letter: letter === null ? null : { service: to, id: letter } }];
  }
  if (!awaited || state === 'unknown') return [];
  if (attempts > 0) return [{ what: lineWords(line), needs: 'time', letter: null }];
  if (state === 'missing') return [hold(lineWords(line), 'person')];
  const late = said_at === null ? 0 : Date.parse(now) - Date.parse(said_at);
  if (late < LATE_MS) return [];
  const since = `It has been so for ${counted(Math.floor(late / 60_000), 'minute')}`;
  const look = `look at the health of ${to} and of the broker`;
  // In no table: either the broker has it, or somebody took away what came of it.
  const lost = state === 'on_its_way' ? `; if no message waits there, ${to} has lost it: npm run audit says so` : '';
  return [hold(`${lineWords(line)} ${since}: ${look}${lost}`, 'person')];
}

function effectHoldups({ payments, notifications }: Facts): Holdup[] {
  const payment = payments?.payment;
  const asked = (attempts: number, error: string) => `${counted(attempts, 'attempt')}, the last: ${error}`;
  const held: Holdup[] = [];
  if (payment?.status === 'processing' && payment.last_error) {
    held.push(hold(`The card processor gave no clear answer (${asked(payment.attempts, payment.last_error)})`, 'time'));
  }
  for (const { status, amount, currency, attempts, last_error } of payment?.refunds ?? []) {
    if (status !== 'processing' || !last_error) continue;
    held.push(hold(`${amount} ${currency} could not be given back yet (${asked(attempts, last_error)})`, 'time'));
  }
  for (const mail of notifications ?? []) {
    const { status, kind, channel, attempts = 0, last_error } = mail;
    const lost = couldNotBeTold(mail);
    if (!lost && (status !== 'queued' || !last_error)) continue;
    const what = `${mailWords(channel, kind)} could not be sent (${asked(attempts, last_error ?? 'no word')})`;
    held.push(hold(what, lost ? 'person' : 'time'));
  }
  return held;
}
