/**
 * Places one order in a running shop and tells what becomes of it, step by step: what `npm run order` does. It knows of
 * the shop what any client knows, its public paths. A lost answer is asked for again under the same Idempotency-Key, so
 * that one run places at most one order.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Order, OrderStatus } from './contracts/orders.ts';
import { GetTimeline, PlaceOrder } from './contracts/orders.ts';
import type { ProblemDocument } from './platform/client.ts';
import type { Endpoint, ReplyOf } from './platform/contract.ts';

export const USAGE = `npm run order -- [url] [options]

Places an order in a running Tradewind and follows it until it is confirmed or has ended.

  --url=URL            the shop's gateway [http://localhost:9000, or where the settings of this folder put it]
  --product=ID[:N]     a product and how many of it; may be repeated [PROD001]
  --email=ADDRESS      where the mail goes [shopper@example.com; with --token: the account's]
  --method=METHOD      pm_success, pm_declined, pm_insufficient_funds, pm_slow, pm_flaky or pm_lost_answer [pm_success]
  --token=TOKEN        order as a customer, with the access_token of a login
  --help

Ends with 0 when the order is confirmed, 1 when it is not, 2 for wrong usage.`;

const LIMIT_MS = 60_000;
const POLL_MS = 100;
const CALL_LIMIT_MS = 10_000;
const RETRY_AFTER_MS = 300;
const WAITING: readonly OrderStatus[] = ['pending', 'awaiting_payment'];

export interface Wish {
  url: string;
  items: { product_id: string; quantity: number }[];
  email: string | undefined;
  method: string;
  token: string | undefined;
}

/** Something the user can act on: shown without a stack. */
export class OrderFault extends Error {}

export class UsageFault extends OrderFault {}

/** Reads the command line; `'help'` when that is what it asks for. `gateway`: unless it says where. Throws a UsageFault. */
export function readWish(args: readonly string[], gateway = 'http://localhost:9000'): Wish | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  if (positionals.length > 1 || (positionals[0] && values.url)) throw new UsageFault('one url, please');
  const url = positionals[0] ?? values.url ?? gateway;
  if (!/^https?:/.test(url) || !URL.canParse(url)) throw new UsageFault(`not a url: ${url}`);
  const items = (values.product ?? ['PROD001']).map((product) => {
    const [, product_id, quantity = '1'] = /^([^:]+)(?::(-?\d+))?$/.exec(product) ?? [];
    if (!product_id) throw new UsageFault(`--product=${product}: give an id, or an id and a number: PROD001:2`);
    return { product_id, quantity: Number(quantity) };
  });
  const email = values.email ?? (values.token ? undefined : 'shopper@example.com');
  return { url: url.replace(/\/+$/, ''), items, email, method: values.method, token: values.token };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = {
    url: text,
    product: { ...text, multiple: true },
    email: text,
    method: { ...text, default: 'pm_success' },
    token: text,
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageFault((error as Error).message.split('. ')[0] as string);
  }
}

export interface Screen {
  print: (line: string) => void;
  bold: (text: string) => string;
  dim: (text: string) => string;
  good: (text: string) => string;
  bad: (text: string) => string;
}

type Placed = ReplyOf<typeof PlaceOrder>;
type Timeline = ReplyOf<typeof GetTimeline>;

/** Places the order and follows it; true when it was confirmed. Throws an OrderFault when it was not accepted. */
export async function follow(wish: Wish, screen: Screen): Promise<boolean> {
  const order = await place(wish, screen);
  const { print, bold, dim } = screen;
  for (const { product_id, name, quantity, unit_price, line_total } of order.items) {
    print(`            ${quantity} × ${name} ${dim(`(${product_id})`)} at ${unit_price} = ${line_total}`);
  }
  print(`            ${bold(`total ${order.total_amount} ${order.currency}`)}`);

  const status = await watch(wish, order, screen);
  tellWhatIsNext(wish, order, screen);
  return !WAITING.includes(status) && status !== 'failed' && status !== 'cancelled';
}

async function place(wish: Wish, { print, bold, good }: Screen): Promise<Placed> {
  const body = JSON.stringify({
    ...(wish.email && { email: wish.email }),
    payment_method: wish.method,
    items: wish.items,
  });
  const headers = { 'content-type': 'application/json', 'idempotency-key': `"${randomUUID()}"` };
  const send = () => call<Placed>(wish, PlaceOrder, {}, { headers, body });
  const started = performance.now();
  const order = await send().catch(async (error) => {
    if (!(error instanceof NoAnswer)) throw error;
    await sleep(RETRY_AFTER_MS);
    return send();
  });
  const took = (performance.now() - started).toFixed(1);
  print(`${good('accepted')} in ${took} ms: ${bold(`order ${order.number}`)}, id ${order.id}`);
  return order;
}

