import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { Connection } from 'rabbitmq-client';
import { Type } from 'typebox';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { ScratchDatabase } from '../../test/scratch-database.ts';
import { deaf, openScratchDatabase } from '../../test/scratch-database.ts';
import type { Broker, Subscription, Tapped } from './broker.ts';
import { connectRabbit } from './broker-rabbitmq.ts';
import { systemClock } from './clock.ts';
import { event } from './contract.ts';
import { on } from './handler.ts';
import { createInbox } from './inbox.ts';
import { silentLog } from './log.ts';
import type { StoredEvent } from './message.ts';
import { decodeBatch, storedEvent } from './message.ts';
import { createRelay } from './outbox.ts';

const data = Type.Object({ id: Type.String() });
const Done = event('thing.done', { publisher: 'maker', summary: '', data, subject: 'id' });
const Undone = event('thing.undone', { publisher: 'maker', summary: '', data, subject: 'id' });
const made = (contract: typeof Done | typeof Undone, count: number, name = 'e') =>
  Array.from({ length: count }, (_, i) =>
    storedEvent('maker', contract as typeof Done, { id: `${name}${i}` }, new Date()),
  );

/** The network between us and the broker: it can be cut. */
async function startWire(url: string) {
  const to = new URL(url);
  const sockets = new Set<Socket>();
  let down = false;
  const server = createServer((near) => {
    if (down) return void near.destroy();
    const far = connect(Number(to.port || 5672), to.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const near = new URL(url);
  near.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
  return {
    url: near.href,
    cut(stayDown = false) {
      down = stayDown;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      down = false;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe.skipIf(inject('amqpUrl') === '')('RabbitMQ', () => {
  let raw: Connection;
  let wire: Awaited<ReturnType<typeof startWire>>;
  let namespace: string;
  const brokers: Broker[] = [];
  const queues = new Set<string>();

  beforeAll(async () => {
    raw = new Connection(inject('amqpUrl'));
    raw.on('error', () => {});
    wire = await startWire(inject('amqpUrl'));
  });
  afterAll(async () => {
    await raw.close();
    await wire.close();
  });
  beforeEach(() => {
    namespace = `test-${randomBytes(6).toString('hex')}`;
  });
  afterEach(async () => {
    wire.mend();
    await Promise.all(brokers.splice(0).map((broker) => broker.stopConsuming().then(broker.close)));
    for (const queue of queues) await raw.queueDelete({ queue });
    queues.clear();
    for (const exchange of ['events', 'dead']) await raw.exchangeDelete({ exchange: `${namespace}.${exchange}` });
  });

  async function open(url = inject('amqpUrl'), topology: Record<string, string[]> = {}): Promise<Broker> {
    const broker = await connectRabbit({ url, namespace, topology, log: silentLog });
    brokers.push(broker);
    return broker;
  }
  async function listen(broker: Broker, more: Partial<Subscription> = {}): Promise<StoredEvent[]> {
    const received: StoredEvent[] = [];
    const deliver = async (events: StoredEvent[]) => void received.push(...events);
    const subscription = { service: 'taker', types: [Done.name], deliver, park: async () => {}, ...more };
    queues.add(`${namespace}.${subscription.service}`).add(`${namespace}.${subscription.service}.dead`);
    await broker.subscribe(subscription);
    return received;
  }
  const publishRaw = async (body: Buffer | string | object, routingKey: string = Done.name) => {
    const publisher = raw.createPublisher({ confirm: true });
    await publisher.send({ exchange: `${namespace}.events`, routingKey }, body);
    await publisher.close();
  };
  const subjects = (events: readonly StoredEvent[]) => events.map(({ subject }) => subject);

  test('what is published arrives as it was, in order, at every room that listens', async () => {
    const broker = await open();
    const taker = await listen(broker, { types: [Done.name, Undone.name] });
    const other = await listen(broker, { service: 'other' });
    const done = made(Done, 250);
    const undone = made(Undone, 3, 'u');
    expect(await broker.publish([...done, ...undone])).toEqual(new Map());
    await expect.poll(() => taker.length).toBe(253);
    expect(taker.filter(({ type }) => type === Done.name)).toEqual(done);
    expect(taker.filter(({ type }) => type === Undone.name)).toEqual(undone);
    await expect.poll(() => other).toEqual(done);
  });

  test('events travel packed, one type to a message', async () => {
    const broker = await open();
    await listen(broker, { types: [Done.name, Undone.name] });
    const queue = `${namespace}.watcher`;
    queues.add(queue);
    await raw.queueDeclare({ queue });
    await raw.queueBind({ queue, exchange: `${namespace}.events`, routingKey: '#' });
    await broker.publish([...made(Done, 201), ...made(Undone, 2)]);
    const packs: string[] = [];
    for (let one = await raw.basicGet(queue); one; one = await raw.basicGet(queue)) {
      const events = decodeBatch(one.body as Buffer);
      packs.push(`${one.routingKey} ${events.length} ${one.contentType} ${one.durable}`);
    }
    const how = 'application/cloudevents-batch+json true';
    expect(packs.sort()).toEqual([
      `thing.done 1 ${how}`,
      `thing.done 100 ${how}`,
      `thing.done 100 ${how}`,
      `thing.undone 2 ${how}`,
    ]);
  });

  test('whoever looks on gets copies, counted, until the end; after a cut from then on; the room misses nothing', async () => {
    const broker = await open(wire.url);
    const received = await listen(broker, { types: [Done.name, Undone.name] });
    const [all, one]: [string[], string[]] = [[], []];
    const look = (into: string[]) => (tapped: Tapped) => {
      const events = tapped.read();
      if (events.length > 0) expect(tapped.count).toBe(events.length);
      into.push(...subjects(events));
    };
    const end = await broker.tap({ types: [Done.name], subject: undefined }, look(all));
    const endOne = await broker.tap({ types: [Done.name, Undone.name], subject: 'u1' }, look(one));
    const done = made(Done, 250);
    await broker.publish([...done, ...made(Undone, 1, 'u'), ...made(Undone, 2, 'u').slice(1)]);
    await publishRaw('no batch');
    await expect.poll(() => all.toSorted()).toEqual(subjects(done).toSorted());
    // Of a batch all of it may come.
    await expect.poll(() => one).toContain('u1');
    expect(one).not.toContain('e1');

    wire.cut();
    await expect.poll(() => broker.publish(made(Done, 1, 'after')).catch(() => undefined)).toEqual(new Map());
    await expect
      .poll(async () => {
        await broker.publish(made(Done, 1, 'again')).catch(() => undefined);
        return all;
      })
      .toContain('again0');
    await Promise.all([end?.(), endOne?.()]);
    const seen = all.length;
    await broker.publish(made(Done, 1, 'unseen'));
    await expect.poll(() => subjects(received)).toContain('unseen0');
    expect(all).toHaveLength(seen);
  });

  test('what is said before a room was ever started waits for it', async () => {
    const broker = await open(inject('amqpUrl'), { taker: [Done.name], late: [Done.name] });
    await listen(broker);
    const done = made(Done, 3);
    expect(await broker.publish(done)).toEqual(new Map());
    const received = await listen(broker, { service: 'late' });
    await expect.poll(() => received).toEqual(done);
  });

  test('an event nobody listens to comes back with the reason; the others go', async () => {
    const broker = await open();
    const received = await listen(broker);
    const [done, undone] = [made(Done, 2), made(Undone, 1)];
    const reason = [[undone[0]?.id, 'no queue is bound for thing.undone']];
    for (let i = 0; i < 5; i += 1) expect([...(await broker.publish(undone))]).toEqual(reason);
    expect([...(await broker.publish([...undone, ...done]))]).toEqual(reason);
    await expect.poll(() => received).toEqual(done);
  });

  test('an event that a full queue refuses comes back with the reason; the others go', async () => {
    const broker = await open();
    const received = await listen(broker);
    const queue = `${namespace}.full`;
    queues.add(queue);
    await raw.queueDeclare({ queue, arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } });
    await raw.queueBind({ queue, exchange: `${namespace}.events`, routingKey: Undone.name });
    expect(await broker.publish(made(Undone, 1))).toEqual(new Map());
    const [done, undone] = [made(Done, 2), made(Undone, 1)];
    const failed = await broker.publish([...undone, ...done]);
    expect([...failed]).toEqual([[undone[0]?.id, expect.stringContaining('rejected')]]);
    await expect.poll(() => received).toEqual(done);
  });

  test('two consumers of one service share what comes; nothing comes to both', async () => {
    const [first, second] = [await open(), await open()];
    const [one, two] = [await listen(first), await listen(second)];
    const events = made(Done, 60);
    for (const each of events) await first.publish([each]);
    await expect.poll(() => one.length + two.length).toBe(60);
    expect(subjects([...one, ...two]).sort()).toEqual(subjects(events).sort());
    expect(one.length).toBeGreaterThan(0);
    expect(two.length).toBeGreaterThan(0);
  });

  test('a delivery waits with the broker until it is stored, however often that fails', async () => {
    const broker = await open();
    const received: StoredEvent[] = [];
    let tries = 0;
    await listen(broker, {
      deliver: async (events) => {
        tries += 1;
        if (tries < 4) throw new Error('database away');
        received.push(...events);
      },
    });
    const events = made(Done, 5);
    await broker.publish(events);
    await expect.poll(() => received, { timeout: 5_000 }).toEqual(events);
  });

  test('after the connection is cut it consumes and publishes again', async () => {
    const broker = await open(wire.url);
    const received = await listen(broker);
    await broker.publish(made(Done, 1, 'before'));
    await expect.poll(() => received.length).toBe(1);
    wire.cut();
    await expect
      .poll(() =>
        broker.check().then(
          () => 'well',
          () => 'ill',
        ),
      )
      .toBe('ill');
    await expect
      .poll(
        () =>
          broker.check().then(
            () => 'well',
            () => 'ill',
          ),
        { timeout: 10_000 },
      )
      .toBe('well');
    await (await open()).publish(made(Done, 1, 'other'));
    await broker.publish(made(Done, 1, 'after'));
    await expect
      .poll(() => new Set(subjects(received)), { timeout: 10_000 })
      .toEqual(new Set(['before0', 'other0', 'after0']));
  });

  test('what was delivered and not yet stored when the connection was cut comes again', async () => {
    const broker = await open(wire.url);
    const received: StoredEvent[] = [];
    let stuck = true;
    await listen(broker, {
      deliver: async (events) => {
        if (stuck) throw new Error('database away');
        received.push(...events);
      },
    });
    await (await open()).publish(made(Done, 3));
    wire.cut();
    stuck = false;
    await expect.poll(() => new Set(subjects(received)), { timeout: 10_000 }).toEqual(new Set(['e0', 'e1', 'e2']));
    await expect
      .poll(async () => (await raw.queueDeclare({ queue: `${namespace}.taker`, passive: true })).messageCount)
      .toBe(0);
  });

  describe('between an outbox and an inbox', () => {
    let scratch: ScratchDatabase;
    beforeAll(async () => {
      scratch = await openScratchDatabase();
    });
    afterAll(() => scratch.close());

    test('while it is disconnected publishing throws, and the row stays until it is back', async () => {
      const broker = await open(wire.url);
      const received = await listen(broker);
      const relay = createRelay({ db: scratch.db, broker, clock: systemClock, log: silentLog, published: () => {} });
      relay.start();
      try {
        wire.cut(true);
        await expect
          .poll(() =>
            broker.check().then(
              () => 'well',
              () => 'ill',
            ),
          )
          .toBe('ill');
        await expect(broker.publish(made(Done, 1))).rejects.toThrow('not connected');
        await scratch.db.transaction(async (tx) => tx.send(Done, { id: 'kept' }));
        await expect.poll(() => relay.status().failures).toBeGreaterThan(0);
        expect(await scratch.rows('select subject, attempts from outbox')).toEqual([{ subject: 'kept', attempts: 0 }]);
        wire.mend();
        await expect.poll(() => subjects(received), { timeout: 15_000 }).toContain('kept');
        await expect.poll(() => scratch.rows('select subject from outbox'), { timeout: 5_000 }).toEqual([]);
      } finally {
        await relay.stop();
      }
    });

    test.each<[string, Buffer | string | object]>([
      ['text', 'hello'],
      ['bytes with a NUL', Buffer.from([0, 1, 2, 255])],
      ['an object', { some: 'thing' }],
      [
        'an event without data',
        [{ specversion: '1.0', id: '0190a7c0-0000-7000-8000-000000000000', type: 'thing.done' }],
      ],
    ])('a body that is none of ours (%s) ends as a dead letter, and the rest flows', async (_, body) => {
      await scratch.rows('truncate dead_letters, inbox, inbox_done');
      const broker = await open();
      const handled: string[] = [];
      const inbox = createInbox({
        db: scratch.db,
        clock: systemClock,
        log: silentLog,
        meter: deaf,
        handlers: [on(Done, async (messages) => void handled.push(...messages.map(({ subject }) => subject)))],
      });
      await listen(broker, { deliver: inbox.store, park: inbox.park });
      inbox.worker.start();
      try {
        await publishRaw(body);
        await broker.publish(made(Done, 2));
        await expect.poll(() => handled).toEqual(['e0', 'e1']);
        await expect.poll(() => scratch.rows('select type from dead_letters')).toEqual([{ type: 'undecodable' }]);
      } finally {
        await inbox.worker.stop();
      }
    });
  });
});
