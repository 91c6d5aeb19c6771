/**
 * What a shop that has grown is asked for: for each filter of its lists something frequent and something rare, so that a
 * list cannot be fast by luck. A filter that nobody has thought of here is an error: think of it.
 */
import pg from 'pg';
import type { ServiceName } from '../../src/contracts/registry.ts';
import type { Past } from './past.ts';
import { CATEGORIES, DAYS, GOODS } from './past.ts';

const [GOOD = ''] = GOODS.split(/\s+/);
const [CATEGORY = ''] = CATEGORIES.split(/\s+/);
const DAY_MS = 86_400_000;

export type Samples = Readonly<Record<string, readonly string[]>>;

interface Known {
  often: string;
  seldom: string;
  /** The account behind `often`. */
  email: string;
  orders: string[];
  reservation: string;
}

/** By `endpoint.filter`, or by the filter's name alone. */
export function samplesOf(past: Past, { often, seldom, email, orders, reservation }: Known): Samples {
  const ago = (days: number) => new Date(past.until - days * DAY_MS).toISOString();
  const last = `TW-${String(past.products).padStart(6, '0')}`;
  const [order = ''] = orders;
  const ids = orders.join(',');
  const products = Array.from({ length: 100 }, (_, i) => `TW-${String(i + 1).padStart(6, '0')}`).join(',');
  return {
    product_id: ['TW-000001', last],
    order_id: [order],
    customer_id: [often, seldom],
    reservation_id: [reservation],
    webhook_id: [order],
    admin_id: [often],
    about: [order],
    email: [email, 'nobody@example.com'],
    recipient: [email, '+15550000001', 'nobody@example.com'],
    reference: ['till 7', 'till none'],
    ids: [ids],
    'catalog.list.ids': [products],
    'inventory.list.ids': [products],
    // One that nearly every row has, the beginning of many, a rare one, one that there is not, and several.
    text: ['example', 'a', GOOD.toLowerCase(), String(past.orders), 'nothingofthiskind', 'mia com example'],
    // A mistake is put right.
    search: ['made to last', 'a', GOOD, `tw ${past.products}`, 'kettel', 'red cotton lamp', `"${GOOD}" -red`],
    category: [CATEGORY, 'None'],
    min_price: ['1', '198.5'],
    max_price: ['1.5', '150'],
    currency: ['EUR', 'JPY'],
    from: [ago(DAYS / 2), ago(1)],
    to: [ago(DAYS / 2), ago(DAYS - 1)],
    waiting_since: [ago(-1)],
    type: ['order.placed'],
    group: ['0123456789abcdef0123456789abcdef'],
    token: [],
    deleted: ['true'],
    // Of paths.
    id: [order],
    'customers.addresses.id': [often],
  };
}

const CUSTOMERS = `
  (select id, email from customers where role = 'customer' order by id limit 1)
  union all (select id, email from customers where role = 'customer' order by id desc limit 1)`;
const ORDERS = 'select id from orders order by id desc limit 100';
const RESERVATION = 'select id from reservations order by id limit 1';

/** Of a shop that `grow` has grown. */
export async function findSamples(url: (room: ServiceName) => string, past: Past): Promise<Samples> {
  const [first, last] = await ask<{ id: string; email: string }>(url('customers'), CUSTOMERS);
  const orders = (await ask<{ id: string }>(url('orders'), ORDERS)).map(({ id }) => id);
  const [reservation] = await ask<{ id: string }>(url('inventory'), RESERVATION);
  return samplesOf(past, {
    often: first?.id ?? '',
    seldom: last?.id ?? '',
    email: first?.email ?? '',
    orders,
    reservation: reservation?.id ?? '',
  });
}

async function ask<Row>(connectionString: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}
