/** An empty room for tests of the machinery: a database of its own with the platform's tables, and a clock to turn. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { Clock } from '../src/platform/clock.ts';
import { systemClock } from '../src/platform/clock.ts';
import type { Database, DatabaseOptions } from '../src/platform/database.ts';
import { openDatabase } from '../src/platform/database.ts';
import type { InboxMeter } from '../src/platform/inbox.ts';
import { silentLog } from '../src/platform/log.ts';
import { migrate, PLATFORM_MIGRATIONS } from '../src/platform/migrations.ts';

export interface ManualClock extends Clock {
  advance(ms: number): void;
}

/** For an inbox whose figures nobody reads. */
export const deaf: InboxMeter = { batch() {}, handler() {}, other() {} };

/** Starts now and stands still until it is turned. */
export function manualClock(): ManualClock {
  let time = Date.now();
  return {
    ...systemClock,
    now: () => new Date(time),
    advance: (ms) => {
      time += ms;
    },
  };
}

export interface ScratchDatabase {
  readonly db: Database;
  readonly url: string;
  readonly clock: ManualClock;
  /** What another replica holds: a pool of its own on the same database. */
  open(options?: Partial<DatabaseOptions>): Database;
  rows<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Fails when a connection was taken and never given back. */
  close(): Promise<void>;
}

export { PLATFORM_MIGRATIONS };

export async function openScratchDatabase(service = 'maker', { migrated = true } = {}): Promise<ScratchDatabase> {
  const name = `scratch_${randomBytes(8).toString('hex')}`;
  await onServer(`create database ${name}`);
  const url = Object.assign(new URL(inject('postgresUrl')), { pathname: `/${name}` }).href;
  const clock = manualClock();
  const opened: Database[] = [];
  const open: ScratchDatabase['open'] = (options = {}) => {
    const one = openDatabase({ service, url, clock, log: silentLog, ...options });
    opened.push(one);
    return one;
  };
  const db = open();
  if (migrated) await migrate(db, [PLATFORM_MIGRATIONS]);
  return {
    db,
    url,
    clock,
    open,
    rows: (text, values = []) => db.query({ text }, values),
    async close() {
      const leaked = opened.map(({ pool }) => pool.totalCount - pool.idleCount);
      await Promise.all(opened.map((one) => (one.pool.ended ? undefined : one.close())));
      await onServer(`drop database ${name} with (force)`);
      if (leaked.some((count) => count > 0)) throw new Error(`${leaked.join(' + ')} connections were never given back`);
    },
  };
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  await client.query(statement);
  await client.end();
}
