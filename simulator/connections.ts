/**
 * Connections to a real PostgreSQL whose every turn is a step of the world: what one turn of the event loop sends on a
 * connection is one step. So transactions of several processes interleave statement by statement, as chosen. A statement
 * that has to wait for a lock is put aside, and the others go on; a deadlock is told to whoever closed the circle.
 * A process that dies takes its transactions with it.
 */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Statement } from '../src/platform/database.ts';
import { types } from '../src/platform/database.ts';
import type { Answer, Life, World } from './world.ts';

type Result = pg.QueryResult;
type Query = pg.QueryConfig & { values?: unknown[] };

interface Asked {
  query: Query;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/** Changes a statement on its way, or acts in its place: how tests break the shop to see that it shows. */
export type Tamper = (query: Query, send: (query: Query) => Promise<Result>) => Promise<Result> | undefined;

export interface Connections {
  /** What `openDatabase` calls instead of making a pool. */
  connect(owner: Life): (config: pg.PoolConfig) => pg.Pool;
  /** Undoes what a dead process left open. */
  drop(owner: Life): Promise<void>;
  /** After every step: whatever waited for a lock and has it now goes on. True when something did. */
  release(): Promise<boolean>;
  /** How many wait for a lock. */
  readonly waiting: number;
  /** When nothing else can go on: the longest wait for a lock is told that it took too long. False: nobody waits. */
  timeOut(): Promise<boolean>;
  /** Of a database to which a statement went since this was last asked. */
  changed(url: string): boolean;
  /** Straight, beside the world: for looking. */
  look<Row>(url: string, statement: Statement | string, values?: unknown[]): Promise<Row[]>;
  /** While true, statements are not steps: a process that starts. */
  direct: boolean;
  close(): Promise<void>;
}

/** No time of this machine may decide anything. */
const PATIENT =
  '-c lock_timeout=0 -c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c deadlock_timeout=1h';
/** Codes of PostgreSQL. */
const LOCK_TIMEOUT = '55P03';
const DEADLOCK = '40P01';
/** Connections to one database: of all processes, and those of the dead that are being closed. */
const MOST = 60;
const LOOK_AFTER_MS = 2;
const LOST_RARITY = 0.001;

interface Session {
  owner: Life;
  real: pg.PoolClient | undefined;
  pool: pg.Pool;
  url: string;
  /** In flight, or waiting for a lock. */
  pending: Promise<unknown> | undefined;
  asked: Asked[];
  lost: boolean;
  /** Else each of its statements is one. */
  transaction: boolean;
  /** As which error a cancelled wait is told. */
  verdict: string | undefined;
}

interface Waiting {
  session: Session;
  done: boolean;
  finish: () => Promise<void>;
}

/** Of all runs of this thread: a connection that knows its statements is worth ten new ones. */
const pools = new Map<string, pg.Pool>();

export function createConnections(world: World, tamper?: Tamper): Connections {
  const sessions = new Set<Session>();
  let waiting: Waiting[] = [];
  /** A transaction has ended since the waiting were last looked at: some may have their lock now. */
  let locksChanged = false;
  const closing = new Set<Promise<void>>();
  const changed = new Set<string>();
  const self = { direct: false };

  /** Of the processes, and of whoever looks: those have nothing to set, and never wait. */
  function realPool(url: string, config?: pg.PoolConfig): pg.Pool {
    const name = `${config ? 'acting' : 'looking'} ${url}`;
    let pool = pools.get(name);
    if (!pool) {
      const options = `${config?.options ?? ''} ${PATIENT}`;
      // No clock but the world's ends a statement.
      const given = {
        types,
        ...config,
        connectionString: url,
        max: MOST,
        options,
        query_timeout: 0,
        allowExitOnIdle: true,
      };
      pool = new pg.Pool(given as pg.PoolConfig);
      pool.on('error', () => {});
      pool.on('connect', (client) => client.on('error', () => {}));
      pools.set(name, pool);
    }
    return pool;
  }

  async function look<Row>(url: string, statement: Statement | string, values: unknown[] = []): Promise<Row[]> {
    const query = typeof statement === 'string' ? { text: statement } : statement;
    return (await realPool(url).query({ ...query, values })).rows as Row[];
  }

  function openSession(owner: Life, pool: pg.Pool, url: string, transaction: boolean): Session {
    const session: Session = {
      owner,
      pool,
      url,
      transaction,
      real: undefined,
      pending: undefined,
      asked: [],
      lost: false,
      verdict: undefined,
    };
    sessions.add(session);
    return session;
  }

  async function closeSession(session: Session, broken: boolean): Promise<void> {
    sessions.delete(session);
    const { real } = session;
    session.real = undefined;
    if (!real) return;
    if (broken) {
      await real.query('rollback').catch(() => {});
      locksChanged = true;
    }
    real.release();
  }

  function ask(session: Session, query: Query): Promise<Result> {
    if (!session.owner.alive) return new Promise(() => {});
    if (session.lost) return Promise.reject(connectionLost());
    return new Promise((resolve, reject) => {
      session.asked.push({ query, resolve, reject });
      if (session.asked.length > 1) return;
      if (self.direct) setImmediate(() => void execute(session).then((answer) => answer?.()));
      else world.after(0, { owner: session.owner, what: 'sql', take: () => execute(session) });
    });
  }

  async function execute(session: Session): Promise<Answer> {
    const asked = session.asked.splice(0);
    if (!self.direct) world.note(`  ${asked.map(({ query }) => firstWords(query.text)).join(' · ')}`);
    const lost = self.direct ? -1 : world.fault(LOST_RARITY, 'connection lost before', 'connection lost after');
    if (lost === 0) return loseConnection(session, asked);
    session.real ??= await session.pool.connect();
    const { real } = session;
    const send = (query: Query) => real.query(query) as Promise<Result>;
    const sent = asked.map(({ query }) =>
      (tamper?.(query, send) ?? send(query)).then(
        (value): Outcome => ({ value }),
        (error): Outcome => ({
          error: session.verdict && error.code === '57014' ? Object.assign(error, { code: session.verdict }) : error,
        }),
      ),
    );
    const results = Promise.all(sent);
    session.pending = results;
    const finish = async (): Promise<Answer> => {
      const outcomes = await results;
      session.pending = undefined;
      changed.add(session.url);
      if (!session.transaction || asked.some(({ query }) => /^(commit|rollback)/.test(query.text))) locksChanged = true;
      if (!self.direct)
        world.note(`  = ${outcomes.map(({ error, value }) => error?.code ?? value?.rowCount).join(' · ')}`);
      if (lost === 1) return loseConnection(session, asked);
      return () => {
        for (const [i, { resolve, reject }] of asked.entries()) {
          const { error, value } = outcomes[i] as Outcome;
          if (error) reject(error);
          else resolve(inOrder(value as Result, (asked[i] as Asked).query.text));
        }
      };
    };
    if (await isDone(results, session)) return finish();
    world.note('  … waits for a lock');
    await giveUp(session);
    const one: Waiting = { session, done: false, finish: async () => (await finish())?.() };
    results.then(() => {
      one.done = true;
    });
    waiting.push(one);
    return undefined;
  }

  async function loseConnection(session: Session, asked: Asked[]): Promise<Answer> {
    session.lost = true;
    await closeSession(session, true);
    return () => {
      for (const { reject } of asked) reject(connectionLost());
    };
  }

  /** True when it has answered; false when it waits for a lock of another session. */
  async function isDone(results: Promise<unknown>, session: Session): Promise<boolean> {
    let done = false;
    results.then(() => {
      done = true;
    });
    for (;;) {
      await Promise.race([results, sleep(LOOK_AFTER_MS)]);
      if (done) return true;
      if ((await blockers(session)).length > 0) return false;
    }
  }

  async function blockers({ real, url }: Session): Promise<number[]> {
    const pid = (real as unknown as { processID: number }).processID;
    const [row] = await look<{ by: number[] }>(url, 'select pg_blocking_pids($1) as by', [pid]);
    return row?.by ?? [];
  }

  const pidOf = ({ real }: Session) => (real as unknown as { processID: number } | undefined)?.processID;

  /**
   * Ends a wait as PostgreSQL would sooner or later. In a circle it would choose a victim by its own clock: here it is
   * whoever came last. Of two that wait for the same transaction either may go on first: here the second is told that it
   * has waited too long.
   */
  async function giveUp(session: Session): Promise<void> {
    const by = await blockers(session);
    const rivals = waiting.filter((one) => one.session !== session);
    const others = await Promise.all(rivals.map((one) => blockers(one.session)));
    if (others.some((other) => other.some((pid) => by.includes(pid)))) await cancel(session, LOCK_TIMEOUT);
    else if (await closesCircle(session, by)) await cancel(session, DEADLOCK);
  }

  async function cancel(session: Session, verdict: string): Promise<void> {
    world.note(`  … ${verdict}`);
    session.verdict = verdict;
    await look(session.url, 'select pg_cancel_backend($1)', [pidOf(session)]);
    await session.pending;
  }

  async function closesCircle(session: Session, by: readonly number[]): Promise<boolean> {
    const seen = new Set<number>();
    const open = [...by];
    for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
      if (pid === pidOf(session)) return true;
      if (seen.has(pid)) continue;
      seen.add(pid);
      const other = [...sessions].find((one) => pidOf(one) === pid);
      if (other?.pending) open.push(...(await blockers(other)));
    }
    return false;
  }

