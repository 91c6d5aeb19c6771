/**
 * What RabbitMQ has of a shop, for whoever takes the shop away or brings another. An event that it has confirmed is in no
 * outbox any more, and in no inbox yet: in no database. So it is brought into the inboxes first, which is safe only while
 * nobody else takes from the queues: what another has been handed shows nowhere.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../config.ts';
import type { ServiceName } from '../contracts/registry.ts';
import type { Broker, QueueDepth } from '../platform/broker.ts';
import { connectRabbit } from '../platform/broker-rabbitmq.ts';
import { systemClock } from '../platform/clock.ts';
import { openDatabase } from '../platform/database.ts';
import { createInbox } from '../platform/inbox.ts';
import { silentLog } from '../platform/log.ts';
import { TOPOLOGY } from '../shop.ts';

/** A million waiting messages take a few minutes. */
export const EMPTY_LIMIT_MS = 10 * 60_000;
const QUIET_METER = { batch() {}, handler() {}, other() {} };

async function withBroker<T>(settings: Settings, work: (broker: Broker) => Promise<T>): Promise<T> {
  const { AMQP_URL: url, AMQP_NAMESPACE: namespace } = settings;
  const broker = await connectRabbit({ url, namespace, topology: TOPOLOGY, log: silentLog });
  try {
    return await work(broker);
  } finally {
    await broker.stopConsuming();
    await broker.close();
  }
}

async function depthsOf(broker: Broker, rooms: readonly ServiceName[]): Promise<QueueDepth[]> {
  const found = await Promise.all(
    rooms.map((room) =>
      // A shop that was never started has no queues yet.
      (broker.depths as NonNullable<Broker['depths']>)(room).catch((error) => {
        if ((error as { code?: string }).code === 'NOT_FOUND') return [];
        throw error;
      }),
    ),
  );
  return found.flat();
}

const total = (depths: readonly QueueDepth[], what: 'messages' | 'consumers') =>
  depths.reduce((sum, depth) => sum + depth[what], 0);

function requireStopped(depths: readonly QueueDepth[]): void {
  if (total(depths, 'consumers') === 0) return;
  throw new Error(
    'the shop is running, and what RabbitMQ has handed to it is in no database: stop all of its processes first, and start them again afterwards',
  );
}

/** Messages that wait in the queues of a shop that is not running. */
export function waitingInQueues(settings: Settings, rooms: readonly ServiceName[]): Promise<number> {
  return withBroker(settings, async (broker) => {
    const depths = await depthsOf(broker, rooms);
    requireStopped(depths);
    return total(depths, 'messages');
  });
}

/** Brings what is in the queues into the inboxes, where the rooms will find it. */
export function emptyQueues(settings: Settings, urls: ReadonlyMap<ServiceName, string>): Promise<void> {
  const rooms = [...urls.keys()];
  return withBroker(settings, async (broker) => {
    requireStopped(await depthsOf(broker, rooms));
    const databases = [...urls].map(([service, url]) =>
      openDatabase({ service, url, clock: systemClock, log: silentLog, poolSize: 2 }),
    );
    try {
      let inHand = 0;
      const counted = async (work: () => Promise<void>) => {
        inHand += 1;
        await work().finally(() => {
          inHand -= 1;
        });
      };
      for (const db of databases) {
        const inbox = createInbox({ db, handlers: [], clock: systemClock, log: silentLog, meter: QUIET_METER });
        await broker.subscribe({
          service: db.service,
          types: TOPOLOGY[db.service] ?? [],
          deliver: (events) => counted(() => inbox.store(events)),
          park: (body, cause) => counted(() => inbox.park(body, cause)),
        });
      }
      const limit = Date.now() + EMPTY_LIMIT_MS;
      while (inHand > 0 || total(await depthsOf(broker, rooms), 'messages') > 0) {
        if (Date.now() > limit) throw new Error('the queues of RabbitMQ could not be emptied in ten minutes');
        await sleep(50);
      }
      // Ends when all that was handed over has been kept and acknowledged; what was not is in a queue again.
      await broker.stopConsuming();
      const left = await depthsOf(broker, rooms);
      requireStopped(left);
      if (total(left, 'messages') > 0) throw new Error('the shop said something while it was backed up: stop it first');
    } finally {
      await broker.stopConsuming();
      await Promise.all(databases.map((db) => db.close()));
    }
  });
}

/** Throws away what an earlier shop had to say to itself. */
export async function purgeQueues(settings: Settings, rooms: readonly ServiceName[]): Promise<void> {
  await withBroker(settings, async (broker) => {
    for (const room of rooms) await broker.purge?.(room);
  });
}
