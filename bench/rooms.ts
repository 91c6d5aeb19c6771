/** What each room costs PostgreSQL, by the sessions that are its own. PostgreSQL 18 counts WAL by session. */
import { setTimeout as sleep } from 'node:timers/promises';
import { processes } from './cost.ts';
import { ask } from './run.ts';
import type { BenchShop } from './shop.ts';

export interface RoomCost {
  /** Milliseconds an order. */
  cpu_ms: number;
  wal_bytes: number;
  commits: number;
  rows: number;
}

export interface SessionReading {
  pid: number;
  room: string;
  /** Milliseconds and bytes since it began. */
  cpu: number;
  wal: number;
}

export interface RoomReading {
  room: string;
  commits: number;
  rows: number;
}

/** A session ends when nobody has used it for ten seconds, and what it was ends with it. */
const LOOK_MS = 2_000;

const SESSIONS = `
  select pid, replace(datname, 'tradewind_', '') as room, coalesce((pg_stat_get_backend_wal(pid)).wal_bytes, 0)::float8 as wal
  from pg_stat_activity where datname like 'tradewind_%' and pid <> pg_backend_pid()`;
const COUNTERS = `
  select replace(datname, 'tradewind_', '') as room, xact_commit::float8 as commits,
    (tup_inserted + tup_updated + tup_deleted)::float8 as rows
  from pg_stat_database where datname like 'tradewind_%'`;

async function readSessions(shop: BenchShop): Promise<SessionReading[]> {
  const sessions = await ask<Omit<SessionReading, 'cpu'>>(shop, 'orders', SESSIONS);
  const cpu = new Map(processes().map((one) => [one.pid, one.cpu]));
  return sessions.map((session) => ({ ...session, cpu: cpu.get(session.pid) ?? 0 }));
}

export interface RoomMeter {
  /** The last look, and what each room has cost an order since the first. */
  end(orders: number): Promise<Record<string, RoomCost>>;
}

/** Begin and end it when the shop rests: sessions tell their counters at most once a second. */
export async function meterRooms(shop: BenchShop): Promise<RoomMeter> {
  const looks = [await readSessions(shop)];
  const before = await ask<RoomReading>(shop, 'orders', COUNTERS);
  const ending = new AbortController();
  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal: ending.signal }).catch(() => {});
      looks.push(await readSessions(shop));
    }
  }
  const watching = watch();
  // It is heard when it is waited for.
  watching.catch(() => {});
  return {
    async end(orders) {
      ending.abort();
      await watching;
      return costOfRooms(looks, before, await ask<RoomReading>(shop, 'orders', COUNTERS), orders);
    },
  };
}

/** Of each session what it grew by from look to look; a new one began with nothing. */
export function costOfRooms(
  looks: readonly (readonly SessionReading[])[],
  before: readonly RoomReading[],
  after: readonly RoomReading[],
  orders: number,
): Record<string, RoomCost> {
  const costs = after.map(({ room, commits, rows }) => {
    const then = before.find((one) => one.room === room);
    const cost: RoomCost = {
      cpu_ms: 0,
      wal_bytes: 0,
      commits: (commits - (then?.commits ?? 0)) / orders,
      rows: (rows - (then?.rows ?? 0)) / orders,
    };
    return [room, cost] as const;
  });
  const byRoom = Object.fromEntries(costs);
  for (const [i, look] of looks.slice(1).entries()) {
    const last = new Map(looks[i]?.map((session) => [session.pid, session]));
    for (const { pid, room, cpu, wal } of look) {
      const cost = byRoom[room];
      if (!cost) continue;
      cost.cpu_ms += (cpu - (last.get(pid)?.cpu ?? 0)) / orders;
      cost.wal_bytes += (wal - (last.get(pid)?.wal ?? 0)) / orders;
    }
  }
  return byRoom;
}
