/**
 * Makes a shop old in minutes: past orders, products and customers in the databases of all rooms, as the shop itself would
 * have left them, so that its audit finds nothing. Into a shop without orders; it may be running, and rests meanwhile.
 */
import { join } from 'node:path';
import pg from 'pg';
import { SERVICES, type ServiceName } from '../../src/contracts/registry.ts';
import { startPostgres } from '../../src/embedded/postgres.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createDatabases, openDatabase } from '../../src/platform/database.ts';
import { silentLog } from '../../src/platform/log.ts';
import { migrate } from '../../src/platform/migrations.ts';
import { createPasswords } from '../../src/services/customers/passwords.ts';
import type { Furnished } from '../shop.ts';
import { INSERT_PRODUCTS, INSERT_WORDS, shopWords } from './catalog.ts';
import { INSERT_BELONGINGS, INSERT_CUSTOMERS } from './customers.ts';
import { INSERT_ALLOCATIONS, INSERT_MOVEMENTS, levels, reservations } from './inventory.ts';
import {
  INSERT_ACCOUNTS,
  INSERT_CONTACTS,
  INSERT_NOTIFICATIONS,
  INSERT_SMS,
  INSERT_SUPPRESSIONS,
  MAIL_PRODUCTS,
} from './notifications.ts';
import {
  countStatistics,
  FINISH_ORDERS,
  INSERT_HISTORY,
  INSERT_ORDERS,
  INSERT_TERMS,
  ORDER_PRODUCTS,
} from './orders.ts';
import { BATCH, makeOrders, PASSWORD, type Past, prepare, type Wanted } from './past.ts';
import { INSERT_CHARGES, INSERT_EVENTS, INSERT_GIVEN_BACK, INSERT_PAYMENTS, INSERT_REFUNDS } from './payments.ts';

export interface GrowOptions {
  /** The database of a room. */
  url: (room: ServiceName) => string;
  past: Past;
  onProgress: (done: number, what: string) => void;
}

type Client = pg.Client;

/** What is done in one room by one connection. */
interface Task {
  room: ServiceName;
  /** Its part of all the work: seconds of a full-grown shop, as measured. */
  weight: number;
  work: (client: Client, onProgress: (done: number) => void) => Promise<void>;
}

/** Where each room's migrations are. */
const MIGRATIONS = (room: ServiceName) => new URL(`../../src/services/${room}/migrations/`, import.meta.url);
const PLATFORM_MIGRATIONS = new URL('../../src/platform/migrations/', import.meta.url);
/** Most of what grows at once fits in: with what a small shop has, every other page would be read and written again. */
const MEMORY = '2GB';

/**
 * Grows a shop that was never started, in its data folder, with a PostgreSQL that has more memory than the shop's own and
 * forces nothing to disk before the end.
 */
export async function growFolder(
  { dataDir, port, atEnd }: Furnished,
  options: Omit<GrowOptions, 'url'>,
): Promise<void> {
  const dir = join(dataDir, 'postgres');
  const postgres = await startPostgres({ dir, port, throwaway: true, sharedBuffers: MEMORY });
  atEnd(postgres.stop);
  try {
    const url = (room: ServiceName) => postgres.url(`tradewind_${room}`);
    await createDatabases(
      postgres.url('postgres'),
      SERVICES.map((room) => `tradewind_${room}`),
    );
    for (const room of SERVICES) {
      const db = openDatabase({ service: room, url: url(room), clock: systemClock, log: silentLog, poolSize: 1 });
      await migrate(db, [PLATFORM_MIGRATIONS, MIGRATIONS(room)]);
      await db.close();
    }
    await grow({ url, ...options });
    // All of it is written now, and not when the server has seconds to end.
    await connected(postgres.url('postgres'), (client) => client.query('checkpoint'));
  } finally {
    await postgres.stop();
  }
}

/** As many as there are cores that PostgreSQL may expect. */
const LANES = 2;

/** Nothing is lost if the machine stops: it is begun anew. The rest lets few, large sorts and index writes happen. */
const SESSION = `
  set synchronous_commit = off; set timezone = 'UTC'; set jit = off; set work_mem = '128MB'; set maintenance_work_mem = '512MB';
  set gin_pending_list_limit = '64MB'; set temp_buffers = '256MB'`;

