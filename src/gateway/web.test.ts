/** The door for people, on a scratch folder of pages: who gets a page, who a problem, and what browsers may do with it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpServer } from '../platform/http.ts';
import { createPages } from './web.ts';

const SCRIPT = 'console.log("a shop")';
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const page = (of: string) =>
  `<head><meta name="application-name" content="Tradewind" /><title>Tradewind</title></head><p>Tradewind ${of}</p>`;

let scratch: string;
let app: FastifyInstance;
let port: number;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tradewind-web-'));
  const dir = join(scratch, 'assets', 'web');
  await mkdir(join(dir, 'assets'), { recursive: true });
  const files: Record<string, string | Buffer> = {
    '../secret.txt': 'secret',
    'index.html': page('shop'),
    'admin.html': page('admin'),
    'favicon.svg': '<svg/>',
    'theme.js': SCRIPT,
    'robots.txt': 'User-agent: *',
    'notes.txt': 'not for everyone',
    'assets/main-Ab1.js': SCRIPT,
    'assets/main-Ab1.js.br': brotliCompressSync(SCRIPT),
    'assets/main-Ab1.js.gz': gzipSync(SCRIPT),
    'assets/.hidden': 'secret',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content);
  const shopName = `Ada's <b>"Tea" $& $1 $' & Co</b>`;
  const pages = createPages({ dir, shopName, traces: false, pictureOrigins: ['https://pictures.example'] });
  app = createHttpServer({ fallback: pages.answer });
  app.get('/api/health', async () => ({ status: 'ok' }));
  await pages.mountFiles(app);
  port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
});
afterAll(async () => {
  await app?.close();
  await rm(scratch, { recursive: true, force: true });
});

/** As it stands: fetch would tidy up the address and the headers. */
async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const reply = await new Promise<IncomingMessage>((resolve, fail) => {
    request({ port, host: '127.0.0.1', path, method, headers }, resolve).on('error', fail).end();
  });
  const body = Buffer.concat(await reply.toArray());
  return { status: reply.statusCode, headers: reply.headers, body, text: body.toString() };
}

const visit = (path: string) => ask(path, { accept: BROWSER });
const isProblem = ({ headers }: Awaited<ReturnType<typeof ask>>) =>
  headers['content-type'] === 'application/problem+json; charset=utf-8';

describe('a page', () => {
  test('is found where the router of the shop knows one', async () => {
    const known = ['/', '/?ref=mail', '/products', '/products/', '/products?search=a', '/products/PROD001', '/cart'];
    known.push('/cart/', '/checkout', '/orders/1?token=x', '/account', '/account/orders', '/account/addresses');
    known.push('/login', '/register', '/forgot-password', '/reset-password?token=x', '/admin', '/admin/orders/1');
    for (const path of known) expect([path, (await visit(path)).status]).toEqual([path, 200]);
    const unknown = ['/productsfoo', '/products/a/b', '/cart/x', '/orders', '/orders/', '/orders/1/x', '/accountant'];
    unknown.push('/account/cards', '/account/orders/1', '/logins', '/nope', '/administrator', '/index.html', '//');
    for (const path of unknown) {
      const { status, text: html } = await visit(path);
      expect([path, status, html.includes('Tradewind shop')]).toEqual([path, 404, true]);
    }
  });

  test('is for those who take anything too, with or without saying so, and for HEAD', async () => {
    for (const headers of [{}, { accept: '*/*' }, { accept: 'text/*' }]) {
      const { status, text: html } = await ask('/', headers);
      expect([status, html.includes('Tradewind shop')]).toEqual([200, true]);
    }
    const [whole, head] = [await ask('/cart', {}), await ask('/cart', {}, 'HEAD')];
    const undated = ({ date: _, ...headers }: typeof head.headers) => headers;
    expect([head.status, head.text, undated(head.headers)]).toEqual([200, '', undated(whole.headers)]);
    expect((await ask('/nope', { accept: BROWSER }, 'HEAD')).status).toBe(404);
  });

  test('is not what a program gets that asks for something else, or for what is not there', async () => {
    for (const [path, headers] of [
      ['/', { accept: 'application/json' }],
      ['/nope', { accept: '*/*' }],
      ['/logo.png', {}],
    ] as const) {
      const reply = await ask(path, headers);
      expect([path, reply.status, isProblem(reply)]).toEqual([path, 404, true]);
    }
    expect((await ask('/', {}, 'POST')).status).toBe(404);
  });

  test('carries the name of the shop, as text', async () => {
    const name = 'Ada&#39;s &#60;b&#62;&#34;Tea&#34; $&#38; $1 $&#39; &#38; Co&#60;/b&#62;';
    for (const path of ['/', '/admin']) {
      const { text: html } = await visit(path);
      expect(html).toContain(`content="${name}"`);
      expect(html).toContain(`<title>${name}</title>`);
    }
  });

  test('runs the shop’s own files only, in no frame; the admin alone may show one, a mail', async () => {
    const { headers } = await visit('/');
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    const rules = async (path: string) => {
      const policy = (await visit(path)).headers['content-security-policy'] as string;
      return Object.fromEntries(policy.split('; ').map((rule) => rule.split(/ (.*)/s) as [string, string]));
    };
    const shop = {
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self' https://pictures.example",
      'font-src': "'self'",
      'connect-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'self'",
      'frame-ancestors': "'none'",
    };
    expect(await rules('/')).toEqual(shop);
    expect(await rules('/nope')).toEqual(shop);
    expect(await rules('/admin/notifications')).toEqual({
      ...shop,
      'style-src-attr': "'unsafe-inline'",
      'img-src': "'self' data: blob: https://pictures.example",
      'frame-src': "'self'",
    });
  });
});

