/**
 * Messages nobody of ours has sent, straight into exchange and queues: what cannot be read ends at the dead-letter desk,
 * what can be is handled or ends there too, and everything else flows on.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Envelope, Publisher } from 'rabbitmq-client';
import { Connection } from 'rabbitmq-client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Causes } from '../src/contracts/dead-letters.ts';
import { OrderPlaced } from '../src/contracts/orders.ts';
import { PaymentMethodsChanged } from '../src/contracts/payments.ts';
import { EVENTS, SERVICES } from '../src/contracts/registry.ts';
import { connectRabbit } from '../src/platform/broker-rabbitmq.ts';
import { newId } from '../src/platform/clock.ts';
import { silentLog } from '../src/platform/log.ts';
import { eventually, hasRabbit, startTestShop, type TestShop } from './harness.ts';
import { expand, fitting, spoilt } from './hostile-values.ts';
import { expectInvariants } from './invariants.ts';
import { openLine } from './tcp-proxy.ts';

const RUNS = Number(process.env.HOSTILE_RUNS ?? 1);

const envelope = (more: object = {}) => ({
  ...{ specversion: '1.0', id: newId(), source: '/tradewind/orders', type: OrderPlaced.name, subject: newId() },
  ...{ time: new Date().toISOString(), datacontenttype: 'application/json', data: { half: 'an order' } },
  ...more,
});
const batch = (...events: unknown[]) => JSON.stringify(events);
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const LONG = 'x'.repeat(1_000_000);

/** A body, how it is labelled, and why it is dead: as undecodable, or as an event by its type. */
const BODIES: [what: string, body: string | Buffer, label: Partial<Envelope>, cause: string][] = [
  ['nothing', '', {}, 'not JSON'],
  ['a megabyte of bytes', randomBytes(1_000_000), {}, 'not JSON'],
  ['bytes with a NUL', Buffer.from([0, 1, 2, 255]), { contentType: 'application/octet-stream' }, 'not JSON'],
  ['text', 'hello', { contentType: 'text/plain' }, 'not JSON'],
  ['no JSON that says it is', '{"half":', { contentType: 'application/json' }, 'not JSON'],
  ['something compressed', gzipSync(batch(envelope())), { contentEncoding: 'gzip' }, 'not JSON'],
  ['UTF-16', Buffer.from(batch(envelope()), 'utf16le'), {}, 'not JSON'],
  ['null', 'null', { contentType: 'application/json' }, 'not a CloudEvents batch'],
  ['a number', '1e400', { contentType: 'application/json' }, 'not a CloudEvents batch'],
  [
    'one event, not in a batch',
    JSON.stringify(envelope()),
    { contentType: 'application/cloudevents+json' },
    'not a CloudEvents batch',
  ],
  ['a batch with a hole', batch(null), {}, 'not a CloudEvent 1.0 of this shop'],
  ['a batch in a batch', batch([envelope()]), {}, 'not a CloudEvent 1.0 of this shop'],
  ['lists without end', deep(100_000), {}, 'not a CloudEvent 1.0 of this shop'],
  ['lists without end that say they are JSON', deep(100_000), { contentType: 'application/json' }, 'not JSON'],
  ['another version', batch(envelope({ specversion: '0.3' })), {}, 'not a CloudEvent 1.0 of this shop'],
  ['no data', batch(envelope({ data: undefined })), {}, 'not a CloudEvent 1.0 of this shop'],
  ['a type that is no text', batch(envelope({ type: { toString: 1 } })), {}, 'not a CloudEvent 1.0 of this shop'],
  ['a type of a megabyte', batch(envelope({ type: LONG })), {}, 'not a CloudEvent 1.0 of this shop'],
  ['a subject of a megabyte', batch(envelope({ subject: LONG })), {}, 'not a CloudEvent 1.0 of this shop'],
  ['a NUL in its subject', batch(envelope({ subject: '\0' })), {}, 'not a CloudEvent 1.0 of this shop'],
  [
    'an id that is none',
    batch(envelope({ id: '1; drop table inbox' })),
    {},
    'a CloudEvent of this shop has a UUID and a time',
  ],
  [
    'a time that is none',
    batch(envelope({ time: '+275760-09-13' })),
    {},
    'a CloudEvent of this shop has a UUID and a time',
  ],
  [
    'data nested too deep',
    batch(envelope({ data: '…' })).replace('"…"', deep(9_000)),
    {},
    'data nested deeper than 100',
  ],
  ['a good event beside a bad one', batch(envelope(), 1), {}, 'not a CloudEvent 1.0 of this shop'],
];
const EVENTS_OF_NOBODY: [what: string, event: object, cause: RegExp][] = [
  ['a type nobody knows', envelope({ type: '__proto__' }), /^nobody here handles __proto__$/],
  ['halves of letters', envelope({ type: '\ud800', subject: '\udfff' }), /^nobody here handles/],
  [
    'an event that this room does not listen to',
    envelope({ type: 'product.stock.low' }),
    /^nobody here handles product.stock.low$/,
  ],
  ['data that is text', envelope({ data: 'order' }), /^breaks its contract: must be an object$/],
  ['data that is nothing', envelope({ data: null }), /^breaks its contract/],
  ['data with a NUL', envelope({ data: { id: '\0' } }), /^breaks its contract/],
  [
    'data with keys of prototypes',
    envelope({ data: JSON.parse('{"__proto__":{"a":1},"constructor":{}}') }),
    /^breaks its contract/,
  ],
  ['a trace that is none', envelope({ traceparent: { toString: 'x' } }), /^breaks its contract/],
];

