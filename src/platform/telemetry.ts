/** Prometheus metrics of one room. Base units, no ids as labels (Prometheus, "Metric and label naming"). */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from './database.ts';
import { sql } from './database.ts';
import type { Inbox } from './inbox.ts';
import { noteUrgent } from './load.ts';

export interface Metrics {
  readonly registry: Registry;
  httpRequest(endpoint: string, status: number, seconds: number): void;
  message(type: string, outcome: string, count: number): void;
}

export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  const registers = [registry];
  const requests = new Histogram({
    name: 'tradewind_http_request_duration_seconds',
    help: 'Time to answer, by endpoint and status',
    labelNames: ['endpoint', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });
  const messages = new Counter({
    name: 'tradewind_messages_total',
    help: 'Messages that came, by type and what became of them',
    labelNames: ['type', 'outcome'],
    registers,
  });
  exposeProcess(registers);
  return {
    registry,
    httpRequest(endpoint, status, seconds) {
      requests.observe({ endpoint, status }, seconds);
      noteUrgent();
    },
    message(type, outcome, count) {
      messages.inc({ type, outcome }, count);
      noteUrgent(count);
    },
  };
}

/** Memory of the process, by the names that Prometheus' clients use; rooms of one process tell the same. */
function exposeProcess(registers: Registry[]): void {
  const gauges = {
    rss: { name: 'process_resident_memory_bytes', help: 'Memory that the process holds' },
    heapUsed: { name: 'nodejs_heap_size_used_bytes', help: "Of it, JavaScript's objects" },
    external: { name: 'nodejs_external_memory_bytes', help: 'Of it, buffers outside of the heap' },
  } as const;
  for (const [kind, about] of Object.entries(gauges) as [keyof typeof gauges, { name: string; help: string }][]) {
    new Gauge({
      ...about,
      registers,
      collect() {
        this.set(process.memoryUsage()[kind]);
      },
    });
  }
}

export interface Backlog {
  outbox: number;
  outbox_oldest_seconds: number;
  /** With what was delivered and is being handled. */
  inbox: number;
  inbox_oldest_seconds: number;
  dead_letters: number;
}

// Depths are counted up to a bound: past it the number only needs to be large.
const BACKLOG = sql(`
  select (select count(*) from (select from outbox limit 10001) counted) as outbox,
         (select coalesce(extract(epoch from now() - min(time)), 0)::float from
           (select time from outbox order by id limit 1) oldest) as outbox_oldest_seconds,
         (select count(*) from (select from inbox limit 10001) counted) as inbox,
         (select coalesce(extract(epoch from now() - min(time)), 0)::float from
           (select time from inbox order by id limit 1) oldest) as inbox_oldest_seconds,
         (select count(*) from (select from dead_letters where status = 'dead' limit 10001) counted) as dead_letters`);

/** What waits in a room: in its database, and in the hands of its process. */
export async function readBacklog(db: Database, inbox: Pick<Inbox, 'inHand'>): Promise<Backlog> {
  const rows = (await db.query<Backlog>(BACKLOG))[0] as Backlog;
  const { count, oldest_seconds } = inbox.inHand();
  return {
    ...rows,
    inbox: rows.inbox + count,
    inbox_oldest_seconds: Math.max(rows.inbox_oldest_seconds, oldest_seconds),
  };
}

const AUDIT = sql(`
  select rule, (select count(*) from audit_findings found where found.rule = audit_checks.rule) as broken,
    extract(epoch from now() - nullif(looked_until, '-infinity'))::float as age
  from audit_checks`);

/** What the room's auditor has found; a room without rules has none. */
export function exposeAudit(registry: Registry, db: Database): void {
  const about = { labelNames: ['rule' as const], registers: [registry] };
  const broken = new Gauge({
    ...about,
    name: 'tradewind_audit_findings',
    help: 'What breaks a rule of the books, by rule (counted to 1000)',
    async collect() {
      for (const row of await db.query<{ rule: string; broken: number; age: number | null }>(AUDIT)) {
        broken.set({ rule: row.rule }, row.broken);
        if (row.age !== null) age.set({ rule: row.rule }, row.age);
      }
    },
  });
  const age = new Gauge({ ...about, name: 'tradewind_audit_age_seconds', help: 'Since a rule was looked at' });
}

export function exposeBacklog(registry: Registry, db: Database, inbox: Inbox): void {
  const gauge = (name: string, help: string) => new Gauge({ name: `tradewind_${name}`, help, registers: [registry] });
  const gauges: Record<keyof Backlog, Gauge> = {
    outbox: gauge('outbox_messages', 'Messages not yet published (counted to 10001)'),
    outbox_oldest_seconds: gauge('outbox_oldest_message_age_seconds', 'Age of the oldest message not yet published'),
    inbox: gauge('inbox_messages', 'Messages not yet handled (counted to 10001)'),
    inbox_oldest_seconds: gauge('inbox_oldest_message_age_seconds', 'Age of the oldest message not yet handled'),
    dead_letters: gauge('dead_letters', 'Messages nobody could handle, and nobody has dealt with (counted to 10001)'),
  };
  const first = gauges.outbox as Gauge & { collect: () => Promise<void> };
  first.collect = async () => {
    const backlog = await readBacklog(db, inbox);
    for (const [name, value] of Object.entries(backlog)) gauges[name as keyof Backlog].set(value);
  };
}
