/** The shop at a glance. */
import type { Dashboard } from './panel.ts';
import { entry, quantile, quantiles, rate } from './panel.ts';
import { failing, REQUESTS } from './requests.ts';

const CHECKOUT = 'service="gateway",endpoint="orders.place"';

export const overview: Dashboard = {
  name: 'overview',
  title: 'overview',
  about: 'Is all well? Each red field has an entry in docs/runbook.md.',
  sections: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Targets down',
          about: `Processes that Prometheus cannot reach. ${entry('ServiceDown')}`,
          kind: 'stat',
          unit: 'short',
          queries: [['count(up{job="tradewind"} == 0) or vector(0)', '']],
          limits: [1, 1],
        },
        {
          title: 'Checkouts that fail',
          about: `Share of checkouts that the shop itself could not answer (5xx). ${entry('CheckoutFailing')}`,
          kind: 'stat',
          unit: 'percentunit',
          queries: [[`${failing(CHECKOUT)} > 0 or vector(0)`, '']],
          limits: [0.01, 0.05],
        },
        {
          title: 'Oldest waiting order',
          about: `Since an order was placed that waits for stock or payment. ${entry('OrdersStuck')}`,
          kind: 'stat',
          unit: 's',
          queries: [['max(tradewind_orders_oldest_waiting_age_seconds)', '']],
          limits: [60, 300],
        },
        {
          title: 'Oldest message',
          about: `Age of the oldest message that is not published or not handled. ${entry('MessagesNotHandled')}`,
          kind: 'stat',
          unit: 's',
          queries: [
            [
              'max(tradewind_outbox_oldest_message_age_seconds) > max(tradewind_inbox_oldest_message_age_seconds) or max(tradewind_inbox_oldest_message_age_seconds)',
              '',
            ],
          ],
          limits: [30, 120],
        },
        {
          title: 'Dead letters',
          about: `Messages that a person must deal with, in the admin under Dead letters. ${entry('DeadLetters')}`,
          kind: 'stat',
          unit: 'short',
          queries: [['sum(max by (service) (tradewind_dead_letters))', '']],
          limits: [1, 10],
        },
        {
          title: 'Broken rules of the books',
          about: `What the auditors have found, in the admin under Books. ${entry('BooksBroken')}`,
          kind: 'stat',
          unit: 'short',
          queries: [['sum(max by (service, rule) (tradewind_audit_findings))', '']],
          limits: [1, 1],
        },
      ],
    },
    {
      title: 'Shoppers',
      panels: [
        {
          title: 'Checkouts',
          about: 'Checkouts that were answered, by status. 409 is a price that has changed or a key used twice.',
          kind: 'stack',
          unit: 'reqps',
          queries: [[rate(`${REQUESTS}_count{${CHECKOUT}}`, 'status'), '{{status}}']],
        },
        {
          title: 'Time of a checkout',
          about: `Until the shop has answered; it waits for neither payment nor mail. ${entry('CheckoutSlow')}`,
          kind: 'graph',
          unit: 's',
          queries: quantiles(REQUESTS, CHECKOUT),
          limits: [0.5, 1],
        },
        {
          title: 'From placed to confirmed',
          about: `With stock, payment and all messages between. ${entry('ConfirmationSlow')}`,
          kind: 'graph',
          unit: 's',
          queries: quantiles('tradewind_order_confirmation_duration_seconds'),
          limits: [10, 30],
        },
        {
          title: 'Requests at the gateway',
          about: 'All of them, by status. Many 429: somebody asks too often. Many 401: somebody guesses passwords.',
          kind: 'stack',
          unit: 'reqps',
          queries: [[rate(`${REQUESTS}_count{service="gateway"}`, 'status'), '{{status}}']],
        },
        {
          title: 'Requests that fail, by endpoint',
          about: `Share of 5xx at the gateway. ${entry('RequestsFailing')}`,
          kind: 'graph',
          unit: 'percentunit',
          queries: [[`${failing('service="gateway"', 'endpoint')} > 0`, '{{endpoint}}']],
          limits: [0.01, 0.05],
        },
        {
          title: 'Slowest endpoints',
          about: 'Time within which 95 % of the requests were answered at the gateway; the ten slowest.',
          kind: 'graph',
          unit: 's',
          queries: [[`topk(10, ${quantile(0.95, REQUESTS, 'service="gateway"', 'endpoint')})`, '{{endpoint}}']],
        },
      ],
    },
    {
      title: 'What the shop leans on',
      panels: [
        {
          title: 'Database',
          about: `Whether each room got an answer at the last scrape. ${entry('DatabaseAway')}`,
          kind: 'graph',
          unit: 'short',
          queries: [['min by (service) (tradewind_collector_success{collector="backlog"})', '{{service}}']],
        },
        {
          title: 'Broker',
          about: `Whether messages can flow. ${entry('BrokerAway')}`,
          kind: 'graph',
          unit: 'short',
          queries: [['min by (service) (tradewind_broker_up)', '{{service}}']],
        },
        {
          title: 'Breakers',
          about: `How often a service was found to fail too often, and was left alone for 5 s. ${entry('BreakerOpen')}`,
          kind: 'graph',
          unit: 'short',
          queries: [
            ['max by (service, upstream) (tradewind_breaker_open)', '{{upstream}} is left alone by {{service}}'],
            [
              'sum by (service, upstream) (increase(tradewind_breaker_trips_total[5m]))',
              '{{upstream}}, times in 5 min, by {{service}}',
            ],
          ],
        },
        {
          title: 'Charges without a clear answer',
          about: `Share of what the card processor was asked for and did not say. ${entry('ChargesFailing')}`,
          kind: 'graph',
          unit: 'percentunit',
          queries: [
            [
              `${rate('tradewind_payment_provider_request_duration_seconds_count{outcome="unknown"}', 'provider')} / ${rate('tradewind_payment_provider_request_duration_seconds_count', 'provider')}`,
              '{{provider}}',
            ],
          ],
          limits: [0.05, 0.2],
        },
        {
          title: 'Oldest mail and SMS',
          about: `Since it was put on its way. ${entry('NotificationsStuck')}`,
          kind: 'graph',
          unit: 's',
          queries: [['max by (channel) (tradewind_notifications_oldest_queued_age_seconds)', '{{channel}}']],
          limits: [300, 900],
        },
        {
          title: 'Workers that are sick',
          about: `They fail again and again, or hang. ${entry('WorkerSick')}`,
          kind: 'graph',
          unit: 'short',
          queries: [['max by (service, worker) (tradewind_worker_sick) > 0', '{{service}} {{worker}}']],
        },
      ],
    },
  ],
};
