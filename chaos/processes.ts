/** Processes that are started again when they end, as whoever runs them in earnest does. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { leash } from '../test/leash.ts';

const AGAIN_MS = 500;

/** However this process ends, nothing of the shop is left. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface Kept {
  readonly name: string;
  /** How often it was started. */
  starts(): number;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export interface KeptOptions {
  name: string;
  args: readonly string[];
  env: Record<string, string>;
  /** What it says goes here. */
  log: string;
}

export function keep({ name, args, env, log }: KeptOptions): Kept {
  let starts = 0;
  let stopping = false;
  let child: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();

  function start(): void {
    starts += 1;
    const file = openSync(log, 'a');
    const started = spawn(process.execPath, ['dist/src/main.js', ...args], {
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
      stdio: ['ignore', file, file],
    });
    closeSync(file);
    leash(started);
    child = started;
    running.add(started);
    ended = new Promise((resolve) => started.once('exit', resolve));
    ended.then(async () => {
      running.delete(started);
      if (!stopping) await sleep(AGAIN_MS);
      if (!stopping) start();
    });
  }

  start();
  return {
    name,
    starts: () => starts,
    signal: (signal) => void child?.kill(signal),
    async stop() {
      stopping = true;
      child?.kill('SIGCONT');
      child?.kill('SIGTERM');
      const late = setTimeout(() => child?.kill('SIGKILL'), 15_000);
      await ended;
      clearTimeout(late);
    },
  };
}
