/** `npm run tap`, in this process: what an admin sees of the events of a shop, and what nobody sees. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TappedEvent } from '../src/contracts/tap.ts';
import { MASK } from '../src/platform/mask.ts';
import type { TapWish } from '../src/tapping.ts';
import { lineOf, readTapWish, TapFault, TapUsageFault, tap } from '../src/tapping.ts';
import { freePort } from './free-port.ts';
import { type GatewayApart, gatewayApart } from './gateway-apart.ts';
import type { TestShop } from './harness.ts';
import { ADMIN, eventually, hasRabbit, startTestShop, TOPOLOGIES } from './harness.ts';
import { startProcess } from './process.ts';

function listen(url: string, wish: Partial<TapWish> = {}, admin = ADMIN) {
  const events: TappedEvent[] = [];
  const notes: string[] = [];
  const ended = new AbortController();
  const screen = {
    event: async (event: TappedEvent) => void events.push(event),
    note: (line: string) => void notes.push(line),
  };
  const done = tap({ ...(readTapWish([url]) as TapWish), ...wish }, admin, screen, ended.signal);
  return {
    ...{ events, notes, done },
    /** There is nothing to see before somebody looks. */
    open: () => Promise.race([done, eventually(async () => notes.length > 0)]),
    async end() {
      ended.abort();
      return done;
    },
  };
}

const SHOPPER = { email: 'shopper@example.com', name: 'Ann Shopper', phone: '+44 7700 900123' };
const PRIVATE = [...Object.values(SHOPPER), 'Secret Street 1'];

describe.each(TOPOLOGIES)('the tap (%s)', (topology) => {
  const missing = topology === 'rabbitmq' && !hasRabbit();
  let shop: TestShop;
  let apart: GatewayApart | undefined;
  /** Over RabbitMQ the gateway is a process of its own: nothing is published there. */
  const url = () => apart?.at ?? shop.url;
  beforeAll(async () => {
    if (missing) return;
    shop = await startTestShop({ topology });
    if (topology === 'rabbitmq') apart = await gatewayApart(shop);
  });
  afterAll(async () => {
    await apart?.stop();
    await shop?.close();
  });

  it.skipIf(missing)('shows every event of an order, and neither who ordered it nor what opens it', async () => {
    const seen = listen(url());
    await seen.open();
    const order = await shop.place({ ...SHOPPER, shipping_address: 'Secret Street 1' });
    await shop.until(order, 'confirmed');
    const ofIt = () => seen.events.filter(({ subject }) => subject === order.id);
    await eventually(async () => ofIt().some(({ type }) => type === 'order.confirmed'));
    expect(await seen.end()).toMatchObject({ dropped: 0 });
    expect(new Set(ofIt().map(({ type, source }) => `${source} ${type}`))).toEqual(
      new Set([
        ...['orders order.placed', 'inventory product.stock.deducted', 'orders order.awaiting_payment'],
        ...['payments payment.processed', 'orders order.confirmed'],
      ]),
    );
    const told = JSON.stringify(seen.events);
    expect([...PRIVATE, String(order.guest_token)].filter((one) => told.includes(one))).toEqual([]);
    const placed = ofIt().find(({ type }) => type === 'order.placed')?.data as Record<string, unknown>;
    expect(placed).toMatchObject({ email: MASK, name: MASK, phone: MASK, shipping_address: MASK, guest_token: MASK });
    expect(placed).toMatchObject({ id: order.id, items: [{ product_id: 'PROD001', name: order.items[0]?.name }] });
  });

  it.skipIf(missing)('shows only what is asked for, and ends after so many', async () => {
    const [one, other] = [await shop.place(), await shop.place()];
    await shop.until(one, 'confirmed');
    await shop.until(other, 'confirmed');
    const seen = listen(url(), { type: 'order.c*,payment.failed', subject: one.id, count: 1 });
    await seen.open();
    for (const { id } of [other, one]) {
      await shop.call(`/api/orders/${id}/cancel`, { method: 'POST', body: {}, token: await shop.admin() });
    }
    expect(await seen.done).toEqual({ shown: 1, dropped: 0 });
    expect(seen.events.map(({ type, subject }) => [type, subject])).toEqual([['order.cancelled', one.id]]);
  });

  it.skipIf(missing)('is for admins, a few at a time, and leaves no session behind', async () => {
    await shop.call('/api/customers', { method: 'POST', body: { email: 'c@example.com', password: 'a long secret' } });
    const login = await shop.call<{ access_token: string }>('/api/auth/login', {
      method: 'POST',
      body: { email: 'c@example.com', password: 'a long secret' },
    });
    await expect(listen(url(), { token: login.body.access_token }).done).rejects.toThrow(/\(403\)/);
    const wrong = listen(url(), {}, { ...ADMIN, password: 'another one' });
    await expect(wrong.done).rejects.toThrow(`${ADMIN.email} was not let in: E-mail or password is wrong (401)`);
    const sessions = async () => (await shop.query('customers', 'select from sessions')).length;
    const before = await sessions();
    const five = [];
    for (let i = 0; i < 5; i += 1) {
      five.push(listen(url()));
      await five[i]?.open();
    }
    expect(await sessions()).toBe(before);
    const token = await shop.admin();
    const sixth = await fetch(`${url()}/api/tap`, { headers: { authorization: `Bearer ${token}` } });
    expect([sixth.status, await sixth.json()]).toMatchObject([429, { detail: '5 are watching already' }]);
    await five[0]?.end();
    await eventually(async () => {
      const again = await fetch(`${url()}/api/tap`, { headers: { authorization: `Bearer ${token}` } });
      await again.body?.cancel();
      return again.status === 200;
    });
    for (const one of five) await one.end();
  });

  it.skipIf(missing)('names the events there are, when none is called so', async () => {
    const refused = listen(url(), { type: 'order.plcaed' }).done;
    await expect(refused).rejects.toThrow(/\(422\)[\s\S]*--type: must fit an event; there are .*order\.placed/);
  });
});

