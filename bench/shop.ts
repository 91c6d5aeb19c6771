/** A shop of the benchmark's own in a throw-away folder, in one of three shapes, as its users would start it. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../simulator/command.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { readPidFile } from '../src/embedded/postgres-pid.ts';
import { TARGETS } from '../src/shop.ts';
import { freePort } from '../test/free-port.ts';
import { startRabbitNode } from '../test/rabbit.ts';
import type { Roots } from './cost.ts';
import { openSink } from './sink.ts';

export const SHAPES = {
  one: 'one process, its own PostgreSQL, messages within it',
  rabbit: 'one process, its own PostgreSQL, messages through RabbitMQ',
  apart: 'a process for each target, PostgreSQL and RabbitMQ beside them',
} as const;
export type Shape = keyof typeof SHAPES;

export interface BenchShop {
  readonly shape: Shape;
  readonly gateway: string;
  /** Mails that it has sent. */
  mails(): number;
  /** Where notifications tells its metrics. */
  readonly metrics: string;
  readonly roots: Roots;
  /** Seconds from the start of the last process until the shop was ready. */
  readonly startedIn: number;
  databaseUrl(database: string): string;
  /** Stops processes of some targets where they stand; the answer lets them go on. */
  freeze(targets: readonly string[]): () => void;
  stop(): Promise<void>;
}

export const ADMIN = { email: 'admin@tradewind.test', password: 'a password of the benchmark' };
const READY_LIMIT_MS = 60_000;

/** Nothing is limited: all shoppers come from one address. */
const SETTINGS = {
  ADMIN_EMAIL: ADMIN.email,
  ADMIN_PASSWORD: ADMIN.password,
  AUDIT_TOKEN: 'the-secret-of-the-benchmark',
  LOG_LEVEL: 'warn',
  RATE_LIMIT: '0',
  RATE_LIMIT_CHECKOUT: '0',
  RATE_LIMIT_AUTH: '0',
};

export interface ShopOptions {
  /** Where its folder is made; what ends with the stage ends it, also while it starts. */
  stage: Stage;
  shape: Shape;
  settings?: Readonly<Record<string, string>>;
  /** Arguments for Node, for looking into the process: `--cpu-prof`. */
  nodeArgs?: readonly string[];
}

export async function startBenchShop({ stage, shape, settings = {}, nodeArgs = [] }: ShopOptions): Promise<BenchShop> {
  const dir = mkdtempSync(join(stage.dir, 'shop-'));
  const ends: (() => Promise<unknown> | unknown)[] = [() => rmSync(dir, { recursive: true, force: true })];
  const stop = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  stage.atEnd(stop);
  try {
    return { ...(await start(dir, ends)), shape, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  async function start(folder: string, undo: typeof ends) {
    const sink = await openSink();
    undo.push(sink.stop);
    const env: Record<string, string> = {
      ...SETTINGS,
      DATA_DIR: join(folder, 'data'),
      SMTP_URL: sink.url,
      ...settings,
    };
    for (const name of ['WEB', 'POSTGRES', ...TARGETS]) {
      env[`PORT_${name.toUpperCase()}`] = String(await freePort());
    }
    const rabbit = shape === 'one' ? undefined : await startRabbitNode(folder);
    if (rabbit) {
      undo.push(rabbit.stop);
      env.AMQP_URL = rabbit.url;
    }
    if (shape === 'apart') await besides(folder, env, undo);
    const log = openSync(join(folder, 'log'), 'a');
    const began = performance.now();
    const children = (shape === 'apart' ? TARGETS : ['all']).map((target) => {
      const child = spawn(process.execPath, [...nodeArgs, 'dist/src/main.js', `--target=${target}`], {
        env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
        stdio: ['ignore', log, log],
      });
      undo.push(() => ended(child));
      return { target, child };
    });
    closeSync(log);
    const gateway = `http://127.0.0.1:${env.PORT_GATEWAY}`;
    await ready(gateway, () => readFileSync(join(folder, 'log'), 'utf8'));
    const startedIn = (performance.now() - began) / 1000;

    const data = shape === 'apart' ? join(folder, 'postgres') : join(folder, 'data', 'postgres');
    const password = readFileSync(`${data}.password`, 'utf8').trim();
    const postmaster = await readPidFile(data);
    const pids = children.flatMap(({ child }) => child.pid ?? []);
    return {
      gateway,
      mails: sink.taken,
      metrics: `http://127.0.0.1:${env.PORT_NOTIFICATIONS}/metrics`,
      startedIn,
      roots: { node: pids, postgres: postmaster ? [postmaster.pid] : [], ...(rabbit && { rabbitmq: [rabbit.pid()] }) },
      databaseUrl: (name: string) => `postgres://tradewind:${password}@127.0.0.1:${env.PORT_POSTGRES}/${name}`,
      freeze(targets: readonly string[]) {
        const frozen = children.filter(({ target }) => targets.includes(target));
        for (const { child } of frozen) child.kill('SIGSTOP');
        return () => {
          for (const { child } of frozen) child.kill('SIGCONT');
        };
      },
    };
  }
}

/** What every target leans on when each is a process: a PostgreSQL that forces to disk as any does. */
async function besides(dir: string, env: Record<string, string>, ends: (() => Promise<unknown> | unknown)[]) {
  const postgres = await startPostgres({ dir: join(dir, 'postgres'), port: Number(env.PORT_POSTGRES) });
  ends.push(postgres.stop);
  env.DATABASE_URL = postgres.url('tradewind');
  for (const target of TARGETS) {
    if (target !== 'gateway') {
      const port = env[`PORT_${target.toUpperCase()}`];
      env[`${target.toUpperCase()}_URL`] = `http://127.0.0.1:${port}`;
    }
  }
}

async function ready(gateway: string, log: () => string): Promise<void> {
  for (const limit = performance.now() + READY_LIMIT_MS; performance.now() < limit; await sleep(25)) {
    const health = await fetch(`${gateway}/health`).then(
      (reply) => reply.json() as Promise<{ status: string }>,
      () => undefined,
    );
    if (health?.status === 'ok') return;
  }
  throw new Error(`the shop did not start:\n${log().split('\n').slice(-20).join('\n')}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGCONT');
  child.kill('SIGINT');
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await exit;
  clearTimeout(late);
}
