// What `postmaster.pid` says and whether it is still true. A pid alone proves nothing (the machine may have been restarted
// and the number given to somebody else): the process must be a PostgreSQL whose command line names this folder.
import { execFileSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PREDECESSOR_LIMIT_MS = 15_000;

export interface PidFile {
  pid: number;
  port: number;
  /** `starting`, `ready`, `stopping`… */
  status: string;
}

export async function readPidFile(dir: string): Promise<PidFile | undefined> {
  const text = await readFile(join(dir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, port: Number(lines[3]), status: lines[7]?.trim() ?? '' } : undefined;
}

/** Waits for a server of this folder that is still shutting down; refuses when it stays. `dir` is a real path. */
export async function waitForPredecessor(dir: string, limit = PREDECESSOR_LIMIT_MS): Promise<void> {
  const deadline = Date.now() + limit;
  for (;;) {
    const file = await readPidFile(dir);
    if (!file || !(await serves(file.pid, dir))) return;
    if (Date.now() > deadline)
      throw new Error(`the data folder ${dir} is in use by another running shop, pid ${file.pid}`);
    await sleep(50);
  }
}

/** PostgreSQL refuses to start while the pid in its file is alive, even when that is by now some other program: then the file goes. */
export async function clearForeignPid(dir: string): Promise<void> {
  const file = await readPidFile(dir);
  if (file && isAlive(file.pid) && !(await serves(file.pid, dir)))
    await rm(join(dir, 'postmaster.pid'), { force: true });
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether this process is the PostgreSQL of this folder (a dead one that nobody has buried is not). */
export async function serves(pid: number, dir: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => askPs(pid));
  const words = command.replaceAll('\0', ' ');
  return words.includes('postgres') && words.includes(`-D ${dir} `);
}

function askPs(pid: number): string {
  try {
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}
