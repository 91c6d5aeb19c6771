// The page that shows the mails, and its JSON. Mails are hostile input: HTML is shown in a sandbox that runs no script and
// loads nothing from elsewhere, every other answer is data. The mailbox has no login, so a page of another origin must not
// get at it through the owner's browser: requests under a foreign host name (DNS rebinding) are refused, and cross-site
// deletion too.
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type ParsedMail, simpleParser } from 'mailparser';
import type { MailEntry, MailStore } from './mailbox-store.ts';

const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
// Links may open in a new tab (an order's page), and that is all that a mail can do.
const MAIL_SANDBOX = 'allow-popups allow-popups-to-escape-sandbox';
const MAIL_POLICY = `sandbox ${MAIL_SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; frame-ancestors 'self'`;
const FILES = {
  '/': ['index.html', 'text/html'],
  '/app.js': ['app.js', 'text/javascript'],
  '/style.css': ['style.css', 'text/css'],
} as const;

const listQuery = {
  type: 'object',
  properties: {
    query: { type: 'string', maxLength: 200 },
    to: { type: 'string', maxLength: 200 },
    limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
    cursor: { type: 'string', pattern: '^[0-9]{1,16}$' },
    since: { type: 'string', pattern: '^[0-9]{1,16}$' },
  },
};
interface ListQuery {
  query?: string;
  to?: string;
  limit: number;
  cursor?: string;
  since?: string;
}

export async function createViewer(store: MailStore, host: string): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true, bodyLimit: 1024 });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'content-security-policy': PAGE_POLICY,
    });
    refuseForeignHost(request, host);
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => problem(reply, error.statusCode ?? 500, error.message));
  app.setNotFoundHandler((_request, reply) => problem(reply, 404, 'there is nothing at this address'));
  await addPage(app);
  addMessages(app, store);
  return app;
}

async function addPage(app: FastifyInstance): Promise<void> {
  for (const [path, [name, type]] of Object.entries(FILES)) {
    const content = await readFile(join(import.meta.dirname, 'viewer', name));
    app.get(path, (_request, reply) => reply.type(`${type}; charset=utf-8`).send(content));
  }
}

function addMessages(app: FastifyInstance, store: MailStore): void {
  type WithId = { Params: { id: string; index: string } };
  app.get<{ Querystring: ListQuery }>('/api/messages', { schema: { querystring: listQuery } }, async (request) => {
    const { query, to, limit, cursor, since } = request.query;
    const page = store.list({
      query,
      to,
      limit,
      before: cursor ? Number(cursor) : undefined,
      since: since ? Number(since) : undefined,
    });
    const oldest = page.items.at(-1);
    return {
      items: page.items.map(publicEntry),
      next_cursor: page.more && oldest ? String(oldest.seq) : null,
      total: page.total,
      latest: String(page.latest),
    };
  });

  app.delete('/api/messages', async (request, reply) => {
    refuseCrossSite(request);
    await store.clear();
    return reply.code(204).send();
  });

  app.get<WithId>('/api/messages/:id', async (request) => {
    const entry = find(store, request.params.id);
    const mail = await parse(store, entry.id);
    return {
      ...publicEntry(entry),
      text: mail.text ?? '',
      html: mail.html || null,
      headers: headersOf(mail),
      attachments: attachmentsOf(mail),
    };
  });

  app.get<WithId>('/api/messages/:id/source', async (request, reply) => {
    const source = await store.source(find(store, request.params.id).id);
    return reply.type('text/plain; charset=utf-8').send(source);
  });

  app.get<WithId>('/api/messages/:id/html', async (request, reply) => {
    const { html } = await parse(store, find(store, request.params.id).id);
    if (!html) throw notFound('this mail has no HTML');
    const page = `<!doctype html><meta charset="utf-8"><base target="_blank">${html}`;
    return reply.header('content-security-policy', MAIL_POLICY).type('text/html; charset=utf-8').send(page);
  });

  app.get<WithId>('/api/messages/:id/attachments/:index', async (request, reply) => {
    const { attachments } = await parse(store, find(store, request.params.id).id);
    const file = attachments[Number(request.params.index)];
    if (!file) throw notFound('this mail has no such attachment');
    const name = encodeURIComponent(Buffer.from(file.filename ?? 'attachment').toString()).replace(
      /['()*]/g,
      (c) => `%${c.charCodeAt(0).toString(16)}`,
    );
    return reply
      .header('content-disposition', `attachment; filename*=UTF-8''${name}`)
      .type('application/octet-stream')
      .send(file.content);
  });
}

function find(store: MailStore, id: string): MailEntry {
  const entry = store.get(id);
  if (!entry) throw notFound('there is no such mail: it may have been deleted');
  return entry;
}

async function parse(store: MailStore, id: string): Promise<ParsedMail> {
  return simpleParser(await store.source(id), { skipTextToHtml: true });
}

function publicEntry({ seq: _seq, searched: _searched, ...entry }: MailEntry): Omit<MailEntry, 'seq' | 'searched'> {
  return entry;
}

/** By lower-case name; a field that occurs twice has its lines joined. */
function headersOf(mail: ParsedMail): Record<string, string> {
  const headers = new Map<string, string>();
  for (const { key, line } of mail.headerLines) {
    const value = line
      .slice(line.indexOf(':') + 1)
      .replace(/\r?\n[ \t]+/g, ' ')
      .trim();
    headers.set(key, headers.has(key) ? `${headers.get(key)}\n${value}` : value);
  }
  return Object.fromEntries(headers);
}

function attachmentsOf(mail: ParsedMail): Array<{ filename: string; content_type: string; size: number }> {
  return mail.attachments.map((file) => ({
    filename: file.filename ?? 'attachment',
    content_type: file.contentType,
    size: file.size,
  }));
}

/** An address literal or this machine's own names cannot be pointed elsewhere by a stranger's name server. */
function refuseForeignHost(request: FastifyRequest, own: string): void {
  const name = (request.headers.host ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (isIP(name) || name === 'localhost' || name.endsWith('.localhost') || name === own.toLowerCase()) return;
  throw Object.assign(
    new Error(`the mailbox does not answer under the name "${name}": use localhost or an IP address`),
    { statusCode: 421 },
  );
}

function refuseCrossSite(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  const { origin, host } = request.headers;
  const foreign =
    (site !== undefined && site !== 'same-origin') || (origin !== undefined && origin !== `http://${host}`);
  if (foreign) throw Object.assign(new Error('another site may not delete mails'), { statusCode: 403 });
}

function notFound(detail: string): Error {
  return Object.assign(new Error(detail), { statusCode: 404 });
}

const TITLES: Record<number, string> = {
  400: 'Bad request',
  403: 'Forbidden',
  404: 'Not found',
  421: 'Misdirected request',
};

function problem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  const title = TITLES[status] ?? (status < 500 ? 'Request refused' : 'Internal error');
  return reply.code(status).type('application/problem+json').send({ type: 'about:blank', title, status, detail });
}
