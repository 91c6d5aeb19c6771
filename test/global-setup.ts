/**
 * What the tests talk to: a throw-away PostgreSQL of their own, always; RabbitMQ at AMQP_URL or on this machine, or a
 * throw-away node where its binary is installed; a Chromium. What needs one that is not there is skipped, and the last
 * line says so.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { findBrowser } from '../scripts/find-browser.mjs';
import { readSettings } from '../src/config.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { silentLog } from '../src/platform/log.ts';
import { startShop, TARGETS } from '../src/shop.ts';
import { fastFolder } from './fast-folder.ts';
import { freePort } from './free-port.ts';
import { findRabbit } from './rabbit.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A server on which any database may be created. */
    postgresUrl: string;
    /** A sample shop that nobody has used yet: what its databases are called before `_orders`, … */
    template: string;
    /** '' when there is no RabbitMQ. */
    amqpUrl: string;
    /** '' when there is no Chromium. */
    browserPath: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(fastFolder(), 'tradewind-test-'));
  const postgres = await startPostgres({ dir: join(dir, 'postgres'), port: await freePort(), throwaway: true });
  const rabbit = await findRabbit(dir).catch(async (error) => {
    await postgres.stop();
    throw error;
  });
  project.provide('postgresUrl', postgres.url('postgres'));
  project.provide('template', await prepareTemplate(postgres.url('template'), dir));
  project.provide('amqpUrl', rabbit?.url ?? '');
  project.provide('browserPath', await findBrowser());
  return async () => {
    await rabbit?.stop();
    await postgres.stop();
    await rm(dir, { recursive: true, force: true });
  };
}

/** A shop that was started once and stopped: copies of its databases are ready sooner than new ones. */
async function prepareTemplate(DATABASE_URL: string, DATA_DIR: string): Promise<string> {
  const ports = Object.fromEntries(TARGETS.map((target) => [`PORT_${target.toUpperCase()}`, '0']));
  const env = { ...ports, DATABASE_URL, DATA_DIR, SMTP_URL: 'smtp://127.0.0.1:1', ADMIN_PASSWORD: 'a password' };
  const settings = readSettings({ env, dotenv: '', flags: [] });
  const shop = await startShop({ settings, targets: TARGETS, log: silentLog });
  await shop.stop();
  return new URL(DATABASE_URL).pathname.slice(1);
}
