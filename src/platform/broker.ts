/** The seam between outboxes and inboxes, chosen once in main.ts: in this process, or through RabbitMQ. */
import type { StoredEvent } from './message.ts';

/** What a room listens to, and where its messages are put. */
export interface Subscription {
  service: string;
  types: readonly string[];
  /**
   * Handles messages, or stores them in the room's inbox; resolves once they are safe. Any of them may come twice;
   * `again`: they were delivered before, and nobody knows what became of that.
   */
  deliver: (events: StoredEvent[], again?: boolean) => Promise<void>;
  /** Keeps what is no message of ours, for a person to look at. */
  park: (body: string, cause: string) => Promise<void>;
}

/** What is to be shown of what is published. */
export interface TapFilter {
  types: readonly string[];
  /** Only what is about it; more may come. */
  subject: string | undefined;
}

/** Events that were published, for whoever looks on: counted for nothing, read for the price of reading. */
export interface Tapped {
  count: number;
  read: () => readonly StoredEvent[];
}

/** `dead`: what the broker gave up. A body may hold many messages; what is being delivered does not wait. */
export interface QueueDepth {
  queue: 'work' | 'dead';
  messages: number;
  consumers: number;
}

export interface Broker {
  subscribe(subscription: Subscription): Promise<void>;
  /**
   * Carries events to every room that listens. Resolves when each is either safe (in an inbox, or confirmed and routed
   * by the broker) or has failed; the ids of those that failed come back with the reason. `again`: they may have been
   * published before, by a process that died over them.
   */
  publish(events: readonly StoredEvent[], again?: boolean): Promise<Map<string, string>>;
  /**
   * Shows what is published from now on, until it is ended. Nothing waits for whoever looks on, and nothing is kept for
   * them. Undefined: not everything that is published passes here.
   */
  tap(filter: TapFilter, see: (tapped: Tapped) => void): Promise<(() => Promise<void>) | undefined>;
  /** Throws when messages cannot flow. */
  check(): Promise<void>;
  /** What waits in the broker's own queues of a room; a broker without queues cannot tell. */
  depths?(service: string): Promise<QueueDepth[]>;
  /** Throws away whatever waits in them. */
  purge?(service: string): Promise<void>;
  /** Stops deliveries; publishing still works, so that outboxes can drain. */
  stopConsuming(): Promise<void>;
  close(): Promise<void>;
}
