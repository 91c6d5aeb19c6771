/** Bytes that are hardly HTTP, at every port: answered with a problem or not at all, and everybody else is served. */
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SERVICES } from '../src/contracts/registry.ts';
import { eventually } from './harness.ts';
import { changesNothing, expectProblem, GUEST, type Problem, shop, useShop } from './refusals.ts';
import { hold, type Raw, say } from './wire.ts';

useShop();

const RUNS = Number(process.env.HOSTILE_RUNS ?? 1);
const SEED = process.env.HOSTILE_SEED ? { seed: Number(process.env.HOSTILE_SEED) } : {};
const PORTS = ['gateway', 'pages', ...SERVICES] as const;
type Port = (typeof PORTS)[number];
const urlOf = (port: Port) => (port === 'pages' ? shop.shop.web : shop.shop.addresses.get(port)) as string;
/** What each of them answers with 200. */
const wellAt = (port: Port) => (port === 'pages' ? '/api/health' : '/health/live');

const HOST = 'Host: a\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\n${HOST}${more}\r\n`;
const post = (head: string, body = '') => `POST /api/checkout HTTP/1.1\r\n${HOST}${head}\r\n${body}`;
const chunked = (body: string) => post(`${JSON_TYPE}Transfer-Encoding: chunked\r\n`, body);

function expectRefusal({ status, head, body }: Raw, expected: number): void {
  expect({ status, head, body }).toMatchObject({
    status: expected,
    head: expect.stringMatching(/^content-type: application\/problem\+json/im),
  });
  expect(JSON.parse(body)).toMatchObject({ status, type: expect.stringMatching(/^urn:tradewind:problem:[a-z-]+$/) });
}

async function expectService(): Promise<void> {
  const replies = await Promise.all(PORTS.map((port) => fetch(`${urlOf(port)}${wellAt(port)}`)));
  expect(replies.map(({ status }) => status)).toEqual(PORTS.map(() => 200));
}

