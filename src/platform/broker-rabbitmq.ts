/**
 * Carries messages through RabbitMQ: one durable topic exchange, one quorum queue for each service, publisher confirms
 * with `mandatory`, a dead-letter queue for each service. Reconnecting is the client library's; what it cannot promise
 * is the outbox's (publish again) and the inbox's (know it already).
 *
 * The broker's cost is per AMQP message, so events of one type travel packed (CloudEvents JSON Batch Format): measured
 * 6.9k orders/s against 3.7k with one event a message. Nagle's algorithm is off: 25 ms for four hops against 195 ms.
 */

import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import type { AsyncMessage, Consumer } from 'rabbitmq-client';
import { Connection, ConsumerStatus } from 'rabbitmq-client';
import type { Broker, QueueDepth, Subscription, TapFilter, Tapped } from './broker.ts';
import { nodesOf } from './broker-nodes.ts';
import { newId } from './clock.ts';
import { createGroupCommit } from './group-commit.ts';
import type { Logger } from './log.ts';
import type { StoredEvent } from './message.ts';
import { decodeBatch, encodeBatch } from './message.ts';
import { backoff } from './retry.ts';

/** What each event of a batch begins with. */
const ENVELOPE = '{"specversion"';
/** Bytes; the broker is told of a smaller one. */
const LARGEST_FRAME = 1024 * 1024;
/** Messages that wait for whoever looks on; older ones give way. */
const TAP_LENGTH = 1_000;
/** Events in one AMQP message. */
const PACK = 100;
const PREFETCH = 32;
/** For one node of a cluster: two that are silent still leave time for the third. */
const CONNECT_TIMEOUT_MS = 4_000;
const CONFIRM_TIMEOUT_MS = 8_000;
const CONSUME_TIMEOUT_MS = 15_000;
/** Deliveries that end without an answer (crash, lost connection) before a message goes to the dead-letter queue. */
const DELIVERY_LIMIT = 20;
/** A full queue refuses; the outbox keeps what it refused. */
const MAX_QUEUE_LENGTH = 1_000_000;

export interface RabbitOptions {
  /** Or several, of a cluster, with commas: whichever answers. */
  url: string;
  /** Prefix of exchange and queue names, so that several shops can share a broker. */
  namespace?: string;
  /** Service → the event names it listens to: every service's, whether it runs or not. */
  topology: Readonly<Record<string, readonly string[]>>;
  log: Logger;
  /** How long it may take to answer at first; 15 s unless given. */
  patienceMs?: number;
}

/** Where all events of a shop are published. */
export const exchangeName = (namespace: string) => `${namespace}.events`;

