/**
 * Shows the events of a running shop as they are published: what `npm run tap` does. It knows of the shop what any admin's
 * client knows. Events that are published while nobody is connected are not shown; a lost connection is taken up again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Login, Logout } from './contracts/customers.ts';
import type { TappedEvent } from './contracts/tap.ts';
import { TapEvents } from './contracts/tap.ts';
import type { ProblemDocument } from './platform/client.ts';
import type { Endpoint } from './platform/contract.ts';
import { MASK } from './platform/mask.ts';

export const USAGE = `npm run tap -- [url] [options]

Shows the events of a running Tradewind live: time, type, service, whom or what it is about, and its data. Secrets and
personal data are masked. What is too much to be shown is left out, and it is said how much that was.

  --url=URL          the shop's gateway [http://localhost:9000, or where the settings of this folder put it]
  --type=NAMES       only these events, with commas; * stands for any part: order.*,payment.failed
  --subject=ID       only what is about this order, product or customer
  --json             one event a line, as JSON
  --count=N          end after so many events
  --token=TOKEN      an admin's access_token; else the admin of the settings logs in (ADMIN_EMAIL, ADMIN_PASSWORD)
  --help

Ends with 0 on Ctrl-C and after --count, with 1 when the shop cannot be tapped, with 2 for wrong usage.`;

const CALL_LIMIT_MS = 10_000;
const AGAIN_MS = 500;
/** It may be otherwise in a moment. */
const BUSY = [429, 503];
/** How long a shop that was there may be away. */
const AWAY_LIMIT_MS = 60_000;

export interface TapWish {
  url: string;
  type: string | undefined;
  subject: string | undefined;
  json: boolean;
  count: number;
  token: string | undefined;
}

export interface Admin {
  email: string;
  password: string;
}

/** Something the user can act on: shown without a stack. */
export class TapFault extends Error {}

export class TapUsageFault extends TapFault {}

/** Nothing was heard, or nothing more. */
class NoAnswer extends TapFault {}

/** Reads the command line; `'help'` when that is what it asks for. Throws a TapUsageFault. */
export function readTapWish(args: readonly string[], gateway = 'http://localhost:9000'): TapWish | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const faults: string[] = [];
  if (positionals.length > 1 || (positionals[0] && values.url)) faults.push('one url, please');
  const url = positionals[0] ?? values.url ?? gateway;
  if (!/^https?:/.test(url) || !URL.canParse(url)) faults.push(`not a url: ${url}`);
  const count = values.count === undefined ? Number.POSITIVE_INFINITY : Number(values.count);
  if (values.count !== undefined && !/^[1-9]\d{0,8}$/.test(values.count)) {
    faults.push(`--count=${values.count}: give a whole number from 1`);
  }
  if (faults.length > 0) throw new TapUsageFault(faults.join('; '));
  const { type, subject, json = false, token } = values;
  return { url: url.replace(/\/+$/, ''), type, subject, json, count, token };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    ...{ url: text, type: text, subject: text, count: text, token: text, json: flag },
    help: { ...flag, short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new TapUsageFault((error as Error).message.split('. ')[0] as string);
  }
}

export interface TapScreen {
  /** Resolves when there is room for more. */
  event: (event: TappedEvent) => Promise<void>;
  note: (line: string) => void;
}

/** Shows events until so many were shown, or the signal comes. Answers with how many were shown, and how many left out. */
export async function tap(
  wish: TapWish,
  admin: Admin,
  screen: TapScreen,
  signal: AbortSignal,
): Promise<{ shown: number; dropped: number }> {
  const sum = { shown: 0, dropped: 0 };
  let heardAt: number | undefined;
  while (!signal.aborted && sum.shown < wish.count) {
    try {
      const body = await open(wish, admin, signal);
      screen.note(
        heardAt === undefined ? `listening at ${wish.url}…` : 'listening again; what was said meanwhile is not shown',
      );
      heardAt = Date.now();
      await showAll(body, wish, screen, sum);
      heardAt = Date.now();
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof NoAnswer) || heardAt === undefined || Date.now() - heardAt > AWAY_LIMIT_MS) throw error;
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => {});
    }
  }
  return sum;
}

/** The stream of events. A session is only needed to open it. */
async function open(wish: TapWish, admin: Admin, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const session = wish.token === undefined ? await logIn(wish, admin) : { token: wish.token, cookie: undefined };
  const query = new URLSearchParams();
  if (wish.type !== undefined) query.set('type', wish.type);
  if (wish.subject !== undefined) query.set('subject', wish.subject);
  const headers = { authorization: `Bearer ${session.token}` };
  const reply = await ask(wish, TapEvents, { headers, signal }, query);
  if (session.cookie) {
    const left = await ask(wish, Logout, { headers: { cookie: session.cookie } }).catch(() => undefined);
    await left?.body?.cancel();
  }
  if (BUSY.includes(reply.status)) throw new NoAnswer(await problemOf(reply, wish));
  if (!reply.ok || !reply.body) throw new TapFault(await problemOf(reply, wish));
  if (!reply.headers.get('content-type')?.startsWith(String(TapEvents.media))) {
    throw new TapFault(`${wish.url} is no Tradewind that can be tapped`);
  }
  return reply.body;
}

