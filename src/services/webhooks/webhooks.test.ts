import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { order } from '../../../test/notifications-room.ts';
import { eventually, message, openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import { type Receiver, startReceiver } from '../../../test/webhook-receiver.ts';
import { CustomerDeleted } from '../../contracts/customers.ts';
import { OrderCancelled, OrderConfirmed, OrderShipped } from '../../contracts/orders.ts';
import * as contracts from '../../contracts/webhooks.ts';
import { newId } from '../../platform/clock.ts';
import { sql } from '../../platform/database.ts';
import { service } from './service.ts';
import { signed } from './signing.ts';

let room: TestRoom;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  room = await openTestRoom(service, { WEBHOOKS_PRIVATE_HOSTS: ['127.0.0.1'] });
  room.service.run();
});
afterAll(async () => {
  await room.close();
  await receiver.close();
});
afterEach(async () => {
  await room.service.db.query(sql('delete from webhooks'));
  await room.service.db.query(sql('delete from messages'));
  receiver.received.length = 0;
  receiver.answer = (_, response) => response.writeHead(204).end();
});

const as = 'admin' as const;
const body = <T>(reply: { ok: boolean; body?: T; problem?: { title: string } }): T => {
  if (!reply.ok) throw new Error(reply.problem?.title);
  return reply.body as T;
};
const create = async (types: contracts.WebhookType[] = ['order.confirmed'], url = receiver.url) =>
  body(await room.call(contracts.CreateWebhook, { as, body: { url, types } }));
const get = async (id: string) => body(await room.call(contracts.GetWebhook, { as, params: { id } }));
const deliveries = async (query: object = {}) => body(await room.call(contracts.ListDeliveries, { as, query })).items;
const delivery = async (id: string) => body(await room.call(contracts.GetDelivery, { as, params: { id } }));
const received = (count: number) => eventually(async () => receiver.received.length >= count && receiver.received);
/** The only delivery, once it is so. */
const settled = (status: contracts.WebhookDeliveryStatus, attempts = 1) =>
  eventually(async () =>
    (await deliveries()).find(
      (one) => one.status === status && one.attempts === attempts && (status === 'delivered' || one.last_error),
    ),
  );
/** As if so much time had gone by. */
const later = (interval: string) =>
  room.service.db
    .query(
      sql(`update deliveries set next_attempt_at = next_attempt_at - interval '${interval}' where status = 'waiting'`),
    )
    .then(() => room.service.wake());

describe('an event', () => {
  test('is posted to whoever has subscribed, signed, and without its secrets', async () => {
    const webhook = await create(['order.confirmed']);
    await create(['order.cancelled'], `${receiver.url}/other`);
    const bought = order();
    const confirmed = message(OrderConfirmed, bought);
    await room.deliver([confirmed]);
    const [one] = await received(1);
    const { guest_token: _, ...told } = bought;
    expect(one?.message).toEqual({ type: 'order.confirmed', timestamp: confirmed.time, data: told });
    expect(one?.headers['webhook-id']).toBe(confirmed.id);
    const at = new Date(Number(one?.headers['webhook-timestamp']) * 1_000);
    expect(Math.abs(Date.now() - at.getTime())).toBeLessThan(10_000);
    expect(one?.headers).toMatchObject(signed(confirmed.id, String(one?.body), [webhook.secret], at));
    const done = await settled('delivered');
    expect(done).toMatchObject({ webhook_id: webhook.id, message_id: confirmed.id, subject: bought.id });
    const { payload, history } = await delivery(done.id);
    expect(payload).toBe(one?.body);
    expect(history).toMatchObject([{ status: 204, error: null }]);
    expect(receiver.received).toHaveLength(1);
  });

  test('that comes twice is one', async () => {
    await create();
    const confirmed = message(OrderConfirmed, order());
    await room.deliver([confirmed]);
    await settled('delivered');
    await room.deliver([confirmed]);
    await room.deliver([message(OrderConfirmed, order())]);
    await received(2);
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toContain(confirmed.id);
    expect(await deliveries()).toHaveLength(2);
  });

  test('that nobody has subscribed to leaves nothing behind', async () => {
    await create(['order.cancelled']);
    await room.deliver([message(OrderConfirmed, order())]);
    expect(await room.service.db.query(sql('select from messages'))).toEqual([]);
  });

  test('names nobody any more whose account is closed: neither what waits, nor what comes after', async () => {
    receiver.answer = (_, response) => response.writeHead(503).end();
    await create(['order.confirmed', 'order.shipped', 'customer.deleted']);
    const ann = newId();
    const bought = order({ customer_id: ann, email: 'ann@example.com' });
    await room.deliver([message(OrderConfirmed, bought), message(OrderConfirmed, order({ email: 'ben@example.com' }))]);
    await received(2);
    await room.deliver([message(CustomerDeleted, { id: ann, version: 2 }), message(OrderShipped, bought)]);
    await received(4);
    receiver.received.length = 0;
    receiver.answer = (_, response) => response.writeHead(204).end();
    await later('10 seconds');
    const told = await received(4);
    const about = told.map(({ message: { type, data } }) => [type, data.email ?? '']).sort();
    expect(about).toEqual([
      ['customer.deleted', ''],
      ['order.confirmed', ''],
      ['order.confirmed', 'ben@example.com'],
      ['order.shipped', ''],
    ]);
    expect(JSON.stringify(await room.service.db.query(sql('select payload from messages')))).not.toContain('ann@');
  });
});

