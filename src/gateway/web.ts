/**
 * The door for people: the pages of shop and admin, and the API on the same origin, in the gateway's own process. Pages
 * may run no script but the shop's own files and talk to nobody but this origin.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface WebOptions {
  /** The built pages. */
  dir: string;
  shopName: string;
  /** Whether pages begin traces. */
  traces: boolean;
  /** Origins beside our own that pictures come from: a blob store's. */
  pictureOrigins: readonly string[];
}

/** What the shop's router knows, in its way of reading; anything else is a page that says so, with status 404. */
const PAGES = new RegExp(
  `^/((${[
    'products(/[^/]+)?',
    'cart',
    'checkout',
    'orders/[^/]+',
    'account(/(orders|addresses))?',
    '(login|register|(forgot|reset)-password)',
  ].join('|')})/?)?$`,
  'i',
);

/** Files beside the hashed ones. */
const FILES = ['favicon.svg', 'theme.js', 'robots.txt'];

const FOR_EVER = 'public, max-age=31536000, immutable';
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  vary: 'accept',
  'x-content-type-options': 'nosniff',
  // A guest's key to an order is in the address.
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

export function policy(pictureOrigins: readonly string[], { mailPreview = false } = {}): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    // Mails carry their looks in style attributes, and the admin shows them in a sandbox that inherits this.
    `style-src 'self'${mailPreview ? "; style-src-attr 'unsafe-inline'" : ''}`,
    `img-src ${["'self'", ...(mailPreview ? ['data:', 'blob:'] : []), ...pictureOrigins].join(' ')}`,
    "font-src 'self'",
    "connect-src 'self'",
    ...(mailPreview ? ["frame-src 'self'"] : []),
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

export interface Pages {
  /** Sends the page of an address; undefined where a page is not what is asked for. */
  answer(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined;
  /** Scripts, styles, fonts, icons. */
  mountFiles(app: FastifyInstance): Promise<void>;
}

export function createPages({ dir, shopName, traces, pictureOrigins }: WebOptions): Pages {
  const shop = { html: readPage(join(dir, 'index.html'), { shopName, traces }), rules: policy(pictureOrigins) };
  const admin = {
    html: readPage(join(dir, 'admin.html'), { shopName, traces }),
    rules: policy(pictureOrigins, { mailPreview: true }),
  };
  return {
    answer(request, reply) {
      const path = request.url.split('?')[0] as string;
      if (!['GET', 'HEAD'].includes(request.method) || /^\/(api|assets)(\/|$)/.test(path)) return undefined;
      const isAdmin = /^\/admin(\/|$)/.test(path);
      const isKnown = isAdmin || PAGES.test(path);
      // A page that says "not found" is for people; programs that take anything get a problem.
      const { accept = '*/*' } = request.headers;
      if (!accept.includes('text/html') && !(isKnown && /(\*|text)\/\*/.test(accept))) return undefined;
      const { html, rules } = isAdmin ? admin : shop;
      return reply
        .code(isKnown ? 200 : 404)
        .headers({ ...PAGE_HEADERS, 'content-security-policy': rules })
        .send(html);
    },
    async mountFiles(app) {
      const assets = join(dir, 'assets');
      await app.register(fastifyStatic, {
        root: assets,
        prefix: '/assets/',
        index: false,
        preCompressed: true,
        cacheControl: false,
        setHeaders: (reply, path) => {
          reply.setHeader('cache-control', path.startsWith(join(assets, sep)) ? FOR_EVER : 'no-cache');
          reply.setHeader('vary', 'accept-encoding');
          reply.setHeader('x-content-type-options', 'nosniff');
        },
        allowedPath: (path) => /^\/?\w[\w.-]*$/.test(path),
      });
      for (const file of FILES) {
        const handler = (_request: FastifyRequest, reply: FastifyReply) => reply.sendFile(file, dir);
        app.route({ method: ['GET', 'HEAD'], url: `/${file}`, handler });
      }
    },
  };
}

/** The shop's name stands where the built page says Tradewind; whether it records traces, in the head. */
function readPage(file: string, { shopName, traces }: Pick<WebOptions, 'shopName' | 'traces'>): string {
  if (!existsSync(file)) throw new Error(`the pages of the shop are not built: ${file} is missing`);
  const name = shopName.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
  // Functions: in a text, `$&` and the like would stand for what is replaced.
  return readFileSync(file, 'utf8')
    .replace(/(?<=<meta name="application-name" content=")[^"]*/, () => name)
    .replace(/Tradewind(?=<\/title>)/, () => name)
    .replace('</head>', (end) => (traces ? `<meta name="traces" content="on">${end}` : end));
}
