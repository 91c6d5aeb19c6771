/**
 * A broker that keeps its promise and no more: what it has confirmed arrives at least once, in any order, at any time,
 * at any replica. Confirmations get lost, deliveries are repeated, and what nobody acknowledged comes again.
 */
import type { Broker, Subscription } from '../src/platform/broker.ts';
import type { StoredEvent } from '../src/platform/message.ts';
import type { Life, World } from './world.ts';

export interface SimulatedBroker {
  /** The broker as a process sees it. */
  seenBy(owner: Life): Broker;
  /** What a dead process had taken and not acknowledged comes again. */
  requeue(owner: Life): void;
}

const PUBLISH_RARITY = 0.01;
const REPEAT_RARITY = 0.08;
const DELAY_RARITY = 0.02;
const DELAYS_MS = [50, 1_000, 10_000, 60_000, 600_000];
/** How many messages a room is handed at once. */
const HANDFULS = [8, 1, 64];

interface Queue {
  service: string;
  waiting: StoredEvent[];
  /** A delivery is already a step of the world. */
  announced: boolean;
  listeners: { owner: Life; subscription: Subscription }[];
}

export function createSimulatedBroker(world: World, topology: Record<string, readonly string[]>): SimulatedBroker {
  const queues = Object.entries(topology).map(([service, types]): Queue & { types: readonly string[] } => ({
    service,
    types,
    waiting: [],
    announced: false,
    listeners: [],
  }));
  const taken = new Map<Life, Set<{ queue: Queue; events: StoredEvent[] }>>();

  function accept(events: readonly StoredEvent[]): void {
    for (const queue of queues) {
      const wanted = events.filter(({ type }) => queue.types.includes(type));
      if (wanted.length === 0) continue;
      const late = world.fault(
        DELAY_RARITY,
        ...DELAYS_MS.map((ms) => `${wanted[0]?.type} to ${queue.service} is ${ms} ms late`),
      );
      if (late < 0) put(queue, wanted);
      else
        world.after(DELAYS_MS[late] as number, {
          owner: undefined,
          what: `late to ${queue.service}`,
          take: () => () => put(queue, wanted),
        });
    }
  }

  function put(queue: Queue, events: readonly StoredEvent[]): void {
    queue.waiting.push(...events);
    announce(queue);
  }

  function announce(queue: Queue): void {
    if (queue.announced || queue.waiting.length === 0) return;
    queue.announced = true;
    world.after(0, { owner: undefined, what: `deliver to ${queue.service}`, take: () => () => deliver(queue) });
  }

  function deliver(queue: Queue): void {
    queue.announced = false;
    const listeners = queue.listeners.filter(({ owner }) => owner.alive);
    // Nobody is there: it waits until somebody subscribes.
    if (listeners.length === 0 || queue.waiting.length === 0) return;
    const { owner, subscription } = listeners[world.choices.pick(listeners.length, 0.5)] as Queue['listeners'][number];
    const count = HANDFULS[world.choices.pick(HANDFULS.length, 0.4)] as number;
    const from = world.choices.pick(queue.waiting.length, 0.8);
    const events = queue.waiting.splice(from, count);
    const repeated = world.fault(REPEAT_RARITY, `${events[0]?.type} comes twice to ${queue.service}`) === 0;
    if (repeated) queue.waiting.push(...events);
    const delivery = { queue, events };
    const own = taken.get(owner) ?? new Set();
    taken.set(owner, own.add(delivery));
    subscription.deliver(events).then(
      () => {
        own.delete(delivery);
        // The acknowledgement is lost.
        if (world.fault(REPEAT_RARITY, `acknowledgement of ${events[0]?.type} by ${queue.service} is lost`) === 0)
          put(queue, events);
      },
      () => {
        own.delete(delivery);
        put(queue, events);
      },
    );
    announce(queue);
  }

  return {
    seenBy: (owner) => ({
      async subscribe(subscription) {
        const queue = queues.find(({ service }) => service === subscription.service);
        queue?.listeners.push({ owner, subscription });
        if (queue) announce(queue);
      },
      publish: (events) =>
        new Promise((resolve) => {
          const what = `publish ${events.length} ${events[0]?.type}`;
          world.after(0, {
            owner,
            what,
            take() {
              const failure = world.fault(PUBLISH_RARITY, 'publish refused', 'confirmation lost', 'half of it refused');
              const lost = failure === 2 ? events.slice(events.length >> 1) : failure >= 0 ? events : [];
              accept(failure === 0 ? [] : failure === 2 ? events.slice(0, events.length >> 1) : events);
              return () => resolve(new Map(lost.map(({ id }) => [id, 'not confirmed'])));
            },
          });
        }),
      async check() {},
      async stopConsuming() {},
      async close() {},
    }),
    requeue(owner) {
      for (const queue of queues) queue.listeners = queue.listeners.filter((one) => one.owner !== owner);
      for (const { queue, events } of taken.get(owner) ?? []) put(queue, events);
      taken.delete(owner);
    },
  };
}
