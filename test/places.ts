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

async function drop(settings: Settings): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  for (const room of SERVICES) {
    const name = new URL(databaseUrl(settings, room)).pathname.slice(1);
    await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
  }
  await client.end();
}
