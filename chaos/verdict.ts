/** Whether the shop has kept its promise: told by its own books, and by the books of those outside. */
import { auditOrders, auditRooms } from '../src/audit/shop.ts';
import { SERVICES, type ServiceName } from '../src/contracts/registry.ts';
import { systemClock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import { dynamicSql, openDatabase } from '../src/platform/database.ts';
import { silentLog } from '../src/platform/log.ts';
import type { Mail, Outside } from './outside.ts';
import type { Crowd, Goods } from './shoppers.ts';

/** What was promised, and for each promise what breaks it. */
export interface Verdict {
  acknowledged: number;
  ended: number;
  /** Order status → how many. */
  byStatus: Record<string, number>;
  /** Mails that came again under the same Message-ID: sent, and the sender died before it could write that down. */
  repeated: number;
  broken: Record<Promised, string[]>;
}

export const PROMISED = [
  'lost',
  'doubled',
  'oversold',
  'charged twice',
  'mailed twice',
  'turned away',
  'ended by itself',
  'books that disagree',
] as const;
export type Promised = (typeof PROMISED)[number];

export interface Books {
  query<Row>(room: ServiceName, text: string): Promise<Row[]>;
  /** A room's database, for the rules. */
  room(name: ServiceName): Pick<Database, 'query'>;
  close(): Promise<void>;
}

export function openBooks(urlOf: (room: ServiceName) => string): Books {
  const given = { clock: systemClock, log: silentLog, poolSize: 1, reports: true };
  const rooms = new Map(SERVICES.map((service) => [service, openDatabase({ service, url: urlOf(service), ...given })]));
  const room = (name: ServiceName) => rooms.get(name) as Database;
  return {
    query: (name, text) => room(name).query(dynamicSql(text)),
    room,
    close: async () => void (await Promise.all([...rooms.values()].map((db) => db.close()))),
  };
}

const WAITING = "('pending', 'awaiting_payment')";
const STUCK: readonly (readonly [ServiceName, string])[] = [
  ['orders', `select 1 from orders where status in ${WAITING} and created_at < now() - interval '2 s' limit 1`],
  [
    'notifications',
    `select 1 from notifications where status in ('queued', 'waiting') and created_at < now() - interval '2 s' limit 1`,
  ],
];

/** Whether an order or a mail should long have gone on. */
export async function anythingStuck({ query }: Books): Promise<boolean> {
  const found = await Promise.all(STUCK.map(([room, text]) => query(room, text)));
  return found.some((rows) => rows.length > 0);
}

interface OrderRow {
  id: string;
  status: string;
  total: number;
}

/** `fallen`: processes that ended and had no reason to. */
export async function judge(
  books: Books,
  crowd: Crowd,
  goods: readonly Goods[],
  outside: Outside,
  fallen: readonly string[] = [],
): Promise<Verdict> {
  const { query } = books;
  const orders = await query<OrderRow>('orders', 'select id, status, total_amount as total from orders');
  const broken = Object.fromEntries(PROMISED.map((name) => [name, [] as string[]])) as Verdict['broken'];
  const mails = await outside.mail.all();

  broken.lost = await lost(orders);
  broken.doubled = doubled(orders);
  broken['charged twice'] = charges(orders);
  broken['mailed twice'] = mailedTwice(mails);
  broken['turned away'] = crowd.shoppers.flatMap(({ email, refused }) => (refused ? [`${email}: ${refused}`] : []));
  broken['ended by itself'] = [...fallen];
  await byTheRules();
  broken.oversold.push(...(await soldTooMuch()));
  const byStatus: Record<string, number> = {};
  for (const { status } of orders) byStatus[status] = (byStatus[status] ?? 0) + 1;
  return {
    acknowledged: crowd.shoppers.filter(({ told }) => told.size > 0).length,
    ended: orders.filter(({ status }) => !WAITING.includes(`'${status}'`)).length,
    byStatus,
    repeated: mails.reduce((sum, { repeats }) => sum + repeats, 0),
    broken,
  };

  /** What was accepted and is not there, does not end, or stays somewhere on its way; a mail that never came. */
  async function lost(there: readonly OrderRow[]): Promise<string[]> {
    const byId = new Map(there.map((order) => [order.id, order]));
    const faults: string[] = [];
    for (const { email, told, refused, cancelled } of crowd.shoppers) {
      if (told.size === 0 && !refused) faults.push(`${email} was never answered`);
      const kept = [...told].filter((id) => byId.get(id)?.status === 'cancelled');
      if (cancelled && kept.length === 0) faults.push(`${email} was told that their order is cancelled, and it is not`);
      for (const id of told) {
        const status = byId.get(id)?.status;
        if (!status) faults.push(`${email} was told of ${id}, which is not there`);
        else if (WAITING.includes(`'${status}'`)) faults.push(`order ${id} is ${status} for ever`);
      }
    }
    for (const room of SERVICES) {
      const left = await query<{ what: string }>(
        room,
        `select 'outbox ' || type || ' ' || id as what from outbox union all select 'inbox ' || type || ' ' || id from inbox
         union all select 'dead ' || type || ' ' || id || ': ' || cause from dead_letters where status = 'dead'`,
      );
      faults.push(...left.map(({ what }) => `${room}: ${what}`));
    }
    const asked = await query<{ what: string }>(
      'payments',
      `select 'the charge of order ' || order_id as what from payments where status = 'processing'
       union all select 'refund ' || id from refunds where status = 'processing'`,
    );
    faults.push(...asked.map(({ what }) => `${what} is asked for without end`));
    const arrived = new Set(mails.map(({ message_id }) => message_id));
    const sent = await query<{ message_id: string; status: string }>(
      'notifications',
      `select message_id, status from notifications where channel = 'email'`,
    );
    for (const { message_id, status } of sent)
      if (status !== 'sent' || !arrived.has(message_id)) faults.push(`mail ${message_id} is ${status}`);
    return faults;
  }

  /** Two orders for one key, or one that nobody was told of. */
  function doubled(there: readonly OrderRow[]): string[] {
    const told = new Set(crowd.shoppers.flatMap((shopper) => [...shopper.told]));
    return [
      ...crowd.shoppers.filter((shopper) => shopper.told.size > 1).map(({ email }) => `${email} has two orders`),
      ...there.filter(({ id }) => !told.has(id)).map(({ id }) => `nobody knows of order ${id}`),
    ];
  }

  /** By the bank's books: one charge at most, kept where the order stands, given back where it does not. */
  function charges(there: readonly OrderRow[]): string[] {
    const statusOf = new Map(there.map((order) => [order.id, order]));
    const kept = new Map<string, number>();
    const taken = new Set<string>();
    const faults: string[] = [];
    for (const { id, amount, metadata } of outside.bank.books.charged()) {
      const order = metadata.order_id as string;
      if (taken.has(order)) faults.push(`order ${order} was charged again`);
      taken.add(order);
      const back = [...outside.bank.books.refunds.values()].filter((refund) => refund.payment_intent === id);
      kept.set(order, (kept.get(order) ?? 0) + amount - back.reduce((sum, refund) => sum + refund.amount, 0));
    }
    for (const [id, { status, total }] of statusOf) {
      const due = ['confirmed', 'shipped', 'delivered'].includes(status) ? total : 0;
      if ((kept.get(id) ?? 0) !== due)
        faults.push(`order ${id} is ${status}, the bank holds ${kept.get(id) ?? 0} of ${due}`);
    }
    return faults;
  }

  /** Each shopper has one order: no subject comes twice to an address. */
  function mailedTwice(all: readonly Mail[]): string[] {
    const seen = new Set<string>();
    const faults: string[] = [];
    // The merchant is told again when stock has been well in between.
    for (const { to, subject } of all.filter((mail) => mail.to.includes('shopper-'))) {
      const letter = `${to} ${subject}`;
      if (seen.has(letter)) faults.push(letter);
      seen.add(letter);
    }
    return faults;
  }

  async function byTheRules(): Promise<void> {
    const found = [
      ...(await auditRooms(books.room, { now: new Date(), since: new Date(0) })),
      ...(await auditOrders(books.room)),
    ];
    for (const { rule, subject, detail } of found) {
      const about = rule.startsWith('stock is never') ? 'oversold' : 'books that disagree';
      broken[about].push(`${rule}: ${subject}: ${detail}`);
    }
  }

  /** Counted from what shoppers wanted and the orders that stand, beside the stock that there was. */
  async function soldTooMuch(): Promise<string[]> {
    const statusOf = new Map(orders.map(({ id, status }) => [id, status]));
    const sold = new Map<string, number>();
    for (const { told, product, quantity } of crowd.shoppers)
      for (const id of told)
        if (statusOf.get(id) === 'confirmed') sold.set(product, (sold.get(product) ?? 0) + quantity);
    return goods
      .filter(({ product_id, stock }) => (sold.get(product_id) ?? 0) > stock)
      .map(({ product_id, stock }) => `${sold.get(product_id)} of ${product_id} were sold, there were ${stock}`);
  }
}
