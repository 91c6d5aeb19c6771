/** An ordeal: a shop is started, loaded, struck again and again, and judged when all has come to rest. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICES } from '../src/contracts/registry.ts';
import { FAR_OFF, RECOVERY_LIMIT_MS } from './conclusion.ts';
import { judgeEnds } from './ends.ts';
import type { Outside } from './outside.ts';
import type { Misfortune } from './plan.ts';
import { nameOf, plan } from './plan.ts';
import type { ChaosShop } from './shop.ts';
import { ADMIN_PASSWORD } from './shop.ts';
import type { Crowd, Goods } from './shoppers.ts';
import { sendShoppers } from './shoppers.ts';
import type { Books, Verdict } from './verdict.ts';
import { anythingStuck, judge, openBooks } from './verdict.ts';

/** How long a misfortune lasts. A freeze is longer than the longest lease, a mail's 26 s. */
const LASTS_MS: Record<Misfortune['how'], number> = { kill: 0, freeze: 28_000, crash: 0, cut: 5_000, mute: 5_000 };
/** The first freeze of a long run where there are others: RabbitMQ has missed the process, and given them its messages. */
const LONG_FREEZE_MS = 65_000;
const LONG_RUN_SECONDS = 300;
const BROKER_AWAY_MS = 3_000;
const BETWEEN_MS = 1_000;
const START_MS = 120_000;
/** After the last misfortune; longer than every deadline. */
const REST_MS = 120_000;
const LOOK_MS = 100;

/** What came of one misfortune, or of two at once. Seconds. */
export interface Blow {
  at: number;
  name: string;
  lasted: number;
  /** The longest time in which no checkout was answered. */
  silence: number;
  /** From its beginning until the last moment in which an order or a mail was stuck: how long others did without. */
  stuck: number;
  /** From its end until a checkout was answered and no order or mail was stuck; none: it was waited for in vain. */
  recovered: number | undefined;
}

export interface OrdealOptions {
  shop: ChaosShop;
  outside: Outside;
  seconds: number;
  /** Orders a second. */
  rate: number;
  seed: number;
  onStrike: (name: string) => void;
  onBlow: (blow: Blow, answered: number) => void;
  onRest: () => void;
}

export interface Outcome {
  blows: Blow[];
  verdict: Verdict;
  /** Why processes ended as they should, and how often. */
  excused: ReadonlyMap<string, number>;
}

export async function ordeal({
  shop,
  outside,
  seconds,
  rate,
  seed,
  onStrike,
  onBlow,
  onRest,
}: OrdealOptions): Promise<Outcome> {
  await ready(shop);
  const books = openBooks(shop.databaseUrl);
  try {
    const goods = goodsFor(seconds * rate);
    await stock(shop, books, goods);
    outside.tell(shop.gateways);
    const crowd = sendShoppers(shop.gateways, goods, rate, seed);
    const blows = await strikeAll();
    onRest();
    await crowd.leave(REST_MS);
    await comeToRest(books);
    const { ends, absences } = shop.ends();
    const { wrong, excused } = judgeEnds(ends, absences);
    return { blows, verdict: await judge(books, crowd, goods, outside, wrong), excused };

    /** One after the other until the time is up and each kind has been, each when the one before is recovered from. */
    async function strikeAll(): Promise<Blow[]> {
      const done: Blow[] = [];
      const began = performance.now();
      const missing = new Set(shop.misfortunes.map(({ kind }) => kind));
      let freezes = 0;
      await sleep(2_000);
      for (const together of plan(seed, shop.misfortunes, seconds < LONG_RUN_SECONDS)) {
        if (missing.size === 0 && performance.now() - began > seconds * 1000) break;
        for (const { kind, how } of together) {
          missing.delete(kind);
          if (how === 'freeze') freezes += 1;
        }
        onStrike(nameOf(together));
        const others = shop.gateways.length > 1;
        const long =
          others && seconds >= LONG_RUN_SECONDS && freezes === 1 && together.some(({ how }) => how === 'freeze');
        const blow = await strike(together, began, long ? LONG_FREEZE_MS : 0);
        done.push(blow);
        onBlow(blow, crowd.answeredAt.length);
        await sleep(BETWEEN_MS);
      }
      return done;
    }

    async function strike(together: readonly Misfortune[], began: number, atLeast: number): Promise<Blow> {
      const struck = performance.now();
      const watch = watchStuck(books, struck);
      const release = await Promise.all(together.map((one) => shop.strike(one)));
      const lasts = together.map(({ how, what }) => (what === 'broker' ? BROKER_AWAY_MS : LASTS_MS[how]));
      await sleep(Math.max(atLeast, ...lasts));
      await Promise.all(release.map((end) => end()));
      const over = performance.now();
      const recovered = await recovery(books, crowd, over);
      return {
        stuck: toSeconds(await watch.end()),
        at: toSeconds(struck - began),
        name: nameOf(together),
        lasted: toSeconds(over - struck),
        silence: toSeconds(longestSilence(crowd, struck, performance.now())),
        recovered: recovered === undefined ? undefined : toSeconds(recovered),
      };
    }
  } finally {
    await books.close();
  }
}

