/** Places where no shop is yet, for backups to be put, and the shops that are started there. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import type { Settings } from '../src/config.ts';
import { SERVICES, type ServiceName } from '../src/contracts/registry.ts';
import { databaseUrl, ensureDatabases } from '../src/shop.ts';
import { fastFolder } from './fast-folder.ts';
import { startTestShop, type TestShop, type Topology } from './harness.ts';

const made: Settings[] = [];
let folder = '';

/** A folder for the tests of a file; it goes with them, and so do all databases that were made. */
export function usePlaces(): string {
  folder = mkdtempSync(join(fastFolder(), 'tradewind-backup-'));
  afterAll(async () => {
    for (const settings of made.splice(0)) await drop(settings);
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Databases of their own on the tests' server, and a folder. */
export async function freshPlace(like: Settings): Promise<Settings> {
  const server = new URL(inject('postgresUrl'));
  server.pathname = `/place_${process.pid}_${made.length}_${Math.random().toString(36).slice(2, 8)}`;
  const settings = { ...like, DATABASE_URL: server.href, DATA_DIR: join(folder, `data-${made.length}`) };
  made.push(settings);
  await ensureDatabases(settings, SERVICES);
  return settings;
}

export function startOn(
  { DATABASE_URL, DATA_DIR, PAYMENT_LATENCY_MS }: Settings,
  topology: Topology = 'local',
): Promise<TestShop> {
  const settings = { DATABASE_URL, DATA_DIR, PAYMENT_LATENCY_MS: String(PAYMENT_LATENCY_MS) };
  return startTestShop({ topology, prepared: false, settings });
}

/** Rows of a database on which no shop is running. */
export async function rowsAt(settings: Settings, room: ServiceName, text: string) {
  const client = new pg.Client({ connectionString: databaseUrl(settings, room) });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

/**
 * Breaks a restore off in one room, as a kill would: when that room commits what was put back, or when its mark is taken off.
 * What does so lies in a schema that no restore touches; the answer takes it away.
 */
export async function breakOff(settings: Settings, room: ServiceName, when: 'at its commit' | 'at its mark') {
  const trap =
    when === 'at its commit'
      ? `create table trap.late (); insert into trap.late default values;
         create function trap.fail() returns trigger language plpgsql as $$ begin raise 'broken off'; end $$;
         create constraint trigger late after insert on trap.late deferrable initially deferred
           for each row execute function trap.fail();
         create function trap.spring() returns event_trigger language plpgsql as
           $$ begin insert into trap.late default values; end $$;
         create event trigger trap on ddl_command_end when tag in ('CREATE FUNCTION') execute function trap.spring()`
      : `create function trap.spring() returns event_trigger language plpgsql as $$ declare done boolean; begin
           if to_regclass('restore_unfinished') is null then return; end if;
           execute 'select complete from restore_unfinished' into done;
           if done then raise 'broken off'; end if; end $$;
         create event trigger trap on ddl_command_start when tag in ('DROP TABLE') execute function trap.spring()`;
  await rowsAt(settings, room, `create schema trap; ${trap}`);
  return () => rowsAt(settings, room, 'drop event trigger trap; drop schema trap cascade');
}

async function drop(settings: Settings): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  for (const room of SERVICES) {
    const name = new URL(databaseUrl(settings, room)).pathname.slice(1);
    await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
  }
  await client.end();
}
