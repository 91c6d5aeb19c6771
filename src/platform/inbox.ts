/**
 * What a room does with messages that come. The unit of work is a batch in one transaction: take, load, decide, save,
 * outbox, done. The id of a handled message is inserted into inbox_done by that same transaction, so a message takes effect
 * once however often it comes.
 *
 * What comes is handled at once, and acknowledged when that is committed. What cannot be handled at once is written to the
 * inbox, then acknowledged; a worker handles it from there, first as a batch, and if that fails one at a time: one poison
 * message never holds back the rest. Retries, delays and dead letters are rows, the same whatever broker carried the
 * message. So is what was delivered before: perhaps a process died over it.
 *
 * A message that ends the process leaves no failed attempt behind: how it is found all the same is told in marks.ts.
 *
 * Measured when designed: 31–43k messages/s in batches of 256 against 3.4–4.7k with a transaction each.
 */
import { createArrivals, type InHand } from './arrivals.ts';
import type { Clock } from './clock.ts';
import { newId } from './clock.ts';
import type { EventContract } from './contract.ts';
import type { Database, Tx } from './database.ts';
import { columns, isContention, isUnavailable, sql } from './database.ts';
import type { Attempt } from './dead-letters.ts';
import { bury, storable, UNDECODABLE } from './dead-letters.ts';
import { type Handler, tell } from './handler.ts';
import type { Logger } from './log.ts';
import type { Lease } from './marks.ts';
import { DIED, isCause, markBatch, takeOver } from './marks.ts';
import { keepTries } from './mended.ts';
import type { Message, StoredEvent } from './message.ts';
import { flawOf, keepable } from './message.ts';
import { type Rehearsal, rehearse } from './rehearsal.ts';
import { backoff } from './retry.ts';
import { type Handling, inside, tracedHandling } from './tracing.ts';
import { createWorker, QUIET_POLL_MS, type Worker } from './worker.ts';

const BATCH = 256;
const MAX_ATTEMPTS = 12;
const RETRY = { baseMs: 100, capMs: 60_000 };
/** After a start, what is stored is marked for so long: a message that ended the process before comes again, and must be found out. */
const CAREFUL_MS = 10_000;
/** How often a living process looks for what a dead one has left marked. */
const LOOK_MS = 5_000;
const MAX_ERROR = 2_000;

const STORE = sql(`
  insert into inbox (id, type, source, subject, time, traceparent, data)
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::json[])
  on conflict do nothing`);

// Rows are found by ctid: the subquery has locked them, so they cannot move, and no join plan can go wrong.
const claim = (which: string) => `
  with claimed as (
    delete from inbox where ctid = any (array(select ctid from inbox where ${which}))
    returning id, type, source, subject, time, traceparent, data::text as data, attempts, errors
  ), fresh as (
    insert into inbox_done (id) select id from claimed on conflict do nothing returning id
  )
  select claimed.*, fresh.id is not null as fresh from claimed left join fresh using (id) order by claimed.id`;
// Known to be handled by the transaction that handles them: of two that bring the same one, the second waits for the first.
const TAKE = sql('insert into inbox_done (id) select unnest($1::uuid[]) on conflict do nothing returning id');
const ANY_WAITING = sql('select from inbox where id = any($1::uuid[]) limit 1');
const CLAIM_BATCH = sql(claim('available_at <= $1 and marks = 0 order by id limit $2 for update skip locked'));
const CLAIM_ONE = sql(claim('id = $1 and available_at <= $2 and marks = 0 for update skip locked'));
// A lease says whose they are. Nobody else holds them for long: whoever just looked at one is waited for.
const CLAIM_LEASED = sql(claim('id = any($1::uuid[]) and marks = $2 and available_at = $3 order by id for update'));

const COUNT_DONE = sql('select count(*) from inbox_done where id = any($1::uuid[])');
const POSTPONE = sql(`
  update inbox set attempts = attempts + 1, available_at = $2, last_error = $3, marks = 0,
    errors = coalesce(errors, '[]') || $4::jsonb where id = $1`);

