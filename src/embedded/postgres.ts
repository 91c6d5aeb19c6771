// A real PostgreSQL for a machine that has none: made once below the data folder, started and stopped with the shop.
// It answers on 127.0.0.1 only, under a password kept in a file beside its data (`<dir>.password`, mode 0600), and writes
// its log to `<dir>.log`. It outlives nothing: a shell between us and it holds a pipe from this process, and when the pipe
// closes, however this process ended, shuts PostgreSQL down. It runs in a session of its own, so that Ctrl-C reaches the
// shop alone and PostgreSQL is there until the shop has drained.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, realpath, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireFreePort } from './port.ts';
import { type Account, chooseAccount, followFolder, handOver, LOADER } from './postgres-account.ts';
import { type Binaries, findBinaries } from './postgres-binaries.ts';
import { clearForeignPid, isAlive, readPidFile, serves, waitForPredecessor } from './postgres-pid.ts';
import { type Turn, takeTurn } from './postgres-turn.ts';

export interface EmbeddedPostgres {
  /** The connection string for a database of this cluster. */
  url(database: string): string;
  /** Called once if PostgreSQL ends without having been asked to. */
  onExit(callback: (error: Error) => void): void;
  /** Fast shutdown; after 10 s an immediate one. May be called twice. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** The data folder, for example `.data/postgres`. */
  dir: string;
  port: number;
  /** For tests: nothing is forced to disk, so a power cut may lose the data. */
  throwaway?: boolean;
  /** Of memory for pages; 128MB unless given. More is for loading much at once. */
  sharedBuffers?: string;
  /** The name of the setting to give in errors about the port. */
  portSetting?: string;
  /** The command that starts it for a look only, for example `npm run audit`: whoever comes next waits for its end. */
  visitor?: string;
  /** Told for whom it waits, if it must. */
  onWait?: (reason: string) => void;
}

const SUPERUSER = 'tradewind';
const LOG_LIMIT = 10 * 1024 * 1024;
const START_LIMIT_MS = 300_000; // crash recovery of 2 GB of log on a slow disk takes minutes
const START_ATTEMPTS = 75; // 15 s
const PORT_LIMIT_MS = 3_000;
const STOP_LIMIT_MS = 10_000;

// The shell tells the server's pid, then reads its standard input, the pipe, in a child; the end of the pipe is the order to shut down.
const SUPERVISOR = `${LOADER}exec 3<&0
"$@" 3<&- </dev/null >&2 & server=$!
echo $server
exec >&2
( while read -r _ <&3; do :; done; kill -INT $server 2>/dev/null ) & watcher=$!
exec 3<&-
wait $server; code=$?
kill $watcher 2>/dev/null
exit $code`;

/** Starts PostgreSQL in `dir`, making the cluster on the first start, and waits until it takes queries. */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const place = await findPlace(options.dir);
  const { visitor = '', onWait = () => {} } = options;
  return startInTurn(place, options, await takeTurn(place.dir, visitor, onWait));
}

/** Has the turn until PostgreSQL has stopped. */
async function startInTurn(place: Place, options: PostgresOptions, turn: Turn): Promise<EmbeddedPostgres> {
  try {
    const { server, password } = await startServer(place, options);
    return connectTo(server, turn, (database) => addressOf(place, password, options.port, database));
  } catch (error) {
    await turn.release();
    throw error;
  }
}

async function startServer(place: Place, options: PostgresOptions): Promise<{ server: Server; password: string }> {
  await waitForPredecessor(place.dir);
  await waitForPort(place, options);
  const binaries = await findBinaries(join(place.parent, 'postgres-libraries'));
  const account = await chooseAccount(binaries, place.dir);
  const password = await preparePassword(place);
  await initialise(place, binaries, account, password, options.throwaway ?? false);
  await handOver(account, place.dir);
  await clearForeignPid(place.dir);
  await removeSockets(place);
  await trimLog(place.log);
  return { server: await launch(place, binaries, account, options), password };
}

/** The longest path that a Unix socket may have (sun_path on macOS; Linux takes four more). */
const SOCKET_PATH = 103;

/** Where PostgreSQL's socket is; undefined where its path would be too long. */
function socketFolder({ dir }: Place): string | undefined {
  return Buffer.byteLength(join(dir, '.s.PGSQL.65535')) <= SOCKET_PATH ? dir : undefined;
}

/** Nobody serves this folder: what a killed server has left there would keep the next one from starting. */
async function removeSockets({ dir }: Place): Promise<void> {
  for (const name of await readdir(dir)) if (name.startsWith('.s.PGSQL.')) await rm(join(dir, name), { force: true });
}

/** By its socket, where that can be: it takes a tenth off the CPU of an order, in Node and in PostgreSQL (measured by `npm run bench`). */
function addressOf(place: Place, password: string, port: number, database: string): string {
  const folder = socketFolder(place);
  const base = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  return folder ? `${base}?host=${encodeURIComponent(folder)}` : base;
}

