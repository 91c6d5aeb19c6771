/** What is measured. Each says what its figure means; the order is that of the report. */
import type { Request } from './load.ts';
import type { Shape } from './shop.ts';

export interface Scenario {
  name: string;
  about: string;
  shape: Shape;
  clients: number;
  /** Checkouts due each second; without it each client asks again when it has its answer. */
  rate?: number;
  /** The share of the run's length that it takes. */
  share?: number;
  /** Settings of the shop; those that differ cost a start of their own. */
  settings?: Readonly<Record<string, string>>;
  /** Targets that stand still while requests come, and go on afterwards. */
  frozen?: readonly string[];
  /** Stock of what is sold, for a product that sells out. */
  hot?: { product_id: string; stock: number };
  request: (n: number) => Request;
}

export const PRODUCTS = 200;
const productId = (n: number) => `BENCH${n % PRODUCTS}`;
const buy = (n: number, items: object[]): Request => ({
  method: 'POST',
  path: '/api/checkout',
  body: { email: `shopper${n}@example.com`, items },
});
export const single = (n: number) => buy(n, [{ product_id: productId(n), quantity: 1 }]);

/** The same numbers in each run: a hash of n, from 0 to 1 (Wang, "Integer hash function"). */
export function chance(n: number): number {
  let x = (n ^ 61 ^ (n >>> 16)) >>> 0;
  x = Math.imul(x, 9) >>> 0;
  x = (x ^ (x >>> 4)) >>> 0;
  x = Math.imul(x, 0x27d4eb2d) >>> 0;
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}

/** Zipf's law, exponent 1: the k-th product is wanted 1/k as often as the first. */
const ZIPF = (() => {
  let sum = 0;
  const cumulative = Array.from({ length: PRODUCTS }, (_, k) => (sum += 1 / (k + 1)));
  return cumulative.map((value) => value / sum);
})();
const zipf = (u: number) => ZIPF.findIndex((value) => u <= value);

function basket(n: number): Request {
  const lines = 1 + Math.floor(chance(n) * 10);
  const ids = Array.from({ length: lines }, (_, i) => productId(zipf(chance(n * 16 + i + 1))));
  return buy(
    n,
    [...new Set(ids)].map((product_id, i) => ({ product_id, quantity: 1 + Math.floor(chance(n * 16 + i) * 3) })),
  );
}

/** A list, a search or a product. */
export function pageOf(n: number): Request {
  const pages = [
    '/api/products?limit=24',
    `/api/products?search=product%20${n % PRODUCTS}`,
    `/api/products/${productId(n)}`,
  ];
  return { method: 'GET', path: pages[n % pages.length] as string };
}

/** Nine pages are read for each order that is placed. */
const browse = (n: number): Request => (n % 10 === 0 ? single(n) : pageOf(n));

const FREE = { PAYMENT_LATENCY_MS: '0' };
/** A payment takes a second, as a card processor's does. */
const SLOW = { PAYMENT_LATENCY_MS: '1000' };

const AMPLE = { product_id: 'AMPLE', stock: 10_000_000 };
const SCARCE = { product_id: 'SCARCE', stock: 3_000 };
const only = (product_id: string) => (n: number) => buy(n, [{ product_id, quantity: 1 }]);

export const whole = { shape: 'one', clients: 256, settings: FREE, request: single } as const;
/** The payment takes a second; requests come as fast as answers do. */
export const paced = { ...whole, settings: SLOW, name: 'paced', about: '' } as const;
const clients = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

export const SCENARIOS: readonly Scenario[] = [
  ...[1, 32, 256].map((count) => ({
    ...whole,
    name: `whole orders, ${clients(count, 'client')}`,
    about: 'placed until the notification is recorded',
    clients: count,
  })),
  {
    ...whole,
    name: 'flash sale',
    about: 'everybody wants one product, and there is enough of it',
    hot: AMPLE,
    request: only(AMPLE.product_id),
  },
  {
    ...whole,
    name: 'flash sale, selling out',
    about: `there are ${SCARCE.stock} of it`,
    hot: SCARCE,
    request: only(SCARCE.product_id),
  },
  { ...whole, name: 'baskets', about: '1 to 10 lines, products wanted by Zipf’s law', request: basket },
  {
    ...whole,
    name: 'browsing',
    about: 'nine pages read (list, search, product) for each order',
    clients: 32,
    request: browse,
  },
  ...[1, 32, 256].map((count) => ({
    ...paced,
    name: `200 orders/s, ${clients(count, 'connection')}`,
    about: 'due at a fixed rate, timed from when they were due; the payment takes 1 s',
    clients: count,
    rate: 200,
  })),
  { ...whole, name: 'RabbitMQ, one process', about: 'whole orders', shape: 'rabbit' },
  { ...whole, name: 'RabbitMQ, seven processes', about: 'whole orders', shape: 'apart' },
  {
    ...whole,
    name: 'accepting only',
    about: 'inventory, payments and notifications stand still meanwhile',
    shape: 'apart',
    share: 0.5,
    frozen: ['inventory', 'payments', 'notifications'],
  },
];

/** What its shop is warmed up with: the same, of what does not run out. */
export const warmUp = ({ shape, settings }: Scenario): Scenario => ({
  ...whole,
  shape,
  ...(settings && { settings }),
  name: 'warming up',
  about: '',
  clients: 32,
});