export async function grow({ url, past, onProgress }: GrowOptions): Promise<void> {
  await refuseOrders(url('orders'));
  const tasks = await tasksOf(past, url);
  const total = tasks.reduce((sum, { weight }) => sum + weight, 0);
  const done = new Map<Task, number>();
  const left = [...tasks];

  async function lane(): Promise<void> {
    for (let task = left.shift(); task; task = left.shift()) {
      const { room, weight, work } = task;
      const tell = (part: number) => {
        done.set(task as Task, part * weight);
        onProgress([...done.values()].reduce((sum, one) => sum + one, 0) / total, room);
      };
      await connected(url(room), (client) => unvacuumed(client, () => work(client, tell)));
      tell(1);
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function connected<T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  // When the server ends under it, its statement says so.
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(SESSION);
    return await work(client);
  } finally {
    await client.end();
  }
}

async function refuseOrders(orders: string): Promise<void> {
  const { rows } = await connected(orders, (client) => client.query('select 1 from orders limit 1'));
  if (rows.length > 0) throw new Error('this shop has orders already: only one without grows');
}

/** The longest first. */
async function tasksOf(past: Past, url: GrowOptions['url']): Promise<Task[]> {
  const hash = await createPasswords().hash(PASSWORD);
  const ofOrders = (
    room: ServiceName,
    weight: number,
    wanted: readonly Wanted[],
    statements: readonly string[],
    also: Also = {},
  ): Task => ({
    room,
    weight,
    async work(client, onProgress) {
      await prepare(client, past);
      for (const statement of also.before ?? []) await client.query(statement);
      for (const batch of batches(past.orders)) {
        await makeOrders(client, past, batch, wanted);
        for (const statement of statements) await client.query(statement);
        onProgress((batch[1] / past.orders) * 0.9);
      }
      for (const statement of also.after ?? []) await client.query(statement);
      await also.last?.((done) => onProgress(0.9 + done * 0.1));
      await finish(client);
    },
  });
  const ofCustomers = batches(past.customers);
  return [
    ofOrders('notifications', 120, ['people', 'mail'], [INSERT_CONTACTS, INSERT_NOTIFICATIONS], {
      before: [MAIL_PRODUCTS, ...ofCustomers.map(([from, to]) => INSERT_ACCOUNTS(past, from, to))],
      after: [INSERT_SUPPRESSIONS(past), INSERT_SMS(past)],
    }),
    ofOrders('orders', 120, ['people', 'items'], [INSERT_ORDERS, INSERT_TERMS, INSERT_HISTORY], {
      before: [ORDER_PRODUCTS],
      after: [FINISH_ORDERS(past)],
      last: (onProgress) => countStatistics(url('orders'), past.until - 60_000, onProgress),
    }),
    ofOrders('inventory', 70, ['lines'], [INSERT_ALLOCATIONS, INSERT_MOVEMENTS], {
      before: reservations(past),
      after: levels(past),
    }),
    ofOrders(
      'payments',
      40,
      [],
      [INSERT_PAYMENTS, INSERT_REFUNDS, INSERT_CHARGES, INSERT_GIVEN_BACK, INSERT_EVENTS(past)],
    ),
    {
      room: 'customers',
      weight: 40,
      async work(client, onProgress) {
        await prepare(client, past);
        for (const [from, to] of ofCustomers) {
          await client.query(INSERT_CUSTOMERS(past, hash, from, to));
          onProgress((to / past.customers) * 0.8);
        }
        for (const statement of INSERT_BELONGINGS(past)) await client.query(statement);
        await finish(client);
      },
    },
    {
      room: 'catalog',
      weight: 10,
      async work(client) {
        await prepare(client, past);
        for (const statement of INSERT_PRODUCTS(past)) await client.query(statement);
        await client.query(INSERT_WORDS, shopWords());
        await finish(client);
      },
    },
  ];
}

interface Also {
  before?: readonly string[];
  after?: readonly string[];
  last?: (onProgress: (done: number) => void) => Promise<void>;
}

/** First and last numbers of batches of a whole. */
function batches(count: number): [number, number][] {
  return Array.from({ length: Math.ceil(count / BATCH) }, (_, i) => [i * BATCH + 1, Math.min(count, (i + 1) * BATCH)]);
}

const TABLES = `select relname as name from pg_stat_user_tables where schemaname = 'public'`;

/** Autovacuum would go over growing tables again and again. At the end everything is vacuumed: it has nothing to come for. */
async function unvacuumed(client: Client, work: () => Promise<void>): Promise<void> {
  const { rows } = await client.query<{ name: string }>(TABLES);
  const forAll = (change: string) => client.query(rows.map(({ name }) => `alter table "${name}" ${change}`).join(';'));
  await forAll('set (autovacuum_enabled = false)');
  try {
    await work();
  } finally {
    await forAll('reset (autovacuum_enabled)');
  }
}

async function finish(client: Client): Promise<void> {
  await client.query('drop schema growth cascade');
  await client.query('vacuum (analyze)');
}