describe('what is hardly HTTP', () => {
  const CASES: [what: string, bytes: string | Buffer, ...statuses: number[]][] = [
    ['no HTTP at all', 'NONSENSE\r\n\r\n', 400],
    ['the greeting of TLS', Buffer.from('16030100a5010000a10303', 'hex'), 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['HTTP/3', `GET / HTTP/3.0\r\n${HOST}\r\n`, 400],
    ['the header of AMQP', 'AMQP\0\0\x09\x01', 400],
    ['a method that does not exist', `FROB / HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['a request without a Host', 'GET /api/nothing HTTP/1.1\r\n\r\n', 400],
    ['an address without a slash', `GET api/nothing HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['an address with a space', get('/api/no thing'), 400],
    ['an address of raw bytes', Buffer.from(get('/api/\xff\xfe'), 'latin1'), 400],
    ['an address for everything', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 404],
    ['an address of another host', get('http://elsewhere/api/nothing'), 404],
    ['a header of 20,000 characters', get('/', `X: ${'x'.repeat(20_000)}\r\n`), 431],
    ['a header with a space in its name', get('/', 'X Y: z\r\n'), 400],
    ['a header on two lines', get('/', 'X: y\r\n z\r\n'), 400],
    ['a header with a NUL', get('/', 'X: y\0z\r\n'), 400],
    ['half a line end', get('/', 'X: y\rZ: 1\r\n'), 400],
    ['the other half', 'GET / HTTP/1.1\nHost: a\n\n', 400],
    ['an upgrade to what is not spoken', get('/api/nothing', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'), 404],
    ['an expectation of the wrong kind', post('Expect: miracles\r\nContent-Length: 2\r\n', '{}'), 417],
    ['two lengths', post('Content-Length: 2\r\nContent-Length: 3\r\n', '{}'), 400],
    ['a list of lengths', post('Content-Length: 2, 2\r\n', '{}'), 400],
    ['a length below zero', post('Content-Length: -1\r\n'), 400],
    ['a length that no number holds', post(`Content-Length: ${'9'.repeat(30)}\r\n`, '{}'), 400],
    ['a length and chunks', post('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), 400],
    ['chunks and a length', post('Transfer-Encoding: chunked\r\nContent-Length: 2\r\n', '0\r\n\r\n'), 400],
    ['chunks that are not the last coding', post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'), 400],
    // Refused for its type or address before the body is looked at, or for the body.
    ['a coding that nobody knows', post('Transfer-Encoding: xchunked\r\n', '{}'), 400, 404, 415],
    ['chunks with a space', post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n'), 400],
    ['chunks twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), 400],
  ];
  it.each(CASES)('%s is a problem at every port', async (_what, bytes, ...statuses) => {
    const said = await Promise.all(PORTS.map((port) => say(urlOf(port), bytes)));
    for (const { answers, rest } of said) {
      expect([answers.length, rest]).toEqual([1, '']);
      const [answer] = answers as [Raw];
      expect(statuses).toContain(answer.status);
      expectRefusal(answer, answer.status);
    }
    await expectService();
  });

  it.each([
    ['of 100 MB', post(`${JSON_TYPE}Content-Length: 99999999\r\n`, '{}'), 413],
    ['of 100 MB that asks first', post(`${JSON_TYPE}Expect: 100-continue\r\nContent-Length: 99999999\r\n`), 413],
    ['of a chunk that no number holds', chunked('fffffffffffffffff\r\n'), 400],
    ['of a chunk below nothing', chunked('-1\r\n'), 400],
    ['of a chunk with 20,000 characters beside it', chunked(`2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`), 400],
    ['whose chunks are followed by headers', chunked('2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'), 400],
  ])('a body %s is a problem, and closes the connection', async (_what, bytes, status) => {
    for (const port of ['gateway', 'pages'] as const) {
      const { answers, closed } = await say(urlOf(port), bytes, 1_000);
      expect(answers).toHaveLength(1);
      expectRefusal(answers[0] as Raw, status);
      expect(closed).toBe(true);
    }
  });

  it.each([
    ['a part of 1,000 characters', `/api/orders/${'x'.repeat(1_000)}`, 414],
    ['100,000 characters', `/api/products?search=${'x'.repeat(100_000)}`, 431],
    ['what is no UTF-8', '/api/products/%ff', 400],
    ['what nobody serves', '/api/nothing', 404],
    ['what lies outside', '/../../etc/passwd', 404],
    ['what lies outside of the documents', '/docs/static/..%2f..%2f..%2fpackage.json', 404],
    ['a document there is not', '/docs/nothing', 404],
    ['two slashes', '//api/products', 404],
  ])('an address of %s is a problem', async (_what, path, status) => {
    const { answers } = await say(shop.url, get(path));
    expectRefusal(answers[0] as Raw, status);
  });
});

describe('several requests on one connection', () => {
  it('are answered in their order, each with its own', async () => {
    const ids = ['PROD001', 'PROD002', 'NOPE', 'PROD003', '__proto__'];
    const asked = Array.from({ length: 100 }, (_, i) => ids[i % ids.length] as string);
    const { answers } = await say(shop.url, asked.map((id) => get(`/api/products/${id}`)).join(''), 1_000);
    const said = answers.map(({ status, body }) => (status === 200 ? JSON.parse(body).product_id : String(status)));
    const right = new Map([
      ['NOPE', '404'],
      ['__proto__', '422'],
    ]);
    expect(said).toEqual(asked.map((id) => right.get(id) ?? id));
  });

  it('of which one cannot be read: those before it are answered first, those after it never', async () => {
    const order = JSON.stringify(GUEST);
    const placing = post(`${JSON_TYPE}Content-Length: ${order.length}\r\n`, order);
    for (const port of ['gateway', 'pages'] as const) {
      const { answers, closed } = await say(urlOf(port), `${placing}GARBAGE\r\n\r\n${placing}`, 2_000);
      expect(answers.map(({ status }) => status)).toEqual([201, 400]);
      expectRefusal(answers[1] as Raw, 400);
      expect(closed).toBe(true);
      const { id, guest_token } = JSON.parse((answers[0] as Raw).body);
      await shop.until({ id, guest_token }, 'confirmed');
    }
  });

  it('are not found in the body of another', () =>
    changesNothing(async () => {
      const hidden = get('/api/payments');
      for (const first of [
        get('/api/products/PROD001', `Content-Length: ${hidden.length}\r\n`) + hidden,
        get('/api/products/PROD001', 'Transfer-Encoding: chunked\r\n') +
          `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
        post(`${JSON_TYPE}Content-Length: ${hidden.length}\r\n`, hidden),
      ]) {
        const { answers } = await say(shop.url, first);
        expect([first, answers.length]).toEqual([first, 1]);
      }
    }));
});

describe('whatever bytes', () => {
  const REQUESTS = [
    get('/api/products?limit=1'),
    get('/health'),
    post(`${JSON_TYPE}Content-Length: 12\r\n`, '{"items":[]}'),
  ];
  /** Ends what the bytes before have begun, and then the connection: nobody has to guess when all is said. */
  const LAST = Buffer.from('\r\n'.repeat(500));
  const last = (port: Port) => get(wellAt(port), 'Connection: close\r\n');
  const bent = fc
    .tuple(
      fc.constantFrom(...REQUESTS),
      fc.array(fc.tuple(fc.nat(120), fc.nat(3), fc.uint8Array({ maxLength: 4 })), { minLength: 1, maxLength: 4 }),
    )
    .map(([text, changes]) =>
      changes.reduce<Buffer>(
        (bytes, [at, gone, put]) => Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + gone)]),
        Buffer.from(text, 'latin1'),
      ),
    );
  const bytes = fc.oneof(bent, bent, fc.uint8Array({ maxLength: 2_000, size: 'max' }));

  it(
    'come: never a 5xx, nothing is changed, everybody is served',
    () =>
      changesNothing(async () => {
        const several = fc.array(fc.tuple(fc.constantFrom(...PORTS), bytes), {
          minLength: 1,
          maxLength: 16,
          size: 'max',
        });
        const ended: boolean[] = [];
        await fc.assert(
          fc.asyncProperty(several, async (all) => {
            const whole = (one: Uint8Array, port: Port) => Buffer.concat([one, LAST, Buffer.from(last(port))]);
            const said = await Promise.all(all.map(([port, one]) => say(urlOf(port), whole(one, port), 2_000)));
            ended.push(...said.map(({ closed }) => closed));
            for (const answer of said.flatMap(({ answers }) => answers)) {
              expect(answer.status).toBeLessThan(500);
              if (answer.status >= 400) expectRefusal(answer, answer.status);
            }
          }),
          { numRuns: 20 * RUNS, ...SEED },
        );
        // But for a body that says it is longer than all that came.
        expect(ended.filter((closed) => !closed).length).toBeLessThanOrEqual(ended.length / 20);
        await expectService();
      }),
    60_000 * RUNS,
  );
});

describe('at the mailbox', () => {
  const HELLO = 'EHLO a\r\n';
  const LETTER = `${HELLO}MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n`;
  const SAID = [
    ...['\r\n'.repeat(1_000), 'A'.repeat(100_000), `${HELLO}${'RSET\r\n'.repeat(500)}`, `${HELLO}STARTTLS\r\n\x16\x03`],
    ...[`${HELLO}AUTH PLAIN AGEAYg==\r\n`, `${HELLO}MAIL FROM:<${'a'.repeat(5_000)}>\r\n`, `${LETTER}no end`],
    ...[`${HELLO}MAIL FROM:<> SIZE=99999999999\r\n`, `${HELLO}RCPT TO:<b@example.com>\r\nDATA\r\n.\r\n`],
    ...[`${LETTER}Subject: =?x?y?z?=\r\nContent-Type: multipart/mixed; boundary="\r\n\r\n--\r\n.\r\nQUIT\r\n`],
    ...[`${LETTER}\0\0: \r\n${'X: y\r\n'.repeat(3_000)}\r\n.\r\nQUIT\r\n`, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ];
  const REQUESTS = [
    '/api/messages?limit=1',
    '/api/messages/x',
    '/',
    '/api/messages?limit=-1&to=%ff',
    '/../../etc/passwd',
  ];

  it('whatever bytes come, mails are still taken and read', async () => {
    const { smtp, http } = shop.mailbox;
    const reads = REQUESTS.map((path) => get(path, 'Connection: close\r\n'));
    const bent = fc
      .tuple(fc.constantFrom(...SAID, ...reads), fc.nat(60), fc.uint8Array({ maxLength: 8 }))
      .map(([text, at, put]) =>
        Buffer.concat([Buffer.from(text.slice(0, at), 'latin1'), put, Buffer.from(text.slice(at))]),
      );
    const all = [...SAID, ...fc.sample(bent, { numRuns: 60 * RUNS, ...SEED })];
    await Promise.all(all.map((bytes) => say(smtp, bytes, 300)));
    const said = await Promise.all([...reads, ...all].map((bytes) => say(http, bytes, 300)));
    for (const { status } of said.flatMap(({ answers }) => answers)) expect(status).toBeLessThan(500);
    expect(said.flatMap(({ answers }) => answers).length).toBeGreaterThanOrEqual(reads.length);
    const order = await shop.place({ email: 'after-all-that@example.com' });
    await shop.until(order, 'confirmed');
    await eventually(async () => (await shop.mails('after-all-that@example.com')).length === 1);
    const [mail] = await shop.mails('after-all-that@example.com');
    expect(await shop.mailText(mail?.id as string)).toContain('Wireless Headphones');
  });
});

describe('whoever takes their time', () => {
  it('does not take that of others: hundreds of headers that drip, bodies that stop, answers that nobody reads', async () => {
    const drops = Array.from({ length: 300 }, () => hold(shop.url, 'GET /api/products HTTP/1.1\r\nHost: '));
    const halves = Array.from({ length: 100 }, () =>
      hold(shop.url, post(`${JSON_TYPE}Content-Length: 60000\r\n`, '{"items":[')),
    );
    const deaf = Array.from({ length: 20 }, async () => {
      const socket = await hold(shop.url, get('/api/products?limit=200').repeat(5));
      return socket.pause();
    });
    const held = await Promise.all([...drops, ...halves, ...deaf]);
    try {
      for (let i = 0; i < 10; i += 1) {
        for (const socket of held.slice(0, 300)) socket.write('a');
        const started = performance.now();
        const replies = await Promise.all([shop.call('/api/products/PROD001'), shop.call('/health/live')]);
        expect(replies.map(({ status }) => status)).toEqual([200, 200]);
        expect(performance.now() - started).toBeLessThan(5_000);
        await sleep(20);
      }
    } finally {
      for (const socket of held) socket.resetAndDestroy();
    }
    await expectService();
  });
});

it('a body that is longer than it said, shorter, or ends in the middle changes nothing', () =>
  changesNothing(async () => {
    const order = JSON.stringify(GUEST);
    for (const length of [order.length - 1, order.length + 1]) {
      await say(shop.url, post(`${JSON_TYPE}Content-Length: ${length}\r\n`, order));
    }
    const reply = await shop.call<Problem>('/api/checkout', { method: 'POST', body: order.slice(0, -1) });
    expectProblem(reply, 400);
  }));
