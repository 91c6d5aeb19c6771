import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listOf, order, refund } from '../../../test/notifications-room.ts';
import { eventually, message, openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import { startTwilioStandIn, TWILIO_ACCOUNT, TWILIO_TOKEN } from '../../../test/twilio-stand-in.ts';
import { CustomerRegistered } from '../../contracts/customers.ts';
import {
  GetNotification,
  LiftSuppression,
  ListDevelopmentSms,
  ListNotifications,
  ListSuppressions,
  Resend,
  Suppress,
} from '../../contracts/notifications.ts';
import type { OrderState } from '../../contracts/orders.ts';
import { OrderCancelled, OrderConfirmed, OrderShipped } from '../../contracts/orders.ts';
import { newId } from '../../platform/clock.ts';
import { notifications } from './service.ts';

let room: TestRoom;
const phone = '+1 (202) 555-0100';
const list = (query: object = {}) => listOf(room, query);
const told = async (query: object = {}) =>
  (await list(query)).map(({ kind, channel, recipient }) => [kind, channel, recipient]).sort();
const bySms = (facts: Partial<OrderState> = {}) => order({ phone, notify_by: ['sms'], ...facts });

afterEach(() => room.close());

describe('the choice of channels', () => {
  beforeEach(async () => {
    room = await openTestRoom(notifications, { SHOP_URL: 'https://shop.example' });
  });

  test('of the order counts, else of the account, else it is mail', async () => {
    const ann = { id: newId(), email: 'ann@example.com', name: 'Ann', phone, version: 1 };
    await room.deliver([message(CustomerRegistered, { ...ann, notify_by: ['email', 'sms'] })]);
    const [one, two, three] = [
      order({ customer_id: ann.id }),
      order({ customer_id: ann.id, notify_by: ['sms'] }),
      order(),
    ];
    await room.deliver([one, two, three].map((facts) => message(OrderConfirmed, facts as OrderState)));
    expect(await told({ order_id: one?.id })).toEqual([
      ['confirmed', 'email', 'Ann@example.com'],
      ['confirmed', 'sms', '+12025550100'],
    ]);
    expect(await told({ order_id: two?.id })).toEqual([['confirmed', 'sms', '+12025550100']]);
    expect(await told({ order_id: three?.id })).toEqual([['confirmed', 'email', 'Ann@example.com']]);
  });

  test('is one notification for each channel, however often the step comes', async () => {
    const facts = bySms({ notify_by: ['sms', 'email'] });
    await room.deliver([message(OrderConfirmed, facts), message(OrderConfirmed, facts)]);
    await room.deliver([message(OrderConfirmed, facts)]);
    expect((await told()).map(([, channel]) => channel)).toEqual(['email', 'sms']);
  });

  test('is kept to twenty SMS a day for one number, whoever names it; the rest is recorded and not sent', async () => {
    const orders = Array.from({ length: 25 }, () => bySms());
    await room.deliver(orders.slice(0, 15).map((facts) => message(OrderConfirmed, facts)));
    await room.deliver(orders.slice(15).map((facts) => message(OrderConfirmed, facts)));
    await room.deliver([message(OrderConfirmed, bySms({ phone: '+1 202 555 0111' }))]);
    const failed = (await list()).filter(({ status }) => status === 'failed');
    expect(failed.map(({ last_error }) => last_error)).toEqual(Array(5).fill('this number was written 20 SMS today'));
  });

  test('that cannot be met is mail: nobody is left untold', async () => {
    await room.deliver([message(OrderConfirmed, bySms({ phone: '0202 555 0100' }))]);
    expect(await told()).toEqual([['confirmed', 'email', 'Ann@example.com']]);
  });

  test.each([
    ['before', [refund, cancelled]],
    ['after', [cancelled, refund]],
  ])('is that of a refund too, which is heard of %s its order', async (_when, steps) => {
    const facts = bySms();
    for (const step of steps) await room.deliver([step === refund ? refund(facts.id) : cancelled(facts)]);
    expect(await told()).toEqual([
      ['cancelled', 'sms', '+12025550100'],
      ['refunded', 'sms', '+12025550100'],
    ]);
  });

  function cancelled(facts: OrderState | string) {
    return message(OrderCancelled, facts as OrderState);
  }
});

describe('who sees what', () => {
  beforeEach(async () => {
    room = await openTestRoom(notifications, { SHOP_URL: 'https://shop.example' });
  });

  test('a customer sees their own, without what only the shop needs to know', async () => {
    const ann = newId();
    const mine = order({ customer_id: ann, guest_token: null });
    await room.deliver([message(OrderConfirmed, mine), message(OrderConfirmed, order({ customer_id: newId() }))]);
    const reply = await room.call(ListNotifications, { as: { customer: ann }, query: { limit: 10 } });
    expect(reply).toMatchObject({ status: 200, body: { items: [{ order_id: mine.id }], next_cursor: null } });
    expect(JSON.stringify(reply)).not.toMatch(/message_id|attempts|last_error|provider_id/);
    const foreign = { as: { customer: newId() }, query: { customer_id: ann } };
    expect(await room.call(ListNotifications, foreign)).toMatchObject({ body: { items: [] } });
    const [{ id } = { id: '' }] = await list();
    expect((await room.call(GetNotification, { as: { customer: ann }, params: { id } })).status).toBe(403);
  });

  test('an admin finds by order, customer, kind, channel, status and address', async () => {
    const customer_id = newId();
    const facts = bySms({ customer_id, notify_by: ['email', 'sms'] });
    await room.deliver([
      message(OrderConfirmed, facts),
      message(OrderShipped, facts),
      message(OrderConfirmed, order()),
    ]);
    const count = async (query: object) => (await list(query)).length;
    expect(await count({ order_id: facts.id })).toBe(4);
    expect(await count({ customer_id })).toBe(4);
    expect(await count({ kind: 'confirmed' })).toBe(3);
    expect(await count({ kind: 'confirmed', channel: 'sms', status: 'queued' })).toBe(1);
    expect(await count({ recipient: 'ANN@EXAMPLE.COM' })).toBe(3);
    expect(await count({ status: 'failed' })).toBe(0);
  });

  test('an admin reads the words, without the key of a guest', async () => {
    await room.deliver([message(OrderConfirmed, bySms({ notify_by: ['email', 'sms'] }))]);
    for (const { id, channel } of await list()) {
      const reply = await room.call(GetNotification, { as: 'admin', params: { id } });
      expect(reply).toMatchObject({ body: { text: expect.stringContaining('order') } });
      expect(JSON.stringify(reply)).not.toContain('guest-token');
      if (channel === 'email') expect(reply).toMatchObject({ body: { html: expect.stringContaining('<h1') } });
    }
    expect((await room.call(GetNotification, { as: 'admin', params: { id: newId() } })).status).toBe(404);
  });

  test('lists and queues are read by index, however long they are', async () => {
    const { db } = room.service;
    await db.query({
      text: `insert into notifications (id, dedupe_key, order_id, customer_id, kind, channel, recipient, subject, data,
          status, message_id, next_attempt_at, created_at)
        select gen_random_uuid(), i::text, gen_random_uuid(), gen_random_uuid(), 'confirmed', 'email', i || '@example.com',
          '', '{}', 'sent', '', now(), now() from generate_series(1, 20000) i`,
    });
    await db.query({ text: 'analyze notifications' });
    const plan = async (where: string) =>
      JSON.stringify(
        await db.query({ text: `explain select id from notifications where ${where} order by id desc limit 50` }),
      );
    for (const [where, index] of [
      [`order_id = '${newId()}'`, 'notifications_by_order'],
      [`customer_id = '${newId()}'`, 'notifications_by_customer'],
      [`lower(recipient) collate "C" = lower('A@example.com')`, 'notifications_by_recipient'],
      [`status = 'failed'`, 'notifications_stuck'],
      [`status = 'queued'`, 'notifications_due'],
      [`kind = 'low_stock'`, 'notifications_rare_kinds'],
      [`channel = 'sms'`, 'notifications_sms'],
      [`status = 'sent' and kind = 'confirmed'`, 'notifications_pkey'],
    ]) {
      expect([where, await plan(where as string)]).toEqual([where, expect.stringContaining(index as string)]);
    }
  });
});

describe('an address that is not written to any more', () => {
  beforeEach(async () => {
    room = await openTestRoom(notifications);
  });
  const bounced = {
    channel: 'email',
    recipient: 'Ann@Example.com',
    reason: 'bounced',
    detail: 'no such user',
  } as const;

  test('is recorded by hand, once, and told nothing until it is lifted', async () => {
    const first = await room.call(Suppress, { as: 'admin', body: bounced });
    expect(first).toMatchObject({ status: 201, body: { recipient: 'ann@example.com', reason: 'bounced' } });
    expect(await room.call(Suppress, { as: 'admin', body: { ...bounced, reason: 'complained' } })).toEqual(first);
    await room.deliver([message(OrderConfirmed, order())]);
    expect(await list()).toMatchObject([
      { status: 'failed', last_error: expect.stringMatching(/^address bounced on/) },
    ]);

    const id = first.ok ? first.body.id : '';
    expect((await room.call(LiftSuppression, { as: 'admin', params: { id } })).status).toBe(204);
    expect((await room.call(LiftSuppression, { as: 'admin', params: { id } })).status).toBe(404);
    await room.deliver([message(OrderConfirmed, order())]);
    expect((await list()).map(({ status }) => status)).toEqual(['queued', 'failed']);
  });

  test('fails a refund that had waited for its order', async () => {
    await room.call(Suppress, { as: 'admin', body: bounced });
    const facts = order();
    await room.deliver([refund(facts.id)]);
    await room.deliver([message(OrderCancelled, facts)]);
    expect(await list({ kind: 'refunded' })).toMatchObject([
      { status: 'failed', last_error: expect.stringMatching(/^address bounced on/) },
    ]);
  });

  test('because its owner complained is not tried by a resend either', async () => {
    await room.call(Suppress, { as: 'admin', body: { ...bounced, reason: 'complained' } });
    await room.deliver([message(OrderConfirmed, order())]);
    const [failed] = await list();
    const again = (body: object) => room.call(Resend, { as: 'admin', params: { id: failed?.id as string }, body });
    expect(await again({})).toMatchObject({
      status: 409,
      problem: { detail: expect.stringContaining('asked not to') },
    });
    expect(await again({ recipient: 'not an address' })).toMatchObject({
      status: 422,
      problem: { type: 'urn:tradewind:problem:invalid-recipient', errors: [{ pointer: '/recipient' }] },
    });
    expect(await again({ recipient: 'ann.lee@example.com' })).toMatchObject({ status: 202 });
    expect((await again({})).status).toBe(409);
  });

  test('is for admins to see and to change, page by page', async () => {
    for (let i = 0; i < 3; i += 1) {
      await room.call(Suppress, { as: 'admin', body: { ...bounced, recipient: `a${i}@example.com` } });
    }
    const page = await room.call(ListSuppressions, { as: 'admin', query: { limit: 2 } });
    expect(page).toMatchObject({ body: { items: [{ recipient: 'a2@example.com' }, {}] } });
    const cursor = page.ok ? (page.body.next_cursor as string) : '';
    const rest = await room.call(ListSuppressions, { as: 'admin', query: { limit: 2, cursor } });
    expect(rest).toMatchObject({ body: { items: [{ recipient: 'a0@example.com' }], next_cursor: null } });
    const customer = { as: { customer: newId() } };
    expect((await room.call(ListSuppressions, customer)).status).toBe(403);
    expect((await room.call(Suppress, { ...customer, body: bounced })).status).toBe(403);
    expect((await room.call(Suppress, { as: 'admin', body: { ...bounced, recipient: 'nobody' } })).status).toBe(422);
  });
});

describe('an SMS', () => {
  const settled = (status: string, query: object = {}) =>
    eventually(async () => {
      const items = await list(query);
      return items.length > 0 && items.every((item) => item.status === status) && items;
    });

  describe('of a shop under development', () => {
    beforeEach(async () => {
      room = await openTestRoom(notifications, { SHOP_URL: 'https://shop.example' });
      room.service.run();
    });

    test('is recorded and can be read, with its link', async () => {
      const facts = bySms();
      await room.deliver([message(OrderConfirmed, facts)]);
      expect(await settled('sent')).toMatchObject([{ subject: 'Tradewind: order 1042 is confirmed.' }]);
      expect(await room.call(ListDevelopmentSms, { as: 'admin' })).toMatchObject({
        body: {
          items: [
            {
              recipient: '+12025550100',
              body: `Tradewind: order 1042 is confirmed. https://shop.example/orders/${facts.id}?token=guest-token`,
            },
          ],
        },
      });
    });

    test('to somebody who answered STOP is recorded as that, and is the last try', async () => {
      await room.deliver([message(OrderConfirmed, bySms({ phone: '+1 202 555 0001' }))]);
      await settled('failed');
      expect(await room.call(ListSuppressions, { as: 'admin' })).toMatchObject({
        body: { items: [{ channel: 'sms', recipient: '+12025550001', reason: 'unsubscribed' }] },
      });
      const [{ id } = { id: '' }] = await list();
      expect((await room.call(Resend, { as: 'admin', params: { id }, body: {} })).status).toBe(409);
    });
  });

  describe('by Twilio', () => {
    let twilio: Awaited<ReturnType<typeof startTwilioStandIn>>;
    beforeEach(async () => {
      twilio = await startTwilioStandIn();
      room = await openTestRoom(notifications, {
        TWILIO_ACCOUNT_SID: TWILIO_ACCOUNT,
        TWILIO_AUTH_TOKEN: TWILIO_TOKEN,
        TWILIO_FROM: '+15005550006',
        TWILIO_API_URL: twilio.url,
      });
      room.service.run();
    });
    afterEach(() => twilio.close());

    test('is sent once for each step, and known by its name there', async () => {
      const facts = bySms();
      await room.deliver([message(OrderConfirmed, facts), message(OrderConfirmed, facts)]);
      const [sent] = await settled('sent');
      expect(twilio.messages).toHaveLength(1);
      expect(sent).toMatchObject({ provider_id: twilio.messages[0]?.sid, attempts: 1 });
    });

    test('whose answer was lost, or that came at a bad moment, is sent once all the same', async () => {
      twilio.fail('lost', '429', '500', 'reset');
      await room.deliver(Array.from({ length: 5 }, (_, i) => message(OrderConfirmed, bySms({ number: i }))));
      await settled('sent');
      const bodies = twilio.messages.map(({ body }) => body);
      expect(new Set(bodies).size).toBe(5);
      expect(bodies).toHaveLength(5);
    });

    test('to a number that is none has failed, and the next is not tried', async () => {
      await room.deliver([message(OrderConfirmed, bySms({ phone: '+15005550001' }))]);
      const [failed] = await settled('failed');
      expect(failed?.last_error).toContain('21211');
      expect(failed?.last_error).not.toContain('+15005550001');
      await room.deliver([message(OrderShipped, bySms({ phone: '+15005550001' }))]);
      await settled('failed');
      expect(twilio.calls).toHaveLength(1);
    });

    test('waits while the key is refused, and says so without telling it', async () => {
      twilio.state.refusesKey = true;
      await room.deliver([message(OrderConfirmed, bySms())]);
      const waiting = await eventually(async () => {
        const [one] = await list();
        return one?.last_error ? one : undefined;
      });
      expect(waiting).toMatchObject({ status: 'queued', last_error: expect.stringContaining('401') });
      expect(JSON.stringify(waiting)).not.toContain(TWILIO_TOKEN);
      twilio.state.refusesKey = false;
      await settled('sent');
    });
  });
});
