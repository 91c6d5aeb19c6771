/** Orders, money, mails: what the shop is for. */
import type { Dashboard } from './panel.ts';
import { entry, quantiles, rate } from './panel.ts';
import { REQUESTS } from './requests.ts';

const ORDERS = 'tradewind_orders_total';
const overRange = (metric: string, by = '') =>
  `sum ${by && `by (${by}) `}(increase(${metric}[$__range]))`.replace('sum (', 'sum(');

export const business: Dashboard = {
  name: 'business',
  title: 'business',
  about: 'Orders, money and mails. For graphs: the exact figures are in the admin, and in the books.',
  sections: [
    {
      title: 'In the chosen time',
      panels: [
        {
          title: 'Placed',
          about: 'Orders that were accepted.',
          kind: 'stat',
          unit: 'short',
          queries: [[overRange(`${ORDERS}{status="pending"}`), '']],
        },
        {
          title: 'Confirmed',
          about: 'Orders that have stock and payment.',
          kind: 'stat',
          unit: 'short',
          queries: [[overRange(`${ORDERS}{status="confirmed"}`), '']],
        },
        {
          title: 'Confirmed of those placed',
          about: `The rest failed, was cancelled, or still waits. ${entry('OrdersTimingOut')}`,
          kind: 'stat',
          unit: 'percentunit',
          queries: [
            [`${overRange(`${ORDERS}{status="confirmed"}`)} / ${overRange(`${ORDERS}{status="pending"}`)}`, ''],
          ],
          limits: [0.9, 0.7],
        },
        {
          title: 'Worth of what was confirmed',
          about: 'By currency, in its major unit (dollars, yen).',
          kind: 'stat',
          unit: 'short',
          width: 6,
          queries: [[overRange('tradewind_confirmed_amount_total', 'currency'), '{{currency}}']],
        },
        {
          title: 'Given back',
          about: 'By currency, in its major unit.',
          kind: 'stat',
          unit: 'short',
          width: 6,
          queries: [[overRange('tradewind_refunded_amount_total', 'currency'), '{{currency}}']],
        },
      ],
    },
    {
      title: 'Orders',
      panels: [
        {
          title: 'Orders a minute, by what they became',
          about: 'pending: placed. Confirmed is to follow placed closely.',
          kind: 'graph',
          unit: 'short',
          queries: [[`${rate(ORDERS, 'status')} * 60`, '{{status}}']],
        },
        {
          title: 'Why orders fail, a minute',
          about: `timed_out: a service or the card processor did not answer before the deadline. ${entry('OrdersTimingOut')}`,
          kind: 'stack',
          unit: 'short',
          queries: [[`${rate(`${ORDERS}{status="failed"}`, 'reason')} * 60`, '{{reason}}']],
        },
        {
          title: 'From placed to confirmed',
          about: `What a shopper waits for. ${entry('ConfirmationSlow')}`,
          kind: 'graph',
          unit: 's',
          queries: quantiles('tradewind_order_confirmation_duration_seconds'),
          limits: [10, 30],
        },
        {
          title: 'Waiting orders',
          about: `For their stock (pending) or their payment. ${entry('OrdersStuck')}`,
          kind: 'graph',
          unit: 'short',
          queries: [['max by (status) (tradewind_orders_waiting)', '{{status}}']],
        },
        {
          title: 'Worth of confirmed orders, an hour',
          about: 'By currency, in its major unit.',
          kind: 'graph',
          unit: 'short',
          queries: [[`${rate('tradewind_confirmed_amount_total', 'currency')} * 3600`, '{{currency}}']],
        },
        {
          title: 'Logins, by status',
          about: '401: a wrong password. Many of them: somebody guesses.',
          kind: 'graph',
          unit: 'reqps',
          queries: [[rate(`${REQUESTS}_count{service="gateway",endpoint="customers.login"}`, 'status'), '{{status}}']],
        },
      ],
    },
    {
      title: 'Money',
      panels: [
        {
          title: 'Payments a minute',
          about: 'As they were decided. failed: the card was refused; voided: the order ended first.',
          kind: 'graph',
          unit: 'short',
          queries: [[`${rate('tradewind_payments_total', 'provider, status')} * 60`, '{{provider}} {{status}}']],
        },
        {
          title: 'Charged and given back, an hour',
          about: 'By currency, in its major unit.',
          kind: 'graph',
          unit: 'short',
          queries: [
            [`${rate('tradewind_charged_amount_total', 'currency')} * 3600`, '{{currency}} charged'],
            [`${rate('tradewind_refunded_amount_total', 'currency')} * 3600`, '{{currency}} given back'],
          ],
        },
        {
          title: 'Refunds an hour',
          about: `failed: a person must give the money back another way. ${entry('RefundRefused')}`,
          kind: 'graph',
          unit: 'short',
          queries: [[`${rate('tradewind_refunds_total', 'provider, status')} * 3600`, '{{provider}} {{status}}']],
        },
        {
          title: 'Oldest unfinished refund',
          about: `Somebody waits for their money. ${entry('RefundsStuck')}`,
          kind: 'graph',
          unit: 's',
          queries: [['max(tradewind_refunds_oldest_processing_age_seconds)', 'refund']],
          limits: [600, 3600],
        },
      ],
    },
    {
      title: 'Mails and SMS',
      panels: [
        {
          title: 'Sent a minute, by kind',
          about: 'Each confirmed order is told once for each of its channels.',
          kind: 'stack',
          unit: 'short',
          queries: [
            [
              `${rate('tradewind_notification_attempts_total{outcome="sent"}', 'kind, channel')} * 60`,
              '{{kind}} {{channel}}',
            ],
          ],
        },
        {
          title: 'Not sent, an hour, by why',
          about: `refused ones are in the admin under Notifications. ${entry('NotificationsStuck')}`,
          kind: 'stack',
          unit: 'short',
          queries: [
            [
              `${rate('tradewind_notification_attempts_total{outcome!="sent"}', 'kind, outcome')} * 3600`,
              '{{kind}} {{outcome}}',
            ],
          ],
        },
      ],
    },
  ],
};
