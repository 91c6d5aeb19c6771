/** What every target tells of its process, by the names of Prometheus' own clients: those of one process tell the same. */
import type { Metric, Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';

const LAG_EVERY_MS = 100;
const LAG_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

let ofThisProcess: readonly Metric[] | undefined;

/** Each registry adds its own `service`. */
export function exposeProcess(registry: Registry): void {
  ofThisProcess ??= [...sizes(), ...times(), lag()];
  for (const metric of ofThisProcess) registry.registerMetric(metric);
}

function sizes(): Metric[] {
  const gauges = {
    rss: { name: 'process_resident_memory_bytes', help: 'Memory that the process holds' },
    heapUsed: { name: 'nodejs_heap_size_used_bytes', help: "Of it, JavaScript's objects" },
    external: { name: 'nodejs_external_memory_bytes', help: 'Of it, buffers outside of the heap' },
  } as const;
  return (Object.entries(gauges) as [keyof typeof gauges, { name: string; help: string }][]).map(
    ([kind, about]) =>
      new Gauge({
        ...about,
        registers: [],
        collect() {
          this.set(process.memoryUsage()[kind]);
        },
      }),
  );
}

function times(): Metric[] {
  const started = new Gauge({
    name: 'process_start_time_seconds',
    help: 'When the process was started, in seconds since 1970',
    registers: [],
  });
  started.set(Date.now() / 1000 - process.uptime());
  const cpu = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time that the process has used',
    registers: [],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  const active = new Counter({
    name: 'nodejs_eventloop_active_seconds_total',
    help: 'Time in which the event loop was busy; its rate is the share of the time, and 1 is all of it',
    registers: [],
    collect() {
      this.reset();
      this.inc(performance.eventLoopUtilization().active / 1000);
    },
  });
  return [started, cpu, active];
}

/** A timer tells what everything else in the process has to wait for. */
function lag(): Metric {
  const late = new Histogram({
    name: 'nodejs_eventloop_lag_seconds',
    help: `How late a timer comes that is due every ${LAG_EVERY_MS} ms`,
    buckets: LAG_BUCKETS,
    registers: [],
  });
  let due = performance.now() + LAG_EVERY_MS;
  const look = () => {
    const now = performance.now();
    late.observe(Math.max(0, now - due) / 1000);
    due = now + LAG_EVERY_MS;
  };
  setInterval(look, LAG_EVERY_MS).unref();
  return late;
}
