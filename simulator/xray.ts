/**
 * Whether the X-ray of an order says what is so: in the words that follow from the ledger and from the books of the card
 * processor and the mail server, not from those it was made of. It is read through the rooms' own doors, on connections
 * beside the world: a look changes nothing in a run.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Line } from '../src/audit/order.ts';
import type { Settings } from '../src/config.ts';
import { MESSAGES } from '../src/contracts/messages.ts';
import type { OrderStatus } from '../src/contracts/orders.ts';
import type { Explanation } from '../src/contracts/xray.ts';
import { messageRoute } from '../src/desk/messages.ts';
import { createClient } from '../src/platform/client.ts';
import type { Clock } from '../src/platform/clock.ts';
import { openDatabase } from '../src/platform/database.ts';
import { createDoor } from '../src/platform/dispatch.ts';
import { silentLog } from '../src/platform/log.ts';
import type { RoomDefinition } from '../src/platform/service.ts';
import { createMetrics } from '../src/platform/telemetry.ts';
import { createLocalUpstream } from '../src/platform/upstream.ts';
import { explain } from '../src/xray/explain.ts';
import type { Facts } from '../src/xray/facts.ts';
import { ASKED, readFacts } from '../src/xray/read.ts';
import { GOODS, NOTHING_TAKEN, sumWords } from '../src/xray/sentences.ts';
import type { SimulatedRoom } from './processes.ts';
import { believing, OPERATOR, ROOMS } from './processes.ts';
import { factsAtRest } from './xray-books.ts';

/** What is so, by the books of those outside and the ledger. */
export interface Truth {
  status: OrderStatus;
  /** Minor units that the processor has taken, and given back. */
  taken: number;
  back: number;
  /** What its shopper asked for; what is held of it by the ledger, and what has left. */
  ordered: readonly Line[];
  held: readonly Line[];
  left: readonly Line[];
  /** Kinds of the mails that the mail server has taken. */
  told: readonly string[];
}

/** Of the orders that these truths are about: what is wrong in what their X-rays say. */
export interface Xrays {
  onTheWay(truths: ReadonlyMap<string, Truth>): Promise<string[]>;
  /** When nothing is on its way for any of them. */
  atRest(truths: ReadonlyMap<string, Truth>): Promise<string[]>;
  close(): Promise<void>;
}

export interface XraysOptions {
  databaseUrl: (room: SimulatedRoom) => string;
  definition: (room: SimulatedRoom) => RoomDefinition<Settings>;
  settings: Settings;
  clock: Clock;
  /** For showing that wrong words would be noticed. */
  words?: (facts: Facts) => Explanation;
}

const RULE = 'the X-ray says what is so';
/** At rest the rooms are asked about so many. */
const A_FEW = 1;
const CONNECTIONS = 1;
const CURRENCY = 'EUR';

const ENDED: readonly OrderStatus[] = ['delivered', 'failed', 'cancelled'];
const STANDS: Record<OrderStatus, RegExp> = {
  pending: /being checked/,
  awaiting_payment: /payment is being taken/,
  confirmed: /waits to be shipped|will not be shipped/,
  shipped: /on its way to the customer/,
  delivered: /has arrived/,
  failed: /has failed/,
  cancelled: /was cancelled/,
};

