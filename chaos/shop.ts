/** The shop under test, in one of its two shapes, and what can be done to it. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { settingsOf } from '../src/config.ts';
import type { ServiceName } from '../src/contracts/registry.ts';
import type { EmbeddedPostgres } from '../src/embedded/postgres.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { readPidFile } from '../src/embedded/postgres-pid.ts';
import { TARGETS } from '../src/shop.ts';
import { freePort } from '../test/free-port.ts';
import { startRabbitNode } from '../test/rabbit.ts';
import { STAND_IN_KEY, STAND_IN_SECRET } from '../test/stripe-stand-in.ts';
import type { Absence, End } from './ends.ts';
import type { Outside } from './outside.ts';
import type { Misfortune } from './plan.ts';
import type { Kept } from './processes.ts';
import { keep } from './processes.ts';

export interface ChaosShop {
  /** The doors of its gateways. */
  readonly gateways: readonly string[];
  readonly misfortunes: readonly Misfortune[];
  databaseUrl(room: ServiceName): string;
  /** Lets one happen; what comes back makes it end, and resolves when it has. */
  strike(misfortune: Misfortune): Promise<() => Promise<void>>;
  /** Of its processes that ended without having been killed, and when they may. */
  ends(): { ends: readonly End[]; absences: readonly Absence[] };
  stop(): Promise<void>;
}

export const ADMIN_PASSWORD = 'a password of chaos';
const REPLICAS = 2;

/** Short deadlines, so that some orders meet them; nothing is limited, because all shoppers come from one address. */
const settings = (outside: Outside) => ({
  ADMIN_PASSWORD,
  AUDIT_TOKEN: 'the-secret-of-chaos',
  LOG_LEVEL: 'warn',
  RATE_LIMIT: '0',
  RATE_LIMIT_CHECKOUT: '0',
  RATE_LIMIT_AUTH: '0',
  DATABASE_POOL_SIZE: '4',
  STOCK_DEADLINE_SECONDS: '20',
  PAYMENT_DEADLINE_SECONDS: '40',
  PAYMENT_TIMEOUT_MS: '2000',
  STRIPE_SECRET_KEY: STAND_IN_KEY,
  STRIPE_WEBHOOK_SECRET: STAND_IN_SECRET,
  STRIPE_API_URL: `http://127.0.0.1:${outside.bank.port}`,
  SMTP_URL: `smtp://127.0.0.1:${outside.mail.port}`,
  SAMPLE_SHOP: 'false',
});

/** What both shapes lean on. */
const OUTSIDE: readonly Misfortune[] = [
  { how: 'cut', what: 'mail', kind: 'cut mail' },
  { how: 'cut', what: 'bank', kind: 'cut bank' },
  { how: 'mute', what: 'bank', kind: 'mute bank' },
];
const happens = (how: 'kill' | 'freeze', processes: readonly Kept[]): Misfortune[] =>
  processes.map(({ name }) => ({ how, what: name, kind: how }));

/** Every target as a process of its own, each twice, on RabbitMQ and PostgreSQL. */
export async function startApart(dir: string, outside: Outside): Promise<ChaosShop> {
  const postgres = await keptPostgres(join(dir, 'postgres'));
  const broker = await startRabbitNode(dir);
  const logs = join(dir, 'logs');
  mkdirSync(logs);
  const processes: Kept[] = [];
  const absences: Absence[] = [];
  const gateways: string[] = [];
  for (let replica = 1; replica <= REPLICAS; replica += 1) {
    const env: Record<string, string> = {
      ...settings(outside),
      DATABASE_URL: postgres.url('tradewind'),
      AMQP_URL: broker.url,
      AMQP_NAMESPACE: 'chaos',
      PORT_WEB: String(await freePort()),
      DATA_DIR: join(dir, `data-${replica}`),
    };
    for (const target of TARGETS) {
      const port = String(await freePort());
      env[settingsOf(target).port] = port;
      if (target === 'gateway') gateways.push(`http://127.0.0.1:${port}`);
      else env[settingsOf(target).url] = `http://127.0.0.1:${port}`;
    }
    for (const target of TARGETS) {
      const name = `${target} ${replica}`;
      processes.push(keep({ name, args: [`--target=${target}`], env, log: join(logs, `${name}.log`) }));
    }
  }

  return {
    gateways,
    misfortunes: [
      ...OUTSIDE,
      { how: 'kill', what: 'broker', kind: 'kill broker' },
      { how: 'crash', what: 'postgres', kind: 'crash' },
      ...happens('kill', processes),
      ...happens('freeze', processes),
    ],
    databaseUrl: (room) => postgres.url(`tradewind_${room}`),
    async strike(misfortune) {
      const { how, what } = misfortune;
      if (how === 'crash') return noted(absences, 'postgres', postgres.crash);
      if (what === 'broker') {
        return noted(absences, 'broker', async () => {
          await broker.kill();
          return broker.start;
        });
      }
      return strikeEither(misfortune, processes, outside);
    },
    ends: () => ({ ends: processes.flatMap(({ ends }) => ends), absences }),
    async stop() {
      await Promise.all(processes.map((one) => one.stop()));
      await broker.stop();
      await postgres.stop();
    },
  };
}

