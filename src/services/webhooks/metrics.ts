/** What webhooks count of their own. */
import type { Database } from '../../platform/database.ts';
import type { Metrics } from '../../platform/telemetry.ts';
import { BUCKETS } from '../../platform/telemetry.ts';
import { readGivenUp, readWaiting } from './store-deliveries.ts';

/** Told of each attempt. */
export type WebhookMeter = (arrived: boolean, seconds: number) => void;

export function meterWebhooks(metrics: Metrics): WebhookMeter {
  const durations = metrics.histogram(
    'webhook_attempt_duration_seconds',
    'Time that an attempt to deliver a webhook took, by what came of it',
    BUCKETS.elsewhere,
    ['outcome'],
  );
  return (arrived, seconds) => durations.observe({ outcome: arrived ? 'delivered' : 'failed' }, seconds);
}

export function exposeWebhooks(metrics: Metrics, db: Pick<Database, 'query'>): void {
  metrics.ask({
    name: 'webhook_deliveries',
    figures: {
      webhook_deliveries_waiting: 'Deliveries that are to be tried, again perhaps (counted to 10001)',
      webhook_deliveries_oldest_age_seconds: 'Age of the oldest of them',
    },
    read: () => readWaiting(db),
  });
  metrics.ask({
    name: 'webhooks',
    figures: { webhooks_given_up: 'Webhooks that the shop has disabled, because nothing arrives there any more' },
    read: () => readGivenUp(db),
  });
}
