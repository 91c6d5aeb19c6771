/** What a shopper is told of where an order stands: in every status, and whatever became of the money. */
import { describe, expect, test } from 'vitest';
import type { OrderStatus } from '../../contracts/orders.ts';
import type { Outlook } from '../../contracts/xray.ts';
import type { OutlookOrder } from './outlook.ts';
import { outlookOf } from './outlook.ts';

type Entry = readonly [event: string, status: OrderStatus];
const placed: Entry = ['order.placed', 'pending'];
const held: Entry = ['product.stock.deducted', 'awaiting_payment'];
const paid: Entry = ['payment.processed', 'confirmed'];
const ended = (event: string, status: 'failed' | 'cancelled'): Entry => [event, status];

const order = (facts: Partial<OutlookOrder>): OutlookOrder => ({
  ...{ status: 'pending', reason: null, deadline_at: null, tracking: null },
  ...{ total_amount: 2000, refunded_amount: 0, currency: 'EUR' },
  ...facts,
});
const NOW = '2026-03-01T11:45:00.000Z';
/** So many seconds after its last step. */
const toldAfter = (seconds: number, facts: Partial<OutlookOrder>, ...history: Entry[]): Outlook =>
  outlookOf(
    order({ status: history.at(-1)?.[1] ?? 'pending', ...facts }),
    history.map(([event, status]) => ({ event, status, at: NOW })),
    new Date(Date.parse(NOW) + seconds * 1000),
  );
const told = (facts: Partial<OutlookOrder>, ...history: Entry[]): Outlook => toldAfter(1, facts, ...history);
const next = ({ next: steps }: Outlook) => steps.map(({ what }) => what);
const BACK = '20.00 EUR goes back to you; your bank may take some days to show it.';

describe('on its way', () => {
  const deadline_at = '2026-03-01T12:00:00.000Z';

  test('what waits says by when it is decided', () => {
    for (const outlook of [told({ deadline_at }, placed), told({ deadline_at }, placed, held)]) {
      expect(outlook.next.map(({ when }) => when)).toEqual([null, deadline_at]);
    }
    expect(told({}, placed).stands).toBe('We are checking that everything is in stock.');
    expect(told({}, placed, held)).toMatchObject({
      stands: 'Your payment is being taken.',
      why: 'Everything is held for you.',
    });
  });

  test('what takes longer than usual promises no more than the deadline sees to', () => {
    expect(toldAfter(30, { deadline_at }, placed).stands).toBe('We are checking that everything is in stock.');
    expect(toldAfter(31, { deadline_at }, placed)).toEqual({
      stands: 'This takes longer than usual.',
      why: 'Your order has arrived. It is not decided yet whether everything is in stock. The shop is looking at it.',
      next: [
        {
          what: 'It is decided by then at the latest: the order goes on, or it ends and nothing is charged.',
          when: deadline_at,
        },
      ],
    });
    expect(toldAfter(31, { deadline_at }, placed, held)).toEqual({
      stands: 'This takes longer than usual.',
      why: 'Everything is held for you. Your payment is not decided yet. The shop is looking at it.',
      next: [
        {
          what: 'It is decided by then at the latest: the order is paid, or it ends. Should money be taken after all, it goes back.',
          when: deadline_at,
        },
      ],
    });
    expect(next(toldAfter(16 * 60, { deadline_at }, placed))).toEqual([
      'It is decided any moment now: the order goes on, or it ends and nothing is charged.',
    ]);
    expect(toldAfter(86_400, {}, placed, held, paid).stands).toBe('It is paid, and we are getting it ready.');
  });

  test('what is paid is sent, unless all of the money has gone back', () => {
    expect(told({}, placed, held, paid)).toEqual({
      stands: 'It is paid, and we are getting it ready.',
      why: 'Everything is held for you. 20.00 EUR was charged.',
      next: [{ what: 'We send it, and tell you when it leaves.', when: null }],
    });
    const partly = told({ refunded_amount: 500 }, placed, held, paid, ['payment.refunded', 'confirmed']);
    expect(partly.why).toBe('Everything is held for you. 20.00 EUR was charged. 5.00 EUR of it has gone back to you.');
    const wholly = told({ refunded_amount: 2000 }, placed, held, paid, ['payment.refunded', 'confirmed']);
    expect([wholly.stands, ...next(wholly)]).toEqual([
      'All of your money has gone back to you, so it will not be sent.',
      'We close the order.',
    ]);
  });

  test('what has left says with whom, and what has arrived is over', () => {
    const tracking = { carrier: 'Post', number: 'RR1' };
    const shipped: Entry = ['command ship', 'shipped'];
    expect(told({ tracking }, placed, held, paid, shipped)).toEqual({
      stands: 'It is on its way to you.',
      why: 'It has left our house with Post. 20.00 EUR was charged.',
      next: [{ what: 'We tell you when it has arrived.', when: null }],
    });
    expect(told({}, placed, held, paid, shipped, ['command deliver', 'delivered'])).toEqual({
      ...{ stands: 'It has arrived.', why: '20.00 EUR was charged.', next: [] },
    });
  });
});

