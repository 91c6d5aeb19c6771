/** Talking to the provider, and recording what came of it: charges and refunds as outside effects. */
import { fromMinor } from '../../contracts/money.ts';
import { PaymentFailed, PaymentProcessed, PaymentRefunded } from '../../contracts/payments.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import type { Effect } from '../../platform/effect.ts';
import { createEffect } from '../../platform/effect.ts';
import type { Logger } from '../../platform/log.ts';
import { backoff } from '../../platform/retry.ts';
import type { Decision, Outcome } from './payment.ts';
import { settle } from './payment.ts';
import type { PaymentProvider } from './provider.ts';
import type { ClaimedRefund, NewRefund, PaymentRow } from './store.ts';
import {
  claimPayments,
  claimRefunds,
  insertRefunds,
  lockById,
  lockRefunds,
  returnFailedRefund,
  updatePayments,
  updateRefunds,
} from './store.ts';

const CHARGE_RETRY = { baseMs: 1_000, capMs: 30_000 };
const REFUND_RETRY = { baseMs: 1_000, capMs: 60_000 };
/** A lease outlasts the longest call by this much. */
const LEASE_MARGIN_MS = 5_000;

export interface ChargingOptions {
  db: Database;
  clock: Clock;
  log: Logger;
  provider: PaymentProvider;
  timeoutMs: number;
  concurrency: number;
}

export function createCharging(options: ChargingOptions): { charges: Effect; refunds: Effect } {
  const { db, clock, log, provider, timeoutMs, concurrency } = options;
  const common = { db, clock, log, concurrency, timeoutMs, leaseMs: timeoutMs + LEASE_MARGIN_MS };

  const refunds = createEffect<ClaimedRefund, RefundOutcome>({
    ...common,
    name: 'refunds',
    claim: (limit, now, leaseUntil) => claimRefunds(db, limit, now, leaseUntil),
    perform: async (refund, signal) => {
      const { id, payment_id, transaction_id, amount, currency } = refund;
      try {
        return await provider.refund({ key: id, charge_key: payment_id, transaction_id, amount, currency }, signal);
      } catch (error) {
        return { outcome: 'unknown', error: (error as Error).message };
      }
    },
    save: (done, tx) => saveRefunds(done, tx, log),
  });

  const charges = createEffect<PaymentRow, Outcome>({
    ...common,
    name: 'charges',
    claim: (limit, now, leaseUntil) => claimPayments(db, limit, now, leaseUntil),
    perform: (payment, signal) => ask(provider, payment, signal),
    save: async (done, tx) => {
      const outcomes = new Map(done.map(({ intent, outcome }) => [intent.id, outcome]));
      const payments = await lockById(tx, [...outcomes.keys()]);
      const decisions = payments.flatMap((payment) => {
        const retryAt = new Date(tx.now.getTime() + backoff(payment.attempts, CHARGE_RETRY)).toISOString();
        const decision = settle(payment, outcomes.get(payment.id) as Outcome, retryAt);
        return decision ? [decision] : [];
      });
      saveDecisions(tx, decisions);
      if (decisions.some(({ refund }) => refund)) tx.afterCommit(refunds.wake);
    },
  });
  return { charges, refunds };
}

/** Charges; or, when the order has ended and an earlier attempt may have charged, makes sure of the opposite. */
async function ask(provider: PaymentProvider, payment: PaymentRow, signal: AbortSignal): Promise<Outcome> {
  const { id: key, order_id, amount, currency, method } = payment;
  const request = { key, order_id, amount, currency, method };
  try {
    if (payment.void_requested) {
      const answer = await provider.cancel(request, signal);
      return answer.charged ? { kind: 'charged', transaction_id: answer.transaction_id } : { kind: 'not_charged' };
    }
    const answer = await provider.charge(request, signal);
    if (answer.outcome === 'declined') return { kind: 'declined', reason: answer.reason };
    return { kind: 'charged', transaction_id: answer.transaction_id };
  } catch (error) {
    return { kind: 'unknown', error: (error as Error).message };
  }
}

/** Saves decided payments, tells orders, and records the refunds they ask for. */
export function saveDecisions(tx: Tx, decisions: readonly Decision<PaymentRow>[]): void {
  if (decisions.length === 0) return;
  const refunds: NewRefund[] = [];
  for (const { payment, announce, refund } of decisions) {
    const { id, order_id, currency } = payment;
    const facts = { order_id, payment_id: id, amount: fromMinor(payment.amount, currency), currency };
    if (announce === 'processed') {
      tx.send(PaymentProcessed, { ...facts, transaction_id: payment.transaction_id as string }, payment);
    } else if (announce === 'failed') {
      tx.send(PaymentFailed, { ...facts, reason: payment.reason as string }, payment);
    }
    if (refund) {
      const reason = 'the order ended';
      refunds.push({ id: newId(), payment_id: id, amount: refund, currency, kind: 'order_ended', reason });
    }
  }
  updatePayments(
    tx,
    decisions.map(({ payment }) => payment),
    tx.now,
  );
  if (refunds.length > 0) insertRefunds(tx, refunds, tx.now);
}

type RefundOutcome =
  | { outcome: 'succeeded' }
  | { outcome: 'failed'; reason: string }
  | { outcome: 'unknown'; error: string };

async function saveRefunds(
  done: { intent: ClaimedRefund; outcome: RefundOutcome }[],
  tx: Tx,
  log: Logger,
): Promise<void> {
  // Payments before refunds, as everywhere.
  await lockById(
    tx,
    done.map(({ intent }) => intent.payment_id),
  );
  const locked = await lockRefunds(
    tx,
    done.map(({ intent }) => intent.id),
  );
  const open = new Set(locked.filter(({ status }) => status === 'processing').map(({ id }) => id));
  const rows = [];
  for (const { intent, outcome } of done) {
    if (!open.delete(intent.id)) continue;
    if (outcome.outcome === 'unknown') {
      const next = new Date(tx.now.getTime() + backoff(intent.attempts, REFUND_RETRY)).toISOString();
      rows.push({ id: intent.id, status: 'processing' as const, last_error: outcome.error, next_attempt_at: next });
      continue;
    }
    const failed = outcome.outcome === 'failed';
    const last_error = failed ? outcome.reason : null;
    rows.push({ id: intent.id, status: outcome.outcome, last_error, next_attempt_at: null });
    if (failed) {
      returnFailedRefund(tx, intent);
      log.error(
        { order_id: intent.order_id, refund_id: intent.id, error: last_error },
        'the provider refused a refund: a person must give the money back',
      );
    } else {
      const { id, payment_id, order_id, amount, currency, reason, email, order_number } = intent;
      const facts = { order_id, payment_id, refund_id: id, amount: fromMinor(amount, currency), currency, reason };
      tx.send(PaymentRefunded, { ...facts, email, number: order_number }, intent);
    }
  }
  if (rows.length > 0) updateRefunds(tx, rows, tx.now);
}
