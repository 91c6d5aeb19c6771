/** Carries messages from the outboxes of this process straight into its inboxes. */
import type { Broker, Subscription } from './broker.ts';
import type { StoredEvent } from './message.ts';

export function createLocalBroker(): Broker {
  const subscriptions: Subscription[] = [];

  return {
    async subscribe(subscription) {
      subscriptions.push(subscription);
    },
    async publish(events) {
      const failed = new Map<string, string>();
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
