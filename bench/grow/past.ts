/**
 * What has happened in a shop that never was: who ordered what, when, and how it ended, each a function of the order's
 * number and nothing else. So every room can write its own books from it without asking another, and they agree; the same
 * sizes and the same end give the same shop.
 *
 * Products are wanted by Zipf's law (exponent 1); a few customers order much, most of them seldom; of a hundred orders
 * three are cancelled, three not paid, one is for what is sold out.
 */
import type { Client } from 'pg';

export interface Past {
  orders: number;
  products: number;
  customers: number;
  /** When it ends: the last order was placed just before. Milliseconds since 1970. */
  until: number;
}

export const DAYS = 365;
/** Orders that are made at once. */
export const BATCH = 50_000;
/** Of every customer. */
export const PASSWORD = 'the password of a past customer';

const list = (words: string) => `'{${words.trim().split(/\s+/).join(',')}}'::text[]`;
export const FINISHES = `Red Blue Green Black White Grey Golden Silver Copper Amber Coral Ivory Olive Navy Teal Plum Sand Slate
  Ruby Jade`;
export const MATERIALS = `Cotton Linen Wool Oak Walnut Steel Glass Ceramic Leather Bamboo Marble Velvet Canvas Cork Brass Felt`;
export const GOODS = `Lamp Chair Table Shelf Kettle Mug Plate Bowl Knife Pan Basket Rug Blanket Cushion Mirror Clock Vase Frame Stool
  Bench Desk Cabinet Drawer Tray Jug Teapot Candle Curtain Pillow Towel Apron Scarf Gloves Hat Bag Wallet Belt Notebook Pen
  Speaker Headphones Charger Keyboard Mouse Monitor Camera Tripod Lens Drone Watch`;
export const CATEGORIES = 'Home Kitchen Bedroom Bath Garden Office Audio Photo Travel Fashion Sports Toys';
const FIRST = `Ann Ben Cara Dan Eva Finn Gina Hugo Ida Jan Kira Leo Mia Noah Olga Paul Quinn Rosa Sam Tara Uma Vera Will Xena
  Yara Zoe Adam Bella Carl Dora Emil Fay Greg Hana Ivan Jude Kate Lars Maya Nils`;
const LAST = `Abbott Baker Carter Diaz Evans Fischer Garcia Hansen Ito Jensen Keller Lopez Meyer Novak Olsen Petrov Quist Rossi
  Silva Tanaka Ueda Vogel Weber Xu Young Zeller Adler Brandt Costa Dubois`;

const DAY_MS = 86_400_000;
const HOUR = 3_600;
/** Some seconds after another moment, in whole milliseconds. */
const moment = (from: string, least: number, most: number, salt: number) =>
  `date_trunc('milliseconds', ${from} + (${least} + growth.chance(n, ${salt}) * ${most - least}) * interval '1 second')`;

/** A table of words from which one is taken by a number. */
const pick = (words: string, by: string) => {
  const count = words.trim().split(/\s+/).length;
  return `(${list(words)})[1 + floor(${by} * ${count})::int]`;
};

/** Who somebody is, by the number of a customer or, past the last customer, of a guest: a join, and what follows from it. */
export const person = (n: string) => `cross join lateral (
  select ${pick(FIRST, `growth.chance(${n}, 101)`)} as first_name, ${pick(LAST, `growth.chance(${n}, 102)`)} as last_name,
    case when growth.chance(${n}, 103) < 0.3 then '+1555' || lpad((${n} % 10000000)::text, 7, '0') end as phone
  offset 0) person`;
export const NAME = `first_name || ' ' || last_name`;
export const email = (n: string) =>
  `lower(first_name || '.' || last_name) || ${n} || (array['@example.com','@example.org','@mail.example'])[1 + ${n} % 3]`;
export const address = (n: string) => `json_build_object('line1', 1 + ${n} % 400 || ' ' || last_name || ' Street',
  'city', 'Springfield', 'postal_code', lpad((${n} % 99999)::text, 5, '0'), 'country', 'US')`;
/** The words of name, e-mail and phone, one a line, as the shop keeps them to search in. */
export const personWords = (n: string, mail: string) =>
  `concat_ws(E'\\n', ${mail}, lower(first_name), lower(last_name), lower(last_name) || ${n}, 'example',
    (array['com','org','mail'])[1 + ${n} % 3], ltrim(phone, '+'))`;

