/** What a shop tells people, from the outside: real SMTP, Twilio's stand-in, every room in between. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, startTestShop, type TestShop } from './harness.ts';
import { expectInvariants } from './invariants.ts';
import { startTwilioStandIn, TWILIO_ACCOUNT, TWILIO_TOKEN } from './twilio-stand-in.ts';

let shop: TestShop;
let twilio: Awaited<ReturnType<typeof startTwilioStandIn>>;

beforeAll(async () => {
  twilio = await startTwilioStandIn();
  shop = await startTestShop({
    web: true,
    settings: {
      TWILIO_ACCOUNT_SID: TWILIO_ACCOUNT,
      TWILIO_AUTH_TOKEN: TWILIO_TOKEN,
      TWILIO_FROM: '+15005550006',
      TWILIO_API_URL: twilio.url,
      SHOP_URL: 'https://shop.example',
      SHOP_NAME: 'Lamp & Co',
    },
  });
});
afterAll(async () => {
  await shop.close();
  await twilio.close();
});

const PASSWORD = 'a long enough secret';
const mailed = async (to: string) => (await shop.mails(to)).map(({ subject }) => subject).sort();

async function account(email: string, facts: object = {}): Promise<{ id: string; token: string }> {
  const body = { email, password: PASSWORD, ...facts };
  const token = await shop.admin();
  const { body: customer } = await shop.call<{ id: string }>('/api/customers', { method: 'POST', body, token });
  const login = { email, password: PASSWORD };
  const reply = await shop.call<{ access_token: string }>('/api/auth/login', { method: 'POST', body: login });
  return { id: customer.id, token: reply.body.access_token };
}

it('gives an account all that the shop keeps about it, in one document, and to nobody else', async () => {
  const { id, token } = await account('export@example.com', { name: 'Edda' });
  const other = await account('nosy@example.com');
  for (let i = 0; i < 3; i += 1) {
    const items = [{ product_id: 'PROD001', quantity: 1 }];
    await shop.call('/api/checkout', { method: 'POST', body: { items }, token });
  }
  await shop.quiet();
  const { status, body } = await shop.call<Record<string, Record<string, unknown>[]>>(`/api/customers/${id}/export`, {
    token,
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({ account: { name: 'Edda' }, sessions: [{}], addresses: [] });
  expect(body.orders).toHaveLength(3);
  expect(new Set(body.orders?.map(({ customer_id }) => customer_id))).toEqual(new Set([id]));
  expect(new Set(body.notifications?.map(({ kind }) => kind))).toEqual(new Set(['welcome', 'confirmed']));
  expect((await shop.call(`/api/customers/${id}/export`, { token: other.token })).status).toBe(404);
  expect((await shop.call(`/api/customers/${id}/export`)).status).toBe(401);
});

it('tells every step of an order on the channels that the shopper chose, once, and lets them see it', async () => {
  const { token } = await account('mara@example.com', { phone: '+1 202 555 0100', notify_by: ['email', 'sms'] });
  await shop.quiet();
  const body = { items: [{ product_id: 'PROD001', quantity: 1 }] };
  const placed = await shop.call<{ id: string; number: number }>('/api/checkout', { method: 'POST', body, token });
  const order = { id: placed.body.id };
  await shop.until(order, 'confirmed');
  const admin = await shop.admin();
  const step = (change: object) =>
    shop.call(`/api/orders/${order.id}/status`, { method: 'PATCH', body: change, token: admin });
  await step({ status: 'shipped', tracking: { carrier: 'DHL', number: 'JD01', url: 'https://dhl.example/JD01' } });
  await step({ status: 'delivered' });
  await shop.quiet();

  const number = placed.body.number;
  expect(await mailed('mara@example.com')).toEqual(
    [
      'Welcome to Lamp & Co',
      `Order #${number} is confirmed`,
      `Order #${number} is on its way`,
      `Order #${number} has arrived`,
    ].sort(),
  );
  expect(twilio.messages.map(({ to, body }) => [to, body.split(' https')[0]])).toEqual([
    ['+12025550100', `Lamp & Co: order ${number} is confirmed.`],
    ['+12025550100', `Lamp & Co: order ${number} is on its way. DHL JD01.`],
    ['+12025550100', `Lamp & Co: order ${number} has arrived.`],
  ]);
  const own = await shop.call<{ items: object[] }>('/api/notifications', { token });
  expect(own.body.items).toHaveLength(7);
  await expectInvariants(shop.query);
});

it('mails a link for a new password that works, and then that it was changed', async () => {
  await account('ben@example.com');
  await shop.call('/api/auth/forgot-password', { method: 'POST', body: { email: 'ben@example.com' } });
  const mails = await eventuallyMailed('ben@example.com', 'Set a new password for Lamp & Co');
  const token = /reset-password\?token=([\w-]+)/.exec(mails)?.[1];
  const body = { token, password: 'another long secret' };
  expect((await shop.call('/api/auth/reset-password', { method: 'POST', body })).status).toBe(204);
  await shop.quiet();
  expect(await mailed('ben@example.com')).toContain('Your Lamp & Co password was changed');
  const rows = await shop.query('notifications', 'select n::text as row from notifications n');
  expect(JSON.stringify(rows)).not.toContain(token);
  await expectInvariants(shop.query);
});

it('warns the old address when the account gets another one', async () => {
  const { id, token } = await account('old@example.com');
  await shop.quiet();
  const body = { email: 'new@example.com', current_password: PASSWORD };
  expect((await shop.call(`/api/customers/${id}`, { method: 'PATCH', body, token })).status).toBe(200);
  await shop.quiet();
  expect(await mailed('old@example.com')).toContain('The e-mail address of your Lamp & Co account was changed');
  expect(await mailed('new@example.com')).toEqual([]);
});

it('tells the merchant what is low by its name', async () => {
  await shop.product({ product_id: 'LAMP-X', stock: 6, low_stock_threshold: 5 });
  await shop.until(await shop.place({ items: [{ product_id: 'LAMP-X', quantity: 2 }] }), 'confirmed');
  await shop.quiet();
  expect(await mailed('merchant@tradewind.test')).toContain('Low stock: Product LAMP-X (LAMP-X), 4 left');
});

it('tells somebody who has closed the account what becomes of the last order, and keeps nothing of it', async () => {
  const { id, token } = await account('gone@example.com');
  await shop.quiet();
  const body = { items: [{ product_id: 'PROD001', quantity: 1 }] };
  const placed = await shop.call<{ id: string; number: number }>('/api/checkout', { method: 'POST', body, token });
  await shop.until({ id: placed.body.id }, 'confirmed');
  const farewell = { method: 'DELETE', body: { current_password: PASSWORD }, token };
  expect((await shop.call(`/api/customers/${id}`, farewell)).status).toBe(204);
  await shop.quiet();
  const shipped = { status: 'shipped' };
  const path = `/api/orders/${placed.body.id}/status`;
  await shop.call(path, { method: 'PATCH', body: shipped, token: await shop.admin() });
  await shop.quiet();
  expect(await mailed('gone@example.com')).toContain(`Order #${placed.body.number} is on its way`);
  for (const table of ['notifications', 'order_contacts', 'customers']) {
    const rows = await shop.query('notifications', `select t::text as row from ${table} t`);
    expect(JSON.stringify(rows)).not.toContain('gone@example.com');
  }
  await expectInvariants(shop.query);
});

/** What a mail says, once it is there. */
async function eventuallyMailed(to: string, subject: string): Promise<string> {
  let id: string | undefined;
  await eventually(async () => {
    id = (await shop.mails(to)).find((mail) => mail.subject === subject)?.id;
    return id !== undefined;
  });
  return shop.mailText(id as string);
}

it('links to nothing that is not there', async () => {
  for (const page of [
    '/account',
    '/forgot-password',
    '/reset-password?token=t',
    '/admin/products/PROD001',
    '/orders/x',
  ]) {
    const reply = await fetch(`${shop.web}${page}`, { headers: { accept: 'text/html' } });
    expect([page, reply.status]).toEqual([page, 200]);
  }
  expect((await fetch(`${shop.web}/nothing`, { headers: { accept: 'text/html' } })).status).toBe(404);
});
