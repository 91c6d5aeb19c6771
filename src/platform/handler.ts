/** What a room does when it learns of events. */
import type { DataOf, EventContract } from './contract.ts';
import type { Tx } from './database.ts';
import type { Message } from './message.ts';

type MessageOf<E> = E extends EventContract ? Message<E> & { readonly data: DataOf<E> } : never;

/** One batch of messages, in order, in one transaction. */
export interface Handler {
  readonly events: readonly EventContract[];
  readonly handle: (messages: never[], tx: Tx) => Promise<void>;
}

/** @example on(OrderPlaced, async (messages, tx) => { … tx.send(StockDeducted, …, message) }) */
export function on<E extends EventContract>(
  events: E | readonly E[],
  handle: (messages: MessageOf<E>[], tx: Tx) => Promise<void>,
): Handler {
  return { events: Array.isArray(events) ? events : [events as E], handle: handle as Handler['handle'] };
}

/** Each handler is given its own of a batch. `took` hears how long it was, by the first event it listens to. */
export async function tell(
  handlers: readonly Handler[],
  messages: Message[],
  tx: Tx,
  took: (firstEvent: string, seconds: number) => void = () => {},
): Promise<void> {
  for (const handler of handlers) {
    const names = new Set(handler.events.map(({ name }) => name));
    const mine = messages.filter(({ type }) => names.has(type));
    if (mine.length === 0) continue;
    const started = performance.now();
    await handler.handle(mine as never[], tx);
    took((handler.events[0] as EventContract).name, (performance.now() - started) / 1000);
  }
}