type Claimed = StoredEvent & { attempts: number; errors: Attempt[] | null; fresh: boolean };
type Dead = { row: Claimed; cause: string };
/** Takes rows out of the inbox, in the transaction that handles them. */
type Claim = (tx: Tx) => Promise<Claimed[]>;

export interface Inbox {
  readonly worker: Worker;
  /** Event names this room listens to. */
  readonly types: readonly string[];
  /** Handles or stores them: when this ends, they may be acknowledged. `again`: they were delivered before. */
  deliver(events: readonly StoredEvent[], again?: boolean): Promise<void>;
  /** What was delivered, and is neither handled nor stored yet. */
  inHand(): InHand;
  /** Stores them, to be handled by the worker. */
  store(events: readonly StoredEvent[]): Promise<void>;
  /** Whether all of these messages have taken effect here. */
  handled(ids: readonly string[]): Promise<boolean>;
  /** Keeps a body that is no message; of one that is larger than anything of ours, its beginning. */
  park(body: string, cause: string): Promise<void>;
  /** What this room listens to, by name. */
  readonly contracts: ReadonlyMap<string, EventContract>;
  /** What handling events would do; nothing of it stays. Undefined while another is rehearsed: it holds locks. */
  rehearse(events: readonly StoredEvent[]): Promise<Rehearsal | undefined>;
  /** Something was put into the inbox by other hands. */
  look(): void;
}

const secondsSince = (started: number) => (performance.now() - started) / 1000;
const byId = (a: StoredEvent, b: StoredEvent) => (a.id < b.id ? -1 : 1);

/** Hears what becomes of messages. */
export interface InboxMeter {
  /** A batch was handled and committed, so long after it was begun; the oldest comes first. */
  batch(handled: readonly Pick<StoredEvent, 'type' | 'time'>[], seconds: number): void;
  /** A handler, named after the first event it hears of, took so long for its messages of a batch. */
  handler(firstEvent: string, seconds: number): void;
  other(type: string, outcome: 'duplicate' | 'failed' | 'dead'): void;
}

export interface InboxOptions {
  db: Database;
  handlers: readonly Handler[];
  clock: Clock;
  log: Logger;
  meter: InboxMeter;
}

