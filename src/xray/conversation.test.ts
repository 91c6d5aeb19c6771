/** Where the news of an order is: said and heard by what the books show, and found wherever it waits. */
import { describe, expect, test } from 'vitest';
import type { Story } from '../../test/xray-facts.ts';
import {
  cancelled,
  factsOf,
  held,
  incoming,
  inSeconds,
  LETTER,
  outgoing,
  paid,
  placed,
  refundOf,
  shipped,
  stuck,
} from '../../test/xray-facts.ts';
import { ACROSS } from '../audit/order.ts';
import { conversationOf } from './conversation.ts';

const lines = (story: Story) =>
  conversationOf(factsOf(story)).map(({ type, from, to, state }) => `${from} → ${to}: ${type} ${state}`);
const line = (story: Story, type: string, to?: string) =>
  conversationOf(factsOf(story)).find((one) => one.type === type && (!to || one.to === to));

test('everything that was said shows in the books of who has heard it', () => {
  const story: Story = {
    history: [
      placed,
      held,
      paid,
      cancelled,
      ['product.stock.restored', 'cancelled'],
      ['payment.refunded', 'cancelled'],
    ],
    refunded: '20.00',
    stock: 'restored',
    payment: { void_requested: true, refunds: [refundOf({})] },
    mails: [{ kind: 'refunded' }, { kind: 'cancelled' }, { kind: 'confirmed' }],
  };
  expect(lines(story).sort()).toEqual([
    'inventory → orders: product.stock.deducted heard',
    'inventory → orders: product.stock.restored heard',
    'orders → inventory: order.cancelled heard',
    'orders → inventory: order.placed heard',
    'orders → notifications: order.cancelled heard',
    'orders → notifications: order.confirmed heard',
    'orders → payments: order.awaiting_payment heard',
    'orders → payments: order.cancelled heard',
    'payments → notifications: payment.refunded heard',
    'payments → orders: payment.processed heard',
    'payments → orders: payment.refunded heard',
  ]);
});

describe('what was not heard is', () => {
  const history = [placed];
  const errors = [{ at: inSeconds(-1), error: 'no' }];
  const PLACES: [where: string, messages: Story['messages'], found: object][] = [
    ['on its way, when it is nowhere', {}, { state: 'on_its_way', attempts: 0 }],
    ['with its sender', { orders: { outgoing: [outgoing('order.placed')] } }, { state: 'to_be_sent' }],
    [
      'with its sender, who cannot send it',
      { orders: { outgoing: [outgoing('order.placed', { attempts: 2, last_error: 'no broker' })] } },
      { state: 'to_be_sent', attempts: 2, errors: [{ at: null, error: 'no broker' }] },
    ],
    [
      'with its receiver',
      { inventory: { incoming: [incoming('order.placed', 'orders')] } },
      { state: 'to_be_handled' },
    ],
    [
      'with its receiver, who cannot handle it',
      {
        inventory: {
          incoming: [incoming('order.placed', 'orders', { attempts: 1, errors, next_attempt_at: inSeconds(3) })],
        },
      },
      { state: 'failing', attempts: 1, errors, next_attempt_at: inSeconds(3) },
    ],
    [
      'with its receiver, sent already and not yet struck off by its sender',
      {
        orders: { outgoing: [outgoing('order.placed')] },
        inventory: { incoming: [incoming('order.placed', 'orders')] },
      },
      { state: 'to_be_handled' },
    ],
    [
      'at the desk',
      { inventory: { dead: [stuck('order.placed', 'orders')] } },
      { state: 'dead', letter: LETTER, attempts: 12 },
    ],
    [
      'put aside at the desk',
      { inventory: { dead: [stuck('order.placed', 'orders', { status: 'discarded' })] } },
      { state: 'discarded', letter: LETTER },
    ],
    [
      'on its way again from the desk',
      {
        inventory: {
          incoming: [incoming('order.placed', 'orders')],
          dead: [stuck('order.placed', 'orders', { status: 'retried', waiting: true })],
        },
      },
      { state: 'to_be_handled' },
    ],
  ];
  test.each(PLACES)('%s', (_where, messages, found) => {
    const story = { history, ...(messages && { messages }) };
    expect(line(story, 'order.placed')).toMatchObject({ awaited: true, ...found });
    expect(conversationOf(factsOf(story)).filter(({ awaited }) => awaited)).toHaveLength(1);
  });

  test('not known, while its sender or its receiver is away', () => {
    expect(line({ history, away: ['inventory'] }, 'order.placed')?.state).toBe('unknown');
    expect(lines({ history, stock: 'held', away: ['orders'] })).toEqual([
      'inventory → orders: product.stock.deducted unknown',
    ]);
  });
});

test('one word to three rooms is followed to each of them', () => {
  const story: Story = {
    history: [placed, held, cancelled],
    stock: 'restored',
    payment: { status: 'processing' },
    messages: {
      orders: { outgoing: [outgoing('order.cancelled')] },
      payments: { incoming: [incoming('order.cancelled', 'orders', { id: LETTER })] },
    },
  };
  expect(line(story, 'order.cancelled', 'payments')).toMatchObject({ state: 'to_be_handled', awaited: true });
  expect(line(story, 'order.cancelled', 'notifications')).toMatchObject({ state: 'to_be_sent', awaited: true });
  // It has given the stock back, and will be told once more.
  expect(lines(story).filter((one) => one.startsWith('orders → inventory: order.cancelled'))).toEqual([
    'orders → inventory: order.cancelled heard',
    'orders → inventory: order.cancelled to_be_sent',
  ]);
});