const at = (ms: number) => `timestamptz '${new Date(ms).toISOString()}'`;
const startOf = ({ until }: Past) => until - DAYS * DAY_MS;

/** When the n-th of `count` things came, evenly over the time that the shop has been there. */
export const spread = (past: Past, n: string, count: number, salt: number) =>
  `date_trunc('milliseconds', ${at(startOf(past))} + (${n} - growth.chance(${n}, ${salt})) / ${count} * interval '${DAYS * 24} hours')`;

/** Of customer `n`. */
export const customerAt = (past: Past, n: string) => spread(past, `(${n} - 1)`, past.customers, 11);
/** Customers `from` to `to`, each with `id`, `at`, `email` and what `person` says. */
export const customersOf = (past: Past, from: number, to: number, step = 1) => `(
  select n, at, growth.id(at, n, 11) as id, first_name, last_name, phone, ${email('n')} as email
  from (select n, ${customerAt(past, 'n')} as at from generate_series(${from}::bigint, ${to}, ${step}) n offset 0) dated
    ${person('n')} offset 0) customer`;

export const productId = (n: string) => `'TW-' || lpad((${n})::text, 6, '0')`;
/** Sold before the first order came. */
export const productAt = (past: Past) => at(startOf(past) - DAY_MS);

/** What everything else is made with; gone when the shop has grown. */
const TOOLS = `
  drop schema if exists growth cascade;
  create schema growth;
  -- From 0 to 1, by a number and what it is for.
  create function growth.chance(n bigint, salt bigint) returns float8 language sql immutable parallel safe as
    $$ select (hashint8extended(n, salt) & 9007199254740991)::float8 / 9007199254740992 $$;
  -- A UUIDv7 of a moment.
  create function growth.id(at timestamptz, n bigint, salt bigint) returns uuid language sql immutable parallel safe as
    $$ select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' ||
      lpad(to_hex(n & 4095), 3, '0') || '8' || lpad(to_hex(hashint8extended(n, salt) & 1152921504606846975), 15, '0'))::uuid $$;
  create function growth.amount(minor bigint) returns text language sql immutable parallel safe as
    $$ select (minor / 100)::text || '.' || lpad((minor % 100)::text, 2, '0') $$;`;

const products = ({ products: count }: Past) => `
  create table growth.products as
  select n, ${productId('n')} as product_id, finish || ' ' || material || ' ' || thing || ' ' || n as name,
    lower(thing) as thing, category, 99 + floor(growth.chance(n, 24) * 19900)::bigint as price,
    case when growth.chance(n, 25) < 0.01 then 0 when growth.chance(n, 25) < 0.03 then 1 + n % 5
      else 100 + floor(growth.chance(n, 26) * 5000)::bigint end as available,
    growth.chance(n, 27) < 0.02 as archived,
    concat_ws(E'\\n', lower(${productId('n')}), 'tw', lpad(n::text, 6, '0'), lower(finish), lower(material), lower(thing), n,
      'sku:' || ${productId('n')}) as words
  from generate_series(1::bigint, ${count}) n,
    lateral (select ${pick(FINISHES, 'growth.chance(n, 20)')} as finish, ${pick(MATERIALS, 'growth.chance(n, 21)')} as material,
      ${pick(GOODS, 'growth.chance(n, 22)')} as thing, ${pick(CATEGORIES, 'growth.chance(n, 23)')} as category) words;
  create unique index on growth.products (n);
  analyze growth.products;`;

/** Prepares a room's database: functions, and the products there are. */
export async function prepare(client: Client, past: Past): Promise<void> {
  await client.query(TOOLS);
  await client.query(products(past));
}

/** What a room wants to know of orders beyond how they went; each costs time. */
export type Wanted = 'people' | 'items' | 'mail' | 'lines';

const JSON_LINES = {
  items: `json_agg(json_build_object('product_id', product_id, 'name', name, 'quantity', quantity, 'unit_price',
    growth.amount(price), 'line_total', growth.amount(price * quantity)) order by i) as items,
    string_agg(product_id, ', ' order by i) as product_ids, string_agg(words, E'\\n') as words`,
  mail: `jsonb_agg(jsonb_build_object('name', name, 'quantity', quantity, 'unit_price', growth.amount(price), 'line_total',
    growth.amount(price * quantity)) order by i) as items`,
  lines: `json_agg(json_build_object('product_id', product_id, 'quantity', quantity) order by i) as lines`,
};
const PEOPLE = `${email('person')} as email, ${NAME} as name, first_name, last_name, ${address('person')} as address,`;