describe('ended', () => {
  const declined = ended('payment.failed', 'failed');
  const timedOut = ended('deadline', 'failed');
  const cancelled = ended('command cancel', 'cancelled');
  const CASES: [name: string, facts: Partial<OutlookOrder>, history: Entry[], why: string, next: string[]][] = [
    [
      'sold out',
      { reason: 'out_of_stock' },
      [placed, ended('product.stock.deduction.failed', 'failed')],
      'Nothing was charged.',
      [],
    ],
    ['declined', { reason: 'payment_declined' }, [placed, held, declined], 'Nothing was charged.', []],
    ['timed out before its payment', { reason: 'timed_out' }, [placed, timedOut], 'Nothing was charged.', []],
    [
      'timed out while it was being paid',
      { reason: 'timed_out' },
      [placed, held, timedOut],
      'Should money have been taken, it goes back to you by itself.',
      [],
    ],
    [
      'paid after it had timed out',
      { reason: 'timed_out' },
      [placed, held, timedOut, ['payment.processed', 'failed']],
      '20.00 EUR was charged.',
      [BACK],
    ],
    ['cancelled before its payment', {}, [placed, cancelled], 'Nothing was charged.', []],
    ['cancelled when it was paid', {}, [placed, held, paid, cancelled], '20.00 EUR was charged.', [BACK]],
    [
      'cancelled, with a part back already',
      { refunded_amount: 500 },
      [placed, held, paid, ['payment.refunded', 'confirmed'], cancelled],
      '20.00 EUR was charged. 5.00 EUR of it has gone back to you.',
      ['15.00 EUR goes back to you; your bank may take some days to show it.'],
    ],
    [
      'cancelled, and all of it back',
      { refunded_amount: 2000 },
      [placed, held, paid, cancelled, ['payment.refunded', 'cancelled']],
      '20.00 EUR was charged. All of it has gone back to you.',
      [],
    ],
    [
      'cancelled, and the bank has not taken it back',
      {},
      [placed, held, paid, cancelled, ['payment.refunded', 'cancelled'], ['payment.refund.failed', 'cancelled']],
      '20.00 EUR was charged.',
      ['Your bank did not take the money back: we give you 20.00 EUR another way.'],
    ],
    [
      'declined, charged all the same and given back',
      { reason: 'payment_declined', refunded_amount: 2000 },
      [placed, held, declined, ['payment.refunded', 'failed']],
      '20.00 EUR was charged. All of it has gone back to you.',
      [],
    ],
    [
      'cancelled, and the failure of a refund was faster than the refund',
      { refunded_amount: -2000 },
      [placed, held, paid, cancelled, ['payment.refund.failed', 'cancelled']],
      '20.00 EUR was charged.',
      ['Your bank did not take the money back: we give you 20.00 EUR another way.'],
    ],
  ];
  test.each(CASES)('%s', (_name, facts, history, why, steps) => {
    const outlook = told(facts, ...history);
    expect(outlook.why).toBe(`Nothing is held for you any more. ${why}`);
    expect(next(outlook)).toEqual(steps);
    expect(outlook.stands).toMatch(/^This order (did not go through: [a-z ]+|was cancelled)\.$/);
  });
});