export async function connectRabbit(options: RabbitOptions): Promise<Broker> {
  const { url, namespace = 'tradewind', topology, log, patienceMs = 15_000 } = options;
  const exchange = exchangeName(namespace);
  const deadExchange = `${namespace}.dead`;
  const connection = new Connection({
    ...nodesOf(url),
    connectionName: namespace,
    noDelay: true,
    acquireTimeout: 5_000,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    retryLow: 250,
    retryHigh: 3_000,
    // A node whose machine is gone says nothing: it is given up after two of these.
    heartbeat: 8,
  });
  boundReads(connection);
  connection.on('error', (error) => log.warn({ err: error }, 'RabbitMQ connection lost'));
  connection.on('connection', () => log.debug('RabbitMQ connected'));
  await connection.onConnect(patienceMs).catch((error) => {
    connection.unsafeDestroy();
    throw new Error(`cannot reach RabbitMQ (AMQP_URL): ${(error as Error).message}`);
  });

  const exchanges = [
    { exchange, type: 'topic', durable: true },
    { exchange: deadExchange, type: 'direct', durable: true },
  ];
  // Whoever publishes declares every queue first, after each reconnect too: a room that was never started, or whose
  // queue a new broker does not know, must find what was said meanwhile.
  const queues = Object.entries(topology).flatMap(([service, types]) => [
    serviceQueue(namespace, service, types),
    deadQueue(namespace, service),
  ]);
  const publisher = connection.createPublisher({
    confirm: true,
    maxAttempts: 1,
    exchanges,
    queues: queues.map(({ queue, options }) => ({ queue, ...options })),
    queueBindings: queues.flatMap(({ bindings }) => bindings),
  });
  /** Messages on their way to the broker, and whether they came back: what came too late for its sender is nobody's. */
  const underway = new Map<string, 'sent' | 'returned'>();
  publisher.on('basic.return', ({ messageId }) => {
    if (underway.has(String(messageId))) underway.set(String(messageId), 'returned');
  });

  const consumers: Consumer[] = [];
  let closing = false;

  /** Makes a message safe, however long the room cannot: an unanswered delivery stays with the broker. */
  async function persist(keep: () => Promise<void>, service: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await keep();
      } catch (error) {
        if (closing) throw error;
        if (attempt === 1) log.warn({ err: error, queue: service }, 'cannot keep deliveries, waiting');
        await new Promise((resolve) => setTimeout(resolve, 50 + backoff(attempt, { baseMs: 100, capMs: 5_000 })));
      }
    }
  }

  async function consume({ queue, options, bindings }: Queue, handle: (message: AsyncMessage) => Promise<void>) {
    const consumer = connection.createConsumer(
      {
        queue,
        queueOptions: options,
        exchanges,
        queueBindings: bindings,
        qos: { prefetchCount: PREFETCH },
        concurrency: PREFETCH,
      },
      async (message) => {
        await handle(message);
        return ConsumerStatus.ACK;
      },
    );
    let cause = 'no answer';
    consumer.on('error', (error) => {
      cause = (error as Error).message;
      log.warn({ err: error, queue }, 'RabbitMQ consumer interrupted');
    });
    consumers.push(consumer);
    const ready = new Promise<void>((resolve) => consumer.once('ready', resolve));
    // It tries for ever; a queue that was declared with other arguments would never say so.
    await within(CONSUME_TIMEOUT_MS, ready, () => `cannot consume from ${queue}: ${cause}`);
  }

  /** A queue of its own, for as long as it is looked at: the rooms' queues do not notice. */
  async function tap({ types, subject }: TapFilter, see: (tapped: Tapped) => void): Promise<() => Promise<void>> {
    if (!connection.ready) throw new Error('RabbitMQ is not connected');
    const about = subject === undefined ? '' : JSON.stringify(subject);
    const consumer = connection.createConsumer(
      {
        queue: '',
        noAck: true,
        queueOptions: { exclusive: true, autoDelete: true, arguments: { 'x-max-length': TAP_LENGTH } },
        exchanges,
        queueBindings: types.map((routingKey) => ({ exchange, routingKey })),
      },
      ({ body }) => {
        if (!Buffer.isBuffer(body) || !body.includes(about)) return;
        see({ count: countIn(body), read: () => readBatch(body) });
      },
    );
    consumer.on('error', (error) => log.warn({ err: error }, 'the tap was interrupted'));
    const ready = new Promise<void>((resolve) => consumer.once('ready', resolve));
    await within(CONSUME_TIMEOUT_MS, ready, () => 'RabbitMQ gave no queue in time').catch(async (error) => {
      await consumer.close();
      throw error;
    });
    return () => consumer.close();
  }

  return {
    tap,
    async subscribe({ service, types, deliver, park }: Subscription) {
      const commit = createGroupCommit<{ events: StoredEvent[]; again: boolean }, void>({
        max: PREFETCH,
        retryAlone: () => false,
        write: async (batches) => {
          for (const again of [false, true]) {
            const events = batches.filter((batch) => batch.again === again).flatMap((batch) => batch.events);
            if (events.length > 0) await deliver(events, again);
          }
          return batches.map(() => undefined);
        },
      });
      await consume(deadQueue(namespace, service), (message) => {
        const body = textOf(message);
        return persist(() => park(body, `delivered ${DELIVERY_LIMIT} times without an answer`), service);
      });
      await consume(serviceQueue(namespace, service, types), async (message) => {
        const body = textOf(message);
        let events: StoredEvent[];
        try {
          events = decodeBatch(body);
        } catch (error) {
          return persist(() => park(body, (error as Error).message), service);
        }
        return persist(() => commit.add({ events, again: message.redelivered }), service);
      });
    },

    async publish(events) {
      if (!connection.ready) throw new Error('RabbitMQ is not connected');
      const failed = new Map<string, string>();
      const fail = (chunk: readonly StoredEvent[], reason: string) => {
        for (const { id } of chunk) failed.set(id, reason);
      };
      const sent = pack(events).map((chunk) => ({ chunk, messageId: newId() }));
      for (const { messageId } of sent) underway.set(messageId, 'sent');
      try {
        const sends = sent.map(async ({ chunk, messageId }) => {
          const envelope = {
            exchange,
            routingKey: chunk[0]?.type as string,
            mandatory: true,
            durable: true,
            messageId,
            contentType: 'application/cloudevents-batch+json',
          };
          try {
            await publisher.send(envelope, encodeBatch(chunk));
          } catch (error) {
            // A full queue: these wait, the others need not.
            if ((error as { code?: string }).code !== 'NACK') throw error;
            fail(chunk, (error as Error).message);
          }
        });
        await within(CONFIRM_TIMEOUT_MS, Promise.all(sends), () => 'RabbitMQ did not confirm in time');
        // A confirm alone is no proof of a route. The broker says "returned" before it says "confirmed", but the library
        // tells us of it one turn of the event loop later.
        await new Promise((resolve) => setImmediate(resolve));
        for (const { chunk, messageId } of sent) {
          if (underway.get(messageId) === 'returned') fail(chunk, `no queue is bound for ${chunk[0]?.type}`);
        }
      } finally {
        for (const { messageId } of sent) underway.delete(messageId);
      }
      return failed;
    },

    async check() {
      if (!connection.ready) throw new Error('RabbitMQ is not connected');
    },
    async depths(service) {
      if (!connection.ready) throw new Error('RabbitMQ is not connected');
      const ask = async (kind: QueueDepth['queue'], queue: string): Promise<QueueDepth> => {
        const { messageCount, consumerCount } = await connection.queueDeclare({ queue, passive: true });
        return { queue: kind, messages: messageCount, consumers: consumerCount };
      };
      const work = `${namespace}.${service}`;
      return Promise.all([ask('work', work), ask('dead', `${work}.dead`)]);
    },
    async purge(service) {
      for (const queue of [`${namespace}.${service}`, `${namespace}.${service}.dead`]) {
        await connection.queuePurge({ queue }).catch((error) => {
          if ((error as { code?: string }).code !== 'NOT_FOUND') throw error;
        });
      }
    },
    async stopConsuming() {
      closing = true;
      await Promise.all(consumers.map((consumer) => consumer.close()));
    },
    async close() {
      closing = true;
      if (!connection.ready) return connection.unsafeDestroy();
      await publisher.close();
      await connection.close();
    },
  };
}

