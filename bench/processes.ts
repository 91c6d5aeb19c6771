/** The processes of a shop: one for everything, or some for each target, whose number may change while it runs. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { settingsOf } from '../src/config.ts';
import type { Target } from '../src/shop.ts';
import { TARGETS } from '../src/shop.ts';
import { freePort } from '../test/free-port.ts';

/** How many processes run a target. */
export type Counts = Readonly<Partial<Record<Target, number>>>;

interface Running {
  target: Target | 'all';
  child: ChildProcess;
  url: string;
}

export interface Processes {
  /** Starts the first of each target, or the one for all of them, and waits until the shop is well. */
  open(targets: readonly Running['target'][]): Promise<void>;
  /** Starts and ends processes until there are so many. Gateway n asks the n-th process of a room where there is one. */
  scale(counts: Counts): Promise<void>;
  of(target: Running['target']): readonly Running[];
  /** Pids by target; those of `all` are `node`. */
  roots(): Record<string, number[]>;
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 60_000;

/** `env`: with the port of each target's first process. `log`: a file that all of them write into. */
export function createProcesses(options: {
  env: Readonly<Record<string, string>>;
  log: string;
  nodeArgs: readonly string[];
}): Processes {
  const { env, log, nodeArgs } = options;
  const running: Running[] = [];
  let stopped = false;
  const of = (target: Running['target']) => running.filter((one) => one.target === target);

  function run(target: Running['target'], own: Readonly<Record<string, string>> = {}): Running {
    if (stopped) throw new Error('the shop is being stopped');
    const settings: Record<string, string> = { ...env, ...own };
    const output = openSync(log, 'a');
    const child = spawn(process.execPath, [...nodeArgs, 'dist/src/main.js', `--target=${target}`], {
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...settings },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    const port = settings[settingsOf(target === 'all' ? 'gateway' : target).port];
    const one = { target, child, url: `http://127.0.0.1:${port}` };
    running.push(one);
    return one;
  }

  async function end(one: Running): Promise<void> {
    running.splice(running.indexOf(one), 1);
    await ended(one.child);
  }

  /** What a further process of a target has for itself. */
  async function ownSettings(target: Target, index: number): Promise<Record<string, string>> {
    const own = { [settingsOf(target).port]: String(await freePort()) };
    if (target !== 'gateway') return own;
    const rooms = TARGETS.flatMap((room) => {
      const url = of(room)[index]?.url;
      return url && room !== 'gateway' ? [[settingsOf(room).url, url]] : [];
    });
    return { ...own, PORT_WEB: String(await freePort()), ...Object.fromEntries(rooms) };
  }

  async function ready({ url, child }: Running, path: string): Promise<void> {
    for (const limit = performance.now() + READY_LIMIT_MS; performance.now() < limit; await sleep(25)) {
      const reply = await fetch(`${url}${path}`).catch(() => undefined);
      const { status } = ((await reply?.json().catch(() => undefined)) ?? {}) as { status?: string };
      if (reply?.ok && (path !== '/health' || status === 'ok')) return;
      if (child.exitCode !== null) break;
    }
    throw new Error(`the shop did not start:\n${readFileSync(log, 'utf8').split('\n').slice(-20).join('\n')}`);
  }

  return {
    of,
    async open(targets) {
      for (const target of targets) run(target);
      // The gateway's health is that of all.
      await ready((of('gateway')[0] ?? of('all')[0]) as Running, '/health');
    },
    async scale(counts) {
      const wanted = TARGETS.map((target) => ({ target, count: counts[target] ?? of(target).length }));
      // Gateways are the last to come and the first to go: each asks rooms that run.
      for (const { target, count } of [...wanted].reverse()) {
        await Promise.all(of(target).slice(count).map(end));
      }
      for (const { target, count } of wanted) {
        const before = of(target).length;
        const fresh: Running[] = [];
        for (let index = before; index < count; index += 1) fresh.push(run(target, await ownSettings(target, index)));
        await Promise.all(fresh.map((one) => ready(one, '/health/ready')));
      }
    },
    roots() {
      const pids: Record<string, number[]> = {};
      for (const { target, child } of running) {
        const kind = target === 'all' ? 'node' : target;
        pids[kind] = [...(pids[kind] ?? []), ...(child.pid ? [child.pid] : [])];
      }
      return pids;
    },
    async stop() {
      stopped = true;
      for (const one of [...running].reverse()) await end(one);
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGCONT');
  child.kill('SIGINT');
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await exit;
  clearTimeout(late);
}
