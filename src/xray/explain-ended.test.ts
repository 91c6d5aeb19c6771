/** What is said of an order that has left or ended, of its money, and of messages that are none of the ordinary. */

import { describe, expect, test } from 'vitest';
import type { Story } from '../../test/xray-facts.ts';
import {
  cancelled,
  delivered,
  factsOf,
  held,
  incoming,
  inSeconds,
  paid,
  placed,
  refundOf,
  refused,
  shipped,
  soldOut,
  stuck,
  timedOut,
} from '../../test/xray-facts.ts';
import { ACROSS } from '../audit/order.ts';
import type { Explanation } from '../contracts/xray.ts';
import { explain } from './explain.ts';

const said = (story: Story) => explain(factsOf(story));
const steps = ({ next }: Explanation) => next.map(({ what }) => what);

const CONFIRMED = [placed, held, paid];
const told = (...kinds: string[]) => kinds.map((kind) => ({ kind }));
const SHIP = 'Somebody ships it, or cancels it.';
const DELIVER = 'Somebody marks it as delivered.';
const STOCK_DEADLINE = 'If its stock is not decided by then, it fails, and nothing is charged.';
const HOLD = 'Inventory holds the goods, or says what is sold out.';

const CASES: Record<string, [story: Story, says: Partial<Explanation> & { steps: string[] }]> = {
  'shipped, and inventory has not heard of it': [
    { history: [...CONFIRMED, shipped], stock: 'held', payment: {}, mails: told('shipped', 'confirmed') },
    { stands: 'It is on its way to the customer.', steps: ['The goods leave the books of the stock.', DELIVER] },
  ],
  'delivered, at rest': [
    {
      history: [...CONFIRMED, shipped, delivered],
      stock: 'shipped',
      payment: {},
      mails: told('delivered', 'shipped', 'confirmed'),
    },
    { stands: 'It has arrived. Nothing more will happen.', steps: [], holdups: [], over: true },
  ],
  'sold out, and payments not told of its end': [
    { history: [placed, soldOut], stock: 'refused', mails: told('failed') },
    {
      stands: 'It has failed: something was sold out.',
      why: 'Inventory was short of P1.',
      steps: ['Payments sees to it that nothing is charged, or that it goes back.'],
    },
  ],
  'sold out, at rest': [
    {
      history: [placed, soldOut],
      stock: 'refused',
      payment: { status: 'voided', attempts: 0, void_requested: true },
      mails: told('failed'),
    },
    {
      stands: 'It has failed: something was sold out. Nothing more will happen.',
      goods: 'No stock was taken: something was sold out.',
      money: 'Nothing was charged: the order ended first.',
      steps: [],
      over: true,
    },
  ],
  'refused, and its goods still held': [
    {
      history: [placed, held, refused],
      stock: 'held',
      payment: { status: 'failed', reason: 'insufficient_funds' },
      mails: told('failed'),
    },
    {
      stands: 'It has failed: the payment was refused.',
      why: 'The card processor refused the charge: insufficient funds.',
      steps: ['Inventory puts what it holds for it back on sale.'],
    },
  ],
  'timed out before the payment, and the charge is called off': [
    {
      history: [placed, held, timedOut, ['product.stock.restored', 'failed']],
      stock: 'restored',
      payment: { status: 'processing', attempts: 2, void_requested: true, next_attempt_at: inSeconds(12) },
      mails: told('failed'),
    },
    {
      stands: 'It has failed: it took too long.',
      why: 'The payment was not there when its time was up.',
      money: 'The charge of 20.00 EUR is being called off.',
      steps: ['The card processor is asked to call the charge off; what it has taken goes back.'],
    },
  ],
  'timed out before inventory said anything': [
    {
      history: [placed, timedOut],
      stock: 'void',
      payment: { status: 'voided', attempts: 0, void_requested: true },
      mails: told('failed'),
    },
    { why: 'Inventory had not said anything when its time was up.', steps: [], over: true },
  ],
  'cancelled, and its money on its way back': [
    {
      history: [...CONFIRMED, cancelled, ['product.stock.restored', 'cancelled']],
      stock: 'restored',
      payment: {
        void_requested: true,
        refunds: [refundOf({ status: 'processing', attempts: 3, last_error: '503', next_attempt_at: inSeconds(40) })],
      },
      mails: told('cancelled', 'confirmed'),
    },
    {
      stands: 'It was cancelled.',
      why: 'The reason given: changed my mind.',
      goods: 'What was held for it is for sale again.',
      steps: ['The card processor is asked to give back 20.00 EUR again, unless it answers before.'],
      holdups: [
        { what: '20.00 EUR could not be given back yet (3 attempts, the last: 503).', needs: 'time', letter: null },
      ],
    },
  ],
  'cancelled, and the processor will not give the money back': [
    {
      history: [...CONFIRMED, cancelled, ['product.stock.restored', 'cancelled']],
      stock: 'restored',
      payment: { void_requested: true, refunds: [refundOf({ status: 'failed', last_error: 'card closed' })] },
      mails: told('cancelled', 'confirmed'),
    },
    { steps: ['Somebody gives back 20.00 EUR another way: the card processor refused it (card closed).'], over: false },
  ],
  'cancelled, and a refund that was refused was given again': [
    {
      history: [...CONFIRMED, cancelled, ['product.stock.restored', 'cancelled'], ['payment.refunded', 'cancelled']],
      refunded: '20.00',
      stock: 'restored',
      payment: {
        void_requested: true,
        refunds: [refundOf({ status: 'failed' }), refundOf({ created_at: inSeconds(0), kind: 'merchant' })],
      },
      mails: told('refunded', 'cancelled', 'confirmed'),
    },
    { steps: [], over: true },
  ],
  'charged after it had failed': [
    {
      history: [placed, held, timedOut, ['payment.processed', 'failed'], ['product.stock.restored', 'failed']],
      stock: 'restored',
      payment: { void_requested: true, refunds: [refundOf({ status: 'processing' })] },
      mails: told('failed'),
    },
    {
      money: '20.00 EUR was charged. 20.00 EUR is on its way back.',
      steps: ['The card processor is asked to give back 20.00 EUR again, unless it answers before.'],
    },
  ],
  'charged although it was refused, and all given back': [
    {
      history: [placed, held, refused, ['product.stock.restored', 'failed'], ['payment.refunded', 'failed']],
      refunded: '20.00',
      stock: 'restored',
      payment: { void_requested: true, refunds: [refundOf({})] },
      mails: told('refunded', 'failed'),
    },
    { money: '20.00 EUR was charged. All of it has gone back.', steps: [], over: true },
  ],
  'a refund that a bank sent back': [
    {
      history: [placed, held, paid, shipped, delivered, ['payment.refunded', 'delivered']],
      refunded: '5.00',
      stock: 'shipped',
      payment: { refunds: [refundOf({ amount: '5.00', status: 'failed', last_error: 'account closed' })] },
      mails: told('refunded', 'delivered', 'shipped', 'confirmed'),
    },
    {
      steps: [
        'Orders notes that a refund came back.',
        'Somebody gives back 5.00 EUR another way: the card processor refused it (account closed).',
      ],
    },
  ],
  'a message that is brought once more': [
    {
      history: CONFIRMED,
      stock: 'held',
      payment: {},
      mails: told('confirmed'),
      messages: { inventory: { incoming: [incoming('order.placed', 'orders')] } },
    },
    { steps: ['Inventory is told once more, and knows it already: the news that it was placed.', SHIP] },
  ],
  'in a batch that the broker gave up': [
    {
      history: [placed],
      deadline: 60,
      messages: { inventory: { dead: [stuck('undecodable', 'orders', { source: 'unknown' })] } },
    },
    {
      steps: [
        HOLD,
        STOCK_DEADLINE,
        'Somebody retries it at the dead-letter desk of inventory, or puts it aside: a batch of messages that the broker gave up, with one about it.',
      ],
    },
  ],
  'confirmed, and payments has lost its charge': [
    { history: CONFIRMED, stock: 'held', mails: [{ kind: 'confirmed', status: 'failed', last_error: '550' }] },
    {
      stands: 'It is confirmed, but its books are not in order.',
      why: 'It is confirmed, but its payment is not there.',
      money: 'Payments knows of no charge for it.',
      steps: [
        'Somebody corrects the address ada@example.com, or sends it again as it is: the mail that it is confirmed.',
        'Somebody puts the books in order (npm run audit, npm run reconcile): it is confirmed, but its payment is not there.',
        SHIP,
      ],
      holdups: [
        {
          what: 'The mail that it is confirmed could not be sent (1 attempt, the last: 550).',
          needs: 'person',
          letter: null,
        },
        {
          what: 'The books are not in order: it is confirmed, but its payment is not there.',
          needs: 'person',
          letter: null,
        },
      ],
    },
  ],
  'cancelled, and its goods have left': [
    {
      history: [...CONFIRMED, cancelled, ['product.stock.restored', 'cancelled'], ['payment.refunded', 'cancelled']],
      refunded: '20.00',
      stock: 'shipped',
      payment: { void_requested: true, refunds: [refundOf({})] },
      mails: told('refunded', 'cancelled', 'confirmed'),
    },
    {
      stands: 'It is cancelled, but its books are not in order.',
      steps: [
        'Somebody puts the books in order (npm run audit, npm run reconcile): it is cancelled, but its stock is shipped.',
      ],
      holdups: [
        {
          what: 'The books are not in order: it is cancelled, but its stock is shipped.',
          needs: 'person',
          letter: null,
        },
      ],
    },
  ],
  'confirmed, and less is held for it than was ordered': [
    { history: CONFIRMED, stock: 'held', missing: 1, payment: {}, mails: told('confirmed') },
    {
      stands: 'It is confirmed, but its books are not in order.',
      why: 'It is confirmed, but the ledger holds 1 of P1 for it, not 2 of P1.',
      goods: 'The ledger holds 1 of P1 for it, not 2 of P1.',
      steps: [
        'Somebody puts the books in order (npm run audit, npm run reconcile): it is confirmed, but the ledger holds 1 of P1 for it, not 2 of P1.',
        SHIP,
      ],
    },
  ],
  'shipped, and something else than was ordered': [
    {
      history: [...CONFIRMED, shipped, delivered],
      stock: 'shipped',
      decided: 1,
      payment: {},
      mails: told('delivered', 'shipped', 'confirmed'),
    },
    {
      stands: 'It is delivered, but its books are not in order.',
      goods: 'Its stock is 1 of P1, and 2 of P1 was ordered.',
      steps: [
        'Somebody puts the books in order (npm run audit, npm run reconcile): it is delivered, but its stock is 1 of P1, and 2 of P1 was ordered.',
      ],
    },
  ],
  'charged twice, which payments has found in its own books': [
    {
      history: CONFIRMED,
      stock: 'held',
      payment: {},
      mails: told('confirmed'),
      messages: {
        payments: {
          findings: [
            { rule: 'an order is charged at most once', detail: '2 payments', found_at: '2026-01-01T00:00:00.000Z' },
          ],
        },
        // Of what the rooms do not agree on the X-ray judges for itself.
        orders: { findings: [{ rule: ACROSS, detail: 'stale', found_at: '2026-01-01T00:00:00.000Z' }] },
      },
    },
    {
      stands: 'It is confirmed, but its books are not in order.',
      why: 'Payments finds 2 payments; the rule is that an order is charged at most once.',
      steps: [
        'Somebody puts the books in order (npm run audit, npm run reconcile): payments finds 2 payments; the rule is that an order is charged at most once.',
        SHIP,
      ],
      holdups: [
        {
          what: 'The books are not in order: payments finds 2 payments; the rule is that an order is charged at most once.',
          needs: 'person',
          letter: null,
        },
      ],
    },
  ],
  'told to nobody, as the auditor has found: it is not on its way': [
    {
      history: CONFIRMED,
      stock: 'held',
      payment: {},
      mails: [],
      messages: {
        orders: {
          findings: [
            {
              rule: ACROSS,
              detail: 'is confirmed, but nobody was told that it is confirmed',
              found_at: inSeconds(0),
            },
          ],
        },
      },
    },
    {
      stands: 'It is confirmed, but its books are not in order.',
      why: 'It is confirmed, but nobody was told that it is confirmed.',
      told: 'The customer has not been told anything yet.',
      steps: [
        'Somebody puts the books in order (npm run audit, npm run reconcile): it is confirmed, but nobody was told that it is confirmed.',
        SHIP,
      ],
      holdups: [
        {
          what: 'The news that it is confirmed is on its way no more, and has left no trace at notifications.',
          needs: 'person',
          letter: null,
        },
        {
          what: 'The books are not in order: it is confirmed, but nobody was told that it is confirmed.',
          needs: 'person',
          letter: null,
        },
      ],
    },
  ],
  'books that do not agree': [
    {
      history: [...CONFIRMED, ['product.stock.restored', 'confirmed']],
      stock: 'restored',
      payment: { amount: '19.00' },
      mails: told('confirmed'),
    },
    {
      steps: [
        'Somebody puts the books in order (npm run audit, npm run reconcile): it is confirmed, but its stock is restored.',
        'Somebody puts the books in order (npm run audit, npm run reconcile): it is confirmed, but 19.00 EUR was charged, not 20.00 EUR.',
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

test('news that is in no table for minutes is with the broker, or lost: both are said, and where it shows', () => {
  const story = { history: CONFIRMED, stock: 'held', payment: {}, mails: [] } as const;
  const { holdups } = explain({ ...factsOf(story), at: inSeconds(7 * 60) });
  expect(holdups.map(({ what }) => what)).toEqual([
    'The news that it is confirmed is on its way to notifications. It has been so for 7 minutes: look at the health of ' +
      'notifications and of the broker; if no message waits there, notifications has lost it: npm run audit says so.',
  ]);
});
