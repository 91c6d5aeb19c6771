/**
 * Carries messages from the outboxes of this process straight to its rooms. What a room of another process listens to
 * cannot be carried from here: it stays in the outbox, for a process that has that room.
 *
 * A room that hangs keeps the others waiting for two seconds, once: what it does not handle by then is stored for it, and so
 * is what follows, until it is through. One that is merely slow slows down who publishes to it.
 */
import type { Broker, Subscription, TapFilter, Tapped } from './broker.ts';
import type { StoredEvent } from './message.ts';

/** Shorter, and a machine that is merely busy would take the dear way and be busier; less than what a relay knows is kept. */
const SOON_MS = 2_000;

/** `topology`: each room that there is, and the types it listens to. */
export function createLocalBroker(topology: Readonly<Record<string, readonly string[]>> = {}): Broker {
  const subscriptions: Subscription[] = [];
  const slow = new Set<Subscription>();
  const taps = new Set<TapFilter & { see: (tapped: Tapped) => void }>();

  /** Rooms that are not in this process, each with its types. */
  function elsewhere() {
    const here = new Set(subscriptions.map(({ service }) => service));
    return Object.entries(topology).filter(([room]) => !here.has(room));
  }

  async function bring(room: Subscription, events: StoredEvent[], again: boolean): Promise<void> {
    if (!again && !slow.has(room)) {
      const handled = room.deliver(events);
      if (await isSoon(handled)) return;
      slow.add(room);
      handled.catch(() => {}).finally(() => slow.delete(room));
    }
    await room.deliver(events, true);
  }

  function show(events: readonly StoredEvent[], failed: ReadonlyMap<string, string>): void {
    for (const { types, subject, see } of taps) {
      const wanted = events.filter(
        (event) =>
          types.includes(event.type) && (subject === undefined || event.subject === subject) && !failed.has(event.id),
      );
      if (wanted.length > 0) see({ count: wanted.length, read: () => wanted });
    }
  }

  return {
    async subscribe(subscription) {
      subscriptions.push(subscription);
    },
    async publish(events, again = false) {
      const failed = new Map<string, string>();
      for (const [room, types] of elsewhere()) {
        for (const { id, type } of events) if (types.includes(type)) failed.set(id, `${room} is not in this process`);
      }
      await Promise.all(
        subscriptions.map(async (room) => {
          const wanted = events.filter(({ type }) => room.types.includes(type));
          if (wanted.length === 0) return;
          try {
            await bring(room, wanted, again);
          } catch (error) {
            for (const { id } of wanted) failed.set(id, (error as Error).message);
          }
        }),
      );
      if (taps.size > 0) show(events, failed);
      return failed;
    },
    async tap(filter, see) {
      if (elsewhere().length > 0) return undefined;
      const tap = { ...filter, see };
      taps.add(tap);
      return async () => void taps.delete(tap);
    },
    async check() {},
    async stopConsuming() {},
    async close() {},
  };
}

/** False when it takes longer; throws what it throws. */
async function isSoon(work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, SOON_MS, false);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
