import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { As, TestRoom } from '../../../test/service-harness.ts';
import { ADMIN_ID, openTestRoom } from '../../../test/service-harness.ts';
import { DeleteCustomer, ExportCustomer, GetCart, PutCart, Register } from '../../contracts/customers.ts';
import { newId } from '../../platform/clock.ts';
import { sql } from '../../platform/database.ts';
import { createCustomers } from './service.ts';

const PASSWORD = 'a quiet harbour';
let room: TestRoom;
beforeAll(async () => {
  room = await openTestRoom(createCustomers(), { ADMIN_PASSWORD: 'owner of the shop' });
  await room.service.db.query({ text: `update customers set id = '${ADMIN_ID}'` });
});
afterAll(() => room.close());

let accounts = 0;
async function account(): Promise<string> {
  accounts += 1;
  const body = { email: `cart${accounts}@example.com`, password: PASSWORD };
  const reply = await room.call(Register, { as: 'admin', body });
  return (reply as unknown as { body: { id: string } }).body.id;
}
const cart = (id: string, as: As = { customer: id }) => room.call(GetCart, { as, params: { id } });
const put = (id: string, version: number, items: unknown[], as: As = { customer: id }) =>
  room.call(PutCart, { as, params: { id }, body: { items, version } as never });
const line = (product_id: string | number, quantity = 1) => ({ product_id, quantity });

describe('a cart', () => {
  test('is empty at version 0 until it is put, and from then on what was put', async () => {
    const id = await account();
    expect(await cart(id)).toMatchObject({ body: { items: [], version: 0, updated_at: null } });
    const items = [line('MUG-1', 2), line('LAMP')];
    const saved = await put(id, 0, [items[0], items[1], line(123, 10_000)]);
    const now = { items: [...items, line('123', 10_000)], version: 1, updated_at: expect.stringMatching(/Z$/) };
    expect(saved).toMatchObject({ status: 200, body: now });
    expect((await cart(id)) as object).toMatchObject({ body: (saved as { body: object }).body });
    expect(await put(id, 1, [])).toMatchObject({ body: { items: [], version: 2 } });
    expect(await put(id, 0, items)).toMatchObject({ status: 409 });
  });

  test('that has changed meanwhile is not overwritten: the answer is what there is now, to merge with', async () => {
    const id = await account();
    await put(id, 0, [line('PHONE')]);
    const refused = await put(id, 0, [line('LAPTOP')]);
    expect(refused).toMatchObject({
      status: 409,
      problem: { type: 'urn:tradewind:problem:cart-changed', cart: { items: [line('PHONE')], version: 1 } },
    });
    expect(await put(id, 1, [line('PHONE'), line('LAPTOP')])).toMatchObject({ ok: true, body: { version: 2 } });
    expect(await put(id, 7, [])).toMatchObject({ status: 409 });
  });

  test('put again because the answer was lost is as it is already', async () => {
    const id = await account();
    const first = await put(id, 0, [line('PHONE', 2)]);
    expect(await put(id, 0, [line('PHONE', 2)])).toMatchObject({ status: 200, body: (first as { body: object }).body });
    expect(await cart(id)).toMatchObject({ body: { version: 1 } });
  });

  test('put by two devices at once, again and again, is one of them each time', async () => {
    const id = await account();
    for (let version = 0; version < 20; version += 1) {
      const replies = await Promise.all(
        ['ONE', 'TWO', 'THREE'].map((one) => put(id, version, [line(`${one}-${version}`)])),
      );
      expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
      const winner = replies.find(({ ok }) => ok) as { body?: object };
      expect(await cart(id)).toMatchObject({ body: { ...winner.body, version: version + 1 } });
    }
  });

  test('is nobody else’s, not even an admin’s to see', async () => {
    const id = await account();
    await put(id, 0, [line('SECRET')]);
    for (const as of ['admin', { customer: newId() }] as const) {
      expect(await cart(id, as)).toMatchObject({ status: 404 });
      expect(await put(id, 1, [], as)).toMatchObject({ status: 404 });
    }
    expect(await cart(id, 'guest')).toMatchObject({ status: 401 });
    expect(await put(id, 1, [], 'guest')).toMatchObject({ status: 401 });
    expect(await cart(id)).toMatchObject({ body: { version: 1, items: [line('SECRET')] } });
    // Admins shop, too.
    expect(await put(ADMIN_ID, 0, [line('OWN')], 'admin')).toMatchObject({ body: { version: 1 } });
  });

  test.each<[string, unknown, number, string[]]>([
    [
      'a product twice, and twice more',
      [line('A'), line(1), line('A', 2), line('1')],
      0,
      ['/items/2/product_id', '/items/3/product_id'],
    ],
    [
      'none, and too many, of a product',
      [line('A', 0), line('B', 10_001)],
      0,
      ['/items/0/quantity', '/items/1/quantity'],
    ],
    ['a line too many', Array.from({ length: 101 }, (_, i) => line(`P${i}`)), 0, ['/items']],
    ['something else in a line', [{ ...line('A'), price: '1' }], 0, ['/items/0/price']],
    ['a version that can be none', [], -1, ['/version']],
  ])('with %s is refused, each fault at its place', async (_, items, version, pointers) => {
    const id = await account();
    const reply = await put(id, version, items as unknown[]);
    expect(reply.status).toBe(422);
    expect(!reply.ok && reply.problem.errors?.map(({ pointer }) => pointer)).toEqual(pointers);
    expect(await cart(id)).toMatchObject({ body: { version: 0 } });
  });

  test('of a hundred products is kept', async () => {
    const id = await account();
    const items = Array.from({ length: 100 }, (_, i) => line(`P${i}`.padEnd(64, 'X'), 10_000));
    expect(await put(id, 0, items)).toMatchObject({ body: { items } });
  });

  test('goes along with the account, and goes with it', async () => {
    const id = await account();
    await put(id, 0, [line('MUG-1', 2)]);
    const taken = await room.call(ExportCustomer, { as: { customer: id }, params: { id } });
    expect(taken).toMatchObject({ body: { cart: { items: [line('MUG-1', 2)], version: 1 } } });
    const as = { customer: id };
    await room.call(DeleteCustomer, { as, params: { id }, body: { current_password: PASSWORD } });
    expect(await cart(id)).toMatchObject({ status: 404 });
    expect(await put(id, 1, [line('MUG-1')])).toMatchObject({ status: 404 });
    expect(await room.service.db.query(sql('select from carts where customer_id = $1'), [id])).toEqual([]);
  });
});
