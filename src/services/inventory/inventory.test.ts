import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestRoom } from '../../../test/service-harness.ts';
import { message, openTestRoom } from '../../../test/service-harness.ts';
import { ProductCreated } from '../../contracts/catalog.ts';
import type { Level, Reservation } from '../../contracts/inventory.ts';
import {
  Adjust,
  ChangeLevel,
  CheckStock,
  CommitReservation,
  ExtendReservation,
  GetLevel,
  GetReservation,
  ListAllMovements,
  ListLevels,
  ListReservations,
  ReleaseReservation,
  Replenish,
  Reserve,
} from '../../contracts/inventory.ts';
import { LIMITS } from '../../contracts/shapes.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLog } from '../../platform/log.ts';
import { expireOneByOne, expireReservations } from './reservation-routes.ts';
import { inventory } from './service.ts';

let room: TestRoom;
beforeAll(async () => {
  room = await openTestRoom(inventory);
});
afterAll(() => room.close());

let products = 0;
/** A product of its own for each test. */
async function stocked(stock: number, low_stock_threshold = 0): Promise<string> {
  products += 1;
  const product_id = `P${products}`;
  const facts = {
    product_id,
    name: product_id,
    price: '1.00',
    currency: 'USD',
    version: 1,
    stock,
    low_stock_threshold,
  };
  await room.deliver([message(ProductCreated, facts)]);
  return product_id;
}

async function level(product_id: string): Promise<Level> {
  const reply = await room.call(GetLevel, { params: { product_id } });
  if (!reply.ok) throw new Error(reply.problem.title);
  return reply.body;
}

test('goods that no count has room for are refused where they were typed, not for want of stock', async () => {
  const product_id = await stocked(5);
  const params = { product_id };
  const refused = [
    await room.call(Replenish, { as: 'admin', params, body: { quantity: LIMITS.stock - 4 } }),
    await room.call(Adjust, { as: 'admin', params, body: { delta: LIMITS.stock - 4, reason: 'found' } }),
  ];
  expect(refused).toMatchObject([
    { status: 422, problem: { errors: [{ pointer: '/quantity' }] } },
    { status: 422, problem: { errors: [{ pointer: '/delta' }] } },
  ]);
  const less = await room.call(Adjust, { as: 'admin', params, body: { delta: -6, reason: 'lost' } });
  expect(less).toMatchObject({ status: 409, problem: { title: 'There is not that much free stock' } });
  expect(await level(product_id)).toMatchObject({ on_hand: 5 });
});

const reserve = (product_id: string, quantity: number, more: object = {}, idempotencyKey?: string) =>
  room.call(Reserve, {
    as: 'admin',
    body: { items: [{ product_id, quantity }], ...more },
    ...(idempotencyKey && { idempotencyKey }),
  });
async function reserved(product_id: string, quantity: number, more: object = {}): Promise<Reservation> {
  const reply = await reserve(product_id, quantity, more);
  if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
  return reply.body;
}
const on = ({ id }: Reservation) => ({ as: 'admin' as const, params: { id } });
const expire = () => expireReservations(room.service.db, systemClock, 256);

describe('asking whether it can be had', () => {
  test('answers for each product and for all together, and holds nothing', async () => {
    const [plenty, few] = [await stocked(10, 2), await stocked(2, 2)];
    const ask = (...items: [string, number][]) =>
      room.call(CheckStock, { body: { items: items.map(([product_id, quantity]) => ({ product_id, quantity })) } });
    expect(await ask([plenty, 10], [few, 2])).toMatchObject({ body: { available: true } });
    expect(await ask([plenty, 1], [few, 2], ['NOWHERE', 1], [few, 1])).toMatchObject({
      body: {
        available: false,
        items: [
          { product_id: plenty, sufficient: true, status: 'in_stock' },
          { product_id: few, quantity: 3, available: 2, sufficient: false, status: 'low_stock' },
          { product_id: 'NOWHERE', available: 0, sufficient: false, status: 'out_of_stock' },
        ],
      },
    });
    expect(await level(plenty)).toMatchObject({ reserved: 0 });
  });
});

