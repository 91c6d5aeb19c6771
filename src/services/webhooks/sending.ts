/** Posts what is due, outside every transaction, and records what came of it, for the delivery and for its address. */
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Effect } from '../../platform/effect.ts';
import { createEffect } from '../../platform/effect.ts';
import type { Logger } from '../../platform/log.ts';
import type { Outgoing } from '../../platform/outgoing.ts';
import type { Attempted } from './delivery.ts';
import { DISABLED, hasArrived, newsOf, saved } from './delivery.ts';
import type { WebhookMeter } from './metrics.ts';
import { signed } from './signing.ts';
import { hearOf } from './store.ts';
import type { Claimed } from './store-deliveries.ts';
import { claimDue, saveDeliveries } from './store-deliveries.ts';

const CONCURRENCY = 64;
/** The specification asks for 15 to 30 seconds. */
const TIMEOUT_MS = 15_000;
const LEASE_MS = 45_000;

export interface SendingOptions {
  db: Database;
  clock: Clock;
  log: Logger;
  outgoing: Outgoing;
  meter: WebhookMeter;
}

export function createSending({ db, clock, log, outgoing, meter }: SendingOptions): Effect {
  async function perform({ url, message_id, payload, secrets }: Claimed, signal: AbortSignal): Promise<Attempted> {
    const started = performance.now();
    const milliseconds = () => Math.round(performance.now() - started);
    try {
      const headers = signed(message_id, payload, secrets, clock.now());
      const { status, text, retryAfter } = await outgoing.post(url, { headers, body: payload, signal });
      return { status, error: null, response: text, milliseconds: milliseconds(), retryAfter };
    } catch (error) {
      return { status: null, error: reasonOf(error, signal), response: '', milliseconds: milliseconds() };
    }
  }

  return createEffect<Claimed, Attempted>({
    name: 'webhooks',
    db,
    clock,
    log,
    concurrency: CONCURRENCY,
    leaseMs: LEASE_MS,
    timeoutMs: TIMEOUT_MS,
    claim: (limit, now, leaseUntil) => claimDue(db, limit, now, leaseUntil),
    perform,
    heard: ({ outcome }, seconds) => meter(hasArrived(outcome), seconds),
    async save(done, tx) {
      const now = clock.now();
      const news = newsOf(done.map(({ intent, outcome }) => ({ tried: intent, attempted: outcome })));
      for (const { id, status, disabled_by } of await hearOf(tx, news, now)) {
        if (status === 'disabled' && disabled_by && disabled_by !== 'admin') {
          tx.afterCommit(() => log.warn({ webhook_id: id, why: DISABLED[disabled_by] }, 'a webhook is disabled'));
        }
      }
      // After their webhooks, as who deletes a webhook locks them.
      saveDeliveries(
        tx,
        done.map(({ intent, outcome }) => saved(intent, outcome, now, Math.random())),
      );
    },
  });
}

function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return `no answer within ${TIMEOUT_MS / 1_000} s`;
  const { message, code, errors = [] } = error as AggregateError & { code?: string };
  return message || errors.map((one) => (one as Error).message).join(', ') || code || 'no answer';
}
