import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { afterEach, describe, expect, test } from 'vitest';
import { endpoint } from './contract.ts';
import type { Route } from './dispatch.ts';
import { createDoor, route } from './dispatch.ts';
import { createHttpServer, mountEndpoints } from './http.ts';
import { silentLog } from './log.ts';
import { common, reject } from './problem.ts';
import { createHttpUpstream, pathOf } from './upstream.ts';

const shape = { service: 'things', summary: '' };
const Write = endpoint('things.write', 'POST /things', {
  ...shape,
  access: 'anyone',
  body: Type.Object({ name: Type.String() }),
  reply: Type.Object({ name: Type.String() }),
});
const Upload = endpoint('things.upload', 'POST /things/{id}/picture', {
  ...shape,
  access: 'admin',
  params: Type.Object({ id: Type.String() }),
  raw: { types: ['multipart/form-data'], maxBytes: 200_000 },
  reply: Type.Object({ size: Type.Integer() }),
});
const Signed = endpoint('things.signed', 'POST /signed', {
  ...shape,
  access: 'anyone',
  raw: { types: ['application/json'], maxBytes: 1_000 },
  headers: ['x-signature'],
  reply: Type.Object({ text: Type.String(), signature: Type.String() }),
});
const Picture = endpoint('things.picture', 'GET /picture', {
  ...shape,
  access: 'anyone',
  headers: ['if-none-match'],
  media: 'image/webp',
});
const Stream = endpoint('things.stream', 'GET /stream', {
  ...shape,
  access: 'anyone',
  media: 'text/event-stream',
  streams: true,
});

const BYTES = Buffer.from([0, 255, 254, 10, 13, 0]);
let streams: Readable[] = [];

const ROUTES: Route[] = [
  route(Write, async ({ body }) => ({ body })),
  route(Upload, async ({ raw }) => ({ body: { size: raw.length } })),
  route(Signed, async ({ raw, headers }) => ({
    body: { text: raw.toString(), signature: headers['x-signature'] ?? '' },
  })),
  route(Picture, async ({ headers }) =>
    headers['if-none-match'] === '"1"'
      ? { status: 304, headers: { etag: '"1"' } }
      : { bytes: BYTES, headers: { etag: '"1"', 'cache-control': 'public, max-age=60' } },
  ),
  route(Stream, async () => {
    const stream = new Readable({ read() {} });
    stream.push('data: first\n\n');
    streams.push(stream);
    return { stream };
  }),
];

const verifier = {
  verify: async (token: string) =>
    token === 'admin'
      ? ({ role: 'admin', id: 'a', email: 'a@example.com', token } as const)
      : reject(common.unauthorized),
};

let opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(opened.map((one) => one.close()));
  opened = [];
  streams = [];
});

async function serve(): Promise<{ app: FastifyInstance; url: string }> {
  const app = createHttpServer();
  const door = createDoor({ routes: ROUTES, verifier, log: silentLog });
  const mounts = ROUTES.map(({ endpoint }) => ({ endpoint, path: endpoint.path }));
  mountEndpoints(app, mounts, door);
  opened.push(app);
  return { app, url: await app.listen({ host: '127.0.0.1', port: 0 }) };
}

const post = (url: string, body: Buffer<ArrayBuffer>, type: string, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body, headers: { 'content-type': type, ...headers } });

describe('bodies', () => {
  test('of an upload arrive as the bytes they are', async () => {
    const { url } = await serve();
    const admin = { authorization: 'Bearer admin' };
    const reply = await post(
      `${url}/things/1/picture`,
      Buffer.alloc(150_000),
      'multipart/form-data; boundary=x',
      admin,
    );
    expect([reply.status, await reply.json()]).toEqual([200, { size: 150_000 }]);
  });

  test('are not read before it is known whose they are', async () => {
    const { url } = await serve();
    const slow = new ReadableStream({
      async pull(controller) {
        await sleep(50);
        controller.enqueue(Buffer.alloc(1_000));
      },
    });
    const init = { method: 'POST', body: slow, duplex: 'half', headers: { 'content-type': 'multipart/form-data' } };
    const reply = await fetch(`${url}/things/1/picture`, init as RequestInit);
    expect(reply.status).toBe(401);
  });

  test.each([
    ['an upload that is too large', '/things/1/picture', 200_001, 'multipart/form-data', 413],
    ['an upload of another type', '/things/1/picture', 10, 'application/json', 415],
    ['JSON that is too large', '/things', 64 * 1024 + 1, 'application/json', 413],
    ['a form where JSON is asked for', '/things', 10, 'multipart/form-data', 415],
    ['text where JSON is asked for', '/things', 10, 'text/plain', 415],
  ])('%s is refused', async (_, path, size, type, status) => {
    const { url } = await serve();
    const reply = await post(`${url}${path}`, Buffer.alloc(size), type, { authorization: 'Bearer admin' });
    expect(reply.status).toBe(status);
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });
});