export function createXrays(options: XraysOptions): Xrays {
  const { databaseUrl, definition, settings, clock, words = explain } = options;
  const nobody = createClient(createLocalUpstream(new Map()));
  const context = { clock, log: silentLog, client: nobody, settings, queued: async () => false };
  const opened = ROOMS.map((room) => {
    const db = openDatabase({ service: room, url: databaseUrl(room), clock, log: silentLog, poolSize: CONNECTIONS });
    const { routes } = definition(room).open({ ...context, db, metrics: createMetrics(room) });
    const asked = [...routes, messageRoute(MESSAGES[room], { db })].filter(({ endpoint }) => ASKED.includes(endpoint));
    return { room, db, door: createDoor({ routes: asked, verifier: believing, log: silentLog }) };
  });
  const books = (name: SimulatedRoom) => (opened.find(({ room }) => room === name) as (typeof opened)[number]).db;
  const client = createClient(
    createLocalUpstream(new Map(opened.map(({ room, door }) => [room, { door, health: async () => ({}) }]))),
  );
  /** Orders of which an X-ray has said that nothing more will happen, and what was known of them then. */
  const over = new Map<string, string>();

  type Judge = (said: Explanation, so: Truth, facts: Facts) => string[];

  function judged(facts: Facts, so: Truth, judge: Judge): string[] {
    const id = facts.orders?.order.id ?? '';
    return [...judge(words(facts), so, facts), ...stillOver(id, facts)].map((what) => `${RULE}: ${id}: ${what}`);
  }

  /** What was over stays as it was. */
  function stillOver(id: string, facts: Facts): string[] {
    const known = over.get(id);
    if (known === undefined || known === fingerprint(facts)) return [];
    return [`nothing more was to happen at ${known}, and now it is ${fingerprint(facts)}`];
  }

  const read = (id: string) => readFacts(client, { id, token: OPERATOR }, clock);

  return {
    async onTheWay(truths) {
      const faults: string[] = [];
      for (const [id, so] of truths) {
        const facts = await read(id);
        if (!facts) return [`${RULE}: ${id}: there is none`];
        faults.push(...judged(facts, so, onTheWayFaults));
        if (words(facts).over) over.set(id, fingerprint(facts));
      }
      return faults;
    },
    async atRest(truths) {
      const faults: string[] = [];
      let asked = 0;
      for await (const page of factsAtRest(books, [...truths.keys()], clock.now().toISOString())) {
        for (const facts of page) {
          const id = facts.orders?.order.id ?? '';
          faults.push(...judged(facts, truths.get(id) as Truth, atRestFaults));
          // The rooms say the same as their tables: a few of them are asked.
          if (asked++ < A_FEW && !isDeepStrictEqual(explain((await read(id)) ?? facts), explain(facts))) {
            faults.push(`${RULE}: ${id}: its rooms say something else than their tables`);
          }
        }
      }
      return faults;
    },
    close: async () => {
      await Promise.all(opened.map(({ db }) => db.close()));
    },
  };
}

const onTheWayFaults = (said: Explanation, so: Truth, facts: Facts) => [
  ...statusFaults(said, so),
  ...takenFaults(said, so, facts),
];

const atRestFaults = (said: Explanation, so: Truth, facts: Facts) => [
  ...statusFaults(said, so),
  ...restFaults(said, so),
  ...bookFaults(said, so),
  ...outlookFaults(said, so, facts),
];

function fingerprint({ orders, inventory, payments, notifications }: Facts): string {
  const { payment } = payments ?? {};
  return JSON.stringify([
    ...[orders?.order.status, orders?.order.version, inventory?.allocation?.status],
    ...[payment?.status, payment?.refunded_amount, payment?.refunds.map(({ status }) => status)],
    notifications?.map(({ kind, status }) => `${kind} ${status}`),
  ]);
}

/** It is where orders says, and something is named that happens next unless nothing does. */
function statusFaults({ stands, next, over }: Explanation, { status }: Truth): string[] {
  const faults: string[] = [];
  if (!STANDS[status].test(stands)) faults.push(`it is ${status}, and it says: ${stands}`);
  if (over !== (next.length === 0))
    faults.push(`it says that it is ${over ? '' : 'not '}over, and names ${next.length}`);
  if (over && !ENDED.includes(status)) faults.push(`it is ${status}, and nothing is said to happen next`);
  return faults;
}

/** While it is on its way: no money that nobody has taken, none taken in silence once that is decided. */
function takenFaults({ money }: Explanation, { taken }: Truth, { payments }: Facts): string[] {
  const decided = ['failed', 'voided'].includes(payments?.payment?.status ?? '');
  if (taken === 0 && /was charged/.test(money ?? '') && !money?.startsWith(NOTHING_TAKEN))
    return [`nothing was taken, and it says: ${money}`];
  if (taken > 0 && decided) return [`${taken} was taken, and it says: ${money}`];
  return [];
}

