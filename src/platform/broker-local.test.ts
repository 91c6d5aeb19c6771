import { expect, test } from 'vitest';
import { createLocalBroker } from './broker-local.ts';
import type { StoredEvent } from './message.ts';

const TOPOLOGY = { orders: ['stock.deducted'], mails: ['order.confirmed', 'stock.deducted'] };

const events = (...types: string[]) => types.map((type, i) => ({ id: `${i}`, type })) as StoredEvent[];

async function brokerWith(
  rooms: Partial<Record<keyof typeof TOPOLOGY, (given: StoredEvent[], again?: boolean) => Promise<void>>>,
) {
  const broker = createLocalBroker(TOPOLOGY);
  for (const [service, deliver] of Object.entries(rooms)) {
    const types = TOPOLOGY[service as keyof typeof TOPOLOGY];
    await broker.subscribe({ service, types, deliver, park: async () => {} });
  }
  return broker;
}

test('each room is given what it listens to, and nothing else', async () => {
  const given: string[] = [];
  const keep = (room: string) => async (all: StoredEvent[]) => {
    given.push(...all.map(({ id }) => `${room} ${id}`));
  };
  const broker = await brokerWith({ orders: keep('orders'), mails: keep('mails') });
  expect(await broker.publish(events('stock.deducted', 'order.confirmed', 'nobody.listens'))).toEqual(new Map());
  expect(given.sort()).toEqual(['mails 0', 'mails 1', 'orders 0']);
});

test('what a room of another process listens to is not taken for delivered', async () => {
  const given: string[] = [];
  const broker = await brokerWith({
    mails: async (all) => {
      given.push(...all.map(({ id }) => id));
    },
  });
  const failed = await broker.publish(events('stock.deducted', 'order.confirmed'));
  expect(failed).toEqual(new Map([['0', 'orders is not in this process']]));
  expect(given).toEqual(['0', '1']);
});

test('a room that cannot store fails its own messages only', async () => {
  const broker = await brokerWith({
    orders: () => Promise.reject(new Error('its database is away')),
    mails: async () => {},
  });
  const failed = await broker.publish(events('stock.deducted', 'order.confirmed'));
  expect(failed).toEqual(new Map([['0', 'its database is away']]));
});

test('a room that takes long keeps nobody waiting: what it does not handle soon is stored for it, until it is through', async () => {
  let finish = () => {};
  const stuck = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const seen: string[] = [];
  const broker = await brokerWith({
    orders: async (given, again) => {
      seen.push(`${again ? 'store' : 'handle'} ${given.map(({ subject }) => subject)}`);
      if (!again) await stuck;
    },
    mails: async () => {},
  });
  const deducted = (subject: string) => [{ ...events('stock.deducted')[0], subject }] as StoredEvent[];
  expect(await broker.publish(deducted('a'))).toEqual(new Map());
  expect(await broker.publish(deducted('b'))).toEqual(new Map());
  expect(seen).toEqual(['handle a', 'store a', 'store b']);
  finish();
  await stuck;
  await new Promise((resolve) => setImmediate(resolve));
  await broker.publish(deducted('c'));
  expect(seen.at(-1)).toBe('handle c');
});

test('whoever looks on sees what was published while they did, of what they asked for, and nothing that failed', async () => {
  const seen: string[] = [];
  const broker = await brokerWith({
    orders: () => Promise.reject(new Error('its database is away')),
    mails: async () => {},
  });
  const filter = { types: ['order.confirmed', 'stock.deducted'], subject: 'o1' };
  const about = (subject: string, ...types: string[]) => events(...types).map((one) => ({ ...one, subject }));
  const end = await broker.tap(filter, ({ count, read }) => seen.push(`${count} ${read().map(({ type }) => type)}`));
  await broker.publish(about('o1', 'order.confirmed', 'stock.deducted', 'nobody.listens'));
  await broker.publish(about('o2', 'order.confirmed'));
  await end?.();
  await broker.publish(about('o1', 'order.confirmed'));
  expect(seen).toEqual(['1 order.confirmed']);
});

test('nobody looks on where a part of the rooms is elsewhere: that would not be everything', async () => {
  const broker = await brokerWith({ mails: async () => {} });
  expect(await broker.tap({ types: [], subject: undefined }, () => {})).toBeUndefined();
});
