/**
 * The relay: publishes what transactions left in the outbox and removes it only after the broker has it.
 *
 * - Rows are claimed with FOR UPDATE SKIP LOCKED in id order, never by "id > last": ids do not commit in order.
 * - A crash before the removal publishes again; inboxes know the id. A crash never loses.
 * - The claim is a row lock held while publishing. Nobody ever waits for it (skip locked), a dead process frees it at
 *   once, and a frozen one after idle_in_transaction_session_timeout. A lease column would cost a second write for each
 *   message and make every crash wait for the lease.
 * - No LISTEN/NOTIFY: the process that commits wakes its own relay; what a dead process left is found by the poll.
 */
import type { Broker } from './broker.ts';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import { columns, sql } from './database.ts';
import type { Logger } from './log.ts';
import type { StoredEvent } from './message.ts';
import { backoff } from './retry.ts';
import type { Worker } from './worker.ts';
import { createWorker } from './worker.ts';

const BATCH = 256;
const RETRY = { baseMs: 200, capMs: 30_000 };

/** A removal that a crash undoes means publishing again, which inboxes know. So its commit need not wait for the disk. */
const AGAIN_IS_HARMLESS = { durable: false };

const CLAIM = sql(`
  select id, type, subject, time, traceparent, data::text as data, attempts from outbox
  where available_at <= $1 order by id limit $2 for update skip locked`);
const REMOVE = sql('delete from outbox where id = any($1::uuid[])');
const POSTPONE = sql(`
  update outbox set attempts = attempts + 1, available_at = failed.available_at, last_error = failed.error
  from unnest($1::uuid[], $2::timestamptz[], $3::text[]) as failed (id, available_at, error)
  where outbox.id = failed.id`);

const DRAIN_LIMIT_MS = 3_000;

export interface Relay extends Worker {
  /** After the stop: publishes what is left, for a moment. What cannot be published stays for the next start. */
  drain(): Promise<void>;
}

export function createRelay(options: { db: Database; broker: Broker; clock: Clock; log: Logger }): Relay {
  const { db, broker, clock, log } = options;

  const pass = () =>
    db.transaction(async (tx) => {
      const rows = await tx.query<StoredEvent & { attempts: number }>(CLAIM, [clock.now(), BATCH]);
      if (rows.length === 0) return false;
      const failures = await broker.publish(rows.map((row) => ({ ...row, source: db.service })));
      const sent = rows.filter(({ id }) => !failures.has(id));
      tx.write(REMOVE, [sent.map(({ id }) => id)]);
      if (failures.size > 0) {
        const failed = rows
          .filter(({ id }) => failures.has(id))
          .map(({ id, attempts }) => ({
            id,
            available_at: new Date(clock.now().getTime() + backoff(attempts + 1, RETRY)).toISOString(),
            error: failures.get(id),
          }));
        tx.write(POSTPONE, columns(failed, 'id', 'available_at', 'error'));
        log.warn({ count: failed.length, error: failed[0]?.error }, 'could not publish, will try again');
      }
      return rows.length === BATCH;
    }, AGAIN_IS_HARMLESS);

  const worker = createWorker({ name: 'outbox', pass, log });
  db.onOutbox(worker.wake);
  return Object.assign(worker, {
    async drain() {
      const limit = Date.now() + DRAIN_LIMIT_MS;
      try {
        while (Date.now() < limit && (await pass()));
      } catch (error) {
        log.debug({ err: error }, 'outbox not drained; the next start goes on');
      }
    },
  });
}
