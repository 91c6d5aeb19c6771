import type { ParsedMail } from 'mailparser';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMailServer, listOf, order, refund, type TestMailServer } from '../../../test/notifications-room.ts';
import { eventually, message, openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import { ListSuppressions, Resend } from '../../contracts/notifications.ts';
import { OrderCancelled, OrderConfirmed } from '../../contracts/orders.ts';
import { createNotifications, notifications } from './service.ts';

let room: TestRoom | undefined;
let mails: TestMailServer;

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

beforeEach(() => {
  mails = createMailServer();
});
afterEach(async () => {
  await room?.close();
  await mails.stop();
  room = undefined;
});

test('a mail server that is up gets one mail for many messages, with everything a mail should have', async () => {
  const { deliver } = await openRoom(await mails.start());
  const facts = order();
  await deliver([message(OrderConfirmed, facts), message(OrderConfirmed, facts)]);
  const [mail] = await only('sent');
  expect(mail).toMatchObject({ attempts: 1, last_error: null, sent_at: expect.any(String) });
  expect(mails.received).toHaveLength(1);
  const got = mails.received[0] as ParsedMail;
  expect(got.subject).toBe('Order #1042 is confirmed');
  expect(got.messageId).toBe(mail?.message_id);
  expect(got.from?.text).toBe('"Shop" <shop@example.com>');
  expect([got.to].flat()[0]?.text).toBe('"Ann" <Ann@example.com>');
  expect(got.headers.get('auto-submitted')).toBe('auto-generated');
  expect(got.headers.get('x-order-id')).toBe(facts.id);
  expect(got.text).toContain(`https://shop.example/orders/${facts.id}?token=guest-token`);
  expect(got.html).toContain('Mouse');
});

test('a mail that is late gives way to nothing', async () => {
  const seen: [string, boolean][] = [];
  const watched = createNotifications(() => ({
    sendMail: async ({ subject }, late) => void seen.push([String(subject), late]),
    close: async () => {},
  }));
  room = await openTestRoom(watched, { SMTP_URL: 'smtp://watched' });
  await room.deliver([message(OrderConfirmed, order())]);
  await room.service.db.query({ text: `update notifications set id = '01900000-0000-7000-8000-000000000000'` });
  await room.deliver([message(OrderCancelled, order())]);
  room.service.run();
  await only('sent');
  expect(seen).toEqual([
    ['Order #1042 is confirmed', true],
    ['Order #1042 is cancelled', false],
  ]);
});

test('a refund that waited for its order is sent with what the order told', async () => {
  const { deliver } = await openRoom(await mails.start());
  const facts = order();
  await deliver([refund(facts.id)]);
  await deliver([message(OrderCancelled, facts)]);
  await only('sent');
  const mail = mails.received.find(({ subject }) => subject === 'Refund of $50.00');
  expect(mail?.text).toContain('Hello Ann,');
  expect(mail?.text).toContain('order #1042');
  expect(mail?.text).toContain('?token=guest-token');
});

test('a mail server that is down only delays: when it comes up there is one mail of each, not more', async () => {
  const port = await mails.start();
  await mails.stop();
  const { deliver, service } = await openRoom(port);
  const messages = Array.from({ length: 40 }, () => message(OrderConfirmed, order()));
  await deliver(messages);
  await eventually(async () => (await listOf(room as TestRoom)).some(({ last_error }) => last_error));
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const waiting = await listOf(room as TestRoom);
  expect(waiting.every(({ status }) => status === 'queued')).toBe(true);
  // The pause spares most of them an attempt in vain.
  expect(waiting.filter(({ attempts = 0 }) => attempts > 0).length).toBeLessThan(30);
  expect((await service.health()).status).toBe('ok');

  await mails.start(port);
  await only('sent');
  expect(mails.received).toHaveLength(40);
  expect(new Set(mails.received.map(({ messageId }) => messageId)).size).toBe(40);
});

test('a mail that is not wanted now is tried again, and sent once', async () => {
  let tries = 0;
  mails.answer = () => (++tries === 1 ? { code: 450, text: 'greylisted' } : undefined);
  const { deliver } = await openRoom(await mails.start());
  await deliver([message(OrderConfirmed, order())]);
  const [mail] = await only('sent');
  expect(mail).toMatchObject({ attempts: 2, last_error: null });
  expect(mails.received).toHaveLength(1);
});

test('a mail that is refused has failed, says why, holds back nobody, and can be sent again', async () => {
  mails.answer = (address) => (address === 'gone@example.com' ? { code: 550, text: 'no such mailbox' } : undefined);
  const { deliver, call } = await openRoom(await mails.start());
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

  mails.answer = () => undefined;
  const id = failed?.id as string;
  const again = await call(Resend, { as: 'admin', params: { id }, body: {} });
  expect(again).toMatchObject({ status: 202, body: { status: 'queued', message_id: failed?.message_id } });
  await only('sent');
  expect(mails.received).toHaveLength(2);

  const repeated = await call(Resend, { as: 'admin', params: { id }, body: {} });
  expect(repeated).toMatchObject({ body: { message_id: `<${id}-r1@example.com>` } });
  await eventually(async () => mails.received.length === 3);
  await only('sent');
  expect(mails.received.at(-1)?.messageId).toBe(`<${id}-r1@example.com>`);
});

test('an address that is refused for good is not written to again, until a person says so', async () => {
  mails.answer = () => ({ code: 550, text: '5.1.1 no such mailbox' });
  const { deliver, call } = await openRoom(await mails.start());
  await deliver([message(OrderConfirmed, order())]);
  await only('failed');
  const refused = await call(ListSuppressions, { as: 'admin' });
  expect(refused).toMatchObject({
    body: { items: [{ channel: 'email', recipient: 'ann@example.com', reason: 'refused' }] },
  });
  await deliver([message(OrderConfirmed, order({ email: 'ANN@example.com' }))]);
  const [second, first] = await only('failed');
  expect(second).toMatchObject({ attempts: 0, last_error: expect.stringMatching(/^address refused on \d{4}-/) });

  mails.answer = () => undefined;
  const again = await call(Resend, { as: 'admin', params: { id: second?.id as string }, body: {} });
  expect(again.status).toBe(202);
  await eventually(async () => mails.received.length === 1);
  expect(await call(ListSuppressions, { as: 'admin' })).toMatchObject({ body: { items: [] } });
  const corrected = { recipient: 'ann.lee@example.com' };
  await call(Resend, { as: 'admin', params: { id: first?.id as string }, body: corrected });
  await only('sent');
  expect(mails.received.map(({ to }) => [to].flat()[0]?.value[0]?.address)).toEqual([
    'ANN@example.com',
    'ann.lee@example.com',
  ]);
});

test('a mailbox that is full, or a policy, says nothing about the address', async () => {
  mails.answer = () => ({ code: 552, text: '5.2.2 mailbox full' });
  const { deliver, call } = await openRoom(await mails.start());
  await deliver([message(OrderConfirmed, order())]);
  await only('failed');
  expect(await call(ListSuppressions, { as: 'admin' })).toMatchObject({ body: { items: [] } });
});

test('two replicas send each mail once', async () => {
  const { deliver, replica } = await openRoom(await mails.start());
  (await replica()).run();
  await deliver(Array.from({ length: 60 }, () => message(OrderConfirmed, order())));
  await only('sent');
  expect(mails.received).toHaveLength(60);
});
