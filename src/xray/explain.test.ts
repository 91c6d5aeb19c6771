/** What is said of an order that is on its way, in the words that its owner reads. */
import { describe, expect, test } from 'vitest';
import type { Story } from '../../test/xray-facts.ts';
import {
  delivered,
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
import type { Explanation } from '../contracts/xray.ts';
import { explain } from './explain.ts';

const said = (story: Story) => explain(factsOf(story));
const steps = ({ next }: Explanation) => next.map(({ what }) => what);

const CONFIRMED = [placed, held, paid];
const told = (...kinds: string[]) => kinds.map((kind) => ({ kind }));
const SHIP = 'Somebody ships it, or cancels it.';
const STOCK_DEADLINE = 'If its stock is not decided by then, it fails, and nothing is charged.';
const PAYMENT_DEADLINE =
  'If it is not paid by then, it fails; its goods are for sale again, and money that was taken goes back.';
const HOLD = 'Inventory holds the goods, or says what is sold out.';

const CASES: Record<string, [story: Story, says: Partial<Explanation> & { steps: string[] }]> = {
  'just placed': [
    { history: [placed], deadline: 60, messages: { orders: { outgoing: [outgoing('order.placed')] } } },
    {
      stands: 'Its stock is being checked.',
      why: 'The news that it was placed is about to be sent to inventory.',
      steps: [HOLD, STOCK_DEADLINE],
    },
  ],
  'placed, and on its way in the broker': [
    { history: [placed], deadline: 60 },
    { why: 'The news that it was placed is on its way to inventory.', steps: [HOLD, STOCK_DEADLINE] },
  ],
  'placed, and the broker is away': [
    {
      history: [placed],
      deadline: 60,
      messages: {
        orders: {
          outgoing: [outgoing('order.placed', { attempts: 3, last_error: 'no broker', next_attempt_at: inSeconds(8) })],
        },
      },
    },
    {
      why: 'The news that it was placed could not be sent to inventory (3 attempts, the last: no broker).',
      steps: [HOLD, STOCK_DEADLINE],
      next: [
        { what: HOLD, when: inSeconds(8), by: 'shop' },
        { what: STOCK_DEADLINE, when: inSeconds(60), by: 'deadline' },
      ],
      holdups: [
        {
          what: 'The news that it was placed could not be sent to inventory (3 attempts, the last: no broker).',
          needs: 'time',
          letter: null,
        },
      ],
    },
  ],
  'placed, and its deadline is before the next attempt': [
    {
      history: [placed],
      deadline: 5,
      messages: {
        inventory: { incoming: [incoming('order.placed', 'orders', { attempts: 1, next_attempt_at: inSeconds(9) })] },
      },
    },
    { steps: [STOCK_DEADLINE, HOLD] },
  ],
  'placed, and inventory gave up on it': [
    { history: [placed], deadline: 60, messages: { inventory: { dead: [stuck('order.placed', 'orders')] } } },
    {
      stands: 'It stands still: a message that it waits for could not be handled.',
      why: 'The news that it was placed is stuck at inventory (12 attempts, the last: no such table).',
      steps: [
        STOCK_DEADLINE,
        'Somebody retries it at the dead-letter desk of inventory, or puts it aside: the news that it was placed.',
      ],
      holdups: [
        {
          what: 'The news that it was placed is stuck at inventory (12 attempts, the last: no such table).',
          needs: 'person',
          letter: { service: 'inventory', id: LETTER },
        },
      ],
    },
  ],
  'placed, and somebody has put that aside': [
    {
      history: [placed],
      deadline: 60,
      messages: { inventory: { dead: [stuck('order.placed', 'orders', { status: 'discarded' })] } },
    },
    {
      steps: [
        STOCK_DEADLINE,
        'Somebody makes up for what was put aside at inventory (npm run reconcile may do it): the news that it was placed.',
      ],
    },
  ],
  'decided by inventory, and orders has not heard of it': [
    {
      history: [placed],
      deadline: 60,
      stock: 'held',
      messages: { orders: { incoming: [incoming('product.stock.deducted', 'inventory')] } },
    },
    {
      why: 'The news that its goods are held has reached, and is about to be handled by, orders.',
      goods: 'All its goods are held for it.',
      steps: ['Orders hears that the goods are held.', STOCK_DEADLINE],
    },
  ],
  overdue: [
    { history: [placed], deadline: -1, stock: 'held' },
    { steps: ['Orders hears that the goods are held.', 'Its time is up: it is ended.'] },
  ],
  'to be paid, and payments has not heard of it': [
    { history: [placed, held], deadline: 60, stock: 'held' },
    {
      stands: 'Its goods are held, and its payment is being taken.',
      why: 'The news that it awaits its payment is on its way to payments.',
      money: 'Nothing was charged: it has not been asked for yet.',
      steps: ['Payments asks the card processor for the money.', PAYMENT_DEADLINE],
    },
  ],
  'to be paid, and not asked for yet': [
    {
      history: [placed, held],
      deadline: 60,
      stock: 'held',
      payment: { status: 'processing', attempts: 0, next_attempt_at: inSeconds(-1) },
    },
    {
      why: 'The card processor is about to be asked for 20.00 EUR.',
      next: [
        { what: 'The card processor is asked for 20.00 EUR.', when: null, by: 'shop' },
        { what: PAYMENT_DEADLINE, when: inSeconds(60), by: 'deadline' },
      ],
      steps: ['The card processor is asked for 20.00 EUR.', PAYMENT_DEADLINE],
    },
  ],
  'asked for, and the processor does not answer': [
    {
      history: [placed, held],
      deadline: 60,
      stock: 'held',
      payment: { status: 'processing', attempts: 4, last_error: 'timed out', next_attempt_at: inSeconds(20) },
    },
    {
      why: 'The card processor was asked for 20.00 EUR, and has not said yes or no.',
      next: [
        {
          what: 'The card processor is asked for 20.00 EUR again, unless it answers before.',
          when: inSeconds(20),
          by: 'shop',
        },
        { what: PAYMENT_DEADLINE, when: inSeconds(60), by: 'deadline' },
      ],
      steps: ['The card processor is asked for 20.00 EUR again, unless it answers before.', PAYMENT_DEADLINE],
      holdups: [
        {
          what: 'The card processor gave no clear answer (4 attempts, the last: timed out).',
          needs: 'time',
          letter: null,
        },
      ],
    },
  ],
  'charged, and orders has not heard of it': [
    { history: [placed, held], deadline: 60, stock: 'held', payment: {} },
    {
      why: 'The news that it is paid is on its way to orders.',
      money: '20.00 EUR was charged.',
      steps: ['Orders hears that it is paid.', PAYMENT_DEADLINE],
    },
  ],
  'refused, and orders has not heard of it': [
    { history: [placed, held], deadline: 60, stock: 'held', payment: { status: 'failed', reason: 'lost_card' } },
    {
      money: 'Nothing was charged: the card processor refused (lost card).',
      steps: ['Orders hears that the payment was refused.', PAYMENT_DEADLINE],
    },
  ],
  'confirmed, and the customer not told': [
    { history: CONFIRMED, stock: 'held', payment: {} },
    {
      steps: ['The customer is told that it is confirmed.', SHIP],
      told: 'The customer has not been told anything yet.',
    },
  ],
  'confirmed, and its mail on the way': [
    {
      history: CONFIRMED,
      stock: 'held',
      payment: {},
      mails: [
        { kind: 'confirmed', status: 'queued', attempts: 2, last_error: '451 later', next_attempt_at: inSeconds(30) },
      ],
    },
    {
      told: 'About to be told: confirmed.',
      steps: ['The mail that it is confirmed is sent again, unless it has gone by then.', SHIP],
      holdups: [
        {
          what: 'The mail that it is confirmed could not be sent (2 attempts, the last: 451 later).',
          needs: 'time',
          letter: null,
        },
      ],
    },
  ],
  'confirmed, at rest': [
    { history: CONFIRMED, stock: 'held', payment: {}, mails: told('confirmed') },
    {
      stands: 'It is paid, and waits to be shipped.',
      why: 'Its goods are held, and its payment went through.',
      steps: [SHIP],
      holdups: [],
    },
  ],
  'confirmed, and its mail was refused for good': [
    {
      history: CONFIRMED,
      stock: 'held',
      payment: {},
      mails: [{ kind: 'confirmed', status: 'failed', last_error: '550 no such user' }],
    },
    {
      told: 'Could not be told: confirmed.',
      steps: [
        'Somebody corrects the address ada@example.com, or sends it again as it is: the mail that it is confirmed.',
        SHIP,
      ],
      holdups: [
        {
          what: 'The mail that it is confirmed could not be sent (1 attempt, the last: 550 no such user).',
          needs: 'person',
          letter: null,
        },
      ],
    },
  ],
  'confirmed, with a part of the money going back': [
    {
      history: CONFIRMED,
      stock: 'held',
      payment: {
        refunds: [refundOf({ amount: '5.00', status: 'processing', attempts: 0, next_attempt_at: inSeconds(-1) })],
      },
      mails: told('confirmed'),
    },
    {
      money: '20.00 EUR was charged. 5.00 EUR is on its way back.',
      steps: ['The card processor is asked to give back 5.00 EUR.', SHIP],
    },
  ],
  'confirmed, paid back in full': [
    {
      history: [...CONFIRMED, ['payment.refunded', 'confirmed']],
      refunded: '20.00',
      stock: 'held',
      payment: { refunds: [refundOf({})] },
      mails: told('refunded', 'confirmed'),
    },
    {
      stands: 'It is paid back in full, and will not be shipped.',
      money: '20.00 EUR was charged. All of it has gone back.',
      steps: ['Somebody cancels it: all of its money has gone back, so it is not shipped.'],
    },
  ],
  'refunded, and neither orders nor the customer has heard of it': [
    {
      history: [placed, held, paid, shipped, delivered],
      stock: 'shipped',
      payment: { refunds: [refundOf({ amount: '5.00' })] },
      mails: told('delivered', 'shipped', 'confirmed'),
    },
    {
      stands: 'It has arrived.',
      money: '20.00 EUR was charged. 5.00 EUR of it has gone back.',
      steps: ['Orders notes what has gone back.', 'The customer is told of the refund.'],
      over: false,
    },
  ],
  'confirmed, and contested with the bank': [
    {
      history: CONFIRMED,
      stock: 'held',
      payment: {
        dispute: {
          ...{ id: 'dp_1', amount: '20.00', currency: 'EUR', reason: 'fraudulent', status: 'needs_response' },
          ...{ opened_at: inSeconds(-1), updated_at: inSeconds(-1) },
        },
      },
      mails: told('confirmed'),
    },
    { steps: ['Somebody answers the dispute of 20.00 EUR at the card processor.', SHIP] },
  ],
  'confirmed, and the processor tells another story': [
    {
      history: CONFIRMED,
      stock: 'held',
      payment: {},
      mails: told('confirmed'),
      events: [{ type: 'charge.refunded', status: 'refused', note: 'the payment is ch_1, not ch_2' }],
    },
    {
      steps: [
        "Somebody compares our books with the card processor's, which told charge.refunded: the payment is ch_1, not ch_2.",
        SHIP,
      ],
    },
  ],
};

describe('an order that is', () => {
  test.each(Object.entries(CASES))('%s', (_name, [story, { steps: expected, ...says }]) => {
    const explanation = said(story);
    expect(steps(explanation)).toEqual(expected);
    expect(explanation).toMatchObject({ over: false, ...says });
  });
});
