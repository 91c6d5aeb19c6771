/** What must hold of whatever is said of an order, in every combination of what the rooms may know. */
import { describe, expect, test } from 'vitest';
import type { Entry, Story } from '../../test/xray-facts.ts';
import {
  cancelled,
  delivered,
  factsOf,
  held,
  incoming,
  inSeconds,
  outgoing,
  paid,
  placed,
  refundOf,
  refused,
  shipped,
  soldOut,
  stuck,
  timedOut,
} from '../../test/xray-facts.ts';
import { EVENTS, SUBSCRIPTIONS } from '../contracts/registry.ts';
import type { Explanation, XrayRoom } from '../contracts/xray.ts';
import { explain } from './explain.ts';
import { ROOMS } from './facts.ts';
import { hasWords } from './sentences.ts';

const said = (story: Story) => explain(factsOf(story));

const CONFIRMED = [placed, held, paid];

describe('whatever the rooms know', () => {
  const histories: Entry[][] = [
    [placed],
    [placed, held],
    CONFIRMED,
    [...CONFIRMED, ['payment.refunded', 'confirmed']],
    [...CONFIRMED, shipped],
    [...CONFIRMED, shipped, delivered],
    [placed, soldOut],
    [placed, held, refused],
    [placed, timedOut],
    [placed, held, timedOut],
    [placed, cancelled],
    [placed, held, cancelled],
    [...CONFIRMED, cancelled],
    [...CONFIRMED, cancelled, ['product.stock.restored', 'cancelled'], ['payment.refunded', 'cancelled']],
  ];
  const stocks = [undefined, 'held', 'refused', 'restored', 'shipped', 'void'] as const;
  const payments: Story['payment'][] = [
    undefined,
    { status: 'processing', attempts: 0, next_attempt_at: inSeconds(1) },
    { status: 'processing', attempts: 2, last_error: 'no answer', next_attempt_at: inSeconds(5) },
    { status: 'processing', attempts: 2, void_requested: true, next_attempt_at: inSeconds(5) },
    { status: 'failed', reason: 'insufficient_funds' },
    { status: 'voided', attempts: 0, void_requested: true },
    {},
    { void_requested: true },
    { void_requested: true, refunds: [refundOf({ status: 'processing', next_attempt_at: inSeconds(3) })] },
    { void_requested: true, refunds: [refundOf({})], refunded_amount: '20.00' },
    { void_requested: true, refunds: [refundOf({ status: 'failed' })] },
    { refunds: [refundOf({ amount: '5.00', kind: 'merchant' })], refunded_amount: '5.00' },
  ];
  const mails: NonNullable<Story['mails']>[] = [
    [],
    ['confirmed', 'shipped', 'delivered', 'failed', 'cancelled', 'refunded'].map((kind) => ({ kind })),
    [{ kind: 'confirmed', status: 'queued', attempts: 1, last_error: 'no', next_attempt_at: inSeconds(9) }],
    [{ kind: 'refunded', status: 'waiting', recipient: null }],
    [{ kind: 'failed', status: 'failed', last_error: 'no such address' }],
  ];
  const queues: Story['messages'][] = [
    undefined,
    {
      orders: { outgoing: [outgoing('order.placed'), outgoing('order.cancelled', { attempts: 2, last_error: 'no' })] },
    },
    { inventory: { incoming: [incoming('order.placed', 'orders', { attempts: 1, errors: [] })] } },
    { payments: { dead: [stuck('order.awaiting_payment', 'orders')] } },
    { notifications: { dead: [stuck('order.confirmed', 'orders', { status: 'discarded' })] } },
  ];
  const absences: XrayRoom[][] = [[], ['orders'], ['payments'], [...ROOMS]];

  const combined = (someMails: typeof mails, someQueues: typeof queues, someAbsences: typeof absences) =>
    histories.flatMap((history) =>
      stocks.flatMap((stock) =>
        payments.flatMap((payment) =>
          someMails.flatMap((told) =>
            someQueues.flatMap((messages) =>
              someAbsences.map((away) => storyOf({ history, mails: told, away }, { stock, payment, messages })),
            ),
          ),
        ),
      ),
    );

  function storyOf(story: Story, rest: { [K in keyof Story]: Story[K] | undefined }): Story {
    const { history = [] } = story;
    const given = Object.fromEntries(Object.entries(rest).filter(([, part]) => part !== undefined));
    const waits = history.length <= 2 && ['pending', 'awaiting_payment'].includes(history.at(-1)?.[1] ?? '');
    const refunded = history.some(([event]) => event === 'payment.refunded') ? '20.00' : '0.00';
    return { ...story, ...given, refunded, ...(waits && { deadline: 60 }) };
  }

  const everything = [
    ...combined(mails.slice(0, 3), queues, [[]]),
    ...combined(mails.slice(3), [undefined], [[]]),
    ...combined(mails.slice(0, 2), [undefined, queues[3]], [['orders'], ['payments'], [...ROOMS]]),
  ].map((story) => ({ story, explanation: said(story) }));

  /** Those of which something does not hold, with what was said. */
  const broken = (holds: (explanation: Explanation, story: Story) => boolean) =>
    everything.filter(({ story, explanation }) => !holds(explanation, story)).slice(0, 3);
  const status = ({ history }: Story) => history?.at(-1)?.[1] ?? '';
  const all = ({ away }: Story) => away?.length === 0;

  test('it is said in whole sentences, without a word that is none', () => {
    expect(everything.length).toBeGreaterThan(20_000);
    const sentence = /^[A-Z0-9"][^\n]*\.$/;
    const odd = /undefined|\bnull\b|NaN|\[object|\.\.|\s\s|\(\)/;
    const good = (text: string | null) => text === null || (sentence.test(text) && !odd.test(text));
    const words = ({ stands, why, goods, money, told: mailed, next, holdups }: Explanation) => [
      ...[stands, why, goods, money, mailed],
      ...next.map(({ what }) => what),
      ...holdups.map(({ what }) => what),
    ];
    expect(broken((explanation) => words(explanation).every(good))).toEqual([]);
  });

  test('it is over when nothing happens next, which is never said while somebody cannot be asked', () => {
    expect(broken(({ over, next }, story) => over === (next.length === 0 && all(story)))).toEqual([]);
  });

  test('only what has ended, with its goods and its money where they belong, is over', () => {
    const settled = (story: Story) => {
      const { stock, payment } = story;
      if (!['delivered', 'failed', 'cancelled'].includes(status(story)) || payment?.status === 'processing')
        return false;
      if (status(story) === 'delivered') return stock === 'shipped';
      const kept = payment && payment.status === undefined && payment.refunded_amount !== '20.00';
      return stock !== 'held' && stock !== undefined && payment !== undefined && !kept;
    };
    expect(broken(({ over }, story) => !over || settled(story))).toEqual([]);
    expect(everything.filter(({ explanation }) => explanation.over).length).toBeGreaterThan(20);
  });

  test('what waits names its deadline, what a person does is named once', () => {
    const person: Record<string, RegExp> = { confirmed: /ships it|cancels it/, shipped: /delivered/ };
    expect(
      broken(({ next }, story) => {
        if (story.away?.includes('orders')) return true;
        if (story.deadline !== undefined && next.filter(({ by }) => by === 'deadline').length !== 1) return false;
        const step = person[status(story)];
        return !step || next.filter(({ what, by }) => by === 'person' && step.test(what)).length === 1;
      }),
    ).toEqual([]);
  });

  test('what is dead holds it up, with a way to it; so does whoever is away', () => {
    expect(
      broken(({ holdups }, { messages, away = [] }) => {
        const named = away.every((room) => holdups.some(({ what }) => what.toLowerCase().startsWith(`${room} cannot`)));
        if (!messages?.payments?.dead || away.includes('payments')) return named;
        return named && holdups.some(({ letter, needs }) => letter?.service === 'payments' && needs === 'person');
      }),
    ).toEqual([]);
  });

  test('what is next comes in the order of its time, people last', () => {
    const times = (explanation: Explanation) =>
      explanation.next.map(({ when, by }) => (by === 'person' ? Number.POSITIVE_INFINITY : Date.parse(when ?? '1970')));
    expect(
      broken((explanation) => times(explanation).every((time, i, list) => i === 0 || time >= (list[i - 1] as number))),
    ).toEqual([]);
  });
});

test('every event about an order has words, for everybody who hears it', () => {
  const heard = ROOMS.flatMap((room) =>
    SUBSCRIPTIONS[room]
      .filter(
        ({ name, subject }) => EVENTS.some((event) => event.name === name) && ['id', 'order_id'].includes(subject),
      )
      .filter(({ publisher }) => publisher !== 'customers')
      .map(({ name }) => [name, room] as const),
  );
  expect(heard.length).toBeGreaterThan(15);
  expect(heard.filter(([name, room]) => !hasWords(name, room))).toEqual([]);
});
