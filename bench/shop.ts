/** A shop of the benchmark's own in a throw-away folder, in one of three shapes, as its users would start it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from '../simulator/command.ts';
import { settingsOf } from '../src/config.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { readPidFile } from '../src/embedded/postgres-pid.ts';
import { TARGETS } from '../src/shop.ts';
import { freePort } from '../test/free-port.ts';
import { startRabbitNode } from '../test/rabbit.ts';
import type { Roots } from './cost.ts';
import type { Counts } from './processes.ts';
import { createProcesses } from './processes.ts';
import { openSink } from './sink.ts';

export const SHAPES = {
  one: 'one process, its own PostgreSQL, messages within it',
  rabbit: 'one process, its own PostgreSQL, messages through RabbitMQ',
  apart: 'a process for each target, PostgreSQL and RabbitMQ beside them',
} as const;
export type Shape = keyof typeof SHAPES;

export interface BenchShop {
  readonly shape: Shape;
  /** The first of its gateways. */
  readonly gateway: string;
  gateways(): readonly string[];
  /** Mails that it has sent. */
  mails(): number;
  /** Where each process of notifications tells its metrics. */
  metrics(): readonly string[];
  roots(): Roots;
  /** Seconds from the start of the last process until the shop was ready. */
  readonly startedIn: number;
  databaseUrl(database: string): string;
  /** Changes how many processes run a target. Of shape `apart`. */
  scale(counts: Counts): Promise<void>;
  /** Stops processes of some targets where they stand; the answer lets them go on. */
  freeze(targets: readonly string[]): () => void;
  stop(): Promise<void>;
}

export const ADMIN = { email: 'admin@tradewind.test', password: 'a password of the benchmark' };

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
  /** Puts something into its data folder before it starts. Of shape `one`. */
  furnish?: (where: Furnished) => Promise<void>;
  /** Arguments for Node, for looking into the process: `--cpu-prof`. */
  nodeArgs?: readonly string[];
}

/** Where a shop's own PostgreSQL will be; it may be started there meanwhile. */
export interface Furnished {
  dataDir: string;
  port: number;
  /** To be done when the shop is stopped. */
  atEnd(end: () => Promise<unknown>): void;
}

export async function startBenchShop(options: ShopOptions): Promise<BenchShop> {
  const { stage, shape, settings = {}, nodeArgs = [], furnish } = options;
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
    for (const name of ['web', 'postgres', ...TARGETS]) {
      env[settingsOf(name).port] = String(await freePort());
    }
    const rabbit = shape === 'one' ? undefined : await startRabbitNode(folder);
    if (rabbit) {
      undo.push(rabbit.stop);
      env.AMQP_URL = rabbit.url;
    }
    if (shape === 'apart') await besides(folder, env, undo);
    await furnish?.({
      dataDir: join(folder, 'data'),
      port: Number(env.PORT_POSTGRES),
      atEnd: (end) => undo.push(end),
    });
    const processes = createProcesses({ env, log: join(folder, 'log'), nodeArgs });
    undo.push(processes.stop);
    const began = performance.now();
    await processes.open(shape === 'apart' ? TARGETS : ['all']);
    const startedIn = (performance.now() - began) / 1000;

    const data = shape === 'apart' ? join(folder, 'postgres') : join(folder, 'data', 'postgres');
    const password = readFileSync(`${data}.password`, 'utf8').trim();
    const postmaster = await readPidFile(data);
    const gateways = () => processes.of(shape === 'apart' ? 'gateway' : 'all').map(({ url }) => url);
    const notifications = () =>
      shape === 'apart'
        ? processes.of('notifications').map(({ url }) => url)
        : [`http://127.0.0.1:${env.PORT_NOTIFICATIONS}`];
    return {
      gateway: gateways()[0] as string,
      gateways,
      mails: sink.taken,
      metrics: () => notifications().map((url) => `${url}/metrics`),
      startedIn,
      roots: () => ({
        ...processes.roots(),
        postgres: postmaster ? [postmaster.pid] : [],
        ...(rabbit && { rabbitmq: [rabbit.pid()] }),
      }),
      databaseUrl: (name: string) => `postgres://tradewind:${password}@127.0.0.1:${env.PORT_POSTGRES}/${name}`,
      scale: processes.scale,
      freeze(targets: readonly string[]) {
        const frozen = TARGETS.filter((target) => targets.includes(target)).flatMap((target) => processes.of(target));
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
      const { port, url } = settingsOf(target);
      env[url] = `http://127.0.0.1:${env[port]}`;
    }
  }
}
