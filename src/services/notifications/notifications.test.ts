import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listOf, order, refund } from '../../../test/notifications-room.ts';
import { eventually, message, openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import { ProductCreated, ProductUpdated } from '../../contracts/catalog.ts';
import {
  CustomerDeleted,
  CustomerRegistered,
  CustomerUpdated,
  PasswordChanged,
  PasswordResetRequested,
} from '../../contracts/customers.ts';
import { StockLow } from '../../contracts/inventory.ts';
import { GetNotification, ListNotifications, Resend } from '../../contracts/notifications.ts';
import { OrderCancelled, OrderConfirmed, OrderDelivered, OrderFailed, OrderShipped } from '../../contracts/orders.ts';
import { newId } from '../../platform/clock.ts';
import { encodeCursor } from '../../platform/page.ts';
import { audienceOf, contactOf } from './contact.ts';
import { notifications } from './service.ts';
import { claimDue, expireDue, lockCustomers, saveContacts, saveOutcomes } from './store.ts';

const time = '2026-01-02T03:04:05Z';
/** What comes of an attempt, but for how it ended. */
const answer = { last_error: null, provider_id: null, sent_at: time, next_attempt_at: null };
const setStatus = (room: TestRoom, status: string) =>
  room.service.db.query({ text: `update notifications set status = '${status}'` });

describe('what is to be told', () => {
  let room: TestRoom;
  beforeAll(async () => {
    room = await openTestRoom(notifications, { MERCHANT_EMAIL: 'owner@example.com' });
  });
  afterAll(() => room.close());
  beforeEach(() => room.service.db.query({ text: 'truncate notifications, order_contacts, customers, products' }));
  const list = (query: object = {}) => listOf(room, query);

  test('each step of an order is one mail, however often and in however many messages it comes', async () => {
    const facts = order();
    const contracts = [OrderConfirmed, OrderShipped, OrderDelivered, OrderFailed, OrderCancelled];
    const messages = contracts.map((contract) => message(contract, facts));
    await room.deliver(messages);
    await room.deliver(messages);
    await room.deliver([message(OrderConfirmed, facts), message(OrderConfirmed, facts)]);
    const mails = await list({ order_id: facts.id });
    expect(mails.map(({ kind }) => kind).sort()).toEqual(['cancelled', 'confirmed', 'delivered', 'failed', 'shipped']);
    expect(mails.find(({ kind }) => kind === 'confirmed')).toMatchObject({
      order_id: facts.id,
      recipient: 'Ann@example.com',
      subject: 'Order #1042 is confirmed',
      status: 'queued',
      attempts: 0,
      message_id: expect.stringMatching(/^<[0-9a-f-]{36}@tradewind\.test>$/),
    });
  });

  test('low stock is told to the merchant once for each time it happens', async () => {
    const low = () => message(StockLow, { product_id: '456', available: 3, low_stock_threshold: 5 });
    const first = low();
    await room.deliver([first, low()]);
    await room.deliver([first]);
    const mails = await list();
    expect(mails).toHaveLength(2);
    expect(mails[0]).toMatchObject({ kind: 'low_stock', recipient: 'owner@example.com', order_id: null });
  });

  test('low stock is told by the name the merchant gave last', async () => {
    const product = { product_id: '456', name: 'Old Lamp', price: '1.00', currency: 'USD', version: 1, stock: 9 };
    await room.deliver([message(ProductUpdated, { ...product, name: 'Desk Lamp', version: 2 })]);
    await room.deliver([
      message(ProductCreated, product),
      message(StockLow, { product_id: '456', available: 3, low_stock_threshold: 5 }),
    ]);
    expect(await list()).toMatchObject([{ subject: 'Low stock: Desk Lamp (456), 3 left' }]);
  });

  describe('a refund', () => {
    test('is told to whom the order belongs, once for each refund', async () => {
      const facts = order();
      const first = refund(facts.id);
      await room.deliver([message(OrderCancelled, facts)]);
      await room.deliver([first, refund(facts.id)]);
      await room.deliver([first]);
      const mails = (await list()).filter(({ kind }) => kind === 'refunded');
      expect(mails.map(({ recipient, status }) => [recipient, status])).toEqual([
        ['Ann@example.com', 'queued'],
        ['Ann@example.com', 'queued'],
      ]);
    });

    test('that comes before its order waits for it', async () => {
      const facts = order();
      await room.deliver([refund(facts.id)]);
      const waiting = (await list({ status: 'waiting' })).map(({ kind, channel, recipient }) => [
        kind,
        channel,
        recipient,
      ]);
      // Whichever way the order will choose.
      expect(waiting.sort()).toEqual([
        ['refunded', 'email', null],
        ['refunded', 'sms', null],
      ]);
      await room.deliver([message(OrderFailed, facts)]);
      expect(await list({ status: 'waiting' })).toEqual([]);
      const refunded = (await list()).find(({ kind }) => kind === 'refunded');
      expect(refunded).toMatchObject({ status: 'queued', recipient: 'Ann@example.com' });
    });

    test('never waits for ever, though two replicas handle it and its order at the same moment', async () => {
      const replica = await room.replica();
      replica.inbox.worker.start();
      const orders = Array.from({ length: 60 }, () => order());
      // The first refund of each leaves a contact nobody knows: the second meets it while the order writes to it.
      await room.deliver(orders.map(({ id }) => refund(id)));
      for (const facts of orders) {
        await Promise.all([
          room.service.inbox.store([refund(facts.id)]),
          replica.inbox.store([message(OrderCancelled, facts)]),
        ]);
      }
      await room.deliver([]);
      await eventually(async () => (await list({ limit: 200 })).length === 180);
      expect(await list({ status: 'waiting' })).toEqual([]);
    });
  });

  describe('a customer', () => {
    const data = (facts: object = {}) => ({ id: newId(), email: 'ann@example.com', name: 'Ann', version: 1, ...facts });

    test('is welcomed once', async () => {
      const ann = data();
      await room.deliver([message(CustomerRegistered, ann), message(CustomerRegistered, ann)]);
      await room.deliver([message(CustomerRegistered, ann)]);
      expect(await list()).toMatchObject([
        { kind: 'welcome', recipient: 'ann@example.com', subject: 'Welcome to Tradewind' },
      ]);
    });

    test('who moves gets what is not sent yet at the new address, and what was sent stays as it was', async () => {
      const ann = data();
      await room.deliver([message(CustomerRegistered, ann)]);
      await setStatus(room, 'sent');
      await room.deliver([message(OrderConfirmed, order({ customer_id: ann.id }))]);
      await room.deliver([message(OrderShipped, order({ customer_id: ann.id, email: 'gift@example.com' }))]);
      // A warning stays with the address it is for: it must not follow whoever took the account over.
      await room.deliver([message(PasswordChanged, { ...ann, changed_at: time })]);
      await room.deliver([message(CustomerUpdated, { ...ann, email: 'new@example.com', version: 2 })]);
      await room.deliver([message(CustomerUpdated, ann)]);
      const recipients = (await list()).map(({ kind, recipient }) => [kind, recipient]);
      expect(recipients.sort()).toEqual([
        ['confirmed', 'new@example.com'],
        ['email_changed', 'ann@example.com'],
        ['password_changed', 'ann@example.com'],
        ['shipped', 'gift@example.com'],
        ['welcome', 'ann@example.com'],
      ]);
    });

    test('who leaves is erased: from what was sent, what has nothing to do with an order, and the address book', async () => {
      const ann = data();
      const facts = order({ customer_id: ann.id });
      await room.deliver([message(CustomerRegistered, ann), message(OrderShipped, facts)]);
      await setStatus(room, 'sent');
      await room.deliver([message(PasswordChanged, { ...ann, changed_at: time }), message(OrderConfirmed, order())]);
      await room.deliver([message(CustomerDeleted, { id: ann.id, version: 2 })]);
      await room.deliver([message(CustomerRegistered, { ...ann, version: 1 })]);
      await room.deliver([refund(facts.id)]);
      const mails = (await list()).map(({ kind, recipient, status }) => [kind, recipient, status]);
      expect(mails.sort()).toEqual([
        ['confirmed', 'Ann@example.com', 'queued'],
        ['password_changed', null, 'failed'],
        ['refunded', null, 'failed'],
        ['shipped', null, 'sent'],
        ['welcome', null, 'sent'],
      ]);
      expect(await keptOf(ann.id)).not.toMatch(/ann/i);
      const [erased] = (await list()).filter(({ kind }) => kind === 'welcome');
      const again = await room.call(Resend, { as: 'admin', params: { id: erased?.id as string }, body: {} });
      expect(again).toMatchObject({ status: 409, problem: { type: 'urn:tradewind:problem:not-resendable' } });
    });

    test('who leaves while a parcel is on its way still hears of it, and is forgotten with the last word', async () => {
      const ann = data();
      const facts = order({ customer_id: ann.id });
      await room.deliver([message(CustomerRegistered, ann)]);
      await room.deliver([message(OrderConfirmed, facts)]);
      await room.deliver([message(CustomerDeleted, { id: ann.id, version: 2 })]);
      await room.deliver([message(OrderShipped, { ...facts, version: 4 })]);
      expect((await list({ status: 'queued' })).map(({ kind }) => kind).sort()).toEqual(['confirmed', 'shipped']);
      const due = new Date(Date.now() + 1_000);
      const claimed = await claimDue(room.service.db, 'email', 10, due, due);
      expect(claimed.map(({ recipient }) => recipient)).toEqual(['Ann@example.com', 'Ann@example.com']);
      const [sent, failed] = claimed.map(({ id, attempts }) => ({ id, attempts, ...answer }));
      await room.service.db.transaction(async (tx) =>
        saveOutcomes(tx, [
          { ...(sent as NonNullable<typeof sent>), status: 'sent' },
          { ...(failed as NonNullable<typeof failed>), status: 'failed', last_error: 'no' },
        ]),
      );
      expect((await list({ order_id: facts.id })).map(({ recipient }) => recipient)).toEqual([null, null]);
      expect(await keptOf(ann.id)).not.toMatch(/ann/i);
    });

    test('whose order is erased too has nobody left to tell, and it says so', async () => {
      const facts = order({ customer_id: newId(), email: 'erased@customer.invalid', name: null, guest_token: null });
      await room.deliver([message(OrderCancelled, facts), refund(facts.id)]);
      const why = { recipient: null, status: 'failed', last_error: 'the customer has closed the account' };
      expect(await list({ order_id: facts.id })).toMatchObject([why, why]);
    });

    test('is not heard of in two replicas at once: an order that comes with the farewell leaves no address', async () => {
      const replica = await room.replica();
      replica.inbox.worker.start();
      const customers = Array.from({ length: 40 }, () => data());
      for (const ann of customers) {
        await Promise.all([
          room.service.inbox.store([message(OrderCancelled, order({ customer_id: ann.id }))]),
          replica.inbox.store([message(CustomerDeleted, { id: ann.id, version: 2 })]),
        ]);
      }
      await room.deliver([]);
      await eventually(async () => (await list({ limit: 200 })).length === 40);
      const contacts = await room.service.db.query({
        text: 'select email from order_contacts where email is not null',
      });
      expect(contacts).toEqual([]);
    });

    test('is not gone before an order that is being written down is: the farewell waits, and erases it', async () => {
      const ann = data();
      const facts = order({ customer_id: ann.id });
      let farewell: Promise<void> | undefined;
      await room.service.db.transaction(async (tx) => {
        await lockCustomers(tx, [ann.id]);
        farewell = room.deliver([message(CustomerDeleted, { id: ann.id, version: 2 })]);
        await new Promise((resolve) => setTimeout(resolve, 200));
        await saveContacts(tx, [contactOf(facts, audienceOf(facts, undefined, false))]);
      });
      await farewell;
      const contacts = await room.service.db.query({ text: 'select email from order_contacts' });
      expect(contacts).toEqual([{ email: null }]);
    });

    /** Everything of a customer that is left. */
    async function keptOf(customer_id: string): Promise<string> {
      const [kept] = await room.service.db.query<{ text: string }>({
        text: `select coalesce(string_agg(t::text, ' '), '') as text from (
          select n::text as t from notifications n where customer_id = '${customer_id}' union all
          select c::text from order_contacts c where customer_id = '${customer_id}' union all
          select c::text from customers c where customer_id = '${customer_id}') all_rows (t)`,
      });
      return kept?.text as string;
    }
  });

  describe('a forgotten password', () => {
    const asked = (facts: object = {}) =>
      message(PasswordResetRequested, {
        id: newId(),
        email: 'ann@example.com',
        name: 'Ann',
        token: 'a-very-secret-token',
        expires_at: new Date(Date.now() + 3_600_000).toISOString(),
        ...facts,
      });
    const rows = async () => JSON.stringify(await room.service.db.query({ text: 'select * from notifications' }));

    test('is a mail whose secret is in no list, and nowhere once it is sent', async () => {
      await room.deliver([asked()]);
      const [mail] = await list({ kind: 'password_reset' });
      expect(mail).toMatchObject({ status: 'queued', subject: 'Set a new password for Tradewind' });
      const seen = await room.call(GetNotification, { as: 'admin', params: { id: mail?.id as string } });
      expect(seen).toMatchObject({ status: 200, body: { text: null, html: null } });
      expect(JSON.stringify([mail, seen])).not.toContain('secret-token');

      const due = new Date(Date.now() + 1_000);
      const [claimed] = await claimDue(room.service.db, 'email', 1, due, due);
      expect(claimed?.data).toMatchObject({ token: 'a-very-secret-token' });
      const { id, attempts } = claimed as NonNullable<typeof claimed>;
      await room.service.db.transaction(async (tx) => saveOutcomes(tx, [{ id, attempts, ...answer, status: 'sent' }]));
      expect(await rows()).not.toContain('secret-token');
      const again = await room.call(Resend, { as: 'admin', params: { id }, body: {} });
      expect(again).toMatchObject({ status: 409, problem: { detail: expect.stringContaining('secret') } });
    });

    test('that comes too late is not even kept', async () => {
      await room.deliver([asked({ expires_at: time })]);
      expect(await list()).toMatchObject([{ status: 'failed', last_error: expect.stringContaining('no use') }]);
      expect(await rows()).not.toContain('secret-token');
    });

    test('that could not be told in time is given up and forgotten, though no mail server answers', async () => {
      await room.deliver([asked()]);
      const { db } = room.service;
      await expireDue(db, new Date(Date.now() + 3_599_000));
      expect(await list()).toMatchObject([{ status: 'queued' }]);
      await expireDue(db, new Date(Date.now() + 3_601_000));
      expect(await list()).toMatchObject([{ status: 'failed' }]);
      expect(await rows()).not.toContain('secret-token');
    });
  });

  test('the list is newest first, whatever the page size', async () => {
    await room.deliver(Array.from({ length: 5 }, () => message(OrderConfirmed, order())));
    const whole = (await list()).map(({ id }) => id);
    expect(whole).toEqual([...whole].sort().reverse());
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await room.call(ListNotifications, { as: 'admin', query: { limit: 2, ...(cursor && { cursor }) } });
      if (!page.ok) throw new Error(page.problem.title);
      seen.push(...page.body.items.map(({ id }) => id));
      cursor = page.body.next_cursor;
    }
    expect(seen).toEqual(whole);
    const bad = await room.call(ListNotifications, { as: 'admin', query: { cursor: encodeCursor(['no uuid']) } });
    expect(bad).toMatchObject({ status: 422, problem: { errors: [{ pointer: '/query/cursor' }] } });
    expect((await room.call(ListNotifications)).status).toBe(401);
  });

  test('eight that claim mails at once get different ones, and nobody gets them again before the lease ends', async () => {
    await room.deliver(Array.from({ length: 200 }, () => message(OrderConfirmed, order())));
    const now = new Date(Date.now() + 1_000);
    const lease = new Date(now.getTime() + 60_000);
    const claim = () => claimDue(room.service.db, 'email', 50, now, lease);
    const ids = (await Promise.all(Array.from({ length: 8 }, claim))).flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    while ((await claim()).length > 0);
    expect((await list({ limit: 200 })).map(({ attempts }) => attempts)).toEqual(Array(200).fill(1));
    expect(await claimDue(room.service.db, 'email', 500, lease, lease)).toHaveLength(200);
  });

  test('the outcome of a claim that was lost to another changes nothing', async () => {
    await room.deliver([message(OrderConfirmed, order())]);
    const { db } = room.service;
    const now = new Date(Date.now() + 1_000);
    const [lost] = await claimDue(db, 'email', 1, now, now);
    const [held] = await claimDue(db, 'email', 1, now, now);
    const outcome = { ...answer, id: held?.id as string };
    const save = (attempts: number, status: 'sent' | 'failed') =>
      db.transaction(async (tx) => saveOutcomes(tx, [{ ...outcome, attempts, status }]));
    await save(lost?.attempts as number, 'failed');
    expect(await list()).toMatchObject([{ status: 'queued', attempts: 2 }]);
    await save(held?.attempts as number, 'sent');
    expect(await list()).toMatchObject([{ status: 'sent', attempts: 2 }]);
  });

  test('a resend needs a notification that is not on its way already', async () => {
    await room.deliver([message(OrderConfirmed, order())]);
    const [mail] = await list();
    const resend = (id: string) => room.call(Resend, { as: 'admin', params: { id }, body: {} });
    expect(await resend(mail?.id as string)).toMatchObject({
      status: 409,
      problem: { type: 'urn:tradewind:problem:not-resendable' },
    });
    expect((await resend(newId())).status).toBe(404);
  });
});