/** The PostgreSQL of a shop that runs, or one started for now: for a look at its books. */
export async function reachPostgres(options: PostgresOptions): Promise<EmbeddedPostgres & { started: boolean }> {
  // Looking makes no folders.
  if (!(await isCluster(options.dir))) throw new Error(`there is no shop in ${dirname(resolve(options.dir))} yet`);
  const place = await findPlace(options.dir);
  const { visitor = '', onWait = () => {} } = options;
  const turn = await takeTurn(place.dir, visitor, onWait, async (holder) => {
    const running = holder.visitor ? undefined : await readPidFile(place.dir);
    return running?.status === 'ready' && (await serves(running.pid, place.dir)) ? running : undefined;
  });
  if ('release' in turn) return { ...(await startInTurn(place, options, turn)), started: true };
  const password = await preparePassword(place);
  const base = `postgres://${SUPERUSER}:${password}@127.0.0.1:${turn.port}`;
  return { url: (database) => `${base}/${database}`, onExit: () => {}, stop: async () => {}, started: false };
}

/** A killed server's port is free a moment after the server is gone; one that left in good order left no pid file either. */
async function waitForPort(place: Place, { port, portSetting = 'PORT_POSTGRES' }: PostgresOptions): Promise<void> {
  const deadline = (await readPidFile(place.dir)) ? Date.now() + PORT_LIMIT_MS : 0;
  for (;;) {
    try {
      return await requireFreePort(port, '127.0.0.1', portSetting);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

interface Place {
  dir: string;
  parent: string;
  log: string;
  password: string;
}

async function findPlace(dir: string): Promise<Place> {
  await mkdir(dirname(resolve(dir)), { recursive: true });
  // The real path: PostgreSQL's command line names it, and that is how a running server of this folder is recognised.
  const parent = await realpath(dirname(resolve(dir)));
  const data = join(parent, basename(dir));
  return { dir: data, parent, log: `${data}.log`, password: `${data}.password` };
}

async function preparePassword(place: Place): Promise<string> {
  const present = await readFile(place.password, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT')
      throw new Error(`the password file ${place.password} cannot be read: ${error.message}`);
    return '';
  });
  if (present.trim()) return present.trim();
  if (await isCluster(place.dir))
    throw new Error(
      `the password file ${place.password} is missing: put it back, or remove ${place.dir} with all its data`,
    );
  const password = randomBytes(24).toString('hex');
  const draft = `${place.password}.tmp-${process.pid}`;
  await writeFile(draft, `${password}\n`, { mode: 0o600 });
  await followFolder(draft);
  await rename(draft, place.password);
  return password;
}

/** Whether there is one in this folder. */
export async function isCluster(dir: string): Promise<boolean> {
  return (await stat(join(dir, 'PG_VERSION')).catch(() => undefined)) !== undefined;
}

/** Makes the cluster in a folder of another name and renames it when it is complete: a kill in the middle leaves no ruin. */
async function initialise(
  place: Place,
  binaries: Binaries,
  account: Account,
  password: string,
  throwaway: boolean,
): Promise<void> {
  if (await isCluster(place.dir)) return;
  await removeAbandoned(place);
  const draft = `${place.dir}.tmp-${process.pid}`;
  const passwordFile = join(draft, 'password');
  const data = join(draft, 'data');
  await mkdir(data, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account.owner)
    for (const path of [draft, data, passwordFile]) await chown(path, account.owner.uid, account.owner.gid);
  const args = [
    '-D',
    data,
    '-U',
    SUPERUSER,
    '-E',
    'UTF8',
    '--locale=C',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--no-instructions',
  ];
  if (throwaway) args.push('--no-sync');
  try {
    await runToEnd(account, [`${LOADER}exec "$@"`, 'initdb', binaries.libraries, binaries.initdb, ...args]);
    await rename(data, place.dir).catch((error: Error) => {
      throw new Error(`the new cluster could not be moved to ${place.dir}: ${error.message}`);
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function removeAbandoned(place: Place): Promise<void> {
  const prefix = `${basename(place.dir)}.tmp-`;
  for (const name of await readdir(place.parent)) {
    if (name.startsWith(prefix) && !isAlive(Number(name.slice(prefix.length))))
      await rm(join(place.parent, name), { recursive: true, force: true });
  }
}

async function runToEnd(account: Account, script: string[]): Promise<void> {
  const child = spawnAs(account, script, ['ignore', 'pipe', 'pipe'], false);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`PostgreSQL's initdb failed:\n${output.trim().split('\n').slice(-8).join('\n')}`);
}

function spawnAs(
  account: Account,
  script: string[],
  stdio: Array<'ignore' | 'pipe' | number>,
  detached: boolean,
): ChildProcess {
  const [command = '', ...args] = [...account.prefix, '/bin/sh', '-c', ...script];
  return spawn(command, args, { ...account.identity, cwd: '/', stdio, detached });
}

async function trimLog(log: string): Promise<void> {
  const size = (await stat(log).catch(() => undefined))?.size ?? 0;
  if (size > LOG_LIMIT) await truncate(log);
}

function settings(place: Place, { port, throwaway, sharedBuffers = '128MB' }: PostgresOptions): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: socketFolder(place) ?? '',
    max_connections: 300,
    shared_buffers: sharedBuffers,
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    synchronous_commit: 'on',
    // Steady writes: few checkpoints, so few full pages in the log (these builds have no lz4, and pglz costs more than it saves).
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    log_checkpoints: 'off',
    // Queue tables turn over completely every few seconds.
    autovacuum_naptime: '10s',
    ...(throwaway ? { fsync: 'off', full_page_writes: 'off', max_wal_size: '512MB' } : {}),
  };
  return ['-D', place.dir, ...Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

interface Server {
  supervisor: ChildProcess;
  /** The postmaster's process id; 0 when it could not even be started. */
  pid: number;
  /** Settles when the supervisor is gone. */
  ended: Promise<void>;
  place: Place;
}

async function launch(place: Place, binaries: Binaries, account: Account, options: PostgresOptions): Promise<Server> {
  const command = [SUPERVISOR, 'supervisor', binaries.libraries, binaries.postgres, ...settings(place, options)];
  for (let attempt = 1; ; attempt++) {
    const offset = (await stat(place.log).catch(() => undefined))?.size ?? 0;
    const server = await supervise(place, account, command);
    if (await isReady(server)) return server;
    await shutDown(server);
    const reason = await readLog(place.log, offset);
    // After a kill -9 the children of the dead server need a moment to notice.
    if (!/pre-existing shared memory block/.test(reason) || attempt === START_ATTEMPTS) {
      throw new Error(`PostgreSQL did not start; the end of ${place.log}:\n${reason}`);
    }
    await sleep(200);
  }
}

async function supervise(place: Place, account: Account, command: string[]): Promise<Server> {
  const log = openSync(place.log, 'a', 0o600);
  const supervisor = spawnAs(account, command, ['pipe', 'pipe', log], true);
  closeSync(log);
  await followFolder(place.log);
  supervisor.stdin?.on('error', () => {}); // a server that is gone already reads no more
  const ended = new Promise<void>((resolve) => {
    supervisor.once('exit', () => resolve());
    supervisor.once('error', () => resolve());
  });
  let told = '';
  for await (const text of supervisor.stdout ?? []) told += text;
  return { supervisor, pid: Number(told), ended, place };
}

async function isReady(server: Server): Promise<boolean> {
  const deadline = Date.now() + START_LIMIT_MS;
  let gone = server.pid === 0;
  server.ended.then(() => (gone = true));
  while (!gone && Date.now() < deadline) {
    const file = await readPidFile(server.place.dir);
    if (file?.pid === server.pid && file.status === 'ready') return true;
    await sleep(10);
  }
  return false;
}

async function shutDown(server: Server): Promise<void> {
  server.supervisor.stdin?.end();
  if (!(await endsWithin(server, STOP_LIMIT_MS))) {
    signal(server.pid, 'SIGQUIT');
    if (!(await endsWithin(server, 3_000))) signal(server.pid, 'SIGKILL');
    await server.ended;
  }
  // Whoever killed the shell alone left the server behind.
  for (let tries = 0; server.pid && tries < 300 && (await serves(server.pid, server.place.dir)); tries++) {
    signal(server.pid, tries < 100 ? 'SIGINT' : 'SIGKILL');
    await sleep(50);
  }
}

async function endsWithin(server: Server, limit: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(limit, false, { signal: timer.signal }).catch(() => false);
  const ended = await Promise.race([server.ended.then(() => true), late]);
  timer.abort();
  return ended;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    if (pid) process.kill(pid, name);
  } catch {
    // it is gone
  }
}

async function readLog(log: string, offset: number): Promise<string> {
  const text = (await readFile(log).catch(() => Buffer.alloc(0))).subarray(offset).toString('utf8');
  return text.trim().split('\n').slice(-12).join('\n');
}

function connectTo(server: Server, turn: Turn, url: EmbeddedPostgres['url']): EmbeddedPostgres {
  const callbacks: Array<(error: Error) => void> = [];
  let stopping: Promise<void> | undefined;
  const end = () => shutDown(server).finally(turn.release);
  server.ended.then(async () => {
    if (stopping) return;
    await end();
    const error = new Error(
      `PostgreSQL ended unexpectedly; the end of ${server.place.log}:\n${await readLog(server.place.log, 0)}`,
    );
    for (const callback of callbacks) callback(error);
  });
  return {
    url,
    onExit: (callback) => void callbacks.push(callback),
    stop: () => (stopping ??= end()),
  };
}

/** Two shops on one cluster may create the same database at once; the loser finds it made. */
