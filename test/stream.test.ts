import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlacedOrder, TestShop } from './harness.ts';
import { eventually, hasRabbit, startTestShop, TOPOLOGIES } from './harness.ts';

interface Step {
  id: number;
  event: string;
  data: { version: number; event: string; status: string; next: string | null };
}

/** Reads a stream as a browser would, until `enough` says so or it ends; answers with what came. */
async function watch(
  shop: TestShop,
  { id, guest_token }: PlacedOrder,
  enough: (steps: Step[]) => boolean,
  lastEventId?: number,
): Promise<Step[]> {
  const control = new AbortController();
  const limit = setTimeout(() => control.abort(new Error('the stream is silent')), 20_000);
  const reply = await fetch(`${shop.url}/api/orders/${id}/stream?token=${guest_token}`, {
    signal: control.signal,
    headers: lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) },
  });
  expect(reply.headers.get('content-type')).toBe('text/event-stream');
  const steps: Step[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of reply.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() as string;
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
      if (fields.data) steps.push({ id: Number(fields.id), event: fields.event, data: JSON.parse(fields.data) });
    }
    if (enough(steps)) break;
  }
  clearTimeout(limit);
  control.abort();
  return steps;
}

const has = (status: string) => (steps: Step[]) => steps.some(({ data }) => data.status === status);

describe.each(TOPOLOGIES)('watching an order (%s)', (topology) => {
  const missing = topology === 'rabbitmq' && !hasRabbit();
  let shop: TestShop;
  beforeAll(async () => {
    if (!missing) shop = await startTestShop({ topology, settings: { PAYMENT_LATENCY_MS: '200' } });
  });
  afterAll(() => shop?.close());

  test.skipIf(missing)('shows every step of its timeline once, in order, as it happens', async () => {
    const order = await shop.place();
    const steps = await watch(shop, order, has('confirmed'));
    const { body } = await shop.call<{ items: unknown[] }>(
      `/api/orders/${order.id}/timeline?token=${order.guest_token}`,
    );
    expect(steps.map(({ data: { next: _, ...entry } }) => entry)).toEqual(body.items);
    expect(steps.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(steps.map(({ data }) => data.next)).toEqual([
      'Stock is being checked',
      'Payment is being taken',
      'Waiting to be shipped',
    ]);
  });

  test.skipIf(missing)('goes on where a lost connection left off, wherever that was', async () => {
    const order = await shop.place();
    // Several may come in one piece: the connection was lost after the first of them.
    const [first] = (await watch(shop, order, (steps) => steps.length > 0)) as [Step];
    const rest = await watch(shop, order, has('confirmed'), first.id);
    expect([first, ...rest].map(({ id }) => id)).toEqual([1, 2, 3]);
    expect((await watch(shop, order, (steps) => steps.length > 0, 2)).map(({ id }) => id)).toEqual([3]);
  });

  test.skipIf(missing)('by many at once costs each of them nothing that another has seen', async () => {
    const order = await shop.place();
    const all = await Promise.all([0, 0, 1, 2].map((from) => watch(shop, order, has('confirmed'), from)));
    expect(all.map((steps) => steps.map(({ id }) => id))).toEqual([[1, 2, 3], [1, 2, 3], [2, 3], [3]]);
  });

  test.skipIf(missing)('is stopped with the shop, and leaves nothing behind', async () => {
    const replica = await shop.replica(['orders']);
    const address = replica.addresses.get('orders');
    const order = await shop.place();
    const reply = await fetch(`${address}/orders/${order.id}/stream?token=${order.guest_token}`);
    const reader = (reply.body as ReadableStream<Uint8Array>).getReader();
    // A step made by another replica is seen here as well.
    let text = '';
    await eventually(async () => {
      text += new TextDecoder().decode((await reader.read()).value);
      return text.includes('"confirmed"');
    });
    await replica.stop();
    await expect(reader.read()).rejects.toThrow();
  });
});