describe.skipIf(!hasRabbit())('messages nobody of ours has sent', () => {
  let shop: TestShop;
  let connection: Connection;
  let publisher: Publisher;
  let publish: (
    to: { exchange?: string; routingKey: string },
    body: string | Buffer,
    label?: Partial<Envelope>,
  ) => Promise<void>;
  beforeAll(async () => {
    shop = await startTestShop({ topology: 'rabbitmq' });
    connection = new Connection(shop.settings.AMQP_URL);
    publisher = connection.createPublisher({ confirm: true });
    const namespace = shop.settings.AMQP_NAMESPACE;
    publish = ({ exchange, routingKey }, body, label = {}) =>
      publisher.send(
        { ...(exchange && { exchange: `${namespace}.${exchange}` }), routingKey, ...label },
        Buffer.from(body),
      );
  });
  afterAll(async () => {
    await publisher?.close();
    await connection?.close();
    await shop?.close();
  });

  const toInventory = { exchange: 'events', routingKey: OrderPlaced.name };
  const dead = () =>
    shop.query<{ id: string; type: string; cause: string; data: string }>(
      'inventory',
      `select * from dead_letters where status = 'dead' order by id`,
    );
  async function expectFlow(): Promise<void> {
    await shop.until(await shop.place(), 'confirmed');
  }
  async function discardAll(): Promise<void> {
    const token = await shop.admin();
    for (const room of SERVICES) {
      const { body } = await shop.call<Causes>(`/api/dead-letters/${room}/causes`, { token });
      for (const { group } of body.groups) {
        const reply = { method: 'POST', token, body: { group, why: 'nobody of ours' } };
        expect((await shop.call(`/api/dead-letters/${room}/discard`, reply)).status).toBe(200);
      }
    }
  }

  it('end at the desk with their reason, and orders flow between them', async () => {
    for (const [, body, label] of BODIES) await publish(toInventory, body, label);
    await expectFlow();
    for (const [, event] of EVENTS_OF_NOBODY) await publish(toInventory, batch(event));
    await expectFlow();
    await eventually(async () => (await dead()).length === BODIES.length + EVENTS_OF_NOBODY.length, undefined, 30_000);
    const found = await dead();
    const undecodable = found.filter(({ type }) => type === 'undecodable').map(({ cause }) => cause);
    expect(undecodable.sort()).toEqual(BODIES.map(([, , , cause]) => cause).sort());
    for (const [what, , cause] of EVENTS_OF_NOBODY) {
      expect([what, found.some((one) => one.type !== 'undecodable' && cause.test(one.cause))]).toEqual([what, true]);
    }
    expect(found.map(({ data }) => data)).toEqual(expect.arrayContaining(['hello', '{"half":', '']));
    // A label of each of them would be a number that others make grow.
    const metrics = await (await fetch(`${shop.shop.addresses.get('inventory')}/metrics`)).text();
    expect(metrics).toContain('tradewind_messages_total{type="unknown",outcome="dead",service="inventory"}');
    expect(metrics).not.toContain('__proto__');
    await discardAll();
    await shop.quiet();
    await expectInvariants(shop.query);
  }, 90_000);

  it('with properties of every kind are read for what is in them', async () => {
    const labels: Partial<Envelope>[] = [
      { contentType: 'text/plain' },
      { contentType: 'application/json' },
      {
        contentType: 'x/y',
        headers: { 'x-death': 'often', 'x-delivery-count': -1, deep: { er: [{ and: 'deeper' }] } },
      },
      { headers: { long: LONG.slice(0, 7_000) }, priority: 255, expiration: '60000', messageId: '\0', timestamp: 0 },
      { type: 'order.failed', userId: 'guest', appId: 'a', correlationId: '€', replyTo: 'nobody' },
    ];
    const ids = labels.map(() => newId());
    for (const [i, label] of labels.entries()) {
      await publish(toInventory, batch(envelope({ id: ids[i], data: 'read' })), label);
    }
    await eventually(async () => (await dead()).length === labels.length);
    expect((await dead()).map(({ id }) => id).sort()).toEqual(ids);
    await discardAll();
    await expectFlow();
  });

  it('to any queue, that of the dead as well, are kept', async () => {
    const namespace = shop.settings.AMQP_NAMESPACE;
    for (const room of SERVICES) {
      for (const queue of [`${namespace}.${room}`, `${namespace}.${room}.dead`]) {
        await publish({ routingKey: queue }, deep(100_000), { contentType: 'application/json' });
        await publish({ routingKey: queue }, 'bytes of nobody');
      }
    }
    await eventually(async () => {
      const counts = await Promise.all(
        SERVICES.map((room) => shop.query(room, `select from dead_letters where status = 'dead'`)),
      );
      return counts.every((rows) => rows.length === 4);
    });
    await discardAll();
    await expectFlow();
    await shop.quiet();
  });

  it('that would keep every checkout from being read are dead, and checkouts go on', async () => {
    const data = { provider: 'test', pattern: '(', default_method: null, version: 1_000_000 };
    const source = '/tradewind/payments';
    const event = envelope({ type: PaymentMethodsChanged.name, source, subject: 'test', data });
    await publish({ exchange: 'events', routingKey: PaymentMethodsChanged.name }, batch(event));
    const found = () =>
      shop.query('orders', `select from dead_letters where status = 'dead' and cause like '%/pattern%'`);
    await eventually(async () => (await found()).length === 1);
    await expectFlow();
    await discardAll();
  });

  it('under the id of another are passed over, whatever is in them', async () => {
    const [placed] = [await shop.place()];
    await shop.until(placed, 'confirmed');
    const [taken] = await shop.query<{ id: string }>('inventory', 'select id from inbox_done order by id desc limit 1');
    const other = batch(
      envelope({ id: taken?.id }),
      envelope({ id: taken?.id?.toUpperCase(), type: 'nothing.of.ours' }),
    );
    await publish(toInventory, other);
    const twice = newId();
    await publish(toInventory, batch(envelope({ id: twice, data: 1 }), envelope({ id: twice, data: 2 })));
    await eventually(async () => (await dead()).length > 0);
    await expectFlow();
    await shop.quiet();
    expect((await dead()).map(({ id, data }) => [id, data])).toEqual([[twice, '1']]);
    await discardAll();
  });

  it(
    'but like ours in all but a place or two, are handled or dead in the end: no room is held up',
    async () => {
      // How an order can be paid is what payments says: nobody else is asked.
      const events = EVENTS.filter(({ name }) => name !== PaymentMethodsChanged.name);
      const forged = fc
        .oneof(
          ...events.map((event) => {
            const sound = fitting(event.data);
            return fc
              .oneof(sound, spoilt(sound))
              .map((data) => ({ ...envelope(), type: event.name, source: `/tradewind/${event.publisher}`, data }));
          }),
        )
        .map((event) => ({ routingKey: event.type, event }));
      await fc.assert(
        fc.asyncProperty(fc.array(forged, { minLength: 20, maxLength: 40, size: 'max' }), async (messages) => {
          for (const { routingKey, event } of messages) {
            const text = expand(batch({ ...event, id: newId() }), () => newId());
            await publish({ exchange: 'events', routingKey }, text);
          }
          await expectFlow();
          await eventually(
            async () => {
              const waiting = await Promise.all(
                SERVICES.map((room) =>
                  shop.query(
                    room,
                    `with hurried as (update inbox set available_at = '-infinity' where attempts > 0 and marks = 0 returning 1) select id, type, last_error from inbox`,
                  ),
                ),
              );
              for (const service of shop.shop.services.values()) service.wake();
              return waiting.flat().length === 0;
            },
            () => 'an inbox does not empty',
            30_000,
          );
        }),
        { numRuns: RUNS },
      );
      const { status, body } = await shop.call('/api/health');
      expect([status, body.status]).toEqual([200, 'ok']);
      await expectFlow();
    },
    120_000 * RUNS,
  );
});

