/** `npm run order`, in this process: what a person sees in the terminal. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Wish } from '../src/follow.ts';
import { follow, OrderFault, readWish, UsageFault } from '../src/follow.ts';
import { freePort } from './free-port.ts';
import type { TestShop } from './harness.ts';
import { startTestShop } from './harness.ts';

let shop: TestShop;
beforeAll(async () => {
  shop = await startTestShop();
});
afterAll(() => shop.close());

async function order(wish: Partial<Wish> = {}): Promise<{ confirmed: boolean; lines: string[] }> {
  const lines: string[] = [];
  const [plain, print] = [(text: string) => text, (line: string) => void lines.push(line)];
  const defaults = readWish([shop.url]) as Wish;
  const confirmed = await follow({ ...defaults, ...wish }, { print, bold: plain, dim: plain, good: plain, bad: plain });
  return { confirmed, lines };
}

describe('npm run order', () => {
  it('tells of every step until the order is confirmed', async () => {
    const items = [
      { product_id: 'PROD001', quantity: 2 },
      { product_id: 'PROD002', quantity: 1 },
    ];
    const { confirmed, lines } = await order({ items });
    expect(confirmed).toBe(true);
    expect(lines).toEqual([
      expect.stringMatching(/^accepted in [\d.]+ ms: order \d+, id [0-9a-f-]{36}$/),
      expect.stringMatching(/ 2 × .+ \(PROD001\) at 79\.99 = 159\.98$/),
      expect.stringMatching(/ 1 × .+ \(PROD002\) at 29\.99 = 29\.99$/),
      expect.stringMatching(/ total 189\.97 USD$/),
      expect.stringMatching(/^ *\+0\.000 s {2}order\.placed +pending$/),
      expect.stringMatching(/^ *\+\d\.\d{3} s {2}product\.stock\.deducted +awaiting_payment$/),
      expect.stringMatching(/^ *\+\d\.\d{3} s {2}payment\.processed +confirmed {2}\(ch_/),
      'next        Waiting to be shipped',
      expect.stringMatching(/^see again {3}http.+\/timeline\?token=/),
      expect.stringMatching(/^mail {8}to shopper@example\.com/),
    ]);
    const again = lines
      .find((line) => line.startsWith('see again'))
      ?.split(' ')
      .at(-1) as string;
    expect((await fetch(again)).status).toBe(200);
  });

  it('says why an order failed', async () => {
    const { confirmed, lines } = await order({ method: 'pm_declined' });
    expect(confirmed).toBe(false);
    expect(lines.join('\n')).toMatch(/payment\.failed +failed {2}\(declined\)\n.*the order has ended/s);
  });

  it('orders as the customer whose token it is given', async () => {
    const account = { email: 'mara@example.com', password: 'a long enough secret' };
    await shop.call('/api/customers', { method: 'POST', body: account });
    const login = await shop.call<{ access_token: string }>('/api/auth/login', { method: 'POST', body: account });
    const { confirmed, lines } = await order({ token: login.body.access_token, email: undefined });
    expect(confirmed).toBe(true);
    expect(lines.join('\n')).toContain('mail        to mara@example.com');
  });

  it('places one order when the first answer is lost', async () => {
    let posts = 0;
    const careless = createServer(async (request, reply) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
      const answer = await fetch(`${shop.url}${request.url}`, {
        method: request.method as string,
        headers: headers as Record<string, string>,
        ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
      });
      if (request.method === 'POST' && ++posts === 1) return void request.socket.destroy();
      reply.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    });
    await new Promise<void>((resolve) => careless.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(careless.address() as AddressInfo).port}`;
    const { confirmed } = await order({ url, email: 'lost@example.com' });
    careless.close();
    expect(confirmed).toBe(true);
    expect(posts).toBe(2);
    const rows = await shop.query('orders', 'select 1 from orders where email = $1', ['lost@example.com']);
    expect(rows).toHaveLength(1);
  });

  it('shows every fault of a refused order', async () => {
    const items = [
      { product_id: 'NOPE', quantity: 1 },
      { product_id: 'NADA', quantity: 1 },
    ];
    await expect(order({ items })).rejects.toThrow(
      /^not accepted: A product .+ \(422\)\n {2}\/items\/0\/product_id: NOPE .+\n {2}\/items\/1\/product_id: NADA /,
    );
  });

  it('says how to start a shop when none answers', async () => {
    const refused = order({ url: `http://127.0.0.1:${await freePort()}` });
    await expect(refused).rejects.toThrow(/start a shop with: npm start/);
    await expect(refused).rejects.toBeInstanceOf(OrderFault);
  });
});

describe('the command line', () => {
  it('has a default for everything', () => {
    expect(readWish([])).toEqual({
      url: 'http://localhost:9000',
      items: [{ product_id: 'PROD001', quantity: 1 }],
      email: 'shopper@example.com',
      method: 'pm_success',
      token: undefined,
    });
  });

  it('takes products with quantities and the url in either form', () => {
    const items = [
      { product_id: 'A', quantity: 1 },
      { product_id: 'B', quantity: 3 },
    ];
    const products = ['--product=A', '--product', 'B:3'];
    expect(readWish(['--url=https://shop.example/', ...products])).toMatchObject({
      url: 'https://shop.example',
      items,
    });
    expect(readWish(['http://localhost:9100', ...products])).toMatchObject({ url: 'http://localhost:9100', items });
  });

  it.each([
    [['--colour=red']],
    [['--url=nowhere']],
    [['--url=http://a', 'http://b']],
    [['--product=']],
    [['--product=A:many']],
  ])('refuses %j', (args) => {
    expect(() => readWish(args)).toThrow(UsageFault);
  });
});