function restFaults({ next, holdups, over }: Explanation, { status }: Truth): string[] {
  const faults = holdups.map(({ what }) => `nothing holds it up, and it says: ${what}`);
  if (over !== ENDED.includes(status))
    faults.push(
      `it is ${status} and at rest, and it says that ${next.map(({ what }) => what).join(' ') || 'it is over'}`,
    );
  faults.push(...next.filter(({ by }) => by !== 'person').map(({ what }) => `it is at rest, and it says: ${what}`));
  return faults;
}

/** The words of the books outside, and those of ours. */
function bookFaults({ money, goods, told }: Explanation, so: Truth): string[] {
  const faults: string[] = [];
  const { taken, back } = so;
  const sum = sumWords({ currency: CURRENCY, taken, back, going: 0 });
  if (taken > 0 ? money !== sum : !money?.startsWith(NOTHING_TAKEN))
    faults.push(`by the card processor: ${sum} It says: ${money}`);
  const allowed = goodsAllowed(so);
  const known = Object.values(GOODS).some((words) => words === goods);
  if (allowed.length > 0 ? !allowed.some((words) => words === goods) : known) {
    const ledger = `${units(so.held)} held and ${units(so.left)} gone of ${units(so.ordered)}`;
    faults.push(`by the ledger: ${ledger}. It says: ${goods}`);
  }
  const mailed = [...new Set(so.told)].sort().join(', ') || 'nothing';
  if (kindsIn(told) !== mailed) faults.push(`the mail server has taken ${mailed}, and it says: ${told}`);
  return faults;
}

/** None when the ledger has something else than was ordered: no word for goods in order is right then. */
function goodsAllowed({ status, ordered, held, left }: Truth): string[] {
  const [all, some, gone] = [units(ordered), units(held), units(left)];
  if (some === NO_UNITS && gone === NO_UNITS) {
    return status === 'failed' || status === 'cancelled' ? [GOODS.restored, GOODS.refused, GOODS.void] : [];
  }
  if (some === all && gone === NO_UNITS) return [GOODS.held];
  return gone === all && some === NO_UNITS ? [GOODS.shipped] : [];
}

const NO_UNITS = 'nothing';

/** Each product once, in one order: lines of the same units are the same words. */
function units(lines: readonly Line[]): string {
  const sum = (product: string) =>
    lines.reduce((total, { product_id, quantity }) => total + (product_id === product ? quantity : 0), 0);
  const products = [...new Set(lines.map(({ product_id }) => product_id))].sort();
  const counts = products.flatMap((product) => (sum(product) === 0 ? [] : [`${sum(product)} ${product}`]));
  return counts.join(' and ') || NO_UNITS;
}

/** Of what the words say that the customer was told. */
const kindsIn = (told: string | null) =>
  /^The customer was told: ([^.]+)\./
    .exec(told ?? '')?.[1]
    ?.split(', ')
    .sort()
    .join(', ') ?? 'nothing';

/** What the shopper is told is a part of it. */
function outlookFaults({ over }: Explanation, { status, taken, back }: Truth, { orders }: Facts): string[] {
  const { why = '', next = [] } = orders?.outlook ?? {};
  const faults: string[] = [];
  if (over !== (next.length === 0))
    faults.push(`it is ${over ? '' : 'not '}over, and the shopper is told of ${next.length} that happen next`);
  if (taken === 0 && /was charged/.test(why.replace('Nothing was charged', '')))
    faults.push(`nothing was taken, and the shopper is told: ${why}`);
  if (taken > 0 && back === taken && ENDED.includes(status) && !why.includes('All of it has gone back'))
    faults.push(`all was given back, and the shopper is told: ${why}`);
  return faults;
}
