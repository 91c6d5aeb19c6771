/** Shops side by side, each in a thread of its own: while one waits for PostgreSQL, another goes on. */
import { Worker } from 'node:worker_threads';
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
  error?: string;
}

export interface Lanes {
  /** Plays the shop as soon as a lane is free. */
  play(shop: Asked, onProgress: (done: number) => void): Promise<Outcome>;
  close(): Promise<void>;
}

export function createLanes(server: string, count: number): Lanes {
  const lanes = Array.from(
    { length: count },
    (_, i) => new Worker(new URL('./lane.js', import.meta.url), { workerData: { server, name: `simulated_${i + 1}` } }),
  );
  const free = [...lanes];
  const queue: ((lane: Worker) => void)[] = [];

  const take = (): Promise<Worker> =>
    new Promise((resolve) => {
      const lane = free.shift();
      if (lane) resolve(lane);
      else queue.push(resolve);
    });

  function giveBack(lane: Worker): void {
    const next = queue.shift();
    if (next) next(lane);
    else free.push(lane);
  }

  return {
    async play(shop, onProgress) {
      const lane = await take();
      return new Promise<Outcome>((resolve, reject) => {
        const hear = ({ done, outcome, error }: Answered) => {
          if (done !== undefined) return onProgress(done);
          lane.off('message', hear);
          lane.off('error', reject);
          giveBack(lane);
          if (outcome) resolve(outcome);
          else reject(new Error(error));
        };
        lane.on('message', hear);
        lane.once('error', reject);
        lane.postMessage(shop);
      });
    },
    close: async () => void (await Promise.all(lanes.map((lane) => lane.terminate()))),
  };
}
