/**
 * What the tests talk to: a throw-away PostgreSQL of their own, always; RabbitMQ at AMQP_URL or on this machine, or a
 * throw-away node where its binary is installed; a Chromium. What needs one that is not there is skipped, and the last
 * line says so.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestProject } from 'vitest/node';
import { findBrowser } from '../scripts/find-browser.mjs';
import { readSettings, settingsOf } from '../src/config.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { silentLog } from '../src/platform/log.ts';
import type { Shop } from '../src/shop.ts';
import { startShop, TARGETS } from '../src/shop.ts';
import { ADMIN } from './admin.ts';
import { fastFolder } from './fast-folder.ts';
import { freePort } from './free-port.ts';
import { findRabbit } from './rabbit.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A server on which any database may be created. */
    postgresUrl: string;
    /** A sample shop that nobody has used yet: what its databases are called before `_orders`, … */
    template: string;
    /** What is in its DATA_DIR. */
    templateFolder: string;
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
  const templateFolder = join(dir, 'template');
  project.provide('template', await prepareTemplate(postgres.url('template'), templateFolder));
  project.provide('templateFolder', templateFolder);
  project.provide('amqpUrl', rabbit?.url ?? '');
  project.provide('browserPath', await findBrowser());
  return async () => {
    await rabbit?.stop();
    await postgres.stop();
    await rm(dir, { recursive: true, force: true });
  };
}

/** A shop that was started once and stopped: copies of its databases and its pictures are ready sooner than new ones. */
async function prepareTemplate(DATABASE_URL: string, DATA_DIR: string): Promise<string> {
  const ports = Object.fromEntries(TARGETS.map((target) => [settingsOf(target).port, '0']));
  const env = { ...ports, DATABASE_URL, DATA_DIR, SMTP_URL: 'smtp://127.0.0.1:1' };
  const owner = { ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password };
  const settings = readSettings({ env: { ...env, ...owner }, dotenv: '', flags: [] });
  const shop = await startShop({ settings, targets: TARGETS, log: silentLog });
  await picturesOf(shop);
  await shop.stop();
  return new URL(DATABASE_URL).pathname.slice(1);
}

/** They are put on their shelf behind the start: stopped before that, copies would have some of them, by chance. */
async function picturesOf(shop: Shop): Promise<void> {
  const missing = { text: `select from images where state = 'sample'` };
  while ((await shop.services.get('catalog')?.db.query(missing))?.length) await sleep(20);
}