test('of two refunds the first was heard of, and the second is what waits', () => {
  const refunds = [refundOf({ amount: '5.00' }), refundOf({ amount: '6.00', updated_at: inSeconds(0) })];
  const story: Story = {
    history: [placed, held, paid, ['payment.refunded', 'confirmed']],
    refunded: '5.00',
    stock: 'held',
    payment: { refunds },
    mails: [{ kind: 'refunded' }, { kind: 'confirmed' }],
    messages: { orders: { incoming: [incoming('payment.refunded', 'payments', { attempts: 1 })] } },
  };
  expect(lines(story).filter((one) => one.includes('refunded'))).toEqual([
    'payments → orders: payment.refunded heard',
    'payments → notifications: payment.refunded heard',
    'payments → orders: payment.refunded failing',
    'payments → notifications: payment.refunded on_its_way',
  ]);
});

test('a mail and an SMS about one refund are one refund that was told', () => {
  const story: Story = {
    history: [placed, held, paid, ['payment.refunded', 'confirmed']],
    refunded: '5.00',
    stock: 'held',
    payment: { refunds: [refundOf({ amount: '5.00' }), refundOf({ amount: '5.00' })] },
    mails: [{ kind: 'refunded' }, { kind: 'refunded', channel: 'sms' }, { kind: 'confirmed' }],
  };
  const told = lines(story).filter((one) => one.startsWith('payments → notifications'));
  expect(told).toEqual([
    'payments → notifications: payment.refunded heard',
    'payments → notifications: payment.refunded on_its_way',
  ]);
});

test("what was heard after attempts that failed keeps them; so does what shows in nobody's books", () => {
  const mended = (type: string, id = LETTER) => {
    const { next_attempt_at: _, ...message } = incoming(type, 'orders', { id, attempts: 2, errors: TRIES });
    return { ...message, handled_at: inSeconds(0) };
  };
  const story: Story = {
    history: [placed, held, paid, shipped],
    stock: 'shipped',
    payment: {},
    mails: [{ kind: 'shipped' }, { kind: 'confirmed' }],
    messages: { inventory: { mended: [mended('order.shipped')] }, payments: { mended: [mended('order.placed')] } },
  };
  const heard = { state: 'heard', awaited: false, attempts: 2, errors: TRIES, letter: null };
  expect(line(story, 'order.shipped', 'inventory')).toMatchObject(heard);
  expect(line(story, 'order.placed', 'payments')).toMatchObject(heard);
  expect(conversationOf(factsOf(story)).filter(({ attempts }) => attempts > 0)).toHaveLength(2);
  // Dead in between: its tries before and since, once.
  const dead = stuck('order.shipped', 'orders', { status: 'retried' });
  const twice: Story = { ...story, messages: { inventory: { mended: [mended('order.shipped')], dead: [dead] } } };
  const tries = { attempts: 14, errors: [...dead.errors, ...TRIES], letter: LETTER };
  expect(conversationOf(factsOf(twice)).filter(({ attempts }) => attempts > 0)).toMatchObject([tries]);
});
const TRIES = [
  { at: inSeconds(-3), error: 'no such table' },
  { at: inSeconds(-2), error: 'still none' },
];

test('what was dead, retried and then heard keeps the way to its tries', () => {
  const story: Story = {
    history: [placed, held, paid, shipped],
    stock: 'shipped',
    payment: {},
    mails: [{ kind: 'shipped' }, { kind: 'confirmed' }],
    messages: { inventory: { dead: [stuck('order.shipped', 'orders', { status: 'retried' })] } },
  };
  expect(line(story, 'order.shipped', 'inventory')).toMatchObject({ state: 'heard', awaited: false, letter: LETTER });
});

describe('what the auditor has found to be missing is', () => {
  const untold = 'is cancelled, but nobody was told that it is cancelled';
  const unpaid = 'is cancelled, but 20.00 EUR was charged, and 0.00 EUR goes back';
  const found = (detail: string, found_at: string): Story => ({
    history: [placed, held, paid, cancelled],
    stock: 'restored',
    payment: {},
    mails: [{ kind: 'confirmed' }],
    messages: { orders: { findings: [{ rule: ACROSS, detail, found_at }] } },
  });
  const CANCELLED = ['orders → payments: order.cancelled', 'orders → notifications: order.cancelled'];
  const states = (story: Story) =>
    CANCELLED.map((begin) =>
      lines(story)
        .find((one) => one.startsWith(begin))
        ?.slice(begin.length + 1),
    );

  test('what one room has not heard; what another has not heard is on its way', () => {
    expect(states(found(untold, inSeconds(0)))).toEqual(['on_its_way', 'missing']);
    expect(states(found(unpaid, inSeconds(0)))).toEqual(['missing', 'on_its_way']);
    expect(states(found(`${untold}; ${unpaid}`, inSeconds(0)))).toEqual(['missing', 'missing']);
  });

  test('not what was said since it looked', () => {
    expect(states(found(`${untold}; ${unpaid}`, inSeconds(-1)))).toEqual(['on_its_way', 'on_its_way']);
  });
});
