/** What is left of the contracts in a browser: enough to call, and not one schema. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ENDPOINTS, FOUND } from '../src/contracts/registry.ts';
import { contracts } from './contracts.ts';

const load = contracts().load as (id: string) => { code: string } | undefined;
const file = (name: string) => resolve(import.meta.dirname, '../src/contracts', `${name}.ts`);

async function atRunTime(name: string): Promise<Record<string, unknown>> {
  const { code } = load(file(name)) as { code: string };
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

test('every endpoint keeps its name, method, paths and who may call it', async () => {
  const rooms = [
    'catalog',
    'inventory',
    'orders',
    'payments',
    'customers',
    'customer-sheets',
    'notifications',
    'audit',
    'traces',
    'xray',
    'tap',
    'webhooks',
  ];
  const kept = (await Promise.all(rooms.map(atRunTime))).flatMap((one) => Object.values(one));
  for (const [file, table] of [
    ['dead-letters', 'DESKS'],
    ['audit', 'AUDITS'],
  ] as const) {
    const ofRooms = (await atRunTime(file))[table] as Record<string, object>;
    kept.push(...Object.values(ofRooms).flatMap((one) => Object.values(one)));
  }
  for (const [file, table] of [
    ['messages', 'MESSAGES'],
    ['audit', 'AuditKnown'],
    ['activity', 'ACTIVITY'],
    ['audit', 'AuditWaiting'],
  ] as const) {
    kept.push(...Object.values((await atRunTime(file))[table] as Record<string, object>));
  }
  // A service that somebody adds has no page of its own yet.
  const ofPages = ENDPOINTS.filter(
    ({ service, path }) =>
      rooms.includes(service) || !FOUND.includes(service) || /^\/(dead-letters|messages|activity)\b/.test(path),
  );
  for (const { name, method, publicPaths } of ofPages) {
    expect(kept).toContainEqual(expect.objectContaining({ name, method, publicPaths }));
  }
});

test('words, limits and problems are there; schemas and events are not', async () => {
  const orders = await atRunTime('orders');
  expect(orders.OrderStatus).toEqual({ enum: expect.arrayContaining(['pending', 'confirmed']) });
  expect(Object.keys(orders)).not.toEqual(expect.arrayContaining(['OrderPlaced']));
  expect(Object.keys(orders)).not.toEqual(expect.arrayContaining(['Checkout']));
  expect((await atRunTime('shapes')).LIMITS).toMatchObject({ lines: 100 });
  expect(Object.keys(await atRunTime('webhooks'))).not.toContain('SERVICE');
  expect((await atRunTime('problems')).PriceMismatch).toMatchObject({ code: 'price-mismatch', status: 409 });
});

test('other files are none of its business', () => {
  expect(load(file('money'))).toBeUndefined();
  expect(load(resolve(import.meta.dirname, 'src/shop/cart.ts'))).toBeUndefined();
});
