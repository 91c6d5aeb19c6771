/** The shop as its users start it: the built program in processes of its own. Built by `npm test` before the tests. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const MAIN = 'dist/src/main.js';

export interface ShopProcess {
  /** What it has printed so far. */
  output(): string;
  /** Waits for a text in the output. */
  says(text: string, ms?: number): Promise<void>;
  /** Ends with its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  ended: Promise<number | null>;
}

export function startProcess(args: string[], env: Record<string, string>, entry = MAIN, cwd = '.'): ShopProcess {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not built: run the tests by npm test`);
  const child: ChildProcess = spawn(process.execPath, [entry, ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      output += data;
    });
  }
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return {
    ended,
    output: () => output,
    async says(text, ms = 30_000) {
      const limit = Date.now() + ms;
      while (!output.includes(text)) {
        if (Date.now() > limit || child.exitCode !== null) throw new Error(`it did not say "${text}" but:\n${output}`);
        await sleep(20);
      }
    },
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