  async function release(): Promise<boolean> {
    let released = false;
    await Promise.all(closing);
    if (!locksChanged) return released;
    locksChanged = false;
    // Whoever has the lock it waited for may go on to wait for the next: all come to a stand before any is looked at.
    for (const { session } of waiting) await isDone(session.pending as Promise<unknown>, session);
    for (const { session, done } of waiting) if (!done) await giveUp(session);
    for (const one of [...waiting]) {
      if (!one.done && (await blockers(one.session)).length > 0) continue;
      await one.session.pending;
      waiting = waiting.filter((other) => other !== one);
      if (one.session.owner.alive) await one.finish();
      released = true;
    }
    return released;
  }

  Object.defineProperty(self, 'waiting', { get: () => waiting.length });
  return Object.assign(self as { direct: boolean; readonly waiting: number }, {
    look,
    release,
    changed: (url: string) => changed.delete(url),
    async timeOut() {
      const [longest] = waiting;
      if (!longest) return false;
      await cancel(longest.session, LOCK_TIMEOUT);
      locksChanged = true;
      return release();
    },
    connect: (owner: Life) => (config: pg.PoolConfig) => {
      const url = config.connectionString as string;
      const real = realPool(url, config);
      return fakePool({
        max: config.max ?? 8,
        open: (transaction) => openSession(owner, real, url, transaction),
        ask,
        close(session, broken) {
          const closed = closeSession(session, broken).finally(() => closing.delete(closed));
          closing.add(closed);
        },
      });
    },
    async drop(owner: Life) {
      const own = [...sessions].filter((session) => session.owner === owner);
      waiting = waiting.filter(({ session }) => session.owner !== owner);
      for (const session of own) {
        session.asked = [];
        if (session.pending && session.real) {
          await look(session.url, 'select pg_cancel_backend($1)', [pidOf(session)]);
          await session.pending;
        }
        await closeSession(session, true);
      }
    },
    async close() {
      // A run that is broken off leaves them open.
      for (const { real } of sessions) real?.release(true);
      sessions.clear();
    },
  });
}

