/**
 * What the tests talk to: a throw-away PostgreSQL of their own, always; RabbitMQ at AMQP_URL or on this machine, or a
 * throw-away node where its binary is installed; a Chromium. What needs one that is not there is skipped, and the last
 * line says so.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { findBrowser } from '../scripts/find-browser.mjs';
import { startPostgres } from '../src/embedded/postgres.ts';
import { freePort } from './free-port.ts';
import { findRabbit } from './rabbit.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A server on which any database may be created. */
    postgresUrl: string;
    /** '' when there is no RabbitMQ. */
    amqpUrl: string;
    /** '' when there is no Chromium. */
    browserPath: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'tradewind-test-'));
  const postgres = await startPostgres({ dir: join(dir, 'postgres'), port: await freePort(), throwaway: true });
  const rabbit = await findRabbit(dir).catch(async (error) => {
    await postgres.stop();
    throw error;
  });
  project.provide('postgresUrl', postgres.url('postgres'));
  project.provide('amqpUrl', rabbit?.url ?? '');
  project.provide('browserPath', await findBrowser());
  return async () => {
    await rabbit?.stop();
    await postgres.stop();
    await rm(dir, { recursive: true, force: true });
  };
}