describe('the command', () => {
  it('prints events until Ctrl-C, for a person or for a program, and ends well', async () => {
    const shop = await startTestShop();
    const settings = { ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password };
    const run = (...args: string[]) => startProcess([`--url=${shop.url}`, ...args], settings, 'dist/src/tap.js');
    const [person, program] = [run('--type=order.placed'), run('--json', '--type=*.placed')];
    for (const one of [person, program]) await one.says('listening at');
    const { id } = await shop.place();
    for (const one of [person, program]) await one.says(id);
    expect(await Promise.all([person.end('SIGINT'), program.end('SIGTERM')])).toEqual([0, 0]);
    expect(person.output()).toMatch(
      new RegExp(`^[\\d:.]{12} {2}order\\.placed +orders +${id} {2}number=\\d+ status=pending `, 'm'),
    );
    expect(person.output()).toMatch(/▸ 1 shown\n$/);
    const line = program
      .output()
      .split('\n')
      .find((one) => one.startsWith('{')) as string;
    expect(JSON.parse(line)).toMatchObject({ type: 'order.placed', subject: id, data: { status: 'pending' } });
    await shop.close();
  });

  it('tells how it is used', async () => {
    const help = startProcess(['--help'], {}, 'dist/src/tap.js');
    expect([await help.ended, help.output()]).toEqual([0, expect.stringContaining('npm run tap -- [url] [options]')]);
    const wrong = startProcess(['--colour'], {}, 'dist/src/tap.js');
    expect([await wrong.ended, wrong.output()]).toEqual([2, expect.stringContaining('--help shows the usage')]);
  });
});

describe.skipIf(!hasRabbit())('a gateway in a process of its own', () => {
  let shop: TestShop;
  beforeAll(async () => {
    shop = await startTestShop({ topology: 'rabbitmq' });
  });
  afterAll(() => shop?.close());

  it('to which events do not come says what it needs', async () => {
    const apart = await gatewayApart(shop, { AMQP_URL: '' });
    const token = await apart.login();
    const reply = await fetch(`${apart.at}/api/tap`, { headers: { authorization: `Bearer ${token}` } });
    expect([reply.status, await reply.json()]).toMatchObject([409, { detail: expect.stringContaining('AMQP_URL') }]);
    await apart.stop();
  });

  it('is not kept from stopping by whoever watches, and is watched again when it is back', async () => {
    const first = await gatewayApart(shop);
    const seen = listen(first.at);
    await seen.open();
    const stopping = performance.now();
    await first.stop();
    expect(performance.now() - stopping).toBeLessThan(5_000);
    const again = await gatewayApart(shop, { PORT_GATEWAY: Number(new URL(first.at).port) });
    await eventually(async () => seen.notes.length === 2);
    const { id } = await shop.place();
    await eventually(async () => seen.events.some(({ subject }) => subject === id));
    await seen.end();
    expect(seen.notes[1]).toBe('listening again; what was said meanwhile is not shown');
    await again.stop();
  });
});

describe('without a shop', () => {
  it('says how to start one', async () => {
    const refused = listen(`http://127.0.0.1:${await freePort()}`).done;
    await expect(refused).rejects.toThrow(/no shop answers at .*; start a shop with: npm start/);
    await expect(refused).rejects.toBeInstanceOf(TapFault);
  });

  it('or without a password, says how to give one', async () => {
    await expect(listen('http://127.0.0.1:1', {}, { ...ADMIN, password: '' }).done).rejects.toThrow('ADMIN_PASSWORD=…');
  });
});

describe('the command line', () => {
  it('has a default for everything', () => {
    expect(readTapWish([])).toEqual({
      ...{ url: 'http://localhost:9000', type: undefined, subject: undefined, token: undefined },
      ...{ json: false, count: Number.POSITIVE_INFINITY },
    });
  });

  it.each([
    [['--colour=red']],
    [['--url=nowhere', '--count=0']],
    [['http://a', 'http://b']],
    [['--count=many']],
  ])('refuses %j', (args) => {
    expect(() => readTapWish(args)).toThrow(TapUsageFault);
  });

  it('shows an event on one line, whatever is in it', () => {
    const event: TappedEvent = {
      ...{ id: '1', time: '2026-01-31T12:00:00.123Z', type: 'order.placed', subject: 'o1', source: 'orders' },
      data: { id: 'o1', number: 7, items: [{}, {}], email: MASK, note: '\u001b[2J\nx', name: null, address: {} },
    };
    expect(lineOf(event, 300)).toBe(
      `12:00:00.123  order.placed                 orders        o1  number=7 items=[2] note=�[2J�x address={…}`,
    );
    expect(lineOf(event, 40)).toHaveLength(40);
  });
});