async function logIn(
  wish: TapWish,
  { email, password }: Admin,
): Promise<{ token: string; cookie: string | undefined }> {
  if (password === '') {
    throw new TapFault(
      `only admins may listen. Say the password of ${email}, ADMIN_PASSWORD=… npm run tap, or give --token=…`,
    );
  }
  const headers = { 'content-type': 'application/json' };
  const reply = await ask(wish, Login, { headers, body: JSON.stringify({ email, password }) });
  if (BUSY.includes(reply.status)) throw new NoAnswer(await problemOf(reply, wish));
  if (!reply.ok) throw new TapFault(`${email} was not let in: ${await problemOf(reply, wish)}`);
  const { access_token: token } = (await reply.json()) as { access_token: string };
  const cookies = reply.headers.getSetCookie().map((one) => one.split(';')[0] as string);
  return { token, cookie: cookies.length > 0 ? cookies.join('; ') : undefined };
}

async function ask(wish: TapWish, endpoint: Endpoint, init: RequestInit, query?: URLSearchParams): Promise<Response> {
  const { url } = wish;
  const search = query && query.size > 0 ? `?${query}` : '';
  // A stream lasts; only its beginning may not.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${CALL_LIMIT_MS / 1000} s`)), CALL_LIMIT_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, late.signal]) : late.signal;
  try {
    return await fetch(`${url}${endpoint.publicPaths[0]}${search}`, { ...init, method: endpoint.method, signal });
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    const hint = cause?.code === 'ECONNREFUSED' ? 'start a shop with: npm start' : (cause?.code ?? message);
    throw new NoAnswer(`no shop answers at ${url}; ${hint}`);
  } finally {
    clearTimeout(timer);
  }
}

async function problemOf(reply: Response, { url }: TapWish): Promise<string> {
  try {
    const { title, status, detail, errors = [] } = JSON.parse(await reply.text()) as ProblemDocument;
    const faults = errors.map((one) => `\n  ${one.pointer.replace('/query/', '--')}: ${one.detail}`);
    return `${title} (${status})${detail ? `: ${detail}` : ''}${faults.join('')}`;
  } catch {
    return `${url} is no Tradewind: ${reply.status}`;
  }
}

async function showAll(
  body: ReadableStream<Uint8Array>,
  { count }: TapWish,
  screen: TapScreen,
  sum: { shown: number; dropped: number },
): Promise<void> {
  try {
    for await (const { event, data } of messagesIn(body)) {
      if (event === 'dropped') {
        const { count: dropped } = JSON.parse(data) as { count: number };
        sum.dropped += dropped;
        screen.note(`${dropped} events were too many, and are not shown`);
      } else if (event === 'event') {
        await screen.event(JSON.parse(data) as TappedEvent);
        sum.shown += 1;
        if (sum.shown >= count) return;
      }
    }
  } catch (error) {
    throw new NoAnswer(`the connection was lost: ${(error as Error).message}`);
  }
}

/** Server-sent events whose data is one line. */
async function* messagesIn(body: ReadableStream<Uint8Array>): AsyncGenerator<{ event: string; data: string }> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop() as string;
    for (const part of parts) {
      const lines = part.split('\n');
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const [event, data] = [field('event'), field('data')];
      if (event !== undefined && data !== undefined) yield { event, data };
    }
  }
}

// ── one line of it ──

/** Of a value: all of it if it is short. */
const SHORT = 40;

/** An event on one line of a terminal that is so wide. */
export function lineOf({ time, type, source, subject, data }: TappedEvent, width: number): string {
  const head = `${time.slice(11, 23)}  ${type.padEnd(28)} ${source.padEnd(13)} ${subject}`;
  // What comes from outside must not speak to the terminal.
  const line = `${head}  ${shortly(data, subject)}`.replace(/\p{Cc}/gu, '�');
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

function shortly(data: unknown, subject: string): string {
  if (typeof data !== 'object' || data === null) return JSON.stringify(data);
  const parts = Object.entries(data).flatMap(([name, value]) => {
    if (value === null || value === subject || value === MASK) return [];
    return [`${name}=${wordOf(value)}`];
  });
  return parts.join(' ');
}

function wordOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.length}]`;
  if (typeof value === 'object') return '{…}';
  const text = String(value);
  return text.length > SHORT ? `${text.slice(0, SHORT - 1)}…` : text;
}
