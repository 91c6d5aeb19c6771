/** The X-ray of an order in a whole shop: while all goes well, while something is stuck, and while rooms are away. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Outlook, Xray } from '../src/contracts/xray.ts';
import { gatewayApart } from './gateway-apart.ts';
import type { PlacedOrder, Topology } from './harness.ts';
import { eventually, hasRabbit, startTestShop, TOPOLOGIES } from './harness.ts';
import { expectInvariants } from './invariants.ts';

const after: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end();
});
/** One for each topology: every test leaves it whole. */
const shops = new Map<Topology, ReturnType<typeof started>>();
afterAll(() => Promise.all([...shops.values()].map(async (one) => (await one).shop.close())));

function open(topology: Topology = 'local') {
  const known = shops.get(topology) ?? started(topology);
  shops.set(topology, known);
  return known;
}

async function started(topology: Topology) {
  const shop = await startTestShop({ topology });
  const token = await shop.admin();
  const outlook = async ({ id, guest_token }: PlacedOrder) =>
    (await shop.call<Outlook>(`/api/orders/${id}/outlook?token=${guest_token}`)).body;
  const change = (id: string, body: object) => shop.call(`/api/orders/${id}/status`, { method: 'PATCH', token, body });
  return { shop, token, xray: xrayAt(shop.url, token), outlook, change };
}

const xrayAt = (url: string, token: string) => async (order: { id: string }) => {
  const reply = await fetch(`${url}/api/orders/${order.id}/xray`, { headers: { authorization: `Bearer ${token}` } });
  expect(reply.status).toBe(200);
  return (await reply.json()) as Xray;
};

const next = ({ explanation }: Xray) => explanation.next.map(({ what }) => what);
const lines = ({ conversation }: Xray) => conversation.map(({ type, to, state }) => `${type} → ${to}: ${state}`);
const lineOf = (xray: Xray, type: string) => xray.conversation.find((line) => line.type === type);