describe('whoever asks first whether to send a body (Expect: 100-continue)', () => {
  /** All that the server says to this head, until it has said what is waited for; then `body` follows. */
  async function ask(lines: string[], { until, body }: { until: RegExp; body?: Buffer }): Promise<string> {
    const { url } = await serve();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const closed = once(socket, 'close');
    let heard = '';
    socket.setEncoding('utf8').on('data', (text) => (heard += text));
    socket.write(`${[...lines, 'Host: x', 'Expect: 100-continue'].join('\r\n')}\r\n\r\n`);
    await expect.poll(() => heard).toMatch(until);
    if (body) socket.end(body);
    await closed;
    return heard;
  }

  test('is told to go on, and then answered', async () => {
    const body = Buffer.from('{"name":"lamp"}');
    const head = ['POST /things HTTP/1.1', 'Content-Type: application/json', `Content-Length: ${body.length}`];
    const heard = await ask(head, { until: /^HTTP\/1\.1 100 Continue\r\n\r\n/, body });
    expect(heard).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[\s\S]*\{"name":"lamp"\}$/);
  });

  test('may send as much as that route takes, once it is known who asks', async () => {
    const head = ['POST /things/1/picture HTTP/1.1', 'Content-Type: multipart/form-data; boundary=x'];
    const length = 'Content-Length: 200000';
    const heard = await ask([...head, length, 'Authorization: Bearer admin'], {
      until: /100 Continue/,
      body: Buffer.alloc(200_000),
    });
    expect(heard).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(await ask([...head, length], { until: /\}$/ })).toMatch(/^HTTP\/1\.1 401 /);
    const more = await ask([...head, 'Content-Length: 200001', 'Authorization: Bearer admin'], { until: /\}$/ });
    expect(more).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('is refused at once, as a problem, when it is too much, and nothing is waited for on that connection', async () => {
    const head = ['POST /things HTTP/1.1', 'Content-Type: application/json', `Content-Length: ${64 * 1024 + 1}`];
    const heard = await ask(head, { until: /\}$/ });
    expect(heard).toMatch(/^HTTP\/1\.1 413 /);
    expect(heard).toMatch(/^connection: close\r$/im);
    expect(heard).toMatch(/^content-type: application\/problem\+json/im);
    expect(heard).toContain('a body has at most 65536 bytes here');
  });
});

describe('an address', () => {
  test('that is served, but not so, tells how: 405 with Allow', async () => {
    const { url } = await serve();
    const reply = await fetch(`${url}/things/1/picture`, { method: 'DELETE' });
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
  });
});

test('a connection that was opened ahead and never used does not keep a server from closing', async () => {
  const { app, url } = await serve();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  const started = performance.now();
  await app.close();
  expect(performance.now() - started).toBeLessThan(2_000);
});

describe('replies that are not JSON', () => {
  test('keep every byte, also over HTTP from another process', async () => {
    const { url } = await serve();
    const upstream = createHttpUpstream(() => url);
    opened.push(upstream);
    const request = { url: '/', params: {}, query: {}, headers: {}, body: undefined, receivedAt: 0 };
    const { status, headers, body } = await upstream.call(Picture, request);
    expect({ status, body }).toEqual({ status: 200, body: BYTES });
    expect(headers).toMatchObject({ 'content-type': 'image/webp', etag: '"1"', 'cache-control': 'public, max-age=60' });

    const known = await upstream.call(Picture, { ...request, headers: { 'if-none-match': '"1"' } });
    expect([known.status, known.body]).toEqual([304, undefined]);
  });

  test('a parameter that came twice arrives twice', () => {
    const path = pathOf(Picture, { id: 'a/b' }, { limit: ['1', '2'], text: 'a,b', none: undefined });
    expect(path.split('?')[1]).toBe('limit=1&limit=2&text=a%2Cb');
  });

  test('only declared headers travel', async () => {
    const { url } = await serve();
    const upstream = createHttpUpstream(() => url);
    opened.push(upstream);
    const headers = { 'content-type': 'application/json', 'x-signature': 's', cookie: 'c', 'x-user-id': '1' };
    const body = Buffer.from('{ "as" : "it is" }');
    const reply = await upstream.call(Signed, { url: '/', params: {}, query: {}, headers, body, receivedAt: 0 });
    expect(JSON.parse(String(reply.body))).toEqual({ text: '{ "as" : "it is" }', signature: 's' });
  });
});

describe('connections to a room', () => {
  async function asking(lifeMs?: number) {
    const { app, url } = await serve();
    const sockets: unknown[] = [];
    app.server.on('request', ({ socket }) => sockets.push(socket));
    const upstream = createHttpUpstream(() => url, 10_000, lifeMs);
    opened.push(upstream);
    const ask = () =>
      upstream.call(Picture, { url: '/', params: {}, query: {}, headers: {}, body: undefined, receivedAt: 0 });
    return { ask, sockets };
  }

  test('are used again', async () => {
    const { ask, sockets } = await asking();
    await ask();
    await sleep(20);
    await ask();
    expect(sockets[1]).toBe(sockets[0]);
  });

  test('are not used for ever: a process that comes later behind the same address is asked, too', async () => {
    const { ask, sockets } = await asking(100);
    await Promise.all(Array.from({ length: 80 }, ask));
    await sleep(150);
    const before = [...sockets];
    // One alone, after many that all have become too old.
    expect((await ask()).status).toBe(200);
    expect(before).not.toContain(sockets.at(-1));
  });
});

describe('a stream', () => {
  test('flows while it is open, over HTTP too, and ends when its reader goes', async () => {
    const { url } = await serve();
    const upstream = createHttpUpstream(() => url);
    opened.push(upstream);
    const request = { url: '/', params: {}, query: {}, headers: {}, body: undefined, receivedAt: 0 };
    const { body } = await upstream.call(Stream, request);
    const chunks = (body as Readable)[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe('data: first\n\n');
    streams[0]?.push('data: second\n\n');
    expect(String((await chunks.next()).value)).toBe('data: second\n\n');
    (body as Readable).destroy();
    for (let i = 0; i < 100 && !streams[0]?.destroyed; i += 1) await sleep(10);
    expect(streams[0]?.destroyed).toBe(true);
  });

  test('does not keep a server from closing', async () => {
    const { app, url } = await serve();
    const reply = await fetch(`${url}/stream`);
    const reader = (reply.body as ReadableStream).getReader();
    await reader.read();
    await app.close();
    await expect(reader.read()).rejects.toThrow();
    expect(streams[0]?.destroyed).toBe(true);
  });
});
