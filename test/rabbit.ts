/** Finds a RabbitMQ for the tests, or starts a throw-away node on ports and in folders of its own. */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Connection } from 'rabbitmq-client';
import { SERVICES } from '../src/contracts/registry.ts';
import { nodesOf } from '../src/platform/broker-nodes.ts';
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
  const mapper = await freePort();
  const node = await openNode({ dir, mapper });
  await node.start();
  return {
    ...node,
    stop: async () => {
      await node.kill();
      await endMapper(mapper);
    },
  };
}

export interface ClusterNode extends RabbitNode {
  /** As the others call it. */
  readonly name: string;
}

export interface RabbitCluster {
  readonly nodes: readonly ClusterNode[];
  /** All of them, as AMQP_URL names them. */
  readonly url: string;
  /** Who leads each queue, and who has it, as one of the nodes says. */
  queues(asked: ClusterNode): Promise<{ name: string; leader: string; online: string[] }[]>;
  stop(): Promise<void>;
}

/** Little memory and small logs: three of them share a machine with everything else. */
const CLUSTERED = [
  'vm_memory_high_watermark.absolute = 400MB',
  'raft.wal_max_size_bytes = 8388608',
  'cluster_partition_handling = pause_minority',
  'cluster_formation.peer_discovery_backend = classic_config',
];

/** A node that has nothing to do does not wait for it with a core in its hand. */
const PATIENT = '+sbwt none +sbwtdcpu none +sbwtdio none';

/** Several nodes that know each other, on loopback, with one port mapper and one secret. */
export async function startRabbitCluster(dir: string, size: number): Promise<RabbitCluster> {
  const mapper = await freePort();
  // Nodes and their tools know each other by a cookie that lies there.
  const home = join(dir, 'rabbit-cluster');
  await mkdir(home, { recursive: true });
  await writeFile(join(home, '.erlang.cookie'), randomBytes(16).toString('hex'), { mode: 0o400 });
  const config = join(home, 'rabbitmq.conf');
  const nodes: ClusterNode[] = [];
  for (let i = 0; i < size; i += 1) nodes.push(await openNode({ dir: home, mapper, home, config }));
  const members = nodes.map(({ name }, i) => `cluster_formation.classic_config.nodes.${i + 1} = ${name}`);
  await writeFile(config, `${[...CLUSTERED, ...members].join('\n')}\n`);
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    await endMapper(mapper);
  };
  try {
    // The first one is what the others join.
    await nodes[0]?.start();
    await Promise.all(nodes.slice(1).map((node) => node.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nodes,
    url: nodes.map(({ url }) => url).join(','),
    async queues({ name }) {
      const env = {
        ...process.env,
        HOME: home,
        ERL_EPMD_PORT: String(mapper),
        RABBITMQ_CONF_ENV_FILE: join(home, 'none'),
      };
      const asked = ['-q', '-n', name, '--formatter', 'json', 'list_queues', 'name', 'leader', 'online'];
      const { stdout } = await promisify(execFile)(join(dirname(rabbitBinary() as string), 'rabbitmqctl'), asked, {
        env,
      });
      return JSON.parse(stdout);
    },
    stop,
  };
}

interface Place {
  dir: string;
  /** Port of the port mapper. */
  mapper: number;
  home?: string;
  config?: string;
}

/** A node that is not running yet. */
async function openNode({ dir, mapper, home, config }: Place): Promise<ClusterNode> {
  const binary = rabbitBinary();
  if (!binary) throw new Error('RabbitMQ is not installed');
  const port = await freePort();
  const distribution = await freePort();
  const own = join(dir, `rabbit-${port}`);
  await mkdir(own, { recursive: true });
  const name = `tradewind-${port}@localhost`;
  const env = {
    ...process.env,
    HOME: home ?? own,
    RABBITMQ_NODENAME: name,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(own, 'data'),
    RABBITMQ_LOG_BASE: join(own, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(own, 'plugins'),
    RABBITMQ_CONFIG_FILE: config ?? join(own, 'none'),
    RABBITMQ_PID_FILE: join(own, 'pid'),
    // A port mapper of its own, that ends with it.
    ERL_EPMD_PORT: String(mapper),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `+S 1:1 ${config ? PATIENT : ''} -kernel inet_dist_use_interface {127,0,0,1}`,
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
      if (Date.now() > limit || child.exitCode !== null) throw new Error(`RabbitMQ did not start, see ${own}/log`);
      await sleep(100);
    }
    // The port opens a moment before the node takes connections.
    await sleep(500);
  }

  async function kill(): Promise<void> {
    if (!server?.pid) return;
    try {
      process.kill(-server.pid, 'SIGKILL');
    } catch {}
    await ended;
    server = undefined;
  }

  return { name, url: `amqp://guest:guest@127.0.0.1:${port}`, start, kill, stop: kill, pid: () => server?.pid ?? 0 };
}

/** The mapper is a daemon outside our group, on its own port nobody else's; it stays until it has missed the nodes. */
async function endMapper(port: number): Promise<void> {
  for (let tries = 0; tries < 40; tries += 1) {
    const command = spawn('epmd', ['-port', String(port), '-kill'], { stdio: 'ignore' });
    const code = await new Promise((resolve) => command.once('error', () => resolve(0)).once('exit', resolve));
    if (code === 0) return;
    await sleep(50);
  }
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
  const connection = new Connection(nodesOf(url));
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