describe.each(TOPOLOGIES)('through %s', (topology) => {
  const skipped = topology === 'rabbitmq' && !hasRabbit();

  test.skipIf(skipped)('an order is followed from its placing to its end', async () => {
    const { shop, xray, outlook, change } = await open(topology);
    const order = await shop.place({ items: [{ product_id: 'PROD001', quantity: 2 }] });
    await shop.until(order, 'confirmed');
    await shop.quiet();
    const confirmed = await xray(order);
    expect(confirmed.explanation).toEqual({
      stands: 'It is paid, and waits to be shipped.',
      why: 'Its goods are held, and its payment went through.',
      goods: 'All its goods are held for it.',
      money: '159.98 USD was charged.',
      told: 'The customer was told: confirmed.',
      next: [{ what: 'Somebody ships it, or cancels it.', when: null, by: 'person' }],
      holdups: [],
      over: false,
    });
    expect(lines(confirmed)).toEqual([
      'order.placed → inventory: heard',
      'product.stock.deducted → orders: heard',
      'order.awaiting_payment → payments: heard',
      'payment.processed → orders: heard',
      'order.confirmed → notifications: heard',
    ]);
    expect(confirmed.way.map(({ room, what }) => `${room}: ${what}`)).toEqual([
      'orders: Placed',
      'inventory: Holds 2 × Wireless Headphones',
      'orders: Its goods are held: awaiting payment',
      'payments: Is to charge 159.98 USD',
      'payments: Charged',
      'orders: It is paid: confirmed',
      'notifications: The mail that it is confirmed: sent',
    ]);
    expect(confirmed.inventory?.movements).toMatchObject([{ kind: 'deducted', reserved_delta: 2 }]);
    expect(confirmed.payments?.payment).toMatchObject({ status: 'succeeded', refunds: [] });
    expect(confirmed.notifications).toMatchObject([{ kind: 'confirmed', status: 'sent' }]);
    expect(confirmed.away).toEqual([]);
    const waiting = await outlook(order);
    expect(waiting).toEqual({
      stands: 'It is paid, and we are getting it ready.',
      why: 'Everything is held for you. 159.98 USD was charged.',
      next: [{ what: 'We send it, and tell you when it leaves.', when: null }],
    });
    expect(confirmed.orders?.outlook).toEqual(waiting);

    await change(order.id, { status: 'shipped', tracking: { carrier: 'Post', number: 'RR1' } });
    await change(order.id, { status: 'delivered' });
    await shop.quiet();
    expect((await xray(order)).explanation).toMatchObject({
      stands: 'It has arrived. Nothing more will happen.',
      goods: 'Its goods have left the building.',
      told: 'The customer was told: confirmed, shipped, delivered.',
      ...{ next: [], holdups: [], over: true },
    });
    expect((await outlook(order)).next).toEqual([]);
    await expectInvariants(shop.query);
  });

  test.skipIf(skipped)(
    'a message that fails is named with its tries and the next one; a dead one with where to go',
    async () => {
      const { shop, token, xray } = await open(topology);
      await shop.query('inventory', 'alter table levels rename to levels_away');
      const order = await shop.place();
      let found: Xray | undefined;
      await eventually(async () => {
        found = await xray(order);
        return (lineOf(found, 'order.placed')?.attempts ?? 0) >= 2;
      });
      const { explanation, way, conversation } = found as Xray;
      const [line] = conversation;
      expect(line).toMatchObject({ type: 'order.placed', to: 'inventory', state: 'failing', letter: null });
      expect(line?.errors).toHaveLength(line?.attempts ?? 0);
      expect(explanation.stands).toBe('Its stock is being checked.');
      expect(explanation.why).toMatch(
        /^The news that it was placed could not be handled by inventory \(\d+ attempts, the last: .*levels.* does not exist\)\.$/,
      );
      expect(explanation.holdups).toEqual([{ what: explanation.why, needs: 'time', letter: null }]);
      expect(explanation.next).toContainEqual({
        ...{ what: 'If its stock is not decided by then, it fails, and nothing is charged.', by: 'deadline' },
        when: order.deadline_at,
      });
      expect(next(found as Xray)[0]).toBe('Inventory holds the goods, or says what is sold out.');
      expect(way.filter(({ room, tone }) => room === 'inventory' && tone === 'bad').length).toBeGreaterThan(0);

      await eventually(async () => {
        await shop.query('inventory', `update inbox set available_at = '-infinity' where attempts > 0 and marks = 0`);
        shop.shop.services.get('inventory')?.wake();
        found = await xray(order);
        return lineOf(found, 'order.placed')?.state === 'dead';
      });
      const [holdup] = (found as Xray).explanation.holdups;
      expect(holdup).toMatchObject({ needs: 'person', letter: { service: 'inventory', id: expect.any(String) } });
      expect(next(found as Xray)).toContain(
        'Somebody retries it at the dead-letter desk of inventory, or puts it aside: the news that it was placed.',
      );
      expect((found as Xray).explanation.over).toBe(false);
      await shop.query('inventory', 'alter table levels_away rename to levels');
      const letter = `/api/dead-letters/inventory/${holdup?.letter?.id}`;
      expect((await shop.call(letter, { token })).status).toBe(200);
      await shop.call(`${letter}/retry`, { method: 'POST', token, body: { why: 'the table is back' } });
      await shop.until(order, 'confirmed');
      await shop.quiet();
      const mended = await xray(order);
      expect(mended.explanation).toMatchObject({ stands: 'It is paid, and waits to be shipped.', holdups: [] });
      // What it took is still known.
      expect(lineOf(mended, 'order.placed')).toMatchObject({ state: 'heard', letter: holdup?.letter?.id });
      await expectInvariants(shop.query);
    },
  );

  test.skipIf(skipped)('money on its way back is named until it is back, to the owner and to the shopper', async () => {
    const { shop, xray, outlook } = await open(topology);
    const order = await shop.place();
    await shop.until(order, 'confirmed');
    await shop.quiet();
    const payments = shop.shop.services.get('payments')?.inbox.worker;
    await payments?.stop();
    await shop.call(`/api/orders/${order.id}/cancel?token=${order.guest_token}`, {
      method: 'POST',
      body: { reason: 'changed my mind' },
    });
    await eventually(async () => lines(await xray(order)).includes('order.cancelled → payments: to_be_handled'));
    const cancelled = await xray(order);
    expect(cancelled.explanation).toMatchObject({
      stands: 'It was cancelled.',
      why: 'The reason given: changed my mind.',
      over: false,
    });
    expect(next(cancelled)).toContain('Payments sees to it that nothing is charged, or that it goes back.');
    expect(await outlook(order)).toEqual({
      stands: 'This order was cancelled.',
      why: 'Nothing is held for you any more. 79.99 USD was charged.',
      next: [{ what: '79.99 USD goes back to you; your bank may take some days to show it.', when: null }],
    });
    payments?.start();
    await eventually(async () => (await xray(order)).explanation.over);
    expect((await xray(order)).explanation).toMatchObject({
      stands: 'It was cancelled. Nothing more will happen.',
      goods: 'What was held for it is for sale again.',
      money: '79.99 USD was charged. All of it has gone back.',
      ...{ next: [], holdups: [], over: true },
    });
    expect(await outlook(order)).toMatchObject({
      next: [],
      why: expect.stringContaining('All of it has gone back to you.'),
    });
    await expectInvariants(shop.query);
  });
});

