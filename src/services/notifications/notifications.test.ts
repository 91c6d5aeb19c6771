import type { AddressInfo } from 'node:net';
import type { ParsedMail } from 'mailparser';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually, message, openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import { CustomerDeleted, CustomerRegistered, CustomerUpdated } from '../../contracts/customers.ts';
import { StockLow } from '../../contracts/inventory.ts';
import { ListNotifications, Resend } from '../../contracts/notifications.ts';
import type { OrderState } from '../../contracts/orders.ts';
import { OrderCancelled, OrderConfirmed, OrderDelivered, OrderFailed, OrderShipped } from '../../contracts/orders.ts';
import { PaymentRefunded } from '../../contracts/payments.ts';
import { newId } from '../../platform/clock.ts';
import { encodeCursor } from '../../platform/page.ts';
import { notifications } from './service.ts';
import { claimDue, saveOutcomes } from './store.ts';

const time = '2026-01-02T03:04:05Z';
const order = (facts: Partial<OrderState> = {}): OrderState => ({
  id: newId(),
  number: 1042,
  status: 'confirmed',
  reason: null,
  customer_id: null,
  email: 'Ann@example.com',
  name: 'Ann',
  phone: null,
  shipping_address: null,
  client_reference: null,
  payment_method: 'pm_success',
  items: [{ product_id: '456', name: 'Mouse', quantity: 2, unit_price: '25.00', line_total: '50.00' }],
  total_amount: '50.00',
  currency: 'USD',
  version: 3,
  created_at: time,
  updated_at: time,
  guest_token: 'guest-token',
  ...facts,
});
const refund = (order_id: string, refund_id = newId()) =>
  message(PaymentRefunded, {
    order_id,
    refund_id,
    payment_id: newId(),
    amount: '50.00',
    currency: 'USD',
    reason: 'cancelled',
  });

const listOf = async (room: TestRoom, query: object = {}) => {
  const page = await room.call(ListNotifications, { as: 'admin', query });
  if (!page.ok) throw new Error(page.problem.title);
  return page.body.items;
};
const setStatus = (room: TestRoom, status: string) =>
  room.service.db.query({ text: `update notifications set status = '${status}'` });