describe('a delivery that fails', () => {
  test('is tried again later, under the same id', async () => {
    receiver.answer = (_, response) => response.writeHead(500).end('out of order');
    const { id } = await create();
    await room.deliver([message(OrderConfirmed, order())]);
    const waiting = await settled('waiting');
    const pause = Date.parse(String(waiting.next_attempt_at)) - Date.now();
    expect(pause).toBeGreaterThan(3_000);
    expect(pause).toBeLessThan(6_000);
    expect((await get(id)).failing_since).not.toBeNull();
    receiver.answer = (_, response) => response.writeHead(200).end();
    await later('10 seconds');
    const done = await settled('delivered', 2);
    expect((await delivery(done.id)).history).toMatchObject([
      { status: 500, error: 'answered 500', response: 'out of order' },
      { status: 200, error: null },
    ]);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([waiting.message_id, waiting.message_id]);
    expect(await get(id)).toMatchObject({ failing_since: null, waiting: 0 });
  });

  test('does not keep other addresses waiting', async () => {
    receiver.answer = () => {};
    await create(['order.confirmed']);
    const other = await startReceiver();
    try {
      await create(['order.confirmed'], other.url);
      await room.deliver(Array.from({ length: 30 }, () => message(OrderConfirmed, order())));
      await eventually(async () => other.received.length === 30);
      // Eight requests at once are as many as one address gets.
      expect(receiver.received).toHaveLength(8);
    } finally {
      await other.close();
      await room.service.db.query(sql('delete from webhooks'));
    }
  });

  test('does not keep other addresses waiting, however many hang', async () => {
    receiver.answer = () => {};
    for (let i = 0; i < 9; i += 1) await create(['order.confirmed'], `${receiver.url}/${i}`);
    await room.deliver(Array.from({ length: 12 }, () => message(OrderConfirmed, order())));
    // As many as there are at all, but for those that still hang from before.
    await eventually(async () => receiver.received.length >= 50);
    const other = await startReceiver();
    try {
      await create(['order.cancelled'], other.url);
      await room.deliver([message(OrderCancelled, order())]);
      // The first slot that is free is for whoever has none.
      await eventually(async () => other.received.length === 1, 20_000);
    } finally {
      await other.close();
      await room.service.db.query(sql('delete from webhooks'));
    }
  }, 40_000);

  test('is given up after ten attempts, and can be sent again', async () => {
    receiver.answer = (_, response) => response.writeHead(404).end();
    const webhook = await create();
    await room.deliver([message(OrderConfirmed, order())]);
    await settled('waiting');
    await room.service.db.query(sql('update deliveries set attempts = 9'));
    await later('10 seconds');
    const failed = await settled('failed', 10);
    receiver.answer = (_, response) => response.writeHead(200).end();
    const replay = { since: failed.created_at };
    expect(body(await room.call(contracts.ReplayWebhook, { as, params: { id: webhook.id }, body: replay }))).toEqual({
      replayed: 1,
      more_since: null,
    });
    await settled('delivered', 11);
    // What has arrived is not sent again, unless everything is asked for.
    const again = await room.call(contracts.ReplayWebhook, { as, params: { id: webhook.id }, body: replay });
    expect(body(again)).toMatchObject({ replayed: 0 });
    await room.call(contracts.ReplayDelivery, { as, params: { id: failed.id } });
    await settled('delivered', 12);
  });
});

