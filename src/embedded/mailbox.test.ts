// Real senders (nodemailer, a bare socket) against a real mailbox on real ports.
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Mailbox, startMailbox } from './mailbox.ts';
import { decodeWords, readSummary } from './mailbox-headers.ts';

const SMTP = 20_001 + (process.pid % 5_000) * 2;
const HTTP = SMTP + 1;
const BASE = `http://127.0.0.1:${HTTP}`;

let dir: string;
let box: Mailbox;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tradewind-mail-'));
  box = await start();
});
afterEach(async () => {
  await box.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('the mailbox', () => {
  it('keeps what nodemailer sends, lists the newest first and shows all of it', async () => {
    await send({ messageId: '<1@shop>', subject: 'First' });
    await send({
      messageId: '<2@shop>',
      subject: 'Grüße 🎁',
      html: '<p>Hello</p>',
      attachments: [{ filename: 'Rechnung ä.txt', content: 'paid' }],
    });
    const { items, total, next_cursor } = await list();
    expect(items.map((mail) => mail.subject)).toEqual(['Grüße 🎁', 'First']);
    expect({ total, next_cursor }).toEqual({ total: 2, next_cursor: null });
    expect(items[0]).toMatchObject({ message_id: '<2@shop>', from: 'Shop <shop@example.com>', to: 'ann@example.com' });
    const mail = await json(`/api/messages/${items[0]?.id}`);
    expect(mail).toMatchObject({
      text: 'Hello there',
      html: '<p>Hello</p>',
      attachments: [{ filename: 'Rechnung ä.txt', size: 4 }],
    });
    expect(mail.headers).toMatchObject({ 'message-id': '<2@shop>' });
    const attachment = await fetch(`${BASE}/api/messages/${items[0]?.id}/attachments/0`);
    expect([attachment.headers.get('content-disposition'), await attachment.text()]).toEqual([
      "attachment; filename*=UTF-8''Rechnung%20%C3%A4.txt",
      'paid',
    ]);
    expect(await (await fetch(`${BASE}/api/messages/${items[1]?.id}/source`)).text()).toContain('Subject: First\r\n');
  });

  it('keeps the same Message-ID once, also when both come at the same moment', async () => {
    await Promise.all([
      send({ messageId: '<same@shop>' }),
      send({ messageId: '<same@shop>' }),
      send({ messageId: '<other@shop>' }),
    ]);
    await send({ messageId: '<same@shop>' });
    const { items } = await list();
    expect(items.map((mail) => [mail.message_id, mail.repeats]).sort()).toEqual([
      ['<other@shop>', 0],
      ['<same@shop>', 2],
    ]);
    expect(await readdir(dir)).toHaveLength(2);
  });

  it('knows every mail after a restart, and still suppresses its duplicate', async () => {
    for (const n of [1, 2, 3]) await send({ messageId: `<${n}@shop>`, subject: `Mail ${n}` });
    const before = await list();
    await box.stop();
    await writeFile(join(dir, 'half-written.tmp'), 'x');
    box = await start();
    await send({ messageId: '<2@shop>' });
    const after = await list();
    expect(after.items.map((mail) => mail.subject)).toEqual(before.items.map((mail) => mail.subject));
    expect(await readdir(dir)).toHaveLength(3);
  });

  it('keeps the newest only', async () => {
    await box.stop();
    box = await start({ keep: 2 });
    for (const n of [1, 2, 3]) await send({ messageId: `<${n}@shop>`, subject: `Mail ${n}` });
    expect((await list()).items.map((mail) => mail.subject)).toEqual(['Mail 3', 'Mail 2']);
    expect(await readdir(dir)).toHaveLength(2);
    await box.stop();
    box = await start({ keep: 1 });
    expect((await list()).items.map((mail) => mail.subject)).toEqual(['Mail 3']);
  });

  it('searches, pages and tells what is new', async () => {
    for (const n of [1, 2, 3])
      await send({ messageId: `<${n}@shop>`, to: `buyer${n}@example.com`, subject: `Order ${n}` });
    expect((await list('?query=ORDER%202')).items).toHaveLength(1);
    expect((await list('?to=buyer3')).items.map((mail) => mail.subject)).toEqual(['Order 3']);
    const first = await list('?limit=2');
    const second = await list(`?limit=2&cursor=${first.next_cursor}`);
    expect([...first.items, ...second.items].map((mail) => mail.subject)).toEqual(['Order 3', 'Order 2', 'Order 1']);
    expect(second.next_cursor).toBeNull();
    await send({ messageId: '<4@shop>', subject: 'Order 4' });
    expect((await list(`?since=${first.latest}`)).items.map((mail) => mail.subject)).toEqual(['Order 4']);
  });

  it('shows HTML where it can neither run nor load anything', async () => {
    await send({ messageId: '<evil@shop>', html: '<script>alert(1)</script><img src="http://evil.example/pixel">' });
    const { items } = await list();
    const html = await fetch(`${BASE}/api/messages/${items[0]?.id}/html`);
    const policy = html.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'/);
    expect(policy).not.toMatch(/script-src|https?:|\*/);
    const page = await fetch(BASE);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await page.text()).not.toMatch(/<script(?![^>]*src=)|\son\w+=|<style/);
    for (const file of ['/app.js', '/style.css']) expect((await fetch(BASE + file)).status).toBe(200);
  });

  it('is unharmed by odd and hostile mail', async () => {
    await raw(
      'Subject: =?utf-8?Q?a=0D=0ABcc:_evil@example.com=00?=\r\nFrom: =?nonsense?B?/////w==?= <x@y>\r\nDate: never\r\n__proto__: x\r\n\r\nhi',
    );
    await raw('no header at all');
    await raw('\r\n');
    await raw(
      'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset=bogus\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%',
    );
    const { items } = await list();
    expect(items).toHaveLength(4);
    expect(items.at(-1)?.subject).toBe('a Bcc: evil@example.com');
    for (const mail of items) expect((await fetch(`${BASE}/api/messages/${mail.id}`)).status).toBe(200);
  });

  it('refuses a mail above the limit and goes on', async () => {
    await expect(send({ text: 'x'.repeat(11 * 1024 * 1024) })).rejects.toThrow(/552/);
    await send({ messageId: '<small@shop>' });
    expect((await list()).total).toBe(1);
  });

  it('deletes for its own page and for nobody else', async () => {
    await send({});
    const clear = (headers: Record<string, string>) => status('DELETE', '/api/messages', headers);
    expect(await clear({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await clear({ 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await clear({ origin: 'http://evil.example' })).toBe(403);
    expect(await clear({ host: 'evil.example' })).toBe(421);
    expect(await status('GET', '/api/messages', { host: `rebound.example:${HTTP}` })).toBe(421);
    expect((await list()).total).toBe(1);
    expect(
      await clear({ 'sec-fetch-site': 'same-origin', origin: `http://127.0.0.1:${HTTP}`, host: `127.0.0.1:${HTTP}` }),
    ).toBe(204);
    expect((await list()).total).toBe(0);
    expect(await readdir(dir)).toEqual([]);
  });

  it('answers every mistake as problem+json', async () => {
    for (const [path, expected] of [
      ['/nothing', 404],
      ['/api/messages/00', 404],
      ['/api/messages?limit=0', 400],
      ['/api/messages?cursor=x', 400],
    ] as const) {
      const answer = await fetch(BASE + path);
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
        path,
        expected,
        expect.stringContaining('application/problem+json'),
      ]);
      expect(await answer.json()).toMatchObject({ type: 'about:blank', status: expected });
    }
  });

  it.each([
    ['PORT_SMTP', SMTP],
    ['PORT_MAILBOX', HTTP],
  ])('names the port and %s when it is taken', async (setting, port) => {
    await box.stop();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    await expect(start()).rejects.toThrow(new RegExp(`port ${port} is taken.*${setting}.*PORT_OFFSET`));
    await new Promise((resolve) => other.close(resolve));
    box = await start();
  });
});

describe('header words', () => {
  it.each([
    ['=?UTF-8?B?w7w=?= and =?iso-8859-1?q?=FCber_all?=', 'ü and über all'],
    ['=?utf-8?B?w7w=?= =?utf-8?B?w7w=?=', 'üü'],
    ['=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=', 'ü'],
    ['=?utf-8*en?Q?x?=', 'x'],
    ['=?utf-8?X?y?=', '=?utf-8?X?y?='],
    ['plain', 'plain'],
  ])('decodes %s', (written, read) => expect(decodeWords(written)).toBe(read));

  it('unfolds long lines and reads no further than the head', () => {
    const mail = Buffer.from('To: a@b,\r\n\tc@d\r\n\r\nSubject: body');
    expect(readSummary(mail)).toMatchObject({ to: 'a@b, c@d', subject: '' });
  });
});

function start(options: { keep?: number } = {}): Promise<Mailbox> {
  return startMailbox({ dir, host: '127.0.0.1', smtpPort: SMTP, httpPort: HTTP, ...options });
}

async function send(mail: object): Promise<void> {
  const transport = nodemailer.createTransport(box.smtpUrl);
  await transport.sendMail({
    from: 'Shop <shop@example.com>',
    to: 'ann@example.com',
    subject: 'Hello',
    text: 'Hello there',
    ...mail,
  });
  transport.close();
}

/** What no decent sender would send. */
async function raw(mail: string): Promise<void> {
  const socket = connect(SMTP, '127.0.0.1');
  await once(socket, 'data'); // the banner
  socket.write('HELO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\n');
  let answers = '';
  let sent = false;
  socket.on('data', (chunk) => {
    answers += chunk;
    if (sent || !answers.includes('354')) return;
    sent = true;
    socket.write(`${mail}\r\n.\r\nQUIT\r\n`);
  });
  await once(socket, 'close');
  expect(answers).toMatch(/354[\s\S]*250/);
}

interface Page {
  items: Array<{ id: string; message_id: string; from: string; to: string; subject: string; repeats: number }>;
  next_cursor: string | null;
  total: number;
  latest: string;
}

async function list(search = ''): Promise<Page> {
  return (await json(`/api/messages${search}`)) as unknown as Page;
}

async function json(path: string): Promise<Record<string, unknown>> {
  return (await (await fetch(BASE + path)).json()) as Record<string, unknown>;
}

/** `fetch` sets Host and the Sec- headers itself. */
async function status(method: string, path: string, headers: Record<string, string>): Promise<number> {
  const sent = request({ host: '127.0.0.1', port: HTTP, method, path, headers }).end();
  const [answer] = await once(sent, 'response');
  answer.resume();
  return answer.statusCode;
}
