/**
 * Group commit: what arrives while a batch is being written is written together by the next one. A lone item does not
 * wait (`setImmediate`, no timer); under load a commit is shared by hundreds.
 *
 * Measured for accepting orders on two cores: 27–39k/s this way against 5.5k/s with a transaction each.
 */
import { isContention, isUnavailable } from './database.ts';
import type { Span } from './tracing.ts';
import { currentSpan, inside } from './tracing.ts';

export interface GroupCommitOptions<Item, Result> {
  /** Writes all items in one transaction and answers for each, in order. */
  write: (items: Item[]) => Promise<Result[]>;
  /** Most items in one batch. */
  max?: number;
  /** Most items waiting; more are refused with `Overloaded`. */
  maxWaiting?: number;
  /** What comes between two batches, for whom nobody waits: more can gather. */
  rest?: () => Promise<void>;
  /** Whether items of a failed batch are worth trying one at a time. */
  retryAlone?: (error: unknown) => boolean;
}

const CONTENTION_TRIES = 3;

export class Overloaded extends Error {
  constructor() {
    super('too much is waiting to be written');
  }
}

export interface GroupCommit<Item, Result> {
  /**
   * Resolves once the item is safely written. A batch that got in somebody's way is tried again as it is; if it fails
   * otherwise, each of its items is tried once more alone.
   */
  add(item: Item): Promise<Result>;
  /** Resolves when nothing waits. */
  drained(): Promise<void>;
}

interface Waiting<Item, Result> {
  item: Item;
  span: Span | undefined;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

export function createGroupCommit<Item, Result>({
  write,
  max = 256,
  maxWaiting = 10_000,
  rest,
  retryAlone = (error) => !isUnavailable(error),
}: GroupCommitOptions<Item, Result>): GroupCommit<Item, Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let running: Promise<void> | undefined;

  async function flush(batch: Waiting<Item, Result>[], tries = 1): Promise<void> {
    try {
      // What it costs is told below the first of them, not below whoever came when the loop began.
      const results = await inside(batch[0]?.span, () => write(batch.map(({ item }) => item)));
      for (const [i, { resolve }] of batch.entries()) resolve(results[i] as Result);
    } catch (error) {
      if (isContention(error) && tries < CONTENTION_TRIES) return flush(batch, tries + 1);
      if (batch.length === 1 || !retryAlone(error)) for (const { reject } of batch) reject(error);
      // One bad item must not fail its neighbours: alone, each meets only its own fate.
      else for (const one of batch) await flush([one]);
    }
  }

  async function run(): Promise<void> {
    // Let everything that is ready in this turn of the event loop join the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = waiting.slice(0, max);
      waiting = waiting.slice(max);
      await flush(batch);
      await rest?.();
    }
    running = undefined;
  }

  return {
    add(item) {
      if (waiting.length >= maxWaiting) return Promise.reject(new Overloaded());
      return new Promise((resolve, reject) => {
        waiting.push({ item, span: currentSpan(), resolve, reject });
        running ??= run();
      });
    },
    drained: () => running ?? Promise.resolve(),
  };
}
