/** A real blob storage for a test: Azurite in a process of its own, on a free port, with an account of its own. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

const PROGRAM = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
const START_MS = 20_000;

export interface Azurite {
  readonly connectionString: string;
  /** Of the account, on this machine. */
  readonly url: string;
  /** Again after `stop`, with what it held. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** For good. */
  remove(): Promise<void>;
}

export async function startAzurite(): Promise<Azurite> {
  const folder = await mkdtemp(join(tmpdir(), 'tradewind-azurite-'));
  const port = await freePort();
  const account = 'tradewindtest';
  const key = randomBytes(64).toString('base64');
  const url = `http://127.0.0.1:${port}/${account}`;
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const flags = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', folder];
    child = spawn(process.execPath, [PROGRAM, ...flags, '--silent', '--skipApiVersionCheck', '--disableTelemetry'], {
      env: { PATH: process.env.PATH, AZURITE_ACCOUNTS: `${account}:${key}` },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`Azurite ended with ${code}`)));
    ended.catch(() => {});
    await Promise.race([answering(url), ended]);
  }

  async function stop(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }

  await start();
  return {
    url,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=${url};`,
    start,
    stop,
    async remove() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answering(url: string): Promise<void> {
  const limit = Date.now() + START_MS;
  for (;;) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (Date.now() > limit) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
