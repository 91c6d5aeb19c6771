/** Stock changed by people: every change is a ledger entry with a reason, nothing goes below what orders hold. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestShop } from './harness.ts';
import { eventually, startTestShop } from './harness.ts';
import { expectInvariants } from './invariants.ts';

let shop: TestShop;
let token: string;
beforeAll(async () => {
  shop = await startTestShop({ settings: { MERCHANT_EMAIL: 'owner@example.com' } });
  token = await shop.admin();
});
afterAll(async () => {
  await shop.quiet();
  await expectInvariants(shop.query);
  await shop.close();
});

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  shop.call(path, { method: 'POST', body, token, headers });

it('grows by replenishing and shrinks by adjusting, each in the ledger with who and why', async () => {
  await shop.product({ product_id: 'CUP', stock: 10 });
  expect((await post('/api/inventory/CUP/replenish', { quantity: 5, reason: 'delivery' })).body).toMatchObject({
    on_hand: 15,
  });
  expect((await post('/api/inventory/CUP/adjust', { delta: -3, reason: 'broken' })).body).toMatchObject({
    available: 12,
  });
  const { body } = await shop.call<{ items: object[] }>('/api/inventory/CUP/ledger', { token });
  expect(body.items).toMatchObject([
    { kind: 'adjusted', on_hand_delta: -3, reason: 'broken', actor: 'admin@tradewind.test' },
    { kind: 'replenished', on_hand_delta: 5, reason: 'delivery', actor: 'admin@tradewind.test' },
    { kind: 'opened', on_hand_delta: 10 },
  ]);
});

it('is replenished once when the same Idempotency-Key comes five times at once', async () => {
  await shop.product({ product_id: 'POT', stock: 1 });
  const key = { 'idempotency-key': 'delivery-4711' };
  const replies = await Promise.all(
    Array.from({ length: 5 }, () => post('/api/inventory/POT/replenish', { quantity: 7 }, key)),
  );
  expect(replies.map(({ status, body }) => [status, body.on_hand])).toEqual(Array(5).fill([200, 8]));
});

it('answers a repeat that waited for the first one as it answered the first', async () => {
  await shop.product({ product_id: 'LID', stock: 4 });
  const key = { 'idempotency-key': 'write-off-all' };
  const replies = await Promise.all(
    Array.from({ length: 5 }, () => post('/api/inventory/LID/adjust', { delta: -4, reason: 'all lost' }, key)),
  );
  expect(replies.map(({ status }) => status)).toEqual(Array(5).fill(200));
});

it('is never adjusted below what orders hold', async () => {
  await shop.product({ product_id: 'JUG', stock: 5 });
  const order = await shop.place({ items: [{ product_id: 'JUG', quantity: 4 }] });
  await shop.until(order, 'confirmed');
  expect(await post('/api/inventory/JUG/adjust', { delta: -2, reason: 'broken' })).toMatchObject({ status: 409 });
  expect((await shop.call('/api/inventory/JUG')).body).toMatchObject({ on_hand: 5, reserved: 4, available: 1 });
});

it('tells the merchant once when it falls to its threshold, and again only after it has recovered', async () => {
  await shop.product({ product_id: 'PAN', stock: 8, low_stock_threshold: 5 });
  const buy = async (quantity: number) => {
    const order = await shop.place({ items: [{ product_id: 'PAN', quantity }] });
    await shop.until(order, 'confirmed');
  };
  const told = async () =>
    (await shop.mails('owner@example.com')).filter(({ subject }) => subject.includes('PAN')).length;
  await buy(2);
  await buy(2);
  await eventually(async () => (await told()) === 1);
  await buy(1);
  await post('/api/inventory/PAN/replenish', { quantity: 10 });
  await buy(9);
  await eventually(async () => (await told()) === 2);
  await eventually(async () => (await shop.call('/api/products/PAN')).body.availability === 'low_stock');
});

it('that was reserved for a time is back within a second of it, by itself', async () => {
  await shop.product({ product_id: 'TRAY', stock: 3 });
  const items = [{ product_id: 'TRAY', quantity: 3 }];
  const held = await post('/api/reservations', { items, ttl_seconds: 1 });
  expect(held.status).toBe(201);
  expect((await post('/api/reservations', { items })).status).toBe(409);
  const until = Date.parse(held.body.expires_at as string);
  await eventually(async () => (await shop.call('/api/inventory/TRAY')).body.available === 3);
  expect(Date.now()).toBeGreaterThanOrEqual(until);
  expect(Date.now()).toBeLessThan(until + 1_000);
  // The ledger tells of it, and the shop window as well.
  const { body } = await shop.call<{ items: object[] }>('/api/inventory/TRAY/ledger', { token });
  expect(body.items).toMatchObject([{ kind: 'expired' }, { kind: 'reserved' }, { kind: 'opened' }]);
  await eventually(async () => (await shop.call('/api/products/TRAY')).body.availability !== 'out_of_stock');
});
