/** Processes that are started again when they end, as whoever runs them in earnest does. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { leash } from '../test/leash.ts';
import type { End } from './ends.ts';

const AGAIN_MS = 500;
/** Of what it said, in characters. */
const KEPT = 2_000;
const PROGRAM = ['dist/src/main.js'];
/** As main.ts says it. */
const READY = / is ready (on|\()/;

/** However this process ends, nothing of the shop is left. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface Kept {
  readonly name: string;
  /** How it ended without having been killed by us. */
  readonly ends: readonly End[];
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export interface KeptOptions {
  name: string;
  args: readonly string[];
  /** What node runs: the shop. */
  program?: readonly string[];
  env: Record<string, string>;
  /** What it says goes here. */
  log: string;
}

export function keep({ name, args, program = PROGRAM, env, log }: KeptOptions): Kept {
  const ends: End[] = [];
  const killed = new Set<ChildProcess>();
  let stopping = false;
  let child: ChildProcess | undefined;
  let ended = Promise.resolve('');

  function start(): void {
    const began = performance.now();
    const file = openSync(log, 'a');
    const before = statSync(log).size;
    const started = spawn(process.execPath, [...program, ...args], {
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
      stdio: ['ignore', file, file],
    });
    closeSync(file);
    leash(started);
    child = started;
    running.add(started);
    ended = new Promise((resolve) => started.once('exit', (code, signal) => resolve(signal ?? `code ${code}`)));
    ended.then(async (how) => {
      running.delete(started);
      if (!stopping && !killed.has(started)) {
        const words = readFileSync(log).subarray(before).toString();
        ends.push({ name, began, at: performance.now(), how, wasReady: READY.test(words), words: words.slice(-KEPT) });
      }
      if (!stopping) await sleep(AGAIN_MS);
      if (!stopping) start();
    });
  }

  start();
  return {
    name,
    ends,
    signal(signal) {
      if (child && signal === 'SIGKILL') killed.add(child);
      child?.kill(signal);
    },
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