/** Prints each step as it appears, until there is nothing to wait for; answers with the last status. */
async function watch(wish: Wish, order: Placed, screen: Screen): Promise<OrderStatus> {
  const { print, dim } = screen;
  const limit = Date.now() + LIMIT_MS;
  let shown = 0;
  let told = false;
  for (;;) {
    try {
      const { items, next } = await timeline(wish, order);
      for (const entry of items.slice(shown)) print(stepLine(entry, order, screen));
      shown = items.length;
      const status = items.at(-1)?.status ?? order.status;
      if (!WAITING.includes(status)) {
        print(next ? `next        ${next}` : 'next        nothing: the order has ended');
        return status;
      }
      if (Date.now() > limit) {
        print(`${LIMIT_MS / 1000} s are over and the order is ${status}: ${next}`);
        return status;
      }
    } catch (error) {
      // The order is safe with the shop: one that restarts goes on where it was.
      if (!(error instanceof NoAnswer) || Date.now() > limit) throw error;
      if (!told) print(dim('            the shop does not answer; still asking…'));
      told = true;
    }
    await sleep(POLL_MS);
  }
}

function timeline(wish: Wish, { id, guest_token }: Placed): Promise<Timeline> {
  return call<Timeline>(wish, GetTimeline, { id }, { query: guest_token ? `?token=${guest_token}` : '' });
}

function stepLine(entry: Timeline['items'][number], order: Order, { dim, good, bad }: Screen): string {
  const seconds = (Date.parse(entry.at) - Date.parse(order.created_at)) / 1000;
  const paint = entry.status === 'confirmed' ? good : entry.status === 'failed' ? bad : (text: string) => text;
  const note = entry.note ? dim(`  (${entry.note})`) : '';
  return `${`+${seconds.toFixed(3)} s`.padStart(10)}  ${entry.event.padEnd(30)} ${paint(entry.status)}${note}`;
}

function tellWhatIsNext({ url }: Wish, { id, guest_token, email }: Placed, { print }: Screen): void {
  const query = guest_token ? `?token=${guest_token}` : '';
  print(`see again   ${url}${pathOf(GetTimeline, { id })}${query}`);
  const { hostname, port } = new URL(url);
  // The doors of a shop lie a fixed way apart, whatever its PORT_OFFSET.
  const mailbox = Number(port) - 9000 + 8026;
  const local = ['localhost', '127.0.0.1'].includes(hostname) && mailbox > 0;
  print(
    `mail        to ${email}${local ? `; a shop with a mailbox of its own shows it at http://localhost:${mailbox}` : ''}`,
  );
}

// ── HTTP ──

/** Nothing was heard: the request may or may not have arrived. */
class NoAnswer extends OrderFault {}

const pathOf = (endpoint: Endpoint, params: Record<string, string>) =>
  (endpoint.publicPaths[0] as string).replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(params[name])));

interface CallOptions {
  headers?: Record<string, string>;
  body?: string;
  query?: string;
}

async function call<T>(
  { url, token }: Wish,
  endpoint: Endpoint,
  params: Record<string, string>,
  { headers = {}, body, query = '' }: CallOptions,
): Promise<T> {
  const init: RequestInit = {
    method: endpoint.method,
    headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
    signal: AbortSignal.timeout(CALL_LIMIT_MS),
    ...(body !== undefined && { body }),
  };
  let text: string;
  let reply: Response;
  try {
    reply = await fetch(`${url}${pathOf(endpoint, params)}${query}`, init);
    text = await reply.text();
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    const hint = cause?.code === 'ECONNREFUSED' ? 'start a shop with: npm start' : (cause?.code ?? message);
    throw new NoAnswer(`no shop answers at ${url}; ${hint}`);
  }
  const document = parseJson(text);
  if (reply.ok && document) return document as T;
  throw new OrderFault(document ? readable(document as ProblemDocument) : `${url} is no Tradewind: ${reply.status}`);
}

function parseJson(text: string): object | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function readable({ title, status, detail, errors = [] }: ProblemDocument): string {
  const head = `not accepted: ${title ?? 'the shop refused'} (${status})${detail ? `: ${detail}` : ''}`;
  return [head, ...errors.map(({ pointer, detail: fault }) => `  ${pointer}: ${fault}`)].join('\n');
}