describe('a file', () => {
  test('of the build comes compressed as the browser likes it, and is kept for ever', async () => {
    const as = (encoding: string) => ask('/assets/main-Ab1.js', { 'accept-encoding': encoding });
    for (const [accepted, sent, read] of [
      ['gzip, deflate, br', 'br', brotliDecompressSync],
      ['gzip', 'gzip', gunzipSync],
      ['identity', undefined, (bytes: Buffer) => bytes],
    ] as const) {
      const { status, headers, body } = await as(accepted);
      expect([accepted, status, headers['content-encoding']]).toEqual([accepted, 200, sent]);
      expect(read(body).toString()).toBe(SCRIPT);
      expect(headers).toMatchObject({
        'content-type': 'application/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        vary: 'accept-encoding',
      });
    }
  });

  test('with a name that stays is asked for again each time, and costs nothing when it is the same', async () => {
    for (const name of ['favicon.svg', 'theme.js', 'robots.txt']) {
      const { status, headers } = await ask(`/${name}`, { 'accept-encoding': 'gzip, br' });
      expect([name, status, headers['cache-control']]).toEqual([name, 200, 'no-cache']);
      const again = await ask(`/${name}`, { 'if-none-match': headers.etag as string });
      expect([name, again.status, again.text]).toEqual([name, 304, '']);
      const head = await ask(`/${name}`, {}, 'HEAD');
      expect([head.status, head.headers['content-length']]).toEqual([200, headers['content-length']]);
    }
  });

  test('that is missing is a problem, for browsers too', async () => {
    for (const path of ['/assets/gone-Ab1.js', '/assets/', '/assets', '/api/nope', '/api']) {
      for (const method of ['GET', 'POST']) {
        const reply = await ask(path, { accept: BROWSER }, method);
        const status = method === 'POST' && path.startsWith('/assets/') ? 405 : 404;
        expect([method, path, reply.status, isProblem(reply)]).toEqual([method, path, status, true]);
      }
    }
    const wrong = await ask('/api/health', {}, 'DELETE');
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET']);
  });

  test('that is none of the pages’ cannot be reached', async () => {
    for (const path of [
      '/notes.txt',
      '/admin.html',
      '/assets/../../secret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '/assets/%2e%2e/%2e%2e/secret.txt',
      '/assets/..%5c..%5csecret.txt',
      '/assets/..',
      '/assets/.hidden',
      '/assets//../notes.txt',
      '/../secret.txt',
      '/assets/main-Ab1.js%00',
    ]) {
      const reply = await ask(path);
      expect([path, reply.status, isProblem(reply)]).toEqual([path, 404, true]);
    }
    expect((await ask('/assets/%')).status).toBe(400);
  });
});
