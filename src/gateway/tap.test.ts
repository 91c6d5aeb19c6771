import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { CustomerRegistered } from '../contracts/customers.ts';
import { StockLow } from '../contracts/inventory.ts';
import { EVENTS } from '../contracts/registry.ts';
import { openEventStream } from '../platform/event-stream.ts';
import { MASK } from '../platform/mask.ts';
import type { StoredEvent } from '../platform/message.ts';
import { storedEvent } from '../platform/message.ts';
import { createViewer, masked, matching, PER_SECOND } from './tap.ts';

const low = (product_id = 'P1') =>
  storedEvent('inventory', StockLow, { product_id, available: 1, low_stock_threshold: 5 }, new Date());
const batch = (events: StoredEvent[]) => ({ count: events.length, read: () => events });

/** What a stream says, until it has said something. */
async function readUntil(stream: Readable, word: string): Promise<string> {
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk;
  });
  await expect.poll(() => text, { timeout: 10_000 }).toContain(word);
  stream.destroy();
  return text;
}

test('what is too much for a second is left out, and it is said how much', async () => {
  const stream = openEventStream();
  const see = createViewer(stream, undefined, () => 0);
  const text = readUntil(stream.stream, 'dropped');
  see(batch(Array.from({ length: PER_SECOND + 30 }, () => low())));
  // Not even read any more.
  see({ count: 12, read: () => expect.unreachable() });
  const said = await text;
  expect(said.match(/^event: event$/gm)).toHaveLength(PER_SECOND);
  expect(said).toContain('event: dropped\ndata: {"count":42}');
});

test('a viewer who does not read costs so much memory and no more, and is told when it reads again', async () => {
  const stream = openEventStream();
  const see = createViewer(stream, undefined);
  const large = { ...low(), data: JSON.stringify({ product_id: 'x'.repeat(10_000) }) };
  for (let i = 0; i < 100; i += 1) see(batch([large]));
  expect(stream.waiting()).toBeLessThan(150 * 1024);
  expect(stream.stream.destroyed).toBe(false);
  const said = await readUntil(stream.stream, 'dropped');
  const shown = said.match(/^event: event$/gm)?.length ?? 0;
  expect(said).toContain(`event: dropped\ndata: {"count":${100 - shown}}`);
});

test('of a batch only what is about the subject is shown, and no event that this shop does not know', async () => {
  const stream = openEventStream();
  const see = createViewer(stream, 'P2');
  see(batch([low('P1'), low('P2'), { ...low('P2'), type: 'stranger.came' }]));
  see(batch([{ ...low('P2'), id: 'the last' }]));
  expect((await readUntil(stream.stream, 'the last')).match(/"subject":"\w+"/g)).toEqual([
    '"subject":"P2"',
    '"subject":"P2"',
  ]);
});

test('a name stands for itself, a star for any part', () => {
  expect(matching('order.placed')).toEqual(['order.placed']);
  expect(matching('payment.refund*')).toEqual(['payment.refund.failed', 'payment.refunded'].toSorted(byDeclaration));
  expect(matching('*')).toHaveLength(EVENTS.length);
  expect(matching('rder.placed,order_placed')).toEqual([]);
  // However many they are.
  expect(matching(`${'*'.repeat(99)}x`)).toEqual([]);
});
const byDeclaration = (a: string, b: string) =>
  EVENTS.findIndex(({ name }) => name === a) - EVENTS.findIndex(({ name }) => name === b);

test('whoever only looks on sees no person', () => {
  const data = { id: '01900000-0000-7000-8000-000000000001', email: 'a@b.test', name: null, version: 1 };
  const event = storedEvent('customers', CustomerRegistered, data, new Date());
  expect(masked(CustomerRegistered, event).data).toEqual({ ...data, email: MASK });
});

test('every event says which of its properties are a person’s', () => {
  const PERSONAL = ['email', 'phone', 'shipping_address', 'client_reference', 'address'];
  const shown = EVENTS.flatMap(({ name, data, personal, secrets }) => {
    const ofPerson = Object.keys(data.properties).includes('email') ? [...PERSONAL, 'name'] : PERSONAL;
    const open = Object.keys(data.properties).filter((one) => ![...personal, ...secrets].includes(one));
    return open.filter((one) => ofPerson.includes(one)).map((one) => `${name} ${one}`);
  });
  expect(shown).toEqual([]);
});