/** What lasts, and what is sold out before the end. */
const goodsFor = (orders: number): Goods[] => [
  ...['PLENTY-1', 'PLENTY-2', 'PLENTY-3'].map((product_id) => ({ product_id, stock: 10_000_000, scarce: false })),
  ...['FEW-1', 'FEW-2', 'FEW-3'].map((product_id) => ({ product_id, stock: Math.ceil(orders * 0.2), scarce: true })),
];

/** Milliseconds until, later than `over`, a checkout was answered and nothing was stuck. */
async function recovery(books: Books, { answeredAt }: Crowd, over: number): Promise<number | undefined> {
  while (performance.now() < over + FAR_OFF * RECOVERY_LIMIT_MS) {
    const stuck = await anythingStuck(books).catch(() => true);
    if (!stuck && (answeredAt.at(-1) ?? 0) > over) return performance.now() - over;
    await sleep(LOOK_MS);
  }
  return undefined;
}

/** Looks all the while whether something is stuck. */
function watchStuck(books: Books, since: number) {
  let [last, watching] = [0, true];
  const watched = (async () => {
    while (watching) {
      if (await anythingStuck(books).catch(() => true)) last = performance.now() - since;
      await sleep(5 * LOOK_MS);
    }
  })();
  return {
    /** Milliseconds until the last moment in which something was. */
    async end(): Promise<number> {
      watching = false;
      await watched;
      return last;
    },
  };
}

function longestSilence({ answeredAt }: Crowd, from: number, to: number): number {
  const moments = [from, ...answeredAt.filter((at) => at > from && at < to), to];
  return Math.max(...moments.slice(1).map((at, i) => at - (moments[i] as number)));
}

async function ready(shop: ChaosShop): Promise<void> {
  const limit = Date.now() + START_MS;
  for (const gateway of shop.gateways) {
    while (!(await isWell(gateway))) {
      if (Date.now() > limit) throw new Error(`the shop at ${gateway} did not start`);
      await sleep(200);
    }
  }
}

async function isWell(gateway: string): Promise<boolean> {
  try {
    const reply = await fetch(`${gateway}/health`);
    return ((await reply.json()) as { status: string }).status === 'ok';
  } catch {
    return false;
  }
}

async function stock(shop: ChaosShop, books: Books, goods: readonly Goods[]): Promise<void> {
  const post = async (path: string, body: object, headers: object = {}) => {
    const reply = await fetch(`${shop.gateways[0]}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(await reply.text());
    return (await reply.json()) as { access_token: string };
  };
  const login = { email: 'admin@tradewind.test', password: ADMIN_PASSWORD };
  const { access_token } = await post('/api/auth/login', login);
  for (const { product_id, stock } of goods) {
    const product = { product_id, name: `Product ${product_id}`, price: '19.99', stock };
    await post('/api/products', product, { authorization: `Bearer ${access_token}` });
  }
  const known = async () =>
    (await books.query('orders', 'select 1 from products')).length === goods.length &&
    (await books.query('inventory', 'select 1 from levels')).length === goods.length;
  const limit = Date.now() + START_MS;
  while (!(await known())) {
    if (Date.now() > limit) throw new Error('the products did not reach every room');
    await sleep(LOOK_MS);
  }
}

/** Until nothing moves for a while, or the time for that is over. */
async function comeToRest(books: Books): Promise<void> {
  const limit = Date.now() + REST_MS;
  for (let calm = 0; calm < 10 && Date.now() < limit; await sleep(2 * LOOK_MS)) {
    calm = (await busy(books)) ? 0 : calm + 1;
  }
}

async function busy(books: Books): Promise<boolean> {
  if (await anythingStuck(books)) return true;
  const effects = [
    ['payments', `select 1 from payments where status = 'processing' limit 1`],
    ['payments', `select 1 from refunds where status = 'processing' limit 1`],
    ['payments', `select 1 from webhook_events where status = 'waiting' limit 1`],
    ['notifications', `select 1 from notifications where status in ('queued', 'waiting') limit 1`],
  ] as const;
  const messages = 'select 1 from outbox union all select 1 from inbox limit 1';
  for (const [room, text] of [...effects, ...SERVICES.map((room) => [room, messages] as const)]) {
    if ((await books.query(room, text)).length > 0) return true;
  }
  return false;
}

function toSeconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