describe('a reservation', () => {
  test('holds all lines or none, and says what is short', async () => {
    const [a, b] = [await stocked(5), await stocked(1)];
    const body = {
      items: [
        { product_id: a, quantity: 2 },
        { product_id: b, quantity: 2 },
      ],
    };
    const refused = await room.call(Reserve, { as: 'admin', body });
    expect(refused).toMatchObject({
      status: 409,
      problem: { errors: [{ pointer: '/items/1', product_id: b, available: 1 }] },
    });
    expect(await level(a)).toMatchObject({ reserved: 0 });
    await reserved(a, 5);
    expect(await level(a)).toMatchObject({ on_hand: 5, reserved: 5, available: 0, status: 'out_of_stock' });
  });

  test('comes back by itself when its time is up, once, however many look', async () => {
    const product = await stocked(3);
    const short = await reserved(product, 2, { ttl_seconds: 1 });
    const long = await reserved(product, 1, { ttl_seconds: 60 });
    await expire();
    expect(await level(product)).toMatchObject({ reserved: 3 });
    await sleep(Date.parse(short.expires_at) - Date.now() + 5);
    await Promise.all([expire(), expire(), expire()]);
    expect(await level(product)).toMatchObject({ on_hand: 3, reserved: 1 });
    expect(await room.call(GetReservation, on(short))).toMatchObject({ body: { status: 'expired' } });
    expect(await room.call(GetReservation, on(long))).toMatchObject({ body: { status: 'held' } });
  });

  test('that cannot be ended does not keep the others', async () => {
    const [broken, fine] = [await stocked(1), await stocked(1)];
    const one = await reserved(broken, 1);
    await reserved(fine, 1);
    await room.service.db.query({ text: `update levels set reserved = 0 where product_id = '${broken}'` });
    await room.service.db.query({
      text: `update reservations set expires_at = now() - interval '1 second' * (case when id = '${one.id}' then 2 else 1 end) where status = 'held'`,
    });
    await expect(expire()).rejects.toThrow();
    await expireOneByOne(room.service.db, systemClock, silentLog);
    expect(await level(fine)).toMatchObject({ reserved: 0 });
    expect(await room.call(GetReservation, on(one))).toMatchObject({ body: { status: 'held' } });
    await room.service.db.query({ text: `update levels set reserved = 1 where product_id = '${broken}'` });
  });

  test('is extended from now on, and not once its time is up', async () => {
    const product = await stocked(1);
    const one = await reserved(product, 1, { ttl_seconds: 1 });
    const reply = await room.call(ExtendReservation, { ...on(one), body: { ttl_seconds: 120 } });
    expect(reply).toMatchObject({ ok: true });
    await sleep(Date.parse(one.expires_at) - Date.now() + 5);
    await expire();
    expect(await level(product)).toMatchObject({ reserved: 1 });

    const other = await reserved(await stocked(1), 1, { ttl_seconds: 1 });
    await sleep(Date.parse(other.expires_at) - Date.now() + 5);
    const late = await room.call(ExtendReservation, { ...on(other), body: { ttl_seconds: 120 } });
    expect(late).toMatchObject({
      status: 409,
      problem: { status: 409, type: 'urn:tradewind:problem:reservation-ended' },
    });
    expect(await room.call(CommitReservation, on(other))).toMatchObject({ status: 409 });
  });

  test('that is committed leaves the books, and a repeat changes nothing', async () => {
    const product = await stocked(5);
    const one = await reserved(product, 2);
    const replies = await Promise.all([1, 2, 3].map(() => room.call(CommitReservation, on(one))));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await level(product)).toMatchObject({ on_hand: 3, reserved: 0 });
    expect(await room.call(ReleaseReservation, on(one))).toMatchObject({ status: 409 });
    const ledger = await room.call(ListAllMovements, { as: 'admin', query: { reservation_id: one.id } });
    expect(ledger).toMatchObject({
      body: {
        items: [
          { kind: 'committed', on_hand_delta: -2 },
          { kind: 'reserved', reserved_delta: 2 },
        ],
      },
    });
  });

  test('that is released can be sold again, and a repeat changes nothing', async () => {
    const product = await stocked(5);
    const one = await reserved(product, 2);
    for (let i = 0; i < 2; i += 1) expect((await room.call(ReleaseReservation, on(one))).status).toBe(204);
    expect(await level(product)).toMatchObject({ on_hand: 5, reserved: 0 });
    expect(await room.call(CommitReservation, on(one))).toMatchObject({ status: 409 });
  });

  test('ends once, whoever comes first: committed, released and expired at the same time', async () => {
    for (let i = 0; i < 10; i += 1) {
      const product = await stocked(2);
      const one = await reserved(product, 2);
      await room.service.db.query({
        text: `update reservations set expires_at = now() + '2 ms' where id = '${one.id}'`,
      });
      await Promise.all([
        room.call(CommitReservation, on(one)),
        room.call(ReleaseReservation, on(one)),
        sleep(2).then(expire),
      ]);
      await sleep(2);
      await expire();
      const { on_hand, reserved: still } = await level(product);
      expect([0, 2]).toContain(on_hand);
      expect(still).toBe(0);
    }
  });

  test('of one Idempotency-Key is one, and twenty for ten units are ten', async () => {
    const product = await stocked(10);
    const same = await Promise.all([1, 2, 3].map(() => reserve(product, 1, {}, 'till-7')));
    expect(new Set(same.map((reply) => reply.ok && reply.body.id)).size).toBe(1);
    const many = await Promise.all(Array.from({ length: 20 }, () => reserve(product, 1)));
    expect(many.filter(({ ok }) => ok)).toHaveLength(9);
    expect(await level(product)).toMatchObject({ available: 0, reserved: 10 });
  });

  test('is found by status and reference', async () => {
    const product = await stocked(3);
    const one = await reserved(product, 1, { reference: 'phone call of Ann' });
    const find = (query: object) => room.call(ListReservations, { as: 'admin', query });
    expect(await find({ reference: 'phone call of Ann' })).toMatchObject({ body: { items: [{ id: one.id }] } });
    expect(await find({ reference: 'phone call of Ann', status: 'expired' })).toMatchObject({ body: { items: [] } });
  });

  test.each([
    [{ items: [] }, '/items'],
    [{ items: [{ product_id: 'P1', quantity: 0 }] }, '/items/0/quantity'],
    [{ items: [{ product_id: 'P1', quantity: 1 }], ttl_seconds: 0 }, '/ttl_seconds'],
    [{ items: [{ product_id: 'P1', quantity: 1 }], ttl_seconds: 90_000 }, '/ttl_seconds'],
    [{ items: [{ product_id: 'P1', quantity: 1, price: 1 }] }, '/items/0/price'],
  ])('asked for as %j is refused', async (body, pointer) => {
    const reply = await room.call(Reserve, { as: 'admin', body: body as never });
    expect(reply).toMatchObject({ status: 422, problem: { errors: [{ pointer }] } });
  });

  test('is for the shop, not for its customers', async () => {
    expect(await room.call(Reserve, { body: { items: [{ product_id: 'P1', quantity: 1 }] } })).toMatchObject({
      status: 401,
    });
    const as = { customer: 'c-1' };
    expect(await room.call(ListReservations, { as })).toMatchObject({ status: 403 });
  });
});

