/**
 * The door for people: the pages of shop and admin, and the API on the same origin, in the gateway's own process. Pages
 * may run no script but the shop's own files and talk to nobody but this origin.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { problemReply } from '../platform/dispatch.ts';
import { send } from '../platform/http.ts';
import { common, reject } from '../platform/problem.ts';

export interface WebOptions {
  /** The built pages. */
  dir: string;
  shopName: string;
  /** Origins beside our own that pictures come from: a blob store's. */
  pictureOrigins: readonly string[];
}

/** What the shop's router knows; anything else is a page that says so, with status 404. */
const PAGES = /^\/($|products|cart$|checkout$|orders\/|account|login$|register$|forgot-password$|reset-password$)/;

export function policy(pictureOrigins: readonly string[], { mailPreview = false } = {}): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    // Mails carry their looks in style attributes, and the admin shows them in a sandbox that inherits this.
    `style-src 'self'${mailPreview ? "; style-src-attr 'unsafe-inline'" : ''}`,
    `img-src ${["'self'", 'data:', 'blob:', ...pictureOrigins].join(' ')}`,
    "font-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export interface AzureAccount {
  connectionString: string;
  accountName: string;
}

/** Where browsers find pictures that are kept in Azure; none when the shop keeps them itself. */
export function azureOrigins({ connectionString, accountName }: AzureAccount): string[] {
  const parts = new Map(connectionString.split(';').map((part) => part.split(/=(.*)/s) as [string, string]));
  if (parts.get('UseDevelopmentStorage') === 'true') return ['http://127.0.0.1:10000'];
  const endpoint = parts.get('BlobEndpoint');
  if (endpoint) return [new URL(endpoint).origin];
  const name = parts.get('AccountName') ?? accountName;
  const suffix = parts.get('EndpointSuffix') ?? 'core.windows.net';
  return name ? [`${parts.get('DefaultEndpointsProtocol') ?? 'https'}://${name}.blob.${suffix}`] : [];
}

export async function mountPages(app: FastifyInstance, { dir, shopName, pictureOrigins }: WebOptions): Promise<void> {
  const shop = readPage(join(dir, 'index.html'), shopName);
  const admin = readPage(join(dir, 'admin.html'), shopName);
  const shopPolicy = policy(pictureOrigins);
  const adminPolicy = policy(pictureOrigins, { mailPreview: true });

  const page = (reply: FastifyReply, html: string, rules: string, status = 200) =>
    reply
      .code(status)
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': rules,
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        // A guest's key to an order is in the address.
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'permissions-policy': 'camera=(), geolocation=(), microphone=()',
      })
      .send(html);

  await app.register(fastifyStatic, {
    root: dir,
    index: false,
    preCompressed: true,
    wildcard: true,
    prefix: '/',
    decorateReply: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const named = path.includes('/assets/');
      reply.setHeader('cache-control', named ? 'public, max-age=31536000, immutable' : 'no-cache');
      reply.setHeader('x-content-type-options', 'nosniff');
    },
    allowedPath: (path) => /^\/(assets\/[\w.-]+|favicon\.svg|theme\.js)$/.test(path),
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] as string;
    const readable = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
    if (!readable || /^\/(api|assets)\//.test(path)) {
      return send(reply, problemReply(reject(common.noRoute, { detail: `${path} is not served here` }), request.url));
    }
    if (/^\/admin(\/|$)/.test(path)) return page(reply, admin, adminPolicy);
    return page(reply, shop, shopPolicy, PAGES.test(path) ? 200 : 404);
  });
}

/** The shop's name stands where the built page says Tradewind. */
function readPage(file: string, shopName: string): string {
  if (!existsSync(file)) throw new Error(`the pages of the shop are not built: ${file} is missing`);
  const name = shopName.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
  return readFileSync(file, 'utf8')
    .replace(/(<meta name="application-name" content=")[^"]*/, `$1${name}`)
    .replace(/Tradewind(?=<\/title>)/, name);
}