const connectionLost = () => Object.assign(new Error('Connection terminated'), { code: 'ECONNRESET' });

interface Outcome {
  value?: Result;
  error?: { code?: string };
}

interface Sessions {
  /** Most at a time, as in any pool; whoever comes then waits. */
  max: number;
  open(transaction: boolean): Session;
  ask(session: Session, query: Query): Promise<Result>;
  close(session: Session, broken: boolean): void;
}

/** What of a pool the platform uses. */
function fakePool({ max, open, ask, close }: Sessions): pg.Pool {
  const queue: (() => void)[] = [];
  let taken = 0;

  async function take(transaction: boolean): Promise<Session> {
    if (taken >= max) await new Promise<void>((resolve) => queue.push(resolve));
    else taken += 1;
    return open(transaction);
  }

  function giveBack(session: Session, broken: boolean): void {
    close(session, broken);
    const next = queue.shift();
    if (next) next();
    else taken -= 1;
  }

  const asQuery = (query: string | Query, values?: unknown[]): Query =>
    typeof query === 'string' ? { text: query, ...(values && { values }) } : query;
  const pool = {
    async connect() {
      const session = await take(true);
      return {
        query: (query: string | Query, values?: unknown[]) => ask(session, asQuery(query, values)),
        release: (broken?: boolean) => giveBack(session, broken === true),
        on() {},
        connection: { stream: { cork() {}, uncork() {} } },
        escapeIdentifier: pg.escapeIdentifier,
      };
    },
    async query(query: string | Query, values?: unknown[]) {
      const session = await take(false);
      try {
        return await ask(session, asQuery(query, values));
      } finally {
        giveBack(session, false);
      }
    },
    async end() {},
  };
  return Object.assign(new EventEmitter(), pool) as unknown as pg.Pool;
}

/** Rows that were asked for in no order come in the same one every time. */
function inOrder(result: Result, text: string): Result {
  const ordered = result.command === 'SELECT' && /order by/i.test(text);
  if (result.rows?.length > 1 && !ordered) {
    const keyed = result.rows.map((row) => ({ row, key: JSON.stringify(row) }));
    keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
    result.rows = keyed.map(({ row }) => row);
  }
  return result;
}

function firstWords(text: string): string {
  return text.trim().replace(/\s+/g, ' ').slice(0, 48);
}
