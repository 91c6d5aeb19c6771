/** One dashboard for each service, from one template. */
import { AUDITED } from '../contracts/audit.ts';
import type { ServiceName } from '../contracts/registry.ts';
import { SUBSCRIPTIONS } from '../contracts/registry.ts';
import { messagesOf, waitingOf } from './messaging.ts';
import { OWN } from './own.ts';
import type { Dashboard, Section } from './panel.ts';
import { entry, quantile, quantiles, rate } from './panel.ts';
import { failing, REQUESTS } from './requests.ts';

const requestsOf = (service: string): Section => {
  const of = `service="${service}"`;
  return {
    title: 'Requests',
    panels: [
      {
        title: 'Rate, by endpoint',
        about: 'Requests that were answered, from clients and from other services.',
        kind: 'stack',
        unit: 'reqps',
        queries: [[rate(`${REQUESTS}_count{${of}}`, 'endpoint'), '{{endpoint}}']],
      },
      {
        title: 'Errors, by endpoint',
        about: `Share of 5xx. The log of ${service} says why ("upstream failed", or the error itself). ${entry('RequestsFailing')}`,
        kind: 'graph',
        unit: 'percentunit',
        queries: [[`${failing(of, 'endpoint')} > 0`, '{{endpoint}}']],
        limits: [0.01, 0.05],
      },
      {
        title: 'Duration, by endpoint',
        about:
          'Time within which 95 % were answered. If all rise together: look at pool, event loop and processor below.',
        kind: 'graph',
        unit: 's',
        queries: [[quantile(0.95, REQUESTS, of, 'endpoint'), '{{endpoint}}']],
      },
    ],
  };
};

const processOf = (service: string): Section => {
  const of = `service="${service}"`;
  return {
    title: 'Process',
    panels: [
      {
        title: 'Processor and event loop',
        about:
          'Share of one core, and of the time in which the loop is busy: at 100 % everything waits. Start a replica.',
        kind: 'graph',
        unit: 'percentunit',
        queries: [
          [`rate(process_cpu_seconds_total{${of}}[$__rate_interval])`, '{{instance}} processor'],
          [`rate(nodejs_eventloop_active_seconds_total{${of}}[$__rate_interval])`, '{{instance}} event loop'],
        ],
      },
      {
        title: 'Event loop lag',
        about: `How late a timer comes. ${entry('EventLoopBlocked')}`,
        kind: 'graph',
        unit: 's',
        queries: quantiles('nodejs_eventloop_lag_seconds', of),
        limits: [0.1, 0.5],
      },
      {
        title: 'Memory',
        about:
          'Services of one process tell the same. It is to be level after an hour of load: docs/performance.md has a soak.',
        kind: 'graph',
        unit: 'bytes',
        queries: [
          [`process_resident_memory_bytes{${of}}`, '{{instance}} held'],
          [`nodejs_heap_size_used_bytes{${of}}`, '{{instance}} objects'],
          [`nodejs_external_memory_bytes{${of}}`, '{{instance}} buffers'],
        ],
      },
      {
        title: 'Up since',
        about: 'Age of the process: a short one that nobody has started anew has died.',
        kind: 'stat',
        unit: 's',
        width: 8,
        queries: [[`time() - process_start_time_seconds{${of}}`, '{{instance}}']],
      },
    ],
  };
};

const roomOf = (service: ServiceName): Section[] => {
  const of = `service="${service}"`;
  const hears = SUBSCRIPTIONS[service].length > 0;
  return [
    { title: 'Messages', panels: [...(hears ? messagesOf(of) : []), ...waitingOf(of)] },
    {
      title: 'Database and workers',
      panels: [
        {
          title: 'Connections',
          about: 'In use and free; the setting is DATABASE_POOL_SIZE, for each process.',
          kind: 'graph',
          unit: 'short',
          queries: [
            [`tradewind_database_connections_active{${of}}`, '{{instance}} in use'],
            [`tradewind_database_connections_idle{${of}}`, '{{instance}} free'],
            [`tradewind_database_connections_max{${of}}`, '{{instance}} at most'],
          ],
        },
        {
          title: 'Waiting for a connection',
          about: `Work that finds none free, and for how long. ${entry('PoolExhausted')}`,
          kind: 'graph',
          unit: 's',
          queries: quantiles('tradewind_database_connection_wait_seconds', of),
          limits: [0.1, 0.5],
        },
        {
          title: 'Work that waits for a connection',
          about: `At the moment of the scrape. ${entry('PoolExhausted')}`,
          kind: 'graph',
          unit: 'short',
          queries: [[`tradewind_database_connections_pending{${of}}`, '{{instance}}']],
          limits: [10, 100],
        },
        {
          title: 'Workers',
          about: `Passes that failed in a row; /health has the error of the last one. ${entry('WorkerSick')}`,
          kind: 'table',
          unit: 'short',
          queries: [[`max by (worker) (tradewind_worker_failures{${of}})`, '{{worker}}']],
          limits: [1, 3],
        },
        {
          title: 'Asked at a scrape',
          about: `1: answered in time. 0: left out, so other panels have gaps. ${entry('DatabaseAway')}`,
          kind: 'table',
          unit: 'short',
          queries: [[`min by (collector) (tradewind_collector_success{${of}})`, '{{collector}}']],
          limits: [1, 0.5],
        },
      ],
    },
  ];
};

const audited = (service: string): Section => ({
  title: 'Books',
  panels: [
    {
      title: 'Findings',
      about: `What breaks a rule; the admin's page Books says which and why. ${entry('BooksBroken')}`,
      kind: 'table',
      unit: 'short',
      queries: [[`max by (rule) (tradewind_audit_findings{service="${service}"})`, '{{rule}}']],
      limits: [1, 1],
    },
    {
      title: 'Since each rule was looked at',
      about: `It is to be a minute or two; a first look at everything may take longer. ${entry('AuditBehind')}`,
      kind: 'table',
      unit: 's',
      queries: [[`min by (rule) (tradewind_audit_age_seconds{service="${service}"})`, '{{rule}}']],
      limits: [900, 1800],
    },
  ],
});

export function serviceBoard(service: ServiceName | 'gateway'): Dashboard {
  const own = OWN[service];
  return {
    name: `service-${service}`,
    title: service,
    about: `Requests, messages, database and process of ${service}.`,
    sections: [
      requestsOf(service),
      ...(own ? [{ title: `Of ${service} alone`, panels: own }] : []),
      ...(service === 'gateway' ? [] : roomOf(service)),
      ...(AUDITED.some((one) => one === service) ? [audited(service)] : []),
      processOf(service),
    ],
  };
}