describe('an address', () => {
  test('that answers 410 is told nothing more, until it is enabled again', async () => {
    receiver.answer = (_, response) => response.writeHead(410).end();
    const { id } = await create();
    await room.deliver([message(OrderConfirmed, order())]);
    await eventually(async () => (await get(id)).disabled_by === 'gone');
    await room.deliver([message(OrderConfirmed, order())]);
    await later('10 seconds');
    const refused = await room.call(contracts.TestWebhook, { as, params: { id } });
    expect(refused.ok ? '' : refused.problem.detail).toBe('it is disabled: it answered 410 Gone');
    expect(receiver.received).toHaveLength(1);
    receiver.answer = (_, response) => response.writeHead(200).end();
    const enabled = await room.call(contracts.UpdateWebhook, { as, params: { id }, body: { status: 'enabled' } });
    expect(body(enabled)).toMatchObject({ status: 'enabled', disabled_by: null, failing_since: null });
    await settled('delivered', 2);
  });

  test('at which nothing has arrived for five days is given up', async () => {
    receiver.answer = (_, response) => response.writeHead(503).end();
    const { id } = await create();
    await room.deliver([message(OrderConfirmed, order())]);
    await settled('waiting');
    const now = new Date();
    await room.service.db.query(sql('update webhooks set failing_since = $1'), [
      new Date(now.getTime() - 5.1 * 86_400_000),
    ]);
    await later('10 seconds');
    await eventually(async () => (await get(id)).disabled_by === 'failing');
  });

  test('of an admin who has disabled it hears nothing', async () => {
    const { id } = await create();
    await room.call(contracts.UpdateWebhook, { as, params: { id }, body: { status: 'disabled' } });
    await room.deliver([message(OrderConfirmed, order())]);
    expect(await deliveries()).toEqual([]);
  });

  test('is told by both secrets for a day after it was given a new one', async () => {
    const webhook = await create();
    const rotated = body(await room.call(contracts.RotateWebhookSecret, { as, params: { id: webhook.id } }));
    expect(rotated.secret).not.toBe(webhook.secret);
    const test = body(await room.call(contracts.TestWebhook, { as, params: { id: webhook.id } }));
    const [one] = await received(1);
    const at = new Date(Number(one?.headers['webhook-timestamp']) * 1_000);
    const both = signed(test.message_id, String(one?.body), [rotated.secret, webhook.secret], at);
    expect(one?.headers).toMatchObject(both);
    await room.service.db.query(sql(`update webhooks set old_secrets = '[]'`));
    await room.call(contracts.TestWebhook, { as, params: { id: webhook.id } });
    await received(2);
    expect(receiver.received[1]?.headers['webhook-signature']).not.toContain(' ');
  });

  test('is given one secret for one key, however often that is asked', async () => {
    const { id } = await create();
    const rotate = async (key: string) =>
      body(await room.call(contracts.RotateWebhookSecret, { as, params: { id }, idempotencyKey: key }));
    const first = await rotate('rotation-1');
    expect(await rotate('rotation-1')).toEqual(first);
    expect((await rotate('rotation-2')).secret).not.toBe(first.secret);
  });

  test('of our own network is refused', async () => {
    const refused = await room.call(contracts.CreateWebhook, {
      as,
      body: { url: 'https://169.254.169.254/latest/meta-data', types: ['order.placed'] },
    });
    expect(refused.ok ? undefined : refused.problem).toMatchObject({
      status: 422,
      errors: [{ pointer: '/url', detail: '169.254.169.254 is not on the internet' }],
    });
  });

  test('is one of fifty at most', async () => {
    const many = await Promise.all(
      Array.from({ length: 52 }, () =>
        room.call(contracts.CreateWebhook, { as, body: { url: receiver.url, types: ['order.placed'] } }),
      ),
    );
    expect(many.filter(({ ok }) => ok)).toHaveLength(50);
    expect(many.filter(({ status }) => status === 409)).toHaveLength(2);
  });

  test('that is deleted leaves nothing behind', async () => {
    receiver.answer = (_, response) => response.writeHead(500).end();
    const { id } = await create(['order.cancelled']);
    await room.deliver([message(OrderCancelled, order())]);
    await settled('waiting');
    expect((await room.call(contracts.DeleteWebhook, { as, params: { id } })).status).toBe(204);
    expect(await deliveries()).toEqual([]);
    expect((await room.call(contracts.DeleteWebhook, { as, params: { id } })).status).toBe(404);
  });
});

test('what is older than 30 days is forgotten', async () => {
  await create();
  await room.deliver([message(OrderConfirmed, order())]);
  await settled('delivered');
  await room.service.db.query(sql(`update messages set created_at = created_at - interval '31 days'`));
  room.service.wake();
  await eventually(async () => (await deliveries()).length === 0);
});

test('a process that died over a delivery leaves it to the next', async () => {
  await create();
  await room.service.db.query(sql(`update webhooks set status = 'enabled'`));
  await room.deliver([message(OrderConfirmed, order())]);
  const done = await settled('delivered');
  const until = new Date(Date.now() + 45_000);
  await room.service.db.query(
    sql(`update deliveries set status = 'waiting', next_attempt_at = $1, leased_until = $1, delivered_at = null`),
    [until],
  );
  room.service.wake();
  await later('46 seconds');
  await settled('delivered', 2);
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([done.message_id, done.message_id]);
});