describe('what is to be told', () => {
  let room: TestRoom;
  beforeAll(async () => {
    room = await openTestRoom(notifications, { MERCHANT_EMAIL: 'owner@example.com' });
  });
  afterAll(() => room.close());
  beforeEach(() => room.service.db.query({ text: 'truncate notifications, order_contacts, customers' }));
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
      subject: 'Thank you – order #1042',
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
      expect(await list({ status: 'waiting' })).toMatchObject([{ kind: 'refunded', recipient: null }]);
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
      expect(await list()).toMatchObject([{ kind: 'welcome', recipient: 'ann@example.com', subject: 'Welcome' }]);
    });

    test('who moves gets what is not sent yet at the new address, and what was sent stays as it was', async () => {
      const ann = data();
      await room.deliver([message(CustomerRegistered, ann)]);
      await setStatus(room, 'sent');
      await room.deliver([message(OrderConfirmed, order({ customer_id: ann.id }))]);
      await room.deliver([message(OrderShipped, order({ customer_id: ann.id, email: 'gift@example.com' }))]);
      await room.deliver([message(CustomerUpdated, { ...ann, email: 'new@example.com', version: 2 })]);
      await room.deliver([message(CustomerUpdated, ann)]);
      const recipients = (await list()).map(({ kind, recipient }) => [kind, recipient]);
      expect(recipients.sort()).toEqual([
        ['confirmed', 'new@example.com'],
        ['shipped', 'gift@example.com'],
        ['welcome', 'ann@example.com'],
      ]);
    });

    test('who leaves is erased: from mails sent and unsent, and from the address book', async () => {
      const ann = data();
      const facts = order({ customer_id: ann.id });
      await room.deliver([message(CustomerRegistered, ann)]);
      await setStatus(room, 'sent');
      await room.deliver([message(OrderConfirmed, facts), message(OrderConfirmed, order())]);
      await room.deliver([message(CustomerDeleted, { id: ann.id, version: 2 })]);
      await room.deliver([message(CustomerRegistered, { ...ann, version: 1 })]);
      await room.deliver([refund(facts.id)]);
      const mails = (await list()).map(({ kind, recipient, status }) => [kind, recipient, status]);
      expect(mails.sort()).toEqual([
        ['confirmed', null, 'failed'],
        ['confirmed', 'Ann@example.com', 'queued'],
        ['refunded', null, 'failed'],
        ['welcome', null, 'sent'],
      ]);
      const [kept] = await room.service.db.query<{ text: string }>({
        text: `select coalesce(string_agg(t::text, ' '), '') as text from (
          select n::text as t from notifications n where customer_id = '${ann.id}' union all
          select c::text from order_contacts c where customer_id = '${ann.id}' union all
          select c::text from customers c) all_rows (t)`,
      });
      expect(kept?.text).not.toMatch(/ann/i);
      const [erased] = (await list()).filter(({ kind }) => kind === 'welcome');
      const again = await room.call(Resend, { as: 'admin', params: { id: erased?.id as string } });
      expect(again).toMatchObject({ status: 409, problem: { type: 'urn:tradewind:problem:not-resendable' } });
    });
  });

  test('the list is for admins, newest first, whatever the page size', async () => {
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
    expect((await room.call(ListNotifications, { as: { customer: newId() } })).status).toBe(403);
  });

  test('eight that claim mails at once get different ones, and nobody gets them again before the lease ends', async () => {
    await room.deliver(Array.from({ length: 200 }, () => message(OrderConfirmed, order())));
    const now = new Date(Date.now() + 1_000);
    const lease = new Date(now.getTime() + 60_000);
    const claim = () => claimDue(room.service.db, 50, now, lease);
    const ids = (await Promise.all(Array.from({ length: 8 }, claim))).flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    while ((await claim()).length > 0);
    expect((await list({ limit: 200 })).map(({ attempts }) => attempts)).toEqual(Array(200).fill(1));
    expect(await claimDue(room.service.db, 500, lease, lease)).toHaveLength(200);
  });

  test('the outcome of a claim that was lost to another changes nothing', async () => {
    await room.deliver([message(OrderConfirmed, order())]);
    const { db } = room.service;
    const now = new Date(Date.now() + 1_000);
    const [lost] = await claimDue(db, 1, now, now);
    const [held] = await claimDue(db, 1, now, now);
    const outcome = { id: held?.id as string, last_error: null, sent_at: time, next_attempt_at: null };
    const save = (attempts: number, status: 'sent' | 'failed') =>
      db.transaction((tx) => saveOutcomes(tx, [{ ...outcome, attempts, status }]));
    await save(lost?.attempts as number, 'failed');
    expect(await list()).toMatchObject([{ status: 'queued', attempts: 2 }]);
    await save(held?.attempts as number, 'sent');
    expect(await list()).toMatchObject([{ status: 'sent', attempts: 2 }]);
  });

  test('a resend needs a notification that is not on its way already', async () => {
    await room.deliver([message(OrderConfirmed, order())]);
    const [mail] = await list();
    const resend = (id: string) => room.call(Resend, { as: 'admin', params: { id } });
    expect(await resend(mail?.id as string)).toMatchObject({
      status: 409,
      problem: { type: 'urn:tradewind:problem:not-resendable' },
    });
    expect((await resend(newId())).status).toBe(404);
  });
});