test('tries that failed before one went well are kept; a deleted order keeps its X-ray, which says so', async () => {
  const { shop, token, xray, change } = await open();
  await shop.query('inventory', 'alter table levels rename to levels_away');
  const order = await shop.place();
  const triesOf = (found: Xray) => lineOf(found, 'order.placed')?.attempts ?? 0;
  await eventually(async () => triesOf(await xray(order)) >= 2);
  await shop.query('inventory', 'alter table levels_away rename to levels');
  await shop.until(order, 'confirmed');
  await shop.quiet();
  const mended = await xray(order);
  const line = lineOf(mended, 'order.placed');
  expect(line).toMatchObject({ to: 'inventory', state: 'heard', letter: null, awaited: false });
  expect(line?.attempts).toBeGreaterThanOrEqual(2);
  expect(line?.errors).toHaveLength(line?.attempts as number);
  expect(line?.errors[0]?.error).toContain('levels');
  expect(mended.way.some(({ room, tone }) => room === 'inventory' && tone === 'bad')).toBe(true);
  expect(mended.explanation.holdups).toEqual([]);

  await change(order.id, { status: 'cancelled' });
  await eventually(async () => (await xray(order)).explanation.over);
  expect((await shop.call(`/api/orders/${order.id}`, { method: 'DELETE', token })).status).toBe(204);
  expect((await shop.call(`/api/orders/${order.id}`, { token })).status).toBe(404);
  const deleted = await xray(order);
  expect(deleted.explanation.stands).toMatch(
    /^It was cancelled\. It was deleted on \d{4}-\d\d-\d\d at \d\d:\d\d UTC, and is in no list any more\. Nothing more/,
  );
  expect(deleted.way.at(-1)).toMatchObject({ room: 'orders', what: 'Deleted', at: deleted.orders?.order.deleted_at });
  expect(lineOf(deleted, 'order.placed')?.attempts).toBe(line?.attempts);
});

test('a room that is away is named, and what the others know is there', async () => {
  const { shop, token } = await open();
  const order = await shop.place();
  await shop.until(order, 'confirmed');
  await shop.quiet();
  const { at, lines: wires, login, stop } = await gatewayApart(shop);
  after.push(stop);
  await login();
  const xray = xrayAt(at, token);
  wires.payments.cut();
  const without = await xray(order);
  expect(without.away).toMatchObject([{ service: 'payments', detail: expect.stringMatching(/^payments /) }]);
  expect(without).toMatchObject({ payments: null, inventory: { movements: [{ kind: 'deducted' }] } });
  expect(without.explanation).toMatchObject({
    stands: 'It is paid, and waits to be shipped.',
    money: null,
    over: false,
  });
  expect(without.explanation.holdups).toMatchObject([
    { what: expect.stringMatching(/^Payments cannot be asked right now/), needs: 'time' },
  ]);
  // Orders has its answer, so it was heard.
  expect(lineOf(without, 'order.awaiting_payment')?.state).toBe('heard');
  wires.orders.cut();
  const blind = await xray(order);
  expect(blind.away.map(({ service }) => service).sort()).toEqual(['orders', 'payments']);
  expect(blind.explanation.stands).toBe('Nobody can say where it stands while orders cannot be asked.');
  expect(blind).toMatchObject({ orders: null, notifications: [{ kind: 'confirmed' }] });
  wires.inventory.cut();
  wires.notifications.cut();
  expect((await xray(order)).away).toHaveLength(4);
});

test('it is for admins; the outlook for whoever may see the order', async () => {
  const { shop, token, xray } = await open();
  const order = await shop.place();
  await shop.until(order, 'confirmed');
  const ann = { email: 'ann@example.com', password: 'a long enough secret' };
  await shop.call('/api/customers', { method: 'POST', body: ann, token });
  const login = await shop.call<{ access_token: string }>('/api/auth/login', { method: 'POST', body: ann });
  const customer = login.body.access_token;
  const status = async (path: string, as?: string) => (await shop.call(path, { token: as })).status;
  for (const path of [`/api/orders/${order.id}/xray`, `/api/messages/orders?subject=${order.id}`]) {
    expect([await status(path), await status(path, customer), await status(path, token)]).toEqual([401, 403, 200]);
  }
  expect(await status(`/api/orders/${order.id}/xray?token=${order.guest_token}`)).toBe(401);
  expect(await status(`/api/orders/${randomUUID()}/xray`, token)).toBe(404);
  expect(await status('/api/orders/1001/xray', token)).toBe(422);
  const outlook = `/api/orders/${order.id}/outlook`;
  expect([await status(outlook), await status(outlook, customer), await status(outlook, token)]).toEqual([
    404, 404, 200,
  ]);
  const own = await shop.call<Outlook>(`${outlook}?token=${order.guest_token}`);
  expect(own.status).toBe(200);
  // Nothing that only the shop needs to know.
  const secrets = [(await xray(order)).payments?.payment?.transaction_id, 'attempt', 'provider', 'test'];
  for (const secret of secrets) expect(JSON.stringify(own.body)).not.toContain(secret);
});