export function createInbox({ db, handlers, clock, log, meter }: InboxOptions): Inbox {
  const contracts = new Map(handlers.flatMap((handler) => handler.events.map((event) => [event.name, event] as const)));
  /** A number is kept for each name that is counted: those of strangers are one. */
  const count = (type: string, outcome: Parameters<InboxMeter['other']>[1]) =>
    meter.other(contracts.has(type) || type === UNDECODABLE ? type : 'unknown', outcome);
  /** What this process has marked and not yet survived. */
  const marked = new Map<string, Lease>();
  /** Until all that was waiting when it started has been handled, and what came soon after. */
  let starting = true;
  let startedAt = clock.now().getTime();
  let lookedAt = 0;
  let rehearsing = false;

  /** Handles claimed rows within their transaction. Rows that break their contract are buried, never retried. */
  async function handle(rows: Claimed[], tx: Tx, traced: Handling): Promise<void> {
    const started = performance.now();
    loop.found();
    const messages: Message[] = [];
    const whole: Claimed[] = [];
    const broken: Dead[] = [];
    for (const row of rows) {
      if (!row.fresh) count(row.type, 'duplicate');
      else {
        const decoded = decode(row);
        if ('cause' in decoded) broken.push({ row, cause: decoded.cause });
        else {
          messages.push(traced.begin(decoded.message));
          whole.push(row);
        }
      }
    }
    if (broken.length > 0) await lay(tx, broken);
    await inside(traced.first, () => tell(handlers, messages, tx, meter.handler));
    keepTries(tx, whole);
    if (whole.length > 0) tx.afterCommit(() => meter.batch(whole, secondsSince(started)));
  }

  function decode(row: StoredEvent): { message: Message } | { cause: string } {
    const data = JSON.parse(row.data);
    const flaw = flawOf(contracts, row.type, data);
    return flaw ?? { message: { ...row, data } as Message };
  }

  /** Lays them to rest. */
  async function lay(tx: Tx, dead: readonly Dead[]): Promise<void> {
    await bury(tx, dead.map(asLetter));
    tx.afterCommit(() => mourn(dead));
  }

  const asLetter = ({ row, cause }: Dead) => ({
    ...row,
    cause,
    died_at: clock.now().toISOString(),
    errors: row.errors ?? [],
  });

  function mourn(dead: readonly Dead[]): void {
    for (const { row, cause } of dead) {
      count(row.type, 'dead');
      log.error({ message_id: row.id, type: row.type, cause }, 'message is dead');
    }
  }

  const attempt = (error: string): Attempt => ({
    at: clock.now().toISOString(),
    error: storable(error).slice(0, MAX_ERROR),
  });

  async function pass(): Promise<boolean> {
    const full = starting
      ? await carefulBatch()
      : await handleBatch((tx) => tx.query(CLAIM_BATCH, [clock.now(), BATCH]));
    if (starting && full) return true;
    starting &&= clock.now().getTime() < startedAt + CAREFUL_MS;
    // One at a time, also while others never end.
    const more = await handleMarked();
    return full || more;
  }

  /**
   * What has just come, without being stored before. Of what waits in the inbox under the same id the row goes first: it
   * has its tries and its time, and perhaps somebody has edited it.
   */
  async function handleNow(events: readonly StoredEvent[]): Promise<void> {
    const sorted = events.toSorted(byId);
    const ids = sorted.map(({ id }) => id);
    await handling(async (tx, traced) => {
      const [taken, waiting] = await Promise.all([tx.query<{ id: string }>(TAKE, [ids]), tx.query(ANY_WAITING, [ids])]);
      if (waiting.length > 0) throw new Error('the inbox has one of them');
      const fresh = new Set(taken.map(({ id }) => id));
      const rows = sorted.map(({ id, type, source, subject, time, traceparent, data }) => {
        return {
          id,
          type,
          source,
          subject,
          time,
          traceparent,
          data,
          attempts: 0,
          errors: null,
          fresh: fresh.delete(id),
        };
      });
      await handle(rows, tx, traced);
    });
  }

  /** A transaction in which messages are handled, with a span for each. */
  const handling = (work: (tx: Tx, traced: Handling) => Promise<void>): Promise<void> =>
    tracedHandling(db.service, (traced) => db.transaction((tx) => work(tx, traced)));

  /** True when there may be more. */
  async function handleBatch(claimRows: Claim): Promise<boolean> {
    let claimed: Claimed[] = [];
    for (let tries = 1; ; tries += 1) {
      try {
        await handling(async (tx, traced) => {
          claimed = await claimRows(tx);
          if (claimed.length > 0) await handle(claimed, tx, traced);
        });
        return claimed.length === BATCH;
      } catch (error) {
        if (claimed.length === 0 || isUnavailable(error)) throw error;
        if (isContention(error) && tries < 4) continue;
        log.warn({ err: error, count: claimed.length }, 'batch failed, handling its messages one at a time');
        for (const { id } of claimed) await handleAlone(id);
        return true;
      }
    }
  }

  async function carefulBatch(): Promise<boolean> {
    const { ids, lease } = await markBatch(db, clock.now(), BATCH);
    if (ids.length === 0) return false;
    for (const id of ids) marked.set(id, lease);
    const more = await handleBatch((tx) => tx.query(CLAIM_LEASED, [ids, lease.marks, lease.until]));
    for (const id of ids) marked.delete(id);
    return more;
  }

  /** One message that a process has died over; true when there may be another. */
  async function handleMarked(): Promise<boolean> {
    const [id, lease] = marked.entries().next().value ?? (await lookForMarked()) ?? [];
    if (!id || !lease) return false;
    await (isCause(lease) ? buryAlone(id) : handleAlone(id));
    marked.delete(id);
    return true;
  }

  /** What a dead process has left behind is this one's now. */
  async function lookForMarked(): Promise<[string, Lease] | undefined> {
    const now = clock.now();
    if (Math.abs(now.getTime() - lookedAt) < LOOK_MS) return undefined;
    const found = await takeOver(db, now, attempt(DIED));
    if (!found) {
      lookedAt = now.getTime();
      return undefined;
    }
    marked.set(found.id, found.lease);
    return [found.id, found.lease];
  }

  /** One row that is free, or this process's own. */
  async function claimOne(tx: Tx, id: string): Promise<Claimed | undefined> {
    const lease = marked.get(id);
    const [row] = lease
      ? await tx.query<Claimed>(CLAIM_LEASED, [[id], lease.marks, lease.until])
      : await tx.query<Claimed>(CLAIM_ONE, [id, clock.now()]);
    return row;
  }

  async function buryAlone(id: string): Promise<void> {
    await db.transaction(async (tx) => {
      const row = await claimOne(tx, id);
      if (row?.fresh) await lay(tx, [{ row, cause: DIED }]);
    });
  }

  async function handleAlone(id: string): Promise<void> {
    let row: Claimed | undefined;
    try {
      await handling(async (tx, traced) => {
        row = await claimOne(tx, id);
        if (row) await handle([row], tx, traced);
      });
    } catch (error) {
      if (!row || isUnavailable(error)) throw error;
      await fail(row, error as Error);
    }
  }

  async function fail(row: Claimed, error: Error): Promise<void> {
    count(row.type, 'failed');
    const attempts = row.attempts + 1;
    const failed = attempt(error.message);
    if (attempts < MAX_ATTEMPTS) {
      const at = new Date(clock.now().getTime() + backoff(attempts, RETRY));
      log.warn({ err: error, message_id: row.id, type: row.type, attempts }, 'message failed, will try again');
      await db.query(POSTPONE, [row.id, at, failed.error, JSON.stringify(failed)]);
      return;
    }
    await db.transaction(async (tx) => {
      const claimed = await claimOne(tx, row.id);
      const errors = [...(row.errors ?? []), failed];
      if (claimed?.fresh) await lay(tx, [{ row: { ...row, attempts, errors }, cause: failed.error }]);
    });
  }

  async function store(events: readonly StoredEvent[]): Promise<void> {
    await db.query(STORE, columns(events, 'id', 'type', 'source', 'subject', 'time', 'traceparent', 'data'));
    loop.wake();
  }

  const loop = createWorker({ name: 'inbox', pass, quietPollMs: QUIET_POLL_MS, log });
  const arrivals = createArrivals({ handle: handleNow, store, max: BATCH, clock, log });
  const worker: Worker = {
    ...loop,
    start() {
      startedAt = clock.now().getTime();
      arrivals.start();
      loop.start();
    },
    async stop() {
      await arrivals.stop();
      await loop.stop();
    },
  };
  return {
    worker,
    contracts,
    types: [...contracts.keys()],
    deliver: arrivals.deliver,
    inHand: arrivals.inHand,
    store,
    async handled(ids) {
      const [row] = await db.query<{ count: number }>(COUNT_DONE, [ids]);
      return row?.count === ids.length;
    },
    async park(body, cause) {
      const data = keepable(body);
      const row = { id: newId(), type: UNDECODABLE, source: 'unknown', subject: '', traceparent: null, data };
      const unread = { ...row, time: clock.now().toISOString(), attempts: 0, errors: null, fresh: true };
      const cut =
        data === body ? cause : `${cause}; of its ${body.length} characters the first ${data.length} are kept`;
      const dead = { row: unread, cause: cut };
      await bury(db, [asLetter(dead)]);
      mourn([dead]);
    },
    async rehearse(events) {
      if (rehearsing) return undefined;
      const messages: Message[] = [];
      for (const event of events) {
        const decoded = decode(event);
        if ('cause' in decoded) return { tables: [], events: [], error: decoded.cause };
        messages.push(decoded.message);
      }
      rehearsing = true;
      try {
        return await rehearse(db, (tx) => tell(handlers, messages, tx), isUnavailable);
      } finally {
        rehearsing = false;
      }
    },
    look() {
      lookedAt = 0;
      worker.wake();
    },
  };
}
