/** What notifications counts of its own. */
import type { Channel } from '../../contracts/shapes.ts';
import type { Database } from '../../platform/database.ts';
import type { Metrics } from '../../platform/telemetry.ts';
import { BUCKETS } from '../../platform/telemetry.ts';
import type { Outcome } from './delivery.ts';
import { readQueue } from './store-queue.ts';

/** Told of each attempt to send something. */
export type SendingMeter = (kind: string, channel: Channel, outcome: Outcome['result'], seconds: number) => void;

export function meterSending(metrics: Metrics): SendingMeter {
  const attempts = metrics.counter('notification_attempts_total', 'Attempts to send, by what came of them', [
    'kind',
    'channel',
    'outcome',
  ]);
  const durations = metrics.histogram(
    'notification_attempt_duration_seconds',
    'Time that an attempt took; a mail may first give way to orders',
    BUCKETS.elsewhere,
    ['channel', 'outcome'],
  );
  return (kind, channel, outcome, seconds) => {
    attempts.inc({ kind, channel, outcome });
    durations.observe({ channel, outcome }, seconds);
  };
}

export function exposeQueue(metrics: Metrics, db: Pick<Database, 'query'>): void {
  metrics.ask({
    name: 'notifications',
    labels: ['channel'],
    figures: {
      notifications_queued: 'Mails and SMS that are to be sent (counted to 10001)',
      notifications_oldest_queued_age_seconds: 'Since the oldest of them was put on its way',
    },
    read: () => readQueue(db),
  });
}
