/**
 * Carries messages from the outboxes of this process straight into its inboxes. What a room of another process listens to
 * cannot be carried from here: it stays in the outbox, for a process that has that room.
 */
import type { Broker, Subscription } from './broker.ts';
import type { StoredEvent } from './message.ts';

/** `topology`: each room that there is, and the types it listens to. */
export function createLocalBroker(topology: Readonly<Record<string, readonly string[]>> = {}): Broker {
  const subscriptions: Subscription[] = [];

  /** Rooms that are not in this process, each with its types. */
  function elsewhere() {
    const here = new Set(subscriptions.map(({ service }) => service));
    return Object.entries(topology).filter(([room]) => !here.has(room));
  }

  return {
    async subscribe(subscription) {
      subscriptions.push(subscription);
    },
    async publish(events) {
      const failed = new Map<string, string>();
      for (const [room, types] of elsewhere()) {
        for (const { id, type } of events) if (types.includes(type)) failed.set(id, `${room} is not in this process`);
      }
      await Promise.all(
        subscriptions.map(async ({ types, deliver }) => {
          const wanted = events.filter(({ type }) => types.includes(type));
          if (wanted.length === 0) return;
          try {
            await deliver(wanted as StoredEvent[]);
          } catch (error) {
            for (const { id } of wanted) failed.set(id, (error as Error).message);
          }
        }),
      );
      return failed;
    },
    async check() {},
    async stopConsuming() {},
    async close() {},
  };
}