/** Everything in one process, with the PostgreSQL that it brings. */
export async function startTogether(dir: string, outside: Outside): Promise<ChaosShop> {
  const port = await freePort();
  const database = await freePort();
  const ports: Record<string, string> = { PORT_WEB: String(await freePort()), PORT_POSTGRES: String(database) };
  for (const target of TARGETS) ports[settingsOf(target).port] = String(await freePort());
  ports.PORT_GATEWAY = String(port);
  const data = join(dir, 'data');
  const log = join(dir, 'shop.log');
  const absences: Absence[] = [];
  const shop = keep({ name: 'shop', args: [], env: { ...settings(outside), ...ports, DATA_DIR: data }, log });
  return {
    gateways: [`http://127.0.0.1:${port}`],
    misfortunes: [
      ...OUTSIDE,
      { how: 'crash', what: 'postgres', kind: 'crash' },
      ...happens('kill', [shop]),
      ...happens('freeze', [shop]),
    ],
    databaseUrl(room) {
      const password = readFileSync(join(data, 'postgres.password'), 'utf8').trim();
      return `postgres://tradewind:${password}@127.0.0.1:${database}/tradewind_${room}`;
    },
    async strike(misfortune) {
      if (misfortune.how !== 'crash') return strikeEither(misfortune, [shop], outside);
      return noted(absences, 'postgres', async () => {
        await crash(join(data, 'postgres'));
        return async () => {};
      });
    },
    ends: () => ({ ends: shop.ends, absences }),
    stop: () => shop.stop(),
  };
}

/** Writes down from when until when something is away. */
async function noted(absences: Absence[], what: Absence['what'], strike: () => Promise<() => Promise<void>>) {
  const absence = { what, from: performance.now(), until: Number.POSITIVE_INFINITY };
  absences.push(absence);
  const end = await strike();
  return async () => {
    await end();
    absence.until = performance.now();
  };
}

async function strikeEither({ how, what }: Misfortune, processes: readonly Kept[], outside: Outside) {
  const line = what === 'mail' ? outside.mail : outside.bank;
  const hit = processes.find(({ name }) => name === what);
  if (how === 'kill') hit?.signal('SIGKILL');
  else if (how === 'freeze') hit?.signal('SIGSTOP');
  else if (how === 'cut') line.cut();
  else line.mute();
  return async () => {
    if (how === 'freeze') hit?.signal('SIGCONT');
    if (how === 'cut' || how === 'mute') line.mend();
  };
}

/** Immediate shutdown: no checkpoint, every connection is dropped; recovery from the log at the next start. */
async function crash(dir: string): Promise<void> {
  const file = await readPidFile(dir);
  if (file) process.kill(file.pid, 'SIGQUIT');
}

async function keptPostgres(dir: string) {
  const port = await freePort();
  let server: EmbeddedPostgres = await startPostgres({ dir, port, throwaway: true });
  return {
    url: (name: string) => server.url(name),
    stop: () => server.stop(),
    async crash() {
      const gone = new Promise((resolve) => server.onExit(resolve));
      await crash(dir);
      await gone;
      await sleep(500);
      return async () => {
        server = await startPostgres({ dir, port, throwaway: true });
      };
    },
  };
}
