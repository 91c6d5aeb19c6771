// Real clusters in folders of their own; every test ends with no process left behind.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fastFolder } from '../../test/fast-folder.ts';
import { createDatabases } from '../platform/database.ts';
import { type EmbeddedPostgres, reachPostgres, startPostgres } from './postgres.ts';
import { keepPostgres } from './postgres-keeper.ts';

const PORT = 20_000 + (process.pid % 10_000);
const root = process.getuid?.() === 0;
/** A checkout below a folder of root's hides the server's own files as well. */
const nobodyCanEnter = () => spawnSync('test', ['-x', process.cwd()], { uid: 65534, gid: 65534 }).status === 0;

let folder: string;
let dir: string;
let running: EmbeddedPostgres[];

beforeEach(async () => {
  folder = await mkdtemp(join(fastFolder(), 'tradewind pg '));
  await chmod(folder, 0o755);
  dir = join(folder, 'postgres');
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()));
  const left = serversBelow(folder);
  await rm(folder, { recursive: true, force: true });
  expect(left).toEqual([]);
});

describe('embedded PostgreSQL', { timeout: 30_000 }, () => {
  it('starts cold and warm, makes databases once, and keeps the data in between', async () => {
    const cold = await start();
    await createDatabases(cold.url('postgres'), ['orders', 'odd "name"', 'orders']);
    await createDatabases(cold.url('postgres'), ['orders']);
    await query(cold, 'create table kept (n int); insert into kept values (1)');
    expect(await query(cold, 'select current_user as me, current_setting($$server_encoding$$) as encoding')).toEqual([
      { me: 'tradewind', encoding: 'UTF8' },
    ]);
    await cold.stop();
    const before = performance.now();
    const warm = await start();
    expect(performance.now() - before).toBeLessThan(3_000);
    expect(await query(warm, 'select n from kept')).toEqual([{ n: 1 }]);
  });

  it('keeps its password to the owner and refuses another', async () => {
    const server = await start();
    expect((await stat(`${dir}.password`)).mode & 0o777).toBe(0o600);
    const client = new pg.Client({ connectionString: server.url('postgres').replace(/:[0-9a-f]+@/, ':wrong@') });
    await expect(client.connect()).rejects.toThrow(/password authentication failed/);
  });

  it('forces commits to disk unless it is a throwaway', async () => {
    const kept = await start({ throwaway: false });
    expect(await query(kept, 'show fsync', 'postgres')).toEqual([{ fsync: 'on' }]);
    await kept.stop();
    expect(await query(await start({ throwaway: true }), 'show fsync', 'postgres')).toEqual([{ fsync: 'off' }]);
  });

  it('names the port and the settings when another program has the port', async () => {
    const other = createServer().listen(PORT, '127.0.0.1');
    await once(other, 'listening');
    try {
      await expect(start({ portSetting: 'PORT_DATABASE' })).rejects.toThrow(
        new RegExp(`port ${PORT} is taken.*PORT_DATABASE.*PORT_OFFSET`),
      );
    } finally {
      other.close();
    }
  });

  it('says that it ended when it is killed, and recovers every commit', async () => {
    const server = await start({ throwaway: false });
    await createDatabases(server.url('postgres'), ['orders']);
    await query(server, 'create table kept (n int); insert into kept select generate_series(1, 1000)');
    const ended = new Promise<Error>((resolve) => server.onExit(resolve));
    process.kill(-(await groupOf(await postmaster())), 'SIGKILL');
    expect((await ended).message).toMatch(/ended unexpectedly/);
    expect(await query(await start(), 'select count(*)::int as n from kept')).toEqual([{ n: 1000 }]);
  });

  it('that is kept is started again when it is killed, with every commit, until it ends too often', async () => {
    const ends: string[] = [];
    let giveUp: (error: Error) => void = () => {};
    const givenUp = new Promise<Error>((resolve) => {
      giveUp = resolve;
    });
    const keeper = { onEnd: (error: Error) => void ends.push(error.message), onGiveUp: giveUp };
    const server = await keepPostgres({ dir, port: PORT, throwaway: true }, keeper);
    try {
      await query(server, 'create table kept (n int)', 'postgres');
      for (let n = 1; n <= 3; n += 1) {
        await query(server, `insert into kept values (${n})`, 'postgres');
        process.kill(await postmaster(), 'SIGKILL');
        await expect
          .poll(() => query(server, 'select max(n) as n from kept', 'postgres').catch(() => 'away'), {
            timeout: 15_000,
          })
          .toEqual([{ n }]);
      }
      process.kill(await postmaster(), 'SIGKILL');
      expect((await givenUp).message).toMatch(/ended unexpectedly/);
      expect(ends).toHaveLength(3);
    } finally {
      await server.stop();
    }
  });

  it('goes away when the process that owns it is killed, and the next start finds every commit', async () => {
    const owner = await startOwner();
    const pid = await postmaster();
    process.kill(owner, 'SIGKILL');
    const server = await start();
    expect(await postmaster()).not.toBe(pid);
    expect(await query(server, 'select n from kept', 'postgres')).toEqual([{ n: 7 }]);
  });

  it('refuses a second shop on the same data', async () => {
    await start();
    await expect(start({ port: PORT + 1 })).rejects.toThrow(/in use by another running shop, pid \d+/);
  });

  it('is shared with who looks at a running shop; who looks at a stopped one has it alone, and the others wait', async () => {
    const shop = await start();
    await query(shop, 'create table kept (n int); insert into kept values (5)', 'postgres');
    const guest = await look();
    expect(guest).toMatchObject({ rows: [{ n: 5 }], started: false });
    await shop.stop();
    const told: string[] = [];
    const looks = await Promise.all([1, 2, 3].map(() => look((reason) => told.push(reason))));
    expect(looks).toEqual(Array(3).fill({ rows: [{ n: 5 }], started: true }));
    expect(told).toContain(
      `waiting for another npm run audit, pid ${process.pid}, which has the PostgreSQL of this folder…`,
    );
  });

  it('starts over a turn that a dead owner, or a power cut, has left', async () => {
    for (const left of [JSON.stringify({ pid: process.ppid, born: 'long ago', visitor: '' }), '']) {
      await mkdir(`${dir}.turn`);
      await writeFile(join(`${dir}.turn`, 'holder'), left);
      await (await start()).stop();
    }
  });

  it('starts over a pid file that names a living stranger', async () => {
    await (await start()).stop();
    const lines = [process.ppid, dir, 1, PORT, '', '127.0.0.1', '1 1', 'ready'];
    await writeFile(join(dir, 'postmaster.pid'), lines.join('\n'));
    await start();
  });

  it('is not confused by what a killed initdb left behind', async () => {
    await mkdir(`${dir}.tmp-999999999/data`, { recursive: true });
    await mkdir(dir);
    await start();
    await expect(stat(`${dir}.tmp-999999999`)).rejects.toThrow('ENOENT');
  });

  it('carries the end of the log when it does not start', async () => {
    await (await start()).stop();
    await writeFile(join(dir, 'postgresql.conf'), 'nonsense = 1\n');
    await expect(start()).rejects.toThrow(/unrecognized configuration parameter "nonsense"/);
  });

  it('finds data below a path that is a symbolic link', async () => {
    await (await start()).stop();
    await symlink(folder, `${folder}-link`);
    try {
      await start({ dir: join(`${folder}-link`, 'postgres') });
    } finally {
      await rm(`${folder}-link`);
    }
  });

  it.runIf(root)('runs as root below a folder that only root may enter, and again once others may', async () => {
    await chmod(folder, 0o700);
    const hidden = await start();
    await createDatabases(hidden.url('postgres'), ['orders']);
    await query(hidden, 'create table kept (n int); insert into kept values (3)');
    expect((await stat(dir)).uid).toBe(0);
    await hidden.stop();
    await chmod(folder, 0o755);
    const open = await start();
    expect((await stat(dir)).uid).toBe(nobodyCanEnter() ? 65534 : 0);
    expect(await query(open, 'select n from kept')).toEqual([{ n: 3 }]);
    await open.stop();
    await chmod(folder, 0o700);
    expect(await query(await start(), 'select n from kept')).toEqual([{ n: 3 }]);
  });
});

