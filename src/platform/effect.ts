/**
 * An outside effect (card processor, mail server) never runs inside a transaction or while a row is locked. Its intent
 * is a row; this worker claims intents for the length of a lease, performs them side by side with the row's id as
 * idempotency key, and records the outcomes, many in one transaction. A crash in between performs again after the
 * lease: the outside must know the key, or tolerate a repeat.
 */
import type { Clock } from './clock.ts';
import type { Database, Tx } from './database.ts';
import { createGroupCommit } from './group-commit.ts';
import type { Logger } from './log.ts';
import { backoff } from './retry.ts';
import type { Span } from './tracing.ts';
import { inside, isTracing, startSpan } from './tracing.ts';
import type { Worker } from './worker.ts';
import { createWorker, QUIET_POLL_MS } from './worker.ts';

const SAVE_RETRY = { baseMs: 50, capMs: 1_000 };
/**
 * The first outcome is recorded at once; those of the next moment together. Measured with mails by SMTP: without this 1.9
 * outcomes in a transaction, whose update alone took PostgreSQL as long (0.6 ms) as a whole order does under load.
 */
const GATHER_MS = 25;
/** Where outcomes cannot be recorded, no more are made. */
const MAX_IN_HAND = 256;

export interface Done<Intent, Outcome> {
  intent: Intent;
  outcome: Outcome;
}

export interface EffectOptions<Intent, Outcome> {
  name: string;
  db: Database;
  clock: Clock;
  log: Logger;
  /** Performed side by side at most. */
  concurrency: number;
  /** Claimed beyond that, so that one claim feeds many: for effects that take little of their lease. */
  ahead?: number;
  /** How long a claimed intent is left alone; must outlast `timeoutMs`. */
  leaseMs: number;
  timeoutMs: number;
  /** Marks up to `limit` due intents as taken until `leaseUntil`, in one statement, and returns them. */
  claim: (limit: number, now: Date, leaseUntil: Date) => Promise<Intent[]>;
  /** How it is seen in the trace that the intent belongs to. */
  trace?: {
    of: (intent: Intent) => { name: string; traceparent: string | null };
    /** Of an outcome that has to be tried again, or was none: its kind. */
    failure: (outcome: Outcome) => string | undefined;
  };
  /** Does it. Answers with the outcome, failures included; throws only for bugs. `signal` ends at the timeout. */
  perform: (intent: Intent, signal: AbortSignal) => Promise<Outcome>;
  /** Told of each outcome, and how many seconds it took to come. */
  heard?: (done: Done<Intent, Outcome>, seconds: number) => void;
  /** Records outcomes, retries included. */
  save: (done: Done<Intent, Outcome>[], tx: Tx) => Promise<void>;
}

export interface Effect extends Worker {
  /** Resolves when nothing is being performed. */
  settled(): Promise<void>;
}

export function createEffect<Intent, Outcome>(options: EffectOptions<Intent, Outcome>): Effect {
  const {
    name,
    db,
    clock,
    log,
    concurrency,
    ahead = 0,
    leaseMs,
    timeoutMs,
    claim,
    trace,
    perform,
    heard,
    save,
  } = options;
  const performing = new Set<Promise<void>>();
  /** Performed: they hold back nobody who waits for a turn. */
  const recording = new Set<Promise<void>>();
  /** Claimed, and waiting for their turn: one claim feeds many. */
  const ready: { intent: Intent; leaseUntil: number }[] = [];
  let hungry = false;
  let stopping = false;

  const outcomes = createGroupCommit<Done<Intent, Outcome>, void>({
    rest: () => clock.sleep(GATHER_MS),
    write: (done) =>
      db.transaction(async (tx) => {
        await save(done, tx);
        return done.map(() => undefined);
      }),
  });

  async function run(intent: Intent): Promise<void> {
    try {
      const started = performance.now();
      const outcome = await traced(intent);
      heard?.({ intent, outcome }, (performance.now() - started) / 1000);
      keep(recording, record({ intent, outcome }).catch(lose));
    } catch (error) {
      lose(error);
    }
  }

  function lose(error: unknown): void {
    log.warn({ err: error, effect: name }, 'outcome not recorded, will be performed again after its lease');
  }

  /** Until it ends, it is one of them. */
  function keep(those: Set<Promise<void>>, work: Promise<void>): void {
    const one = work.finally(() => {
      those.delete(one);
      startReady();
      if (hungry && ready.length < concurrency) worker.wake();
    });
    those.add(one);
  }

  async function traced(intent: Intent): Promise<Outcome> {
    const span = spanOf(intent);
    const timeout = clock.timeout(timeoutMs);
    try {
      const outcome = await inside(span, () => perform(intent, timeout.signal));
      span?.end(trace?.failure(outcome));
      return outcome;
    } catch (error) {
      span?.end(error);
      throw error;
    } finally {
      timeout.stop();
    }
  }

  function spanOf(intent: Intent): Span | undefined {
    if (!isTracing() || !trace) return undefined;
    const { name: what, traceparent } = trace.of(intent);
    return traceparent
      ? startSpan(db.service, { name: what, kind: 'client', parent: traceparent, attributes: {} })
      : undefined;
  }

  /** While the lease lasts an outcome is worth more than asking again. */
  async function record(done: Done<Intent, Outcome>): Promise<void> {
    const limit = clock.now().getTime() + leaseMs - timeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await outcomes.add(done);
      } catch (error) {
        if (clock.now().getTime() >= limit) throw error;
        await clock.sleep(backoff(attempt, SAVE_RETRY));
      }
    }
  }

  function startReady(): void {
    while (!stopping && performing.size < concurrency) {
      const next = ready.shift();
      if (!next) break;
      // Too little of its lease is left: another may take it before we are done.
      if (clock.now().getTime() + timeoutMs > next.leaseUntil) continue;
      keep(performing, run(next.intent));
    }
  }

  async function pass(): Promise<boolean> {
    const limit = Math.min(concurrency + ahead - performing.size - ready.length, MAX_IN_HAND - recording.size);
    // Before the last one is begun: a claim takes its time.
    hungry = limit < 1 || ready.length >= concurrency;
    if (hungry) return false;
    const now = clock.now();
    const leaseUntil = new Date(now.getTime() + leaseMs);
    const intents = await claim(limit, now, leaseUntil);
    if (intents.length > 0) worker.found();
    for (const intent of intents) ready.push({ intent, leaseUntil: leaseUntil.getTime() });
    startReady();
    return intents.length === limit;
  }

  const settled = async () => {
    while (performing.size + recording.size > 0) await Promise.all([...performing, ...recording]);
    await outcomes.drained();
  };
  const worker = createWorker({ name, pass, quietPollMs: QUIET_POLL_MS, log });
  return {
    ...worker,
    async stop() {
      stopping = true;
      await worker.stop();
      await settled();
    },
    settled,
  };
}
