/**
 * One PostgreSQL database of one room. A transaction changes the room's truth and its outbox together: messages given
 * to `tx.send` are written by the same commit, or not at all.
 *
 * Connections are pipelined: statements issued without awaiting travel together, and BEGIN rides with the first of
 * them, COMMIT with the last, so that a batch costs few round trips.
 */
import type { Writable } from 'node:stream';
import pg from 'pg';
import { encoded } from './array-literal.ts';
import type { Clock } from './clock.ts';
import type { DataOf, EventContract } from './contract.ts';
import type { Logger } from './log.ts';
import type { Cause, StoredEvent } from './message.ts';
import { storedEvent } from './message.ts';
import { rowsOf } from './rows.ts';
import { tracedStatement } from './tracing.ts';

export interface Statement {
  readonly name?: string;
  readonly text: string;
}

let statements = 0;

/** A prepared statement: parsed and planned once for each connection. */
export function sql(text: string): Statement {
  statements += 1;
  return { name: `s${statements}`, text };
}

/** A statement that differs from call to call (optional filters); never built from a caller's text. */
export function dynamicSql(text: string): Statement {
  return { text };
}

/** A statement whose rows are wanted. */
function asked(statement: Statement, values: readonly unknown[]) {
  return { rowMode: 'array' as const, values: encoded(values), ...statement };
}

/** Rows turned into one array for each column, the parameters of `unnest($1, $2, …)`. */
export function columns<Row>(rows: readonly Row[], ...names: (keyof Row)[]): unknown[][] {
  return names.map((name) => rows.map((row) => row[name]));
}

export interface Tx {
  /** When the transaction began, by the service's clock. */
  readonly now: Date;
  query<Row = unknown>(statement: Statement, values?: unknown[]): Promise<Row[]>;
  /**
   * A statement whose result nobody needs: sent now, awaited with the commit, so that all writes of a batch and the
   * commit itself are one round trip. If it fails, the transaction does.
   */
  write(statement: Statement, values?: unknown[]): void;
  /** Publishes an event if and only if this transaction commits. `cause` carries the trace on. */
  send<E extends EventContract>(event: E, data: DataOf<E>, cause?: Cause): string;
  /** Runs after the commit; never when it fails. For waking workers, not for work. */
  afterCommit(callback: () => void): void;
}

export interface TransactionOptions {
  /** False: a crash of the server may undo it after it was reported done. For what does no harm when done again. */
  durable?: boolean;
}

export interface Database {
  readonly service: string;
  query<Row = unknown>(statement: Statement, values?: unknown[]): Promise<Row[]>;
  transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Called after each commit that wrote to the outbox, with what it wrote. */
  onOutbox(hear: (events: readonly StoredEvent[]) => void): void;
  /** The same database by one connection of its own, to look at everything there is; to be closed by whoever asked. */
  forReports(): Database;
  close(): Promise<void>;
  readonly pool: pg.Pool;
}

const INSERT_OUTBOX: Statement = {
  name: 'outbox-insert',
  text: `insert into outbox (id, type, subject, time, traceparent, data)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::json[])`,
};
const BEGIN = { text: 'begin' };
const BEGIN_LAZY = { text: 'begin; set local synchronous_commit = off' };
const COMMIT = { text: 'commit' };
const ROLLBACK = { text: 'rollback' };
/** A server that does not answer must not make the failure wait. */
const ROLLBACK_MS = 1_000;

const INT8 = 20;
const TIMESTAMPTZ = 1184;
/** How values of PostgreSQL are read. */
export const types = {
  getTypeParser(oid: number, format?: string) {
    if (oid === INT8) return Number;
    if (oid === TIMESTAMPTZ) return isoTime;
    return (pg.types.getTypeParser as (oid: number, format?: string) => unknown)(oid, format);
  },
};

const MILLISECONDS = 'yyyy-mm-dd hh:mm:ss.sss+00'.length;