async function start(options: Partial<Parameters<typeof startPostgres>[0]> = {}): Promise<EmbeddedPostgres> {
  const server = await startPostgres({ dir, port: PORT, throwaway: true, ...options });
  running.push(server);
  return server;
}

/** A look at the books, as a command has it. */
async function look(onWait: (reason: string) => void = () => {}) {
  const server = await reachPostgres({ dir, port: PORT, throwaway: true, visitor: 'npm run audit', onWait });
  try {
    return { rows: await query(server, 'select n from kept, pg_sleep(0.6)', 'postgres'), started: server.started };
  } finally {
    await server.stop();
  }
}

async function query(server: Pick<EmbeddedPostgres, 'url'>, sql: string, database = 'orders'): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.url(database) });
  client.on('error', () => {}); // the server may be killed under it
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function postmaster(): Promise<number> {
  return Number((await readFile(join(dir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

async function groupOf(pid: number): Promise<number> {
  return Number(execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' }));
}

function serversBelow(path: string): string[] {
  const lines = execFileSync('ps', ['-eww', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(path) && line.includes('bin/postgres'));
}

/** A Node process that owns a cluster holding one row, and then sits there. */
async function startOwner(): Promise<number> {
  const project = dirname(dirname(import.meta.dirname));
  const out = join(project, '.data', `owner-${process.pid}`);
  const compiler = [
    '--ignoreConfig',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
    '--skipLibCheck',
  ];
  const source = join(import.meta.dirname, 'postgres.ts');
  execFileSync(join(project, 'node_modules/.bin/tsc'), [
    ...compiler,
    '--rewriteRelativeImportExtensions',
    '--outDir',
    out,
    source,
  ]);
  try {
    const script = `
      const { startPostgres } = await import(process.argv[1]);
      const { default: pg } = await import('pg');
      const server = await startPostgres({ dir: process.argv[2], port: ${PORT} });
      const client = new pg.Client({ connectionString: server.url('postgres') });
      await client.connect();
      await client.query('create table kept (n int); insert into kept values (7)');
      console.log('ready');
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script, join(out, 'postgres.js'), dir], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(owner.stdout, 'data');
    return owner.pid ?? 0;
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