/**
 * Orders `from` to `to`, with their lines, as temporary tables `past` and `past_lines`. How one ends:
 * `kept` (confirmed, then shipped and delivered when there was time), `cancelled` after it was confirmed, or failed as
 * `declined`, `out_of_stock` or `timed_out`. `returned`: minor units that went back of one with a `returned_at`.
 */
export async function makeOrders(
  client: Client,
  past: Past,
  [from, to]: readonly [number, number],
  wanted: readonly Wanted[],
): Promise<void> {
  const { orders: count, products: goods, customers, until } = past;
  const more = wanted.flatMap((one) => (one === 'people' ? [] : JSON_LINES[one]));
  const early = (when: string) => `${when} < ${at(until)}`;
  await client.query(`
    drop table if exists past, past_lines;
    create temp table past_lines as
    select o.n, i, p.n as product, p.product_id, p.name, p.price, p.words,
      1 + floor(growth.chance(o.n * 4 + i, 37) ^ 3 * 4)::int as quantity
    from generate_series(${from}::bigint, ${to}) o (n)
      cross join lateral generate_series(0, (array[0,0,0,0,0,0,1,1,2,3])[1 + floor(growth.chance(o.n, 36) * 10)::int]) i
      join growth.products p on p.n = least(${goods},
        i + 1 + 4 * (floor(power(${goods / 4}, growth.chance(o.n * 4 + i, 38)))::int - 1));
    create temp table past as
    with dated as (
      select n, ${spread(past, 'n', count, 31)} as placed_at, growth.chance(n, 32) as fate,
        case when growth.chance(n, 33) < 0.7
          then least(${customers}, 1 + floor(n * ${customers}::float8 / ${count} * growth.chance(n, 34) ^ 2)::bigint) end as customer
      from generate_series(${from}::bigint, ${to}) n),
    told as materialized (
      select n, placed_at, customer, coalesce(customer, ${customers} + 1 + floor(growth.chance(n, 35) * ${count})::bigint) as person,
        case when fate < 0.01 then 'out_of_stock' when fate < 0.035 then 'declined' when fate < 0.04 then 'timed_out'
          when fate < 0.07 then 'cancelled' else 'kept' end as kind,
        ${moment('placed_at', 0.05, 0.15, 39)} as held_at,
        ${moment('placed_at', 1.1, 1.6, 40)} as paid_at,
        ${moment('placed_at', 20 * HOUR, 44 * HOUR, 41)} as left_at,
        ${moment('placed_at', 60 * HOUR, 130 * HOUR, 42)} as arrived_at,
        ${moment('placed_at', 160 * HOUR, 230 * HOUR, 43)} as returned_at,
        ${moment('placed_at', 300, 6 * HOUR, 44)} as cancelled_at
      from dated),
    ended as (
      select told.*, case when kind = 'cancelled' and not ${early('cancelled_at')} then 'kept' else kind end as "end"
      from told),
    summed as (
      select ${['n, sum(price * quantity)::bigint as total', ...more].join(',\n        ')}
      from past_lines group by n)
    select summed.*, growth.id(placed_at, n, 1) as id, growth.id(held_at, n, 2) as payment_id,
      placed_at, held_at, paid_at, "end" as kind, customer, person, ${wanted.includes('people') ? PEOPLE : ''}
      case when customer is not null then growth.id(${customerAt(past, 'customer')}, customer, 11) end as customer_id,
      case when "end" = 'kept' and ${early('left_at')} then left_at end as left_at,
      case when "end" = 'kept' and ${early('arrived_at')} then arrived_at end as arrived_at,
      case when "end" = 'cancelled' then cancelled_at end as cancelled_at,
      case when "end" = 'kept' and ${early('returned_at')} and growth.chance(n, 45) < 0.02 then returned_at end as returned_at,
      phone, case when growth.chance(n, 46) < 0.02 and phone is not null then 'sms' else 'email' end as channel,
      case when customer is null then substr(md5(n::text), 1, 24) end as guest_token,
      '00-' || md5('trace' || n) || '-' || substr(md5('span' || n), 1, 16) || '-01' as traceparent,
      greatest(1, total / 3) as returned
    from ended join summed using (n) ${person('ended.person')}`);
}

/** Since a time before which an event cannot have been, as an expression for a partial window. */
export const before = (past: Past, ms: number) => at(past.until - ms);
