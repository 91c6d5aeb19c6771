import { pbkdf2 } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
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
    ['https://localhost/', 'localhost is not on the internet'],
    ['https://erp/', 'erp is not on the internet'],
    ['https://metadata.google.internal/', 'is not on the internet'],
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

  test('to an address of our own network is not made', async () => {
    const { port, asked, post } = await serve(
      (_, response) => response.end(),
      () => [],
    );
    await expect(post(`https://localhost:${port}/`)).rejects.toThrow('localhost is not on the internet');
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

describe('a name', () => {
  /** Answers every question for an IPv4 address with this one; without one it is silent. */
  async function nameServer(address?: string) {
    const server = createSocket('udp4');
    server.on('message', (question, { port }) => {
      if (!address) return;
      const isFour = question.readUInt16BE(endOfQuestion(question) - 4) === 1;
      const answer = Buffer.concat([
        Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4]),
        Buffer.from(address.split('.').map(Number)),
      ]);
      const reply = Buffer.concat([question.subarray(0, endOfQuestion(question)), ...(isFour ? [answer] : [])]);
      reply.writeUInt16BE(0x8180, 2);
      reply.writeUInt16BE(isFour ? 1 : 0, 6);
      reply.writeUInt16BE(0, 10);
      server.send(reply, port, '127.0.0.1');
    });
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const outgoing = createOutgoing([], [`127.0.0.1:${server.address().port}`]);
    onTestFinished(() => outgoing.close());
    return () =>
      outgoing.post('https://hook.example.com/', { headers: {}, body: '{}', signal: AbortSignal.timeout(20_000) });
  }

  /** Behind the header come the labels of the name, then its type and class. */
  function endOfQuestion(question: Buffer): number {
    let at = 12;
    while (question[at] !== 0) at += (question[at] as number) + 1;
    return at + 5;
  }

  test('that leads into our own network is not asked', async () => {
    const post = await nameServer('10.0.0.7');
    await expect(post()).rejects.toThrow('hook.example.com leads to 10.0.0.7, which is not on the internet');
  });

  test('that nobody knows keeps nothing else waiting', async () => {
    const post = await nameServer();
    const dead = Array.from({ length: 20 }, () => post().catch((error: Error) => error.message));
    const started = performance.now();
    // As passwords do, it takes a thread.
    await new Promise<void>((resolve) => pbkdf2('a', 'b', 1, 8, 'sha256', () => resolve()));
    await lookup('localhost');
    expect(performance.now() - started).toBeLessThan(1_000);
    for (const said of await Promise.all(dead)) expect(said).toMatch(/leads nowhere|Connect Timeout/);
  });
});