describe('levels by ids', () => {
  test('are those that there are, at once or in pages', async () => {
    const [one, two] = [await stocked(3), await stocked(0)];
    await stocked(5);
    const asked = async (query: object) => {
      const reply = await room.call(ListLevels, { query });
      return reply.ok ? reply.body.items.map(({ product_id }) => product_id) : reply.problem.errors?.[0]?.pointer;
    };
    expect(await asked({ ids: `${two},NOPE,${one}` })).toEqual([one, two].sort());
    expect(await asked({ ids: `${two},${one}`, status: 'out_of_stock' })).toEqual([two]);
    expect(await asked({ ids: `${two},${one}`, limit: 1 })).toEqual([[one, two].sort()[0]]);
    expect(await asked({ ids: 'A,,B' })).toBe('/query/ids');
    expect(await asked({ ids: Array(101).fill('A').join() })).toBe('/query/ids');
    const many = Array.from({ length: 99 }, (_, i) => `N${i}`);
    expect(await asked({ ids: [...many, two].join() })).toEqual([two]);
  });
});

describe('a low stock threshold', () => {
  test('can be changed, and shop windows hear what follows from it', async () => {
    const product = await stocked(10, 2);
    const body = { low_stock_threshold: 12 };
    const reply = await room.call(ChangeLevel, { as: 'admin', params: { product_id: product }, body });
    expect(reply).toMatchObject({ body: { status: 'low_stock', low_stock_threshold: 12 } });
    const low = await room.call(ListLevels, { query: { status: 'low_stock' } });
    expect(low.ok && low.body.items.map(({ product_id }) => product_id)).toContain(product);
  });
});