/** Rows are replies: times leave PostgreSQL (session zone UTC) in the form that goes on the wire, always with milliseconds. */
function isoTime(text: string): string {
  // As nearly all are, without a list of matches for each.
  if (text.length === MILLISECONDS && text[19] === '.' && text.endsWith('+00')) {
    return `${text.slice(0, 10)}T${text.slice(11, 23)}Z`;
  }
  const [, seconds, fraction = ''] = /^(.{19})(?:\.(\d+))?\+00$/.exec(text) ?? [];
  if (!seconds) return text;
  return `${seconds.slice(0, 10)}T${seconds.slice(11)}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
}

/**
 * - A frozen process must not hold its rows for ever: the server ends what is idle inside a transaction.
 * - Queue tables are empty one moment and long the next; a plan cached for the one must not scan the other. Batches are
 *   small and keyed: an index and a nested loop are always right (measured: 439 µs a row by hash join, 9 by index).
 * - What is read is in memory or on flash. Taken for a disk with arms, a page that some hundred keyed reads and a sort would
 *   fill is looked for in an index from end to end instead (measured: the dearest products by name, of 100,000: 147 ms, and
 *   29 when told so).
 * - Other processes that help a page of a list take the cores that checkouts need, and some milliseconds to come.
 */
const SESSION = Object.entries({
  timezone: 'UTC',
  idle_in_transaction_session_timeout: 15_000,
  statement_timeout: 30_000,
  lock_timeout: 10_000,
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  random_page_cost: 1.1,
  max_parallel_workers_per_gather: 0,
  jit: 'off',
})
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ');

/** How connections say that messages are carried by a broker, not by the process. */
export const BROKER = '(broker)';

const REPORT_MS = 600_000;
const REPORTS = `-c timezone=UTC -c jit=off -c statement_timeout=${REPORT_MS}`;

/** Options of a URL would replace ours; they go in front of them instead. */
function withoutOptions(url: string): string {
  const given = new URL(url);
  given.searchParams.delete('options');
  return given.href;
}

export interface DatabaseOptions {
  service: string;
  url: string;
  clock: Clock;
  log: Logger;
  poolSize?: number;
  /** What carries its messages, for whoever looks at the server's connections; '' for nothing of its own. */
  carrier?: string;
  /** For looking at everything there is, not for serving: the planner may do as it likes, and take its time. */
  reports?: boolean;
  /** Hears how many seconds somebody waited who found no free connection. */
  onWait?: (seconds: number) => void;
  /** Opens the connections; the simulator brings connections of its own. */
  connect?: (config: pg.PoolConfig) => pg.Pool;
}

const connectPool = (config: pg.PoolConfig) => new pg.Pool(config);

export function openDatabase(options: DatabaseOptions): Database {
  const {
    service,
    url,
    clock,
    log,
    poolSize = 8,
    carrier = '',
    reports = false,
    onWait,
    connect = connectPool,
  } = options;
  const pool = connect({
    connectionString: withoutOptions(url),
    max: poolSize,
    pipeline: true,
    types,
    application_name: `tradewind-${service}${carrier && ` ${carrier}`}`,
    connectionTimeoutMillis: 5_000,
    // A server that does not answer at all cannot end the statement itself.
    query_timeout: reports ? REPORT_MS : 35_000,
    keepAlive: true,
    options: `${new URL(url).searchParams.get('options') ?? ''} ${reports ? REPORTS : SESSION}`,
  } as pg.PoolConfig);
  pool.on('error', (error) => log.warn({ err: error }, 'database connection lost'));
  // A connection that is lost while in use fails its statements; its own error event must not end the process.
  pool.on('connect', (client) => client.on('error', () => {}));

  if (onWait) timeWaits(pool, onWait);
  let hearOutbox: (events: readonly StoredEvent[]) => void = () => {};

  async function query<Row>(statement: Statement, values: unknown[] = []): Promise<Row[]> {
    const work = () => pool.query(asked(statement, values));
    return rowsOf(statement, await tracedStatement(service, statement, work));
  }

  async function transaction<T>(work: (tx: Tx) => Promise<T>, { durable = true }: TransactionOptions = {}): Promise<T> {
    const client = await pool.connect();
    const now = clock.now();
    const outbox: StoredEvent[] = [];
    const callbacks: (() => void)[] = [];
    const writes: Promise<unknown>[] = [];
    // What failed first; whatever follows it only says that the transaction is aborted.
    let failure: unknown;
    // What aborted the transaction, even if the work took no notice.
    let aborted: unknown;
    const send = corked(client);
    const issue = (query: pg.QueryConfig) => tracedStatement(service, query, () => send(query));
    const write = (statement: Statement, values?: unknown[]) => {
      const written = issue(values ? { values: encoded(values), ...statement } : statement);
      written.catch((error) => {
        failure ??= error;
      });
      writes.push(written);
      return written;
    };
    const tx: Tx = {
      now,
      query: async (statement, values = []) => {
        try {
          return rowsOf(statement, (await issue(asked(statement, values))) as unknown as pg.QueryArrayResult);
        } catch (error) {
          aborted ??= error;
          throw error;
        }
      },
      write,
      send(event, data, cause) {
        const message = storedEvent(service, event, data, now, cause);
        outbox.push(message);
        return message.id;
      },
      afterCommit: (callback) => callbacks.push(callback),
    };
    try {
      write(durable ? BEGIN : BEGIN_LAZY);
      const result = await work(tx);
      if (outbox.length > 0) write(INSERT_OUTBOX, outboxValues(outbox));
      const committed = write(COMMIT);
      await Promise.all(writes);
      // After a failed statement the server answers COMMIT with a rollback, and no error.
      if ((await committed).command !== 'COMMIT') throw aborted ?? new Error('the transaction was rolled back');
      client.release();
      if (outbox.length > 0) hearOutbox(outbox);
      for (const callback of callbacks) callback();
      return result;
    } catch (error) {
      // Its locks must be gone before anyone tries again: skip locked would pass over the rows of this very attempt.
      await atMost(ROLLBACK_MS, issue(ROLLBACK));
      // A pipelined connection with a failed transaction is in no known state; failures are rare, so drop it.
      client.release(true);
      throw failure ?? error;
    }
  }

  return {
    service,
    pool,
    query,
    transaction,
    onOutbox: (hear) => {
      hearOutbox = hear;
    },
    forReports: () => openDatabase({ ...options, reports: true, poolSize: 1 }),
    close: () => pool.end(),
  };
}

type Lent = (error: Error | undefined, client: pg.PoolClient | undefined, done: (release?: unknown) => void) => void;

/** A pool's `query` goes through its `connect` too. Whoever finds a free connection costs nothing. */
function timeWaits(pool: pg.Pool, onWait: (seconds: number) => void): void {
  const connect = pool.connect.bind(pool) as (lent: Lent) => void;
  const timed = (lent: Lent): void => {
    const asked = performance.now();
    const free = pool.idleCount > pool.waitingCount;
    connect((...given) => {
      if (!free) onWait((performance.now() - asked) / 1000);
      lent(...given);
    });
  };
  pool.connect = ((lent?: Lent) => {
    if (lent) return timed(lent);
    return new Promise((resolve, reject) => {
      timed((error, client) => (client ? resolve(client) : reject(error)));
    });
  }) as typeof pool.connect;
}

/** Statements issued in one turn of the event loop leave in one system call: they are most of a small batch's cost. */
function corked(client: pg.PoolClient): (query: pg.QueryConfig) => Promise<pg.QueryResult> {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  let holding = false;
  return (query) => {
    if (!holding) {
      holding = true;
      stream.cork();
      process.nextTick(() => {
        holding = false;
        stream.uncork();
      });
    }
    return client.query(query);
  };
}

/** Waits for the end of some work, however it ends, but not for ever. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => {}), limit]);
  clearTimeout(timer);
}

function outboxValues(events: readonly StoredEvent[]): unknown[][] {
  return columns(events, 'id', 'type', 'subject', 'time', 'traceparent', 'data');
}

/**
 * The database is away or turning us away: the fault of no message, worth waiting for. Most of Node's ERR_… are bugs, and
 * no waiting mends them.
 */
export function isUnavailable(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return (
    /^(E(?!RR_)[A-Z_]+$|ERR_(SOCKET|STREAM|SSL|TLS)_|08|57P0|53)/.test(code) ||
    /Connection terminated|Query read timeout|connection timeout|not queryable|timeout exceeded when trying to connect/i.test(
      message,
    )
  );
}

/** Two transactions got in each other's way, and this one was undone. */
export function isCollision(error: unknown): boolean {
  return ['40001', '40P01', '55P03'].includes((error as { code?: string }).code ?? '');
}

/** The same, a unique key taken meanwhile included: try the same work again. */
export function isContention(error: unknown): boolean {
  return isCollision(error) || (error as { code?: string }).code === '23505';
}

/** Creates the databases that do not exist yet on the server of `url`; several processes may do so at once. */
export async function createDatabases(url: string, names: readonly string[]): Promise<void> {
  const server = new URL(url);
  server.pathname = '/postgres';
  const client = new pg.Client({ connectionString: server.href, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    const { rows } = await client.query('select datname from pg_database where datname = any($1)', [names]);
    const existing = new Set(rows.map(({ datname }) => datname));
    for (const name of new Set(names)) {
      if (existing.has(name)) continue;
      await client.query(`create database ${client.escapeIdentifier(name)}`).catch((error) => {
        if (!['42P04', '23505'].includes(error.code)) throw error;
      });
    }
  } finally {
    await client.end();
  }
}
