/**
 * The limit: the rows that orders have left in the books of a shop, written again into empty tables of the same make, in
 * batches, straight into PostgreSQL: no HTTP, no messages, no rules, no validation. A shop that keeps the same books on the
 * same machine cannot be faster.
 */
import pg from 'pg';

const BATCH = 256;
/** A table with fewer rows than this share of the orders is not written for each of them. */
const PER_ORDER = 0.5;
/** What has passed through, and is no book. */
const MESSAGING = ['outbox', 'inbox', 'inbox_done', 'dead_letters'];

interface Table {
  name: string;
  rows: number;
  columns: { name: string; type: string; values: unknown[] }[];
}

export interface Limit {
  orders: number;
  /** Orders a second. */
  rate: number;
  /** Rows an order, by table. */
  rows: Record<string, number>;
}

/** `urls`: the databases of a shop that rests, the one with its orders first. Nothing of the measurement stays. */
export async function measureLimit(urls: readonly string[]): Promise<Limit> {
  const clients = await Promise.all(urls.map(connect));
  try {
    const counted = await clients[0]?.query<{ orders: number }>('select count(*)::int as orders from orders');
    const orders = counted?.rows[0]?.orders ?? 0;
    const books = await Promise.all(clients.map((client) => copyTables(client, orders)));
    const started = performance.now();
    await Promise.all(clients.map((client, i) => writeAll(client, books[i] as Table[], orders)));
    const seconds = (performance.now() - started) / 1000;
    const rows = books.flat().map((table) => [table.name, Math.round((table.rows / orders) * 10) / 10]);
    return { orders, rate: orders / seconds, rows: Object.fromEntries(rows) };
  } finally {
    await Promise.all(clients.map((client) => client.query('drop schema if exists bench cascade')));
    await Promise.all(clients.map((client) => client.end()));
  }
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, pipeline: true } as pg.ClientConfig);
  await client.connect();
  return client;
}

const TABLES = `
  select table_name as name from information_schema.tables
  where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> all ($1)`;
const COLUMNS = `
  select column_name as name, format_type(atttypid, atttypmod) as type
  from information_schema.columns
    join pg_attribute on attrelid = ('public.' || quote_ident(table_name))::regclass and attname = column_name
  where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER' order by ordinal_position`;

/** Reads what has a row for each order, and makes an empty table like it, with its indexes and checks. */
async function copyTables(client: pg.Client, orders: number): Promise<Table[]> {
  await client.query('drop schema if exists bench cascade; create schema bench');
  const tables: Table[] = [];
  for (const { name } of (await client.query<{ name: string }>(TABLES, [MESSAGING])).rows) {
    const columns = (await client.query<{ name: string; type: string }>(COLUMNS, [name])).rows;
    // As texts, as they would come from outside.
    const list = columns.map((column) => `"${column.name}"::text`).join(', ');
    const { rows } = await client.query({ text: `select ${list} from "${name}"`, rowMode: 'array' });
    if (rows.length < orders * PER_ORDER) continue;
    await client.query(`create table bench."${name}" (like public."${name}" including all)`);
    const given = columns.map((column, i) => ({ ...column, values: rows.map((row) => row[i]) }));
    tables.push({ name, rows: rows.length, columns: given });
  }
  return tables;
}

/** Each batch has its share of each table, in one transaction. */
async function writeAll(client: pg.Client, tables: readonly Table[], orders: number): Promise<void> {
  const batches = Math.ceil(orders / BATCH);
  for (let batch = 0; batch < batches; batch += 1) {
    const writes = tables.map(({ name, rows, columns }) => {
      const [from, to] = [Math.floor((rows * batch) / batches), Math.floor((rows * (batch + 1)) / batches)];
      const list = columns.map((column) => `"${column.name}"`).join(', ');
      const read = columns.map(({ type }, i) => `c${i}::${type}`).join(', ');
      const arrays = columns.map((_, i) => `$${i + 1}::text[]`).join(', ');
      const names = columns.map((_, i) => `c${i}`).join(', ');
      return client.query({
        name,
        text: `insert into bench."${name}" (${list}) select ${read} from unnest(${arrays}) as given (${names})`,
        values: columns.map(({ values }) => values.slice(from, to)),
      });
    });
    await Promise.all([client.query('begin'), ...writes, client.query('commit')]);
  }
}
