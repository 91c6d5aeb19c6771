/** What is said to whom, of what rooms have published. */
import { CustomerDeleted } from '../../contracts/customers.ts';
import { SERVICE } from '../../contracts/webhooks.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/clock.ts';
import type { EventContract } from '../../platform/contract.ts';
import type { Database } from '../../platform/database.ts';
import { eraseDead } from '../../platform/dead-letters.ts';
import type { Handler } from '../../platform/handler.ts';
import { on } from '../../platform/handler.ts';
import type { Message, StoredEvent } from '../../platform/message.ts';
import type { NewMessage } from './store.ts';
import { findClosed, findSubscribed, insertMessages, readWantedTypes } from './store.ts';
import { closeCustomers } from './store-deliveries.ts';

/** How old the knowledge may be of what is subscribed to: another process may have changed it. */
const KNOWN_MS = 1_000;

export interface Interest {
  /** What somebody has subscribed to, of what has come. Costs no statement where nobody has. */
  wanted(events: readonly StoredEvent[]): Promise<StoredEvent[]>;
  /** Something was subscribed to. */
  look(): void;
}

/** Most shops have no webhook, and their orders should not pay for those of others. */
export function createInterest(db: Database, clock: Clock): Interest {
  let types = new Set<string>();
  let knownUntil = Number.NEGATIVE_INFINITY;
  return {
    async wanted(events) {
      const isWanted = ({ type }: StoredEvent) => types.has(type);
      if (events.every(isWanted)) return [...events];
      const now = clock.now().getTime();
      if (now >= knownUntil) {
        types = new Set([CustomerDeleted.name, ...(await readWantedTypes(db))]);
        knownUntil = now + KNOWN_MS;
      }
      return events.filter(isWanted);
    },
    look() {
      knownUntil = Number.NEGATIVE_INFINITY;
    },
  };
}

export function createHandlers(wake: () => void): Handler[] {
  return [
    on(SERVICE.hears, async (messages, tx) => {
      const closing = messages.filter(({ type }) => type === CustomerDeleted.name).map(({ subject }) => subject);
      if (closing.length > 0) {
        await closeCustomers(tx, closing, withoutPeople);
        eraseDead(tx, closing);
      }
      const types = [...new Set(messages.map(({ type }) => type))];
      const subscribed = await findSubscribed(tx, types);
      if (subscribed.length === 0) return;
      const said = messages.map(asWebhook);
      // What comes late, or is said about an order that goes on, names nobody whose account is closed.
      const closed = await findClosed(tx, [...new Set(said.flatMap(({ customer_id }) => customer_id ?? []))]);
      const kept = said
        .map((one) => ({ ...one, webhooks: subscribed.filter((webhook) => webhook.types.includes(one.type)) }))
        .filter(({ webhooks }) => webhooks.length > 0)
        .map((one) =>
          one.customer_id && closed.has(one.customer_id)
            ? { ...one, payload: withoutPeople(one.type, one.payload) }
            : one,
        );
      if (kept.length === 0) return;
      const deliveries = kept.flatMap(({ id: message_id, webhooks }) =>
        webhooks.map(({ id: webhook_id }) => ({ id: newId(), webhook_id, message_id })),
      );
      insertMessages(tx, kept, deliveries, tx.now);
      tx.afterCommit(wake);
    }),
  ];
}

const CONTRACTS = new Map(SERVICE.hears.map((event) => [event.name, event]));

/** What merchants are told of an event: all but its secrets. */
function asWebhook({ id, type, subject, time, data }: Message): NewMessage {
  const { secrets, publisher } = CONTRACTS.get(type) as EventContract;
  const told = Object.fromEntries(Object.entries(data as object).filter(([name]) => !secrets.includes(name)));
  const customer = publisher === 'customers' ? subject : told.customer_id;
  const customer_id = typeof customer === 'string' ? customer : null;
  return { id, type, subject, customer_id, payload: payloadOf(type, time, told) };
}

/** The body of a webhook. */
export function payloadOf(type: string, timestamp: string, data: unknown): string {
  return JSON.stringify({ type, timestamp, data });
}

/** The same, saying of nobody who they are. */
export function withoutPeople(type: string, payload: string): string {
  const personal = CONTRACTS.get(type)?.personal ?? [];
  const { timestamp, data } = JSON.parse(payload) as { timestamp: string; data: Record<string, unknown> };
  const left = Object.entries(data).map(([name, value]) => [name, personal.includes(name) ? null : value]);
  return payloadOf(type, timestamp, Object.fromEntries(left));
}
