/**
 * What orders cost: CPU and memory by kind of process, and what PostgreSQL did for them. Read from /proc and from
 * PostgreSQL's own counters, so it is the same whatever else the machine does: on a noisy machine the figure to compare.
 */
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';

/** Pids that processes descend from, by kind: `node` or each target, `postgres`, `rabbitmq`. */
export type Roots = Readonly<Record<string, readonly number[]>>;

export interface Reading {
  /** Milliseconds of CPU by kind; empty where there is no /proc. */
  cpu: Record<string, number>;
  wal: number;
  commits: number;
  rows: number;
}

export interface Cost {
  /** Milliseconds of CPU an order, by kind. */
  cpu_ms: Record<string, number>;
  wal_bytes: number;
  commits: number;
  /** Rows inserted, updated and deleted an order. */
  rows: number;
}

/** Linux counts CPU in hundredths of a second for everybody who looks. */
const TICK_MS = 10;

export interface Process {
  pid: number;
  parent: number;
  /** With those of its children that have ended. */
  cpu: number;
  rss: number;
}

/** Of this machine; none where there is no /proc. */
export function processes(): Process[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => readProcess(Number(name)) ?? []);
  } catch {
    return [];
  }
}

function readProcess(pid: number): Process | undefined {
  try {
    // The name, in brackets, may hold anything; what follows it are numbers (proc(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ').map(Number) ?? [];
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
    const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    return { pid, parent: fields[1] ?? 0, cpu: (utime + stime + cutime + cstime) * TICK_MS, rss: rss / 1024 };
  } catch {
    return undefined;
  }
}

/** A process and all that descend from it, but for those that are another kind's. */
function family(all: readonly Process[], roots: readonly number[], others: ReadonlySet<number>): Process[] {
  const members = all.filter(({ pid }) => roots.includes(pid));
  for (const { pid } of members) {
    members.push(...all.filter((one) => one.parent === pid && !others.has(one.pid)));
  }
  return members;
}

function byKind(roots: Roots, figure: (one: Process) => number): Record<string, number> {
  const all = processes();
  if (all.length === 0) return {};
  const sums = Object.entries(roots).map(([kind, pids]) => {
    const others = new Set(Object.values(roots).flat());
    const sum = family(all, pids, others).reduce((total, one) => total + figure(one), 0);
    return [kind, sum] as const;
  });
  return Object.fromEntries(sums);
}

/** MiB held by processes, by kind; what they share with each other is counted in each. */
export const memory = (roots: Roots): Record<string, number> => byKind(roots, ({ rss }) => rss);

/** The same, what is shared divided among those that share it (proc(5), `smaps_rollup`). */
export const proportionalMemory = (roots: Roots): Record<string, number> => byKind(roots, ({ pid }) => shareOf(pid));

/** Nothing of one that has just ended, or is not ours to look into. */
function shareOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

const COUNTERS = `
  select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as wal, sum(xact_commit)::float8 as commits,
    sum(tup_inserted + tup_updated + tup_deleted)::float8 as rows
  from pg_stat_database where datname like $1`;
/** Each session tells its counters at most once a second. */
const TOLD_MS = 1_500;

export async function read(roots: Roots, server: string): Promise<Reading> {
  const cpu = byKind(roots, (one) => one.cpu);
  await new Promise((resolve) => setTimeout(resolve, TOLD_MS));
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    const { rows } = await client.query(COUNTERS, ['tradewind%']);
    return { cpu, ...(rows[0] as Omit<Reading, 'cpu'>) };
  } finally {
    await client.end();
  }
}

export function costOf(before: Reading, after: Reading, orders: number): Cost {
  const each = (a: number, b: number) => (b - a) / orders;
  const cpu_ms = Object.entries(after.cpu).map(([kind, ms]) => [kind, each(before.cpu[kind] ?? 0, ms)]);
  return {
    cpu_ms: Object.fromEntries(cpu_ms),
    wal_bytes: each(before.wal, after.wal),
    commits: each(before.commits, after.commits),
    rows: each(before.rows, after.rows),
  };
}
