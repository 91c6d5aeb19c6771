/**
 * Whoever watches an order sees each entry of its history once, in order and without a gap: entries are read from the
 * table by version, after the last one seen, whichever process wrote them. One query a pass serves every watcher of this
 * process; steps made here wake it at once, those of other replicas are found by its poll.
 */
import type { Readable } from 'node:stream';
import type { Database } from '../../platform/database.ts';
import type { EventStream } from '../../platform/event-stream.ts';
import { openEventStream } from '../../platform/event-stream.ts';
import type { Logger } from '../../platform/log.ts';
import type { Worker } from '../../platform/worker.ts';
import { createWorker } from '../../platform/worker.ts';
import type { Life } from './lifecycle.ts';
import { NEXT } from './lifecycle.ts';
import { historyAfter } from './store.ts';

const POLL_MS = 500;
/** After an order has ended something may still be noted, a refund for one. */
const LINGER_MS = 30_000;
const MAX_WATCHERS = 1_000;
/** One order has a few tabs, not all of the places. */
const MAX_OF_ONE = 20;

interface Watcher {
  order_id: string;
  /** Version of the last entry sent. */
  seen: number;
  stream: EventStream;
  lingering?: NodeJS.Timeout;
}

/** Nothing more will be said: the order has ended a while ago, and the reader has seen all of it. */
export function isOver({ status, version, updated_at }: Life, seen: number, now: Date): boolean {
  return NEXT[status] === null && seen >= version && now.getTime() - Date.parse(updated_at) > LINGER_MS;
}

export interface Watch {
  /** Streams the history of an order after a version; undefined when there are too many watchers already. */
  open(orderId: string, seen: number): Readable | undefined;
  /** How many are watching. */
  count(): number;
  worker: Worker;
}

export function createWatch(db: Database, log: Logger, maxWatchers = MAX_WATCHERS): Watch {
  const watchers = new Set<Watcher>();

  async function pass(): Promise<boolean> {
    if (watchers.size === 0) return false;
    // Asked for as of now: who comes meanwhile wakes the next pass.
    const asked = [...watchers];
    const entries = await historyAfter(db, oldest(asked));
    for (const watcher of asked) {
      for (const { order_id, ...entry } of entries) {
        if (order_id !== watcher.order_id || entry.version <= watcher.seen) continue;
        watcher.seen = entry.version;
        watcher.stream.send({ id: entry.version, event: 'step', data: { ...entry, next: NEXT[entry.status] } });
        if (NEXT[entry.status] === null) endSoon(watcher);
      }
    }
    return false;
  }

  function endSoon(watcher: Watcher): void {
    clearTimeout(watcher.lingering);
    watcher.lingering = setTimeout(watcher.stream.end, LINGER_MS);
  }

  const worker = createWorker({ name: 'watch', pass, pollMs: POLL_MS, log });
  return {
    worker,
    count: () => watchers.size,
    open(order_id, seen) {
      const ofOne = [...watchers].filter((watcher) => watcher.order_id === order_id).length;
      if (watchers.size >= maxWatchers || ofOne >= MAX_OF_ONE) return undefined;
      const watcher: Watcher = { order_id, seen, stream: openEventStream() };
      watchers.add(watcher);
      watcher.stream.onClose(() => {
        clearTimeout(watcher.lingering);
        watchers.delete(watcher);
      });
      worker.wake();
      return watcher.stream.stream;
    },
  };
}

/** Of several watchers of one order, what the one that is furthest behind has seen. */
function oldest(watchers: readonly Watcher[]): { order_id: string; version: number }[] {
  const versions = new Map<string, number>();
  for (const { order_id, seen } of watchers) versions.set(order_id, Math.min(seen, versions.get(order_id) ?? seen));
  return [...versions].map(([order_id, version]) => ({ order_id, version }));
}
