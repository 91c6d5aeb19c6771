/** What only one service has. */
import type { Panel } from './panel.ts';
import { entry, quantile, rate } from './panel.ts';

export const OWN: Partial<Record<string, Panel[]>> = {
  gateway: [
    {
      title: 'Breakers',
      about: `A service that failed five times in a row is left alone for 5 s. ${entry('BreakerOpen')}`,
      kind: 'graph',
      unit: 'short',
      queries: [
        ['max by (upstream) (tradewind_breaker_open{service="gateway"})', '{{upstream}}'],
        ['sum by (upstream) (increase(tradewind_breaker_trips_total{service="gateway"}[5m]))', '{{upstream}} in 5 min'],
      ],
    },
  ],
  orders: [
    {
      title: 'Waiting orders',
      about: `For their stock (pending) or their payment. ${entry('OrdersStuck')}`,
      kind: 'graph',
      unit: 'short',
      queries: [['max by (status) (tradewind_orders_waiting)', '{{status}}']],
    },
    {
      title: 'The oldest of them',
      about: `Each fails by itself at its deadline (STOCK_DEADLINE_SECONDS, PAYMENT_DEADLINE_SECONDS). ${entry('OrdersStuck')}`,
      kind: 'graph',
      unit: 's',
      queries: [['max by (status) (tradewind_orders_oldest_waiting_age_seconds)', '{{status}}']],
      limits: [60, 300],
    },
    {
      title: 'Breaker before customers',
      about: `Open: customers with an account cannot order, guests can. ${entry('BreakerOpen')}`,
      kind: 'graph',
      unit: 'short',
      queries: [
        ['max by (upstream) (tradewind_breaker_open{service="orders"})', '{{upstream}}'],
        ['sum by (upstream) (increase(tradewind_breaker_trips_total{service="orders"}[5m]))', '{{upstream}} in 5 min'],
      ],
    },
  ],
  payments: [
    {
      title: 'What the card processor answers',
      about: `unknown: no clear answer, asked again with the same key. ${entry('ChargesFailing')}`,
      kind: 'graph',
      unit: 'ops',
      queries: [
        [
          rate('tradewind_payment_provider_request_duration_seconds_count', 'provider, request, outcome'),
          '{{provider}} {{request}} {{outcome}}',
        ],
      ],
    },
    {
      title: 'How long it takes',
      about: 'Time within which 95 % came; PAYMENT_TIMEOUT_MS ends the waiting.',
      kind: 'graph',
      unit: 's',
      queries: [
        [
          quantile(0.95, 'tradewind_payment_provider_request_duration_seconds', '', 'provider, request'),
          '{{provider}} {{request}}',
        ],
      ],
    },
    {
      title: 'Unfinished refunds',
      about: `The card processor has not decided them yet. ${entry('RefundsStuck')}`,
      kind: 'graph',
      unit: 'short',
      queries: [['max(tradewind_refunds_processing)', 'refunds']],
    },
  ],
  notifications: [
    {
      title: 'Attempts',
      about: `unreachable, unanswered: the server's fault, later: it says so, refused: never. ${entry('NotificationsStuck')}`,
      kind: 'graph',
      unit: 'ops',
      queries: [[rate('tradewind_notification_attempts_total', 'channel, outcome'), '{{channel}} {{outcome}}']],
    },
    {
      title: 'How long one takes',
      about: 'Time within which 95 % ended, by channel.',
      kind: 'graph',
      unit: 's',
      queries: [
        [
          quantile(0.95, 'tradewind_notification_attempt_duration_seconds', '', 'channel, outcome'),
          '{{channel}} {{outcome}}',
        ],
      ],
    },
    {
      title: 'To be sent',
      about: `Mails and SMS that wait. ${entry('NotificationsStuck')}`,
      kind: 'graph',
      unit: 'short',
      queries: [['max by (channel) (tradewind_notifications_queued)', '{{channel}}']],
    },
  ],
  webhooks: [
    {
      title: 'Attempts',
      about: `failed: no answer, or one that is not 2xx. ${entry('WebhooksStuck')}`,
      kind: 'graph',
      unit: 'ops',
      queries: [[rate('tradewind_webhook_attempt_duration_seconds_count', 'outcome'), '{{outcome}}']],
    },
    {
      title: 'How long one takes',
      about: 'Time within which 95 % ended; 15 seconds are the most.',
      kind: 'graph',
      unit: 's',
      queries: [[quantile(0.95, 'tradewind_webhook_attempt_duration_seconds', '', 'outcome'), '{{outcome}}']],
    },
    {
      title: 'To be sent',
      about: `Deliveries that wait for their first or next attempt. ${entry('WebhooksStuck')}`,
      kind: 'graph',
      unit: 'short',
      queries: [['max(tradewind_webhook_deliveries_waiting)', 'deliveries']],
    },
    {
      title: 'Oldest to be sent',
      about: `Up to three days are an address that fails. ${entry('WebhooksStuck')}`,
      kind: 'graph',
      unit: 's',
      queries: [['max(tradewind_webhook_deliveries_oldest_age_seconds)', 'oldest']],
    },
    {
      title: 'Given up',
      about: `Addresses that are told nothing more. ${entry('WebhookGivenUp')}`,
      kind: 'graph',
      unit: 'short',
      queries: [['max(tradewind_webhooks_given_up)', 'addresses']],
    },
  ],
};
