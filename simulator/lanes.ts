/**
 * Shops side by side, each in a thread of its own: while one waits for PostgreSQL, another goes on. A thread that throws, or
 * does not answer in time, is replaced, and its shop has failed.
 */
import { Worker } from 'node:worker_threads';
import { endless, failed, limitFor, threw } from './attempt.ts';
import type { Outcome } from './run.ts';

/** A shop to be played. */
export interface Asked {
  seed: number;
  orders: number;
}

export interface Answered {
  /** Shoppers who have left so far. */
  done?: number;
  outcome?: Outcome;
}

export interface Lanes {
  /** Plays the shop as soon as a lane is free. */
  play(shop: Asked, onProgress: (done: number) => void): Promise<Outcome>;
  close(): Promise<void>;
}

export interface LanesOptions {
  /** Milliseconds that a shop of so many orders may take; its own thread says so a little earlier, unless it is stuck. */
  limit?: (orders: number) => number;
  program?: URL;
}

const STUCK_MS = 5_000;

export function createLanes(server: string, count: number, options: LanesOptions = {}): Lanes {
  const { limit = (orders) => limitFor(orders) + STUCK_MS, program = new URL('./lane.js', import.meta.url) } = options;
  const open = (name: string) => ({ name, thread: new Worker(program, { workerData: { server, name } }) });
  type Lane = ReturnType<typeof open>;
  const lanes = new Set(Array.from({ length: count }, (_, i) => open(`simulated_${i + 1}`)));
  const free = [...lanes];
  const queue: ((lane: Lane) => void)[] = [];

  const take = (): Promise<Lane> =>
    new Promise((resolve) => {
      const lane = free.shift();
      if (lane) resolve(lane);
      else queue.push(resolve);
    });

  function giveBack(lane: Lane): void {
    const next = queue.shift();
    if (next) next(lane);
    else free.push(lane);
  }

  /** In the databases of one that is gone for certain. */
  async function replace(lane: Lane): Promise<void> {
    lanes.delete(lane);
    await lane.thread.terminate();
    const fresh = open(lane.name);
    lanes.add(fresh);
    giveBack(fresh);
  }

  return {
    async play(shop, onProgress) {
      const lane = await take();
      const { thread } = lane;
      const outcome = await new Promise<Outcome>((resolve) => {
        const limitMs = limit(shop.orders);
        const late = setTimeout(() => end(failed(endless(limitMs))), limitMs);
        const hear = ({ done, outcome }: Answered) => {
          if (done !== undefined) onProgress(done);
          if (outcome) end(outcome);
        };
        const fall = (error: unknown) => end(failed(threw(error)));
        function end(outcome: Outcome): void {
          clearTimeout(late);
          thread.off('message', hear).off('error', fall);
          resolve(outcome);
        }
        thread.on('message', hear).once('error', fall);
        thread.postMessage(shop);
      });
      if (outcome.abandoned) await replace(lane);
      else giveBack(lane);
      return outcome;
    },
    close: async () => void (await Promise.all([...lanes].map(({ thread }) => thread.terminate()))),
  };
}
