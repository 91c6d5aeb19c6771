/** How often a worker looks around, by a clock that is moved by hand. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLog } from './log.ts';
import { createWorker, QUIET_POLL_MS } from './worker.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A worker that is told of its work, and how often it has looked. */
function looking(pass: (worker: { found(): void }) => boolean | Promise<boolean> = () => false) {
  const seen = { passes: 0 };
  const worker = createWorker({
    name: 'test',
    quietPollMs: QUIET_POLL_MS,
    log: silentLog,
    async pass() {
      seen.passes += 1;
      return pass(worker);
    },
  });
  /** Passes in so many seconds. */
  async function passesIn(seconds: number): Promise<number> {
    const before = seen.passes;
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    return seen.passes - before;
  }
  async function stop(): Promise<void> {
    const stopped = worker.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    await stopped;
  }
  worker.start();
  return { worker, passesIn, stop };
}

describe('a worker that nobody asks', () => {
  test('looks each second at first, and every two or three once it has been quiet for ten', async () => {
    const { passesIn, stop } = looking();
    expect(await passesIn(10)).toBeGreaterThanOrEqual(8);
    await passesIn(5);
    const quiet = await passesIn(50);
    expect(quiet).toBeGreaterThanOrEqual(15);
    expect(quiet).toBeLessThanOrEqual(27);
    await stop();
  });

  test('looks each second for as long as it finds something', async () => {
    const { passesIn, stop } = looking((worker) => {
      worker.found();
      return false;
    });
    await passesIn(20);
    expect(await passesIn(50)).toBeGreaterThanOrEqual(39);
    await stop();
  });
});

test('a worker that is woken looks at once, however quiet it was', async () => {
  const { worker, passesIn, stop } = looking();
  await passesIn(60);
  worker.wake();
  expect(await passesIn(0.02)).toBe(1);
  expect(await passesIn(9)).toBeGreaterThanOrEqual(7);
  await stop();
});

test('a worker that fails backs off, and does not look more often for being woken', async () => {
  const { worker, passesIn, stop } = looking(() => Promise.reject(new Error('the database is away')));
  await passesIn(30);
  for (let i = 0; i < 20; i += 1) worker.wake();
  expect(await passesIn(0.01)).toBeLessThanOrEqual(1);
  expect(worker.status()).toMatchObject({ error: 'the database is away', running: true });
  expect(worker.status().failures).toBeGreaterThan(4);
  await stop();
});
