/**
 * What somebody must know of without looking. Each is a symptom, of a shopper or of the books, and has an entry of its
 * name in docs/runbook.md. `critical`: now; `warning`: today.
 */
import { REQUESTS } from './requests.ts';

export interface Alert {
  name: string;
  severity: 'critical' | 'warning';
  expr: string;
  /** For so long, before it is said. */
  for: string;
  summary: string;
  description: string;
}

const CHECKOUT = 'service="gateway",endpoint="orders.place"';
const ASKED = 'tradewind_payment_provider_request_duration_seconds_count';
const share = (part: string, all: string) => `sum(rate(${part}[2m])) / sum(rate(${all}[2m]))`;

export const ALERTS: readonly Alert[] = [
  {
    name: 'ServiceDown',
    severity: 'critical',
    expr: 'up{job="tradewind"} == 0',
    for: '1m',
    summary: '{{ $labels.service }} does not answer',
    description: 'Prometheus cannot reach {{ $labels.instance }}.',
  },
  {
    name: 'CheckoutFailing',
    severity: 'critical',
    expr: `${share(`${REQUESTS}_count{${CHECKOUT},status=~"5.."}`, `${REQUESTS}_count{${CHECKOUT}}`)} > 0.05`,
    for: '1m',
    summary: 'Shoppers cannot order',
    description: '{{ $value | humanizePercentage }} of the checkouts of the last 2 minutes were answered with 5xx.',
  },
  {
    name: 'CheckoutSlow',
    severity: 'warning',
    expr: `histogram_quantile(0.95, sum by (le) (rate(${REQUESTS}_bucket{${CHECKOUT}}[5m]))) > 1`,
    for: '10m',
    summary: 'Checkout is slow',
    description: 'One checkout in twenty takes longer than {{ $value | humanizeDuration }}.',
  },
  {
    name: 'RequestsFailing',
    severity: 'warning',
    expr: `sum by (endpoint) (rate(${REQUESTS}_count{service="gateway",status=~"5.."}[5m])) / sum by (endpoint) (rate(${REQUESTS}_count{service="gateway"}[5m])) > 0.05`,
    for: '5m',
    summary: '{{ $labels.endpoint }} fails',
    description: '{{ $value | humanizePercentage }} of its requests were answered with 5xx.',
  },
  {
    name: 'OrdersStuck',
    severity: 'critical',
    expr: 'max(tradewind_orders_oldest_waiting_age_seconds{status="pending"}) > 60 or max(tradewind_orders_oldest_waiting_age_seconds{status="awaiting_payment"}) > 300',
    for: '1m',
    summary: 'Orders do not go on',
    description:
      'The oldest was placed {{ $value | humanizeDuration }} ago and still waits for its stock or its payment.',
  },
  {
    name: 'OrdersTimingOut',
    severity: 'critical',
    expr: 'sum(increase(tradewind_orders_total{status="failed",reason="timed_out"}[10m])) > 0',
    for: '0m',
    summary: 'Orders fail at their deadline',
    description: 'About {{ $value | humanize }} in 10 minutes: nobody has answered for stock or payment in time.',
  },
  {
    name: 'ConfirmationSlow',
    severity: 'warning',
    expr: 'histogram_quantile(0.95, sum by (le) (rate(tradewind_order_confirmation_duration_seconds_bucket[10m]))) > 30',
    for: '10m',
    summary: 'Orders are confirmed late',
    description: 'One order in twenty waits longer than {{ $value | humanizeDuration }}.',
  },
  {
    name: 'MessagesNotPublished',
    severity: 'critical',
    expr: 'max by (service) (tradewind_outbox_oldest_message_age_seconds) > 60',
    for: '2m',
    summary: '{{ $labels.service }} cannot say what it has to say',
    description: 'The oldest message of its outbox is {{ $value | humanizeDuration }} old.',
  },
  {
    name: 'MessagesNotHandled',
    severity: 'warning',
    expr: 'max by (service) (tradewind_inbox_oldest_message_age_seconds) > 120',
    for: '5m',
    summary: '{{ $labels.service }} does not keep up, or cannot handle a message',
    description: 'The oldest message of its inbox is {{ $value | humanizeDuration }} old.',
  },
  {
    name: 'BrokerQueueGrowing',
    severity: 'critical',
    expr: 'max by (service) (tradewind_broker_queue_messages{queue="work"}) > 1000 or min by (service) (tradewind_broker_queue_consumers{queue="work"}) == 0',
    for: '5m',
    summary: "RabbitMQ's queue of {{ $labels.service }} is long, or nobody reads it",
    description: 'Too many bodies wait, or there are no readers ({{ $value }}).',
  },
  {
    name: 'DeadLetters',
    severity: 'warning',
    expr: 'max by (service) (tradewind_dead_letters) > 0',
    for: '5m',
    summary: '{{ $labels.service }} has messages that a person must deal with',
    description: '{{ $value }} dead letters: an order may stand still for each.',
  },
  {
    name: 'BooksBroken',
    severity: 'critical',
    expr: 'max by (service, rule) (tradewind_audit_findings) > 0',
    for: '2m',
    summary: 'The books of {{ $labels.service }} break the rule {{ $labels.rule }}',
    description: '{{ $value }} findings: stock, money or mails do not agree.',
  },
  {
    name: 'AuditBehind',
    severity: 'warning',
    expr: 'min by (service, rule) (tradewind_audit_age_seconds) > 1800',
    for: '10m',
    summary: 'Nobody has looked at the rule {{ $labels.rule }} of {{ $labels.service }}',
    description: 'Last looked at {{ $value | humanizeDuration }} ago: what is wrong would not be found.',
  },
  {
    name: 'ChargesFailing',
    severity: 'critical',
    expr: `sum by (provider) (rate(${ASKED}{request="charge",outcome="unknown"}[5m])) / sum by (provider) (rate(${ASKED}{request="charge"}[5m])) > 0.2`,
    for: '5m',
    summary: 'The card processor {{ $labels.provider }} gives no clear answer',
    description:
      '{{ $value | humanizePercentage }} of what it is asked to charge comes to nothing, and is asked again.',
  },
  {
    name: 'RefundRefused',
    severity: 'warning',
    expr: 'sum by (provider) (increase(tradewind_refunds_total{status="failed"}[1h])) > 0',
    for: '0m',
    summary: '{{ $labels.provider }} has refused a refund',
    description: 'A person must give the money back another way.',
  },
  {
    name: 'RefundsStuck',
    severity: 'warning',
    expr: 'max(tradewind_refunds_oldest_processing_age_seconds) > 3600',
    for: '10m',
    summary: 'A refund is not decided',
    description: 'The oldest was asked for {{ $value | humanizeDuration }} ago.',
  },
  {
    name: 'NotificationsStuck',
    severity: 'warning',
    expr: 'max by (channel) (tradewind_notifications_oldest_queued_age_seconds) > 900 unless sum by (channel) (increase(tradewind_notification_attempts_total{outcome="sent"}[15m])) > 0',
    for: '5m',
    summary: 'No {{ $labels.channel }} goes out',
    description:
      'The oldest has waited for {{ $value | humanizeDuration }}, and none was sent in a quarter of an hour.',
  },
  {
    name: 'WebhooksStuck',
    severity: 'warning',
    expr: 'max(tradewind_webhook_deliveries_oldest_age_seconds) > 3600 unless sum(increase(tradewind_webhook_attempt_duration_seconds_count{outcome="delivered"}[1h])) > 0',
    for: '5m',
    summary: 'No webhook arrives anywhere',
    description: 'The oldest has waited for {{ $value | humanizeDuration }}, and none has arrived for an hour.',
  },
  {
    name: 'WebhookGivenUp',
    severity: 'warning',
    expr: 'max(tradewind_webhooks_given_up) > 0',
    for: '0m',
    summary: 'A webhook is told nothing more',
    description: '{{ $value }} addresses have answered 410 Gone, or not at all for five days.',
  },
  {
    name: 'BreakerOpen',
    severity: 'warning',
    expr: 'sum by (service, upstream) (increase(tradewind_breaker_trips_total[5m])) > 3',
    for: '1m',
    summary: '{{ $labels.service }} leaves {{ $labels.upstream }} alone, again and again',
    description:
      '{{ $labels.upstream }} has failed or hung too often in a row, {{ $value | humanize }} times in 5 minutes.',
  },
  {
    name: 'DatabaseAway',
    severity: 'critical',
    expr: 'min by (service) (tradewind_collector_success{collector="backlog"}) == 0',
    for: '1m',
    summary: 'The database of {{ $labels.service }} does not answer',
    description: 'A question that takes a few milliseconds was not answered within a second.',
  },
  {
    name: 'BrokerAway',
    severity: 'critical',
    expr: 'min by (service) (tradewind_broker_up) == 0',
    for: '1m',
    summary: '{{ $labels.service }} is not connected to RabbitMQ',
    description: 'Checkouts go on and orders wait: nothing is confirmed before it is back.',
  },
  {
    name: 'PoolExhausted',
    severity: 'warning',
    expr: 'histogram_quantile(0.95, sum by (le, service) (rate(tradewind_database_connection_wait_seconds_bucket[5m]))) > 0.5 and sum by (service) (rate(tradewind_database_connection_wait_seconds_count[5m])) > 1 or min by (service) (min_over_time(tradewind_database_connections_pending[2m])) > 0',
    for: '2m',
    summary: '{{ $labels.service }} has too few connections to its database, or holds them too long',
    description: 'Work waits for a connection ({{ $value }}).',
  },
  {
    name: 'WorkerSick',
    severity: 'warning',
    // Without a database or a broker all of them fail, and that is said already.
    expr: 'count by (service) (max by (service, worker) (tradewind_worker_sick) == 1) unless on (service) (min by (service) (tradewind_collector_success{collector="backlog"}) == 0 or min by (service) (tradewind_broker_up) == 0)',
    for: '3m',
    summary: 'Workers of {{ $labels.service }} fail or hang',
    description: '{{ $value }} of them: what they do is not done meanwhile, and nothing is lost.',
  },
  {
    name: 'EventLoopBlocked',
    severity: 'warning',
    expr: 'histogram_quantile(0.99, sum by (le, service) (rate(nodejs_eventloop_lag_seconds_bucket[5m]))) > 0.5',
    for: '5m',
    summary: 'The process of {{ $labels.service }} is held up',
    description: 'A timer comes {{ $value | humanizeDuration }} late: everything in the process waits as long.',
  },
];

/** Prometheus' rules file. A text in JSON is one in YAML. */
const GENERATED = '# Generated from src/dashboards/alerts.ts by npm run docs. What to do: docs/runbook.md.\n';

export function alertRules(): string {
  const rules = ALERTS.map(({ name, severity, expr, summary, description, for: since }) => {
    const annotations = { summary, description, runbook_url: `docs/runbook.md#${name.toLowerCase()}` };
    return [
      `      - alert: ${name}`,
      `        expr: ${JSON.stringify(expr)}`,
      `        for: ${since}`,
      '        labels:',
      `          severity: ${severity}`,
      '        annotations:',
      ...Object.entries(annotations).map(([key, text]) => `          ${key}: ${JSON.stringify(text)}`),
    ].join('\n');
  });
  return `${GENERATED}groups:
  - name: tradewind
    rules:
${rules.join('\n')}
`;
}

/** The same for the Prometheus Operator. */
export function alertResource(): string {
  const spec = alertRules()
    .slice(GENERATED.length)
    .replace(/^(?=.)/gm, '  ');
  return `${GENERATED}apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: tradewind
spec:
${spec}`;
}