/**
 * The library asks its socket for as many bytes as a frame says it has. Node throws at more than a gigabyte, and once more
 * when the socket closes, where nobody catches it: a stranger at the broker's port, or one damaged byte, would end the
 * process. Of version 5.0.8, by its internals; `hostile-messages.test.ts` sees whether it still holds.
 */
function boundReads(connection: Connection): void {
  const inside = connection as unknown as { _socket: Socket; _connect: () => Socket };
  const bound = (socket: Socket) => {
    const read = socket.read.bind(socket);
    socket.read = (size?: number) => {
      if (size === undefined || size <= LARGEST_FRAME) return read(size);
      socket.destroy(new Error(`a frame of ${size} bytes is none of RabbitMQ's`));
      return null;
    };
    return socket;
  };
  const connect = inside._connect;
  inside._connect = () => bound(connect());
  bound(inside._socket);
}

/** A body as it came; the library has read it already when its label says text or JSON. */
function textOf({ body }: AsyncMessage): string {
  if (Buffer.isBuffer(body) || typeof body === 'string') return body.toString();
  try {
    return JSON.stringify(body);
  } catch {
    // Nested deeper than a stack: nobody can handle it, and a picture of it is kept.
    return inspect(body, { depth: 100, breakLength: Number.POSITIVE_INFINITY });
  }
}

/** How many events are in a batch, without reading it. */
function countIn(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(ENVELOPE); at >= 0; at = body.indexOf(ENVELOPE, at + 1)) count += 1;
  return count;
}

/** What is no batch has nothing to show; the rooms park it. */
function readBatch(body: Buffer): StoredEvent[] {
  try {
    return decodeBatch(body);
  } catch {
    return [];
  }
}

interface Queue {
  queue: string;
  options: { durable: true; arguments: Record<string, unknown> };
  bindings: { exchange: string; routingKey: string; queue: string }[];
}

/** The queue of a service, with what happens to a message that nobody answers and to one it has no room for. */
function serviceQueue(namespace: string, service: string, types: readonly string[]): Queue {
  const queue = `${namespace}.${service}`;
  const options = {
    'x-queue-type': 'quorum',
    'x-delivery-limit': DELIVERY_LIMIT,
    'x-dead-letter-exchange': `${namespace}.dead`,
    'x-dead-letter-routing-key': queue,
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
    'x-max-length': MAX_QUEUE_LENGTH,
  };
  const bindings = types.map((routingKey) => ({ exchange: `${namespace}.events`, routingKey, queue }));
  return { queue, options: { durable: true, arguments: options }, bindings };
}
/** Where the broker puts what a service did not answer for. */
function deadQueue(namespace: string, service: string): Queue {
  const queue = `${namespace}.${service}.dead`;
  const bindings = [{ exchange: `${namespace}.dead`, routingKey: `${namespace}.${service}`, queue }];
  return { queue, options: { durable: true, arguments: { 'x-queue-type': 'quorum' } }, bindings };
}

/** Events of one type together, in order, in messages of at most PACK. */
function pack(events: readonly StoredEvent[]): StoredEvent[][] {
  const byType = new Map<string, StoredEvent[]>();
  for (const event of events) {
    const same = byType.get(event.type);
    if (same) same.push(event);
    else byType.set(event.type, [event]);
  }
  return [...byType.values()].flatMap((all) =>
    Array.from({ length: Math.ceil(all.length / PACK) }, (_, i) => all.slice(i * PACK, (i + 1) * PACK)),
  );
}

async function within<T>(ms: number, promise: Promise<T>, explain: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(explain())), ms);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
