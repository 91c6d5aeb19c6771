/** Finds a RabbitMQ for the tests, or starts a throw-away node on ports and in folders of its own. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from 'rabbitmq-client';
import { SERVICES } from '../src/contracts/registry.ts';
import { freePort } from './free-port.ts';
import { leash } from './leash.ts';

export interface Rabbit {
  url: string;
  stop(): Promise<void>;
}

/** A node that a test may kill and start again. */
export interface RabbitNode extends Rabbit {
  /** kill -9. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Of the process that all of its others descend from. */
  pid(): number;
}

const DEFAULT_URL = 'amqp://guest:guest@127.0.0.1:5672';
/** Not Debian's wrapper in /usr/sbin: as root it changes to a user who cannot write our folders. */
const SERVERS = ['/usr/lib/rabbitmq/bin/rabbitmq-server', '/opt/homebrew/sbin/rabbitmq-server'];
const START_LIMIT_MS = 60_000;

export function rabbitBinary(): string | undefined {
  return SERVERS.find((path) => existsSync(path));
}

export async function findRabbit(dir: string): Promise<Rabbit | undefined> {
  const given = process.env.AMQP_URL;
  if (given) return { url: given, stop: async () => {} };
  if (await answers(5672)) return { url: DEFAULT_URL, stop: async () => {} };
  if (!rabbitBinary()) return undefined;
  return startRabbitNode(dir);
}

export async function startRabbitNode(dir: string): Promise<RabbitNode> {
  const binary = rabbitBinary();
  if (!binary) throw new Error('RabbitMQ is not installed');
  const port = await freePort();
  const distribution = await freePort();
  const home = join(dir, `rabbit-${port}`);
  await mkdir(home, { recursive: true });
  const mapperPort = String(await freePort());
  const env = {
    ...process.env,
    HOME: home,
    RABBITMQ_NODENAME: `tradewind-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(home, 'data'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(home, 'none'),
    RABBITMQ_PID_FILE: join(home, 'pid'),
    // A port mapper of its own, that ends with it.
    ERL_EPMD_PORT: mapperPort,
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1',
  };
  let server: ReturnType<typeof spawn> | undefined;
  let ended: Promise<unknown> = Promise.resolve();

  async function start(): Promise<void> {
    // A group of its own, so that the whole tree of processes can be ended by it.
    const child = spawn(binary as string, [], { env, stdio: 'ignore', detached: true });
    leash(child, { group: true });
    server = child;
    ended = new Promise((resolve) => child.once('exit', resolve));
    const limit = Date.now() + START_LIMIT_MS;
    while (!(await answers(port))) {
      if (Date.now() > limit || child.exitCode !== null) throw new Error(`RabbitMQ did not start, see ${home}/log`);
      await sleep(100);
    }
    // The port opens a moment before the node takes connections.
    await sleep(500);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!server?.pid) return;
    try {
      process.kill(-server.pid, signal);
    } catch {}
    await ended;
    server = undefined;
  }

  /** The mapper is a daemon outside our group, on its own port nobody else's; it stays until it has missed the node. */
  async function endMapper(): Promise<void> {
    for (let tries = 0; tries < 40; tries += 1) {
      const command = spawn('epmd', ['-port', mapperPort, '-kill'], { stdio: 'ignore' });
      const code = await new Promise((resolve) => command.once('error', () => resolve(0)).once('exit', resolve));
      if (code === 0) return;
      await sleep(50);
    }
  }

  await start();
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    start,
    kill: () => end('SIGKILL'),
    pid: () => server?.pid ?? 0,
    stop: async () => {
      await end('SIGKILL');
      await endMapper();
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    // Who answers matters: RabbitMQ speaks first after our header.
    socket.once('connect', () => socket.write('AMQP\0\0\t\u0001'));
    socket.once('data', (data) => done(data[0] === 1));
    socket.once('error', () => done(false));
    socket.setTimeout(1_000, () => done(false));
  });
}

/** Removes the queues and exchanges of a test shop: each quorum queue costs its broker open files. */
export async function removeNamespace(url: string, namespace: string, rooms: readonly string[] = SERVICES) {
  const connection = new Connection({ url });
  connection.on('error', () => {});
  try {
    await connection.onConnect(2_000);
    for (const room of rooms) {
      await connection.queueDelete({ queue: `${namespace}.${room}` });
      await connection.queueDelete({ queue: `${namespace}.${room}.dead` });
    }
    for (const exchange of ['events', 'dead'])
      await connection.exchangeDelete({ exchange: `${namespace}.${exchange}` });
    await connection.close();
  } catch {
    // The broker is gone, and they with it.
    connection.unsafeDestroy();
  }
}
