/** What every room tells alike: its requests, its messages, what waits and works in it, and what it leans on. */
import type { Broker } from './broker.ts';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import { sql } from './database.ts';
import type { Door } from './dispatch.ts';
import type { InboxMeter } from './inbox.ts';
import { noteUrgent } from './load.ts';
import type { Published } from './outbox.ts';
import type { Metrics } from './telemetry.ts';
import { BUCKETS } from './telemetry.ts';
import type { Worker } from './worker.ts';
import { isSick } from './worker.ts';

/** The same door; it tells how long each answer took. */
export function measured(door: Door, metrics: Metrics): Door {
  const requests = metrics.histogram(
    'http_request_duration_seconds',
    'Time to answer, by endpoint and status; of a stream, until it begins',
    BUCKETS.here,
    ['endpoint', 'status'],
  );
  const observe = (endpoint: string, status: number, started: number) =>
    requests.observe({ endpoint, status }, (performance.now() - started) / 1000);
  return {
    async admit(endpoint, request) {
      const started = performance.now();
      const refusal = await door.admit(endpoint, request);
      if (refusal) observe(endpoint.name, refusal.status, started);
      return refusal;
    },
    async handle(endpoint, request) {
      const started = performance.now();
      const reply = await door.handle(endpoint, request);
      observe(endpoint.name, reply.status, started);
      return reply;
    },
  };
}

export function meterInbox(metrics: Metrics, clock: Clock): InboxMeter {
  const messages = metrics.counter('messages_total', 'Messages that came, by type and what became of them', [
    'type',
    'outcome',
  ]);
  const batches = metrics.histogram(
    'message_batch_duration_seconds',
    'Time to handle a batch of messages and to commit it',
    BUCKETS.here,
  );
  const delay = metrics.histogram(
    'message_delay_seconds',
    'Age of the oldest message of a batch when it was committed, by the clocks of sender and receiver',
    BUCKETS.journey,
  );
  const handlers = metrics.histogram(
    'handler_duration_seconds',
    'Time that a handler took for its messages of a batch, without the commit; named after the first event it hears of',
    BUCKETS.here,
    ['handler'],
  );
  const count = (type: string, outcome: string, howMany = 1) => {
    messages.inc({ type, outcome }, howMany);
    noteUrgent(howMany);
  };
  return {
    batch(handled, seconds) {
      const byType = new Map<string, number>();
      for (const { type } of handled) byType.set(type, (byType.get(type) ?? 0) + 1);
      for (const [type, howMany] of byType) count(type, 'handled', howMany);
      batches.observe(seconds);
      const [oldest] = handled;
      if (oldest) delay.observe(Math.max(0, (clock.now().getTime() - Date.parse(oldest.time)) / 1000));
    },
    other: count,
    handler: (handler, seconds) => handlers.observe({ handler }, seconds),
  };
}

export function meterRelay(metrics: Metrics): Published {
  const published = metrics.counter(
    'published_messages_total',
    'Messages given to the broker, by whether it took them',
    ['outcome'],
  );
  return (count, failed) => {
    if (count > 0) published.inc({ outcome: 'published' }, count);
    if (failed > 0) published.inc({ outcome: 'failed' }, failed);
  };
}

/** How long those wait who find no free connection; the others are not counted. */
export function meterPool(metrics: Metrics): (seconds: number) => void {
  const waits = metrics.histogram(
    'database_connection_wait_seconds',
    'Time that work waited for a connection to the database, where none was free',
    BUCKETS.here,
  );
  return (seconds) => waits.observe(seconds);
}

export function exposePool(metrics: Metrics, { pool }: Database): void {
  metrics.ask({
    name: 'pool',
    figures: {
      database_connections_active: 'Connections to the database that are in use',
      database_connections_idle: 'Connections to the database that nobody uses',
      database_connections_max: 'Connections to the database that there may be',
      database_connections_pending: 'Pieces of work that wait for a connection to the database',
    },
    read: async () => [
      {
        database_connections_active: pool.totalCount - pool.idleCount,
        database_connections_idle: pool.idleCount,
        database_connections_max: pool.options.max,
        // A moment later each free connection has taken one.
        database_connections_pending: Math.max(0, pool.waitingCount - pool.idleCount),
      },
    ],
  });
}

export function exposeWorkers(metrics: Metrics, workers: readonly Worker[]): void {
  metrics.ask({
    name: 'workers',
    labels: ['worker'],
    figures: {
      worker_failures: 'Passes of a worker that failed in a row',
      worker_sick: 'Whether a worker fails again and again, hangs or does not run: 1 or 0',
    },
    read: async () =>
      workers.map((one) => {
        const status = one.status();
        return { worker: status.name, worker_failures: status.failures, worker_sick: isSick(status) ? 1 : 0 };
      }),
  });
}

export function exposeBroker(metrics: Metrics, broker: Broker, service: string): void {
  metrics.ask({
    name: 'broker',
    figures: { broker_up: 'Whether messages can flow: 1 or 0' },
    read: async () => [
      {
        broker_up: await broker.check().then(
          () => 1,
          () => 0,
        ),
      },
    ],
  });
  metrics.ask({
    name: 'broker_queues',
    labels: ['queue'],
    figures: {
      broker_queue_messages: "Bodies that wait in RabbitMQ's queue of the room; each holds up to 100 messages",
      broker_queue_consumers: "Processes that read RabbitMQ's queue of the room",
    },
    read: async () => {
      const depths = (await broker.depths?.(service)) ?? [];
      return depths.map(({ queue, messages, consumers }) => ({
        queue,
        broker_queue_messages: messages,
        broker_queue_consumers: consumers,
      }));
    },
  });
}

/** Answers with what to call when one trips: it may be closed again before anybody asks. */
export function exposeBreakers(
  metrics: Metrics,
  upstreams: readonly string[],
  isOpen: (upstream: string) => boolean,
): (upstream: string) => void {
  metrics.ask({
    name: 'breakers',
    labels: ['upstream'],
    figures: { breaker_open: 'Whether a service is not asked at the moment, because it has failed too often: 1 or 0' },
    read: async () => upstreams.map((upstream) => ({ upstream, breaker_open: isOpen(upstream) ? 1 : 0 })),
  });
  const trips = metrics.counter('breaker_trips_total', 'How often a service was found to fail too often', ['upstream']);
  for (const upstream of upstreams) trips.inc({ upstream }, 0);
  return (upstream) => trips.inc({ upstream });
}

const AUDIT = sql(`
  select rule, (select count(*) from audit_findings found where found.rule = audit_checks.rule) as audit_findings,
    extract(epoch from now() - nullif(looked_until, '-infinity'))::float as audit_age_seconds
  from audit_checks`);

/** What the room's auditor has found. */
export function exposeAudit(metrics: Metrics, db: Pick<Database, 'query'>): void {
  metrics.ask({
    name: 'audit',
    labels: ['rule'],
    figures: {
      audit_findings: 'What breaks a rule of the books, by rule (counted to 1000)',
      audit_age_seconds: 'Time since a rule was looked at',
    },
    read: () => db.query<{ rule: string; audit_findings: number; audit_age_seconds: number | null }>(AUDIT),
  });
}