describe('sending', () => {
  const received: ParsedMail[] = [];
  /** What the server says to a recipient; undefined takes the mail. */
  let answer: (address: string) => { code: number; text: string } | undefined = () => undefined;
  let server: SMTPServer | undefined;
  let room: TestRoom | undefined;

  async function startServer(port = 0): Promise<number> {
    server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onRcptTo({ address }, _session, done) {
        const no = answer(address);
        done(no && Object.assign(new Error(no.text), { responseCode: no.code }));
      },
      onData(stream, _session, done) {
        simpleParser(stream).then((mail) => {
          received.push(mail);
          done();
        }, done);
      },
    });
    const started = server;
    await new Promise<void>((resolve) => started.listen(port, '127.0.0.1', () => resolve()));
    return (started.server.address() as AddressInfo).port;
  }
  const stopServer = () => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));

  async function openRoom(port: number): Promise<TestRoom> {
    const opened = await openTestRoom(notifications, {
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      SHOP_URL: 'https://shop.example',
      MAIL_FROM: 'Shop <shop@example.com>',
    });
    opened.service.run();
    room = opened;
    return opened;
  }
  const only = (status: string) =>
    eventually(async () => {
      const items = await listOf(room as TestRoom);
      return items.length > 0 && items.every((item) => item.status === status) && items;
    });

  afterEach(async () => {
    await room?.close();
    await stopServer();
    room = undefined;
    server = undefined;
    received.length = 0;
    answer = () => undefined;
  });

  test('a mail server that is up gets one mail for many messages, with everything a mail should have', async () => {
    const { deliver } = await openRoom(await startServer());
    const facts = order();
    await deliver([message(OrderConfirmed, facts), message(OrderConfirmed, facts)]);
    const [mail] = await only('sent');
    expect(mail).toMatchObject({ attempts: 1, last_error: null, sent_at: expect.any(String) });
    expect(received).toHaveLength(1);
    const got = received[0] as ParsedMail;
    expect(got.subject).toBe('Thank you – order #1042');
    expect(got.messageId).toBe(mail?.message_id);
    expect(got.from?.text).toBe('"Shop" <shop@example.com>');
    expect([got.to].flat()[0]?.text).toBe('"Ann" <Ann@example.com>');
    expect(got.headers.get('auto-submitted')).toBe('auto-generated');
    expect(got.headers.get('x-order-id')).toBe(facts.id);
    expect(got.text).toContain(`https://shop.example/orders/${facts.id}?token=guest-token`);
    expect(got.html).toContain('Mouse');
  });

  test('a refund that waited for its order is sent with what the order told', async () => {
    const { deliver } = await openRoom(await startServer());
    const facts = order();
    await deliver([refund(facts.id)]);
    await deliver([message(OrderCancelled, facts)]);
    await only('sent');
    const mail = received.find(({ subject }) => subject === 'Refund of $50.00');
    expect(mail?.text).toContain('Hello Ann,');
    expect(mail?.text).toContain('order #1042');
    expect(mail?.text).toContain('?token=guest-token');
  });

  test('a mail server that is down only delays: when it comes up there is one mail of each, not more', async () => {
    const port = await startServer();
    await stopServer();
    const { deliver, service } = await openRoom(port);
    const messages = Array.from({ length: 40 }, () => message(OrderConfirmed, order()));
    await deliver(messages);
    await eventually(async () => (await listOf(room as TestRoom)).some(({ last_error }) => last_error));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const waiting = await listOf(room as TestRoom);
    expect(waiting.every(({ status }) => status === 'queued')).toBe(true);
    // The pause spares most of them an attempt in vain.
    expect(waiting.filter(({ attempts }) => attempts > 0).length).toBeLessThan(30);
    expect((await service.health()).status).toBe('ok');

    await startServer(port);
    await only('sent');
    expect(received).toHaveLength(40);
    expect(new Set(received.map(({ messageId }) => messageId)).size).toBe(40);
  });

  test('a mail that is not wanted now is tried again, and sent once', async () => {
    let tries = 0;
    answer = () => (++tries === 1 ? { code: 450, text: 'greylisted' } : undefined);
    const { deliver } = await openRoom(await startServer());
    await deliver([message(OrderConfirmed, order())]);
    const [mail] = await only('sent');
    expect(mail).toMatchObject({ attempts: 2, last_error: null });
    expect(received).toHaveLength(1);
  });

  test('a mail that is refused has failed, says why, holds back nobody, and can be sent again', async () => {
    answer = (address) => (address === 'gone@example.com' ? { code: 550, text: 'no such mailbox' } : undefined);
    const { deliver, call } = await openRoom(await startServer());
    await deliver([message(OrderConfirmed, order({ email: 'gone@example.com' })), message(OrderConfirmed, order())]);
    const [failed] = await eventually(async () => {
      const items = await listOf(room as TestRoom, { status: 'failed' });
      return items.length === 1 && items;
    });
    expect(failed).toMatchObject({
      recipient: 'gone@example.com',
      last_error: expect.stringContaining('no such mailbox'),
    });
    await eventually(async () => (await listOf(room as TestRoom, { status: 'sent' })).length === 1);

    answer = () => undefined;
    const id = failed?.id as string;
    const again = await call(Resend, { as: 'admin', params: { id } });
    expect(again).toMatchObject({ status: 202, body: { status: 'queued', message_id: failed?.message_id } });
    await only('sent');
    expect(received).toHaveLength(2);

    const repeated = await call(Resend, { as: 'admin', params: { id } });
    expect(repeated).toMatchObject({ body: { message_id: `<${id}-r1@example.com>` } });
    await eventually(async () => received.length === 3);
    await only('sent');
    expect(received.at(-1)?.messageId).toBe(`<${id}-r1@example.com>`);
  });

  test('two replicas send each mail once', async () => {
    const { deliver, replica } = await openRoom(await startServer());
    (await replica()).run();
    await deliver(Array.from({ length: 60 }, () => message(OrderConfirmed, order())));
    await only('sent');
    expect(received).toHaveLength(60);
  });
});
