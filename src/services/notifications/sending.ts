/**
 * What sending mails and sending SMS have in common: claim what is due, perform it outside every transaction, record what
 * came of it. A server that is down only delays: the claiming pauses, growing longer while it stays down, instead of
 * trying everything in vain. An address that is refused for good is recorded by the same commit as the failure.
 */
import type { Channel } from '../../contracts/shapes.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { createEffect } from '../../platform/effect.ts';
import type { Logger } from '../../platform/log.ts';
import { backoff } from '../../platform/retry.ts';
import type { Worker } from '../../platform/worker.ts';
import type { Outcome } from './delivery.ts';
import { saved, withoutAddress } from './delivery.ts';
import type { SendingMeter } from './metrics.ts';
import type { Claimed } from './store.ts';
import { claimDue, saveOutcomes, suppress } from './store.ts';

const RETRY = { baseMs: 1_000, capMs: 10 * 60_000 };
const PAUSE = { baseMs: 500, capMs: 15_000 };

export interface SendingOptions {
  name: string;
  channel: Channel;
  db: Database;
  clock: Clock;
  log: Logger;
  meter: SendingMeter;
  concurrency: number;
  timeoutMs: number;
  leaseMs: number;
  /** Sends one; answers with what happened, failures included. */
  send: (claimed: Claimed, signal: AbortSignal) => Promise<Outcome>;
  close: () => Promise<void> | void;
}

export function createSending({
  name,
  channel,
  db,
  clock,
  log,
  meter,
  send,
  close,
  ...limits
}: SendingOptions): Worker {
  let outages = 0;
  let pausedUntil = 0;

  async function perform(claimed: Claimed, signal: AbortSignal): Promise<Outcome> {
    if (claimed.expires_at && new Date(claimed.expires_at) <= clock.now()) return { result: 'expired' };
    const outcome = await send(claimed, signal);
    if (outcome.result === 'unreachable') pause(withoutAddress(outcome.error, claimed.recipient));
    // Silence says nothing about whether it is back.
    else if (outcome.result !== 'unanswered') outages = 0;
    return outcome;
  }

  /** Several connections fail together when a server goes: they are one outage. */
  function pause(error: string): void {
    const now = clock.now().getTime();
    if (now < pausedUntil) return;
    outages += 1;
    pausedUntil = now + PAUSE.baseMs / 2 + backoff(outages, PAUSE);
    log[outages === 1 ? 'warn' : 'debug']({ error, outages, channel }, 'cannot be reached, notifications wait');
  }

  const effect = createEffect<Claimed, Outcome>({
    name,
    db,
    clock,
    log,
    ...limits,
    ahead: 16,
    // After a failure one finds out for all of them whether the server is back.
    claim: async (limit, now, leaseUntil) =>
      now.getTime() < pausedUntil ? [] : claimDue(db, channel, outages > 0 ? 1 : limit, now, leaseUntil),
    trace: {
      of: ({ traceparent }) => ({ name: `send ${channel}`, traceparent }),
      failure: ({ result }) => (result === 'sent' ? undefined : result),
    },
    perform,
    heard: ({ intent, outcome }, seconds) => meter(intent.kind, channel, outcome.result, seconds),
    save: async (done, tx) => {
      const now = clock.now();
      const retryAt = ({ attempts, queued_attempts }: Claimed, { result }: Outcome) =>
        result === 'unreachable' ? pausedUntil : now.getTime() + backoff(attempts - queued_attempts, RETRY);
      const outcomes = done.map(({ intent, outcome }) => saved(intent, outcome, now, retryAt(intent, outcome)));
      const dead = done.flatMap(({ intent: { recipient }, outcome }) =>
        outcome.result === 'refused' && outcome.address
          ? [
              {
                id: newId(),
                channel,
                recipient,
                reason: outcome.address,
                detail: withoutAddress(outcome.error, recipient),
              },
            ]
          : [],
      );
      saveOutcomes(tx, outcomes);
      await suppress(tx, dead);
    },
  });

  return {
    ...effect,
    async stop() {
      await effect.stop();
      await close();
    },
  };
}
