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

/** Of a queue. `again`: it was delivered before, and nobody has acknowledged it. */
interface Waiting {
  event: StoredEvent;
  again: boolean;
}

interface Queue {
  service: string;
  waiting: Waiting[];
  /** A delivery is already a step of the world. */
  announced: boolean;
  listeners: { owner: Life; subscription: Subscription }[];
}

/** `before` is done with what is about to be published: how tests break the relays. */
export function createSimulatedBroker(
  world: World,
  topology: Record<string, readonly string[]>,
  before?: (events: readonly StoredEvent[]) => Promise<void>,
): SimulatedBroker {
  const queues = Object.entries(topology).map(([service, types]): Queue & { types: readonly string[] } => ({
    service,
    types,
    waiting: [],
    announced: false,
    listeners: [],
  }));
  /** What each process was given and has not acknowledged. */
  const held = new Map<Life, Set<{ queue: Queue; events: readonly StoredEvent[] }>>();

  function accept(events: readonly StoredEvent[]): void {
    for (const queue of queues) {
      const wanted = events.filter(({ type }) => queue.types.includes(type));
      if (wanted.length === 0) continue;
      const late = world.fault(
        DELAY_RARITY,
        ...DELAYS_MS.map((ms) => `${wanted[0]?.type} to ${queue.service} is ${ms} ms late`),
      );
      if (late < 0) put(queue, wanted, false);
      else
        world.after(DELAYS_MS[late] as number, {
          owner: undefined,
          what: `late to ${queue.service}`,
          take: () => () => put(queue, wanted, false),
        });
    }
  }

  function put(queue: Queue, events: readonly StoredEvent[], again: boolean): void {
    queue.waiting.push(...events.map((event) => ({ event, again })));
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
    const taken = queue.waiting.splice(from, count);
    const events = taken.map(({ event }) => event);
    const repeated = world.fault(REPEAT_RARITY, `${events[0]?.type} comes twice to ${queue.service}`) === 0;
    if (repeated) put(queue, events, false);
    const delivery = { queue, events };
    const own = held.get(owner) ?? new Set();
    held.set(owner, own.add(delivery));
    const bring = (again: boolean) => {
      const those = taken.flatMap((one) => (one.again === again ? [one.event] : []));
      return those.length > 0 ? subscription.deliver(those, again) : undefined;
    };
    Promise.all([bring(false), bring(true)]).then(
      () => {
        own.delete(delivery);
        // The acknowledgement is lost.
        if (world.fault(REPEAT_RARITY, `acknowledgement of ${events[0]?.type} by ${queue.service} is lost`) === 0)
          put(queue, events, true);
      },
      () => {
        own.delete(delivery);
        put(queue, events, true);
      },
    );
    announce(queue);
  }

  const step = (owner: Life, what: string, act: () => Promise<void>) =>
    new Promise<void>((resolve) => {
      world.after(0, {
        owner,
        what,
        async take() {
          await act();
          return resolve;
        },
      });
    });

  return {
    seenBy: (owner) => ({
      async subscribe(subscription) {
        const queue = queues.find(({ service }) => service === subscription.service);
        queue?.listeners.push({ owner, subscription });
        if (queue) announce(queue);
      },
      async publish(events) {
        if (before) await step(owner, 'something before it is published', () => before(events));
        return new Promise((resolve) => {
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
        });
      },
      async tap() {
        return undefined;
      },
      async check() {},
      async stopConsuming() {},
      async close() {},
    }),
    requeue(owner) {
      for (const queue of queues) queue.listeners = queue.listeners.filter((one) => one.owner !== owner);
      for (const { queue, events } of held.get(owner) ?? []) put(queue, events, true);
      held.delete(owner);
    },
  };
}