describe.skipIf(!hasRabbit()).concurrent('a broker that is none', () => {
  const frame = (type: number, size: number, payload: Buffer) => {
    const head = Buffer.alloc(7);
    head.writeUInt8(type, 0);
    head.writeUInt32BE(size, 3);
    return Buffer.concat([head, payload, Buffer.from([0xce])]);
  };
  const WORDS: [string, () => Uint8Array][] = [
    ['random bytes', () => randomBytes(2_000)],
    ['the answer of a web server', () => Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
    ['another version of AMQP', () => Buffer.from('AMQP\0\x01\0\0')],
    ['a frame without end', () => frame(1, 0xffffffff, randomBytes(100))],
    ['a frame of no method', () => frame(1, 8, randomBytes(8))],
    [
      'frames out of turn',
      () => Buffer.concat([frame(3, 4, randomBytes(4)), frame(8, 0, Buffer.alloc(0)), frame(2, 14, Buffer.alloc(14))]),
    ],
    ['nothing', () => Buffer.alloc(0)],
  ];

  it('does not end a shop: it reads and takes orders, tries again, and goes on when the real one is back', async () => {
    const real = new URL(inject('amqpUrl'));
    const line = await openLine({ host: real.hostname, port: Number(real.port || 5672) });
    const near = Object.assign(new URL(real), { host: `127.0.0.1:${line.port}` });
    const shop = await startTestShop({ topology: 'rabbitmq', amqpUrl: near.href });
    try {
      const placed = [];
      for (const [what, words] of WORDS) {
        line.babble(words);
        await eventually(async () => (await shop.call('/api/health')).body.status === 'degraded');
        const replies = await Promise.all(['/api/products', '/api/inventory/PROD001'].map((path) => shop.call(path)));
        expect([what, ...replies.map(({ status }) => status)]).toEqual([what, 200, 200]);
        placed.push(await shop.place());
        await sleep(300);
      }
      line.mend();
      for (const order of placed) await shop.until(order, 'confirmed');
      await eventually(async () => (await shop.call('/api/health')).body.status === 'ok');
      await shop.quiet();
      await expectInvariants(shop.query);
    } finally {
      line.mend();
      await shop.close();
      await line.close();
    }
  }, 90_000);

  it('is not taken for one at start: it says so, and names the setting', async () => {
    const line = await openLine({ host: '127.0.0.1', port: 1 });
    line.babble(() => randomBytes(2_000));
    try {
      const url = `amqp://guest:guest@127.0.0.1:${line.port}`;
      const connecting = connectRabbit({ url, topology: {}, log: silentLog });
      await expect(connecting).rejects.toThrow('cannot reach RabbitMQ (AMQP_URL)');
    } finally {
      await line.close();
    }
  }, 60_000);
});
