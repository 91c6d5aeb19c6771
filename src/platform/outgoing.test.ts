import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createOutgoing, isPublic, type Outgoing } from './outgoing.ts';

describe('an address of the internet', () => {
  test.each(['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111'])('%s', (address) => {
    expect(isPublic(address)).toBe(true);
  });
  test.each(
    `127.0.0.1 127.9.9.9 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1
    255.255.255.255 198.18.0.1 203.0.113.7 ::1 :: fe80::1 fd00::1 ff02::1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1
    2001:db8::1 2002:7f00:1:: localhost nonsense`.split(/\s+/),
  )('not %s', (address) => {
    expect(isPublic(address)).toBe(false);
  });
});

describe('what is never asked', () => {
  const outgoing = createOutgoing(['erp.local', '10.0.0.7:8080']);
  test.each([
    ['nonsense', 'must be an address'],
    ['http://example.com/hook', 'must begin with https://'],
    ['ftp://example.com/', 'must begin with https://'],
    ['file:///etc/passwd', 'must begin with https://'],
    ['https://user:secret@example.com/', 'must not hold a name or a password'],
    ['https://example.com/#part', 'must not have a fragment'],
    ['https://127.0.0.1/', '127.0.0.1 is not on the internet'],
    ['https://2130706433/', '127.0.0.1 is not on the internet'],
    ['https://0x7f.1/', '127.0.0.1 is not on the internet'],
    ['https://[::1]/', '::1 is not on the internet'],
    ['https://[::ffff:169.254.169.254]/', 'is not on the internet'],
    ['http://10.0.0.7:8081/', 'must begin with https://'],
    ['https://10.0.0.7/', '10.0.0.7 is not on the internet'],
  ])('%s', (url, why) => {
    expect(outgoing.faultOf(url)).toContain(why);
  });
  test.each([
    'https://example.com/hook?x=1',
    'http://erp.local/',
    'https://erp.local:99/',
    'http://10.0.0.7:8080/a',
  ])('but %s may be', (url) => {
    expect(outgoing.faultOf(url)).toBeUndefined();
  });
});

describe('a request', () => {
  const opened: { server?: Server; outgoing?: Outgoing } = {};
  afterEach(async () => {
    await opened.outgoing?.close();
    opened.server?.closeAllConnections();
    opened.server?.close();
  });

  async function serve(answer: Parameters<typeof createServer>[1], privateHosts: (port: number) => string[]) {
    const asked: string[] = [];
    opened.server = createServer((request, response) => {
      asked.push(String(request.url));
      answer?.(request as never, response as never);
    });
    await new Promise<void>((resolve) => opened.server?.listen(0, '127.0.0.1', resolve));
    const { port } = opened.server.address() as AddressInfo;
    const outgoing = createOutgoing(privateHosts(port));
    opened.outgoing = outgoing;
    const post = (url: string) =>
      outgoing.post(url, { headers: { 'x-mark': '1' }, body: '{}', signal: AbortSignal.timeout(2_000) });
    return { port, asked, post };
  }

  test('to a name that leads into our own network is not made', async () => {
    const { port, asked, post } = await serve(
      (_, response) => response.end(),
      () => [],
    );
    await expect(post(`https://localhost:${port}/`)).rejects.toThrow(/localhost leads to .* not on the internet/);
    await expect(post(`https://127.0.0.1:${port}/`)).rejects.toThrow('127.0.0.1 is not on the internet');
    expect(asked).toEqual([]);
  });

  test('follows nobody elsewhere', async () => {
    const { port, asked, post } = await serve(
      (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
      () => ['localhost'],
    );
    expect(await post(`http://localhost:${port}/here`)).toMatchObject({ status: 302 });
    expect(asked).toEqual(['/here']);
  });

  test('reads the beginning of an answer without an end', async () => {
    const { port, post } = await serve(
      (_, response) => {
        response.writeHead(200, { 'retry-after': '7' });
        const more = () => response.writable && response.write('x'.repeat(1_000)) && setImmediate(more);
        more();
        response.on('drain', more);
      },
      (own) => [`127.0.0.1:${own}`],
    );
    const { status, text, retryAfter } = await post(`http://127.0.0.1:${port}/`);
    expect([status, text.length, retryAfter]).toEqual([200, 2_048, 7]);
  });
});
