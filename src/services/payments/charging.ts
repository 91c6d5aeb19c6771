/** Asking the provider to charge, and recording what came of it: an outside effect. */
import { fromMinor } from '../../contracts/money.ts';
import { PaymentFailed, PaymentProcessed } from '../../contracts/payments.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import type { Effect } from '../../platform/effect.ts';
import { createEffect } from '../../platform/effect.ts';
import type { Logger } from '../../platform/log.ts';
import { backoff } from '../../platform/retry.ts';
import type { MoneyMeter } from './metrics.ts';
import type { Decision, Outcome } from './payment.ts';
import { settle } from './payment.ts';
import type { PaymentProvider, Providers } from './provider.ts';
import type { PaymentRow } from './store.ts';
import { claimPayments, lockById, updatePayments } from './store.ts';
import type { NewRefund } from './store-refunds.ts';
import { insertRefunds } from './store-refunds.ts';

const CHARGE_RETRY = { baseMs: 1_000, capMs: 30_000 };
/** A lease outlasts the longest call by this much. */
export const LEASE_MARGIN_MS = 5_000;

export interface AskingOptions {
  db: Database;
  clock: Clock;
  log: Logger;
  providers: Providers;
  meter: MoneyMeter;
  timeoutMs: number;
  concurrency: number;
}

export function createCharges(options: AskingOptions, wakeRefunds: () => void): Effect {
  const { db, providers, log, meter, timeoutMs } = options;
  const charges: Effect = createEffect<PaymentRow, Outcome>({
    ...options,
    name: 'charges',
    leaseMs: timeoutMs + LEASE_MARGIN_MS,
    claim: (limit, now, leaseUntil) => claimPayments(db, limit, now, leaseUntil),
    trace: {
      of: ({ void_requested, provider, traceparent }) => ({
        name: `${void_requested ? 'cancel' : 'charge'} ${provider}`,
        traceparent,
      }),
      failure: ({ kind }) => (kind === 'unknown' ? kind : undefined),
    },
    perform: async (payment, signal) => {
      const provider = providers.named(payment.provider);
      if (provider) return ask(provider, payment, signal);
      log.error({ order_id: payment.order_id, provider: payment.provider }, NOT_CONFIGURED);
      return { kind: 'unknown', error: NOT_CONFIGURED };
    },
    heard: ({ intent, outcome }, seconds) =>
      meter.asked(intent.provider, intent.void_requested ? 'cancel' : 'charge', outcome.kind, seconds),
    save: async (done, tx) => {
      const outcomes = new Map(done.map(({ intent, outcome }) => [intent.id, outcome]));
      const payments = await lockById(tx, [...outcomes.keys()]);
      const decisions = payments.flatMap((payment) => {
        const outcome = outcomes.get(payment.id) as Outcome;
        // What is prepared is charged at once.
        const waitMs = outcome.kind === 'opened' ? 0 : backoff(payment.attempts, CHARGE_RETRY);
        const decision = settle(payment, outcome, new Date(tx.now.getTime() + waitMs).toISOString());
        return decision ? [decision] : [];
      });
      saveDecisions(tx, decisions, meter);
      if (decisions.some(({ refund }) => refund)) tx.afterCommit(wakeRefunds);
      if (done.some(({ outcome }) => outcome.kind === 'opened')) tx.afterCommit(charges.wake);
    },
  });
  return charges;
}

export const NOT_CONFIGURED = 'the provider of this payment is not configured any more';

/** Charges; or, when the order has ended and an earlier attempt may have charged, makes sure of the opposite. */
async function ask(provider: PaymentProvider, payment: PaymentRow, signal: AbortSignal): Promise<Outcome> {
  const { id: key, attempts: attempt, order_id, amount, currency, method, reference } = payment;
  const request = { key, attempt, order_id, amount, currency, method, reference };
  try {
    if (payment.void_requested) {
      const answer = await provider.cancel(request, signal);
      return answer.charged ? { kind: 'charged', transaction_id: answer.transaction_id } : { kind: 'not_charged' };
    }
    const answer = await provider.charge(request, signal);
    switch (answer.outcome) {
      case 'succeeded':
        return { kind: 'charged', transaction_id: answer.transaction_id };
      case 'opened':
        return { kind: 'opened', reference: answer.reference };
      case 'declined':
        return { kind: 'declined', reason: answer.reason };
      case 'pending':
        return { kind: 'pending' };
    }
  } catch (error) {
    return { kind: 'unknown', error: (error as Error).message };
  }
}

/** Saves decided payments, tells orders, and records the refunds they ask for. */
export function saveDecisions(tx: Tx, decisions: readonly Decision<PaymentRow>[], meter: MoneyMeter): void {
  if (decisions.length === 0) return;
  const refunds: NewRefund[] = [];
  for (const { payment, announce, refund } of decisions) {
    const { id, order_id, currency } = payment;
    const facts = { order_id, payment_id: id, amount: fromMinor(payment.amount, currency), currency };
    if (announce === 'processed') {
      tx.send(PaymentProcessed, { transaction_id: payment.transaction_id as string, ...facts }, payment);
    } else if (announce === 'failed') {
      tx.send(PaymentFailed, { reason: payment.reason as string, ...facts }, payment);
    }
    const told = announce === 'processed' ? 'succeeded' : announce;
    const decided = payment.status === 'voided' ? payment.status : told;
    if (decided) tx.afterCommit(() => meter.payment(payment, decided));
    if (refund) refunds.push(newRefund(payment, refund, { kind: 'order_ended', reason: 'the order ended' }, tx.now));
  }
  updatePayments(
    tx,
    decisions.map(({ payment }) => payment),
    tx.now,
  );
  if (refunds.length > 0) insertRefunds(tx, refunds, tx.now);
}

/** A refund to be asked for at once. */
export function newRefund(
  payment: Pick<PaymentRow, 'id' | 'currency'>,
  amount: number,
  why: Pick<NewRefund, 'kind' | 'reason'>,
  now: Date,
): NewRefund {
  return {
    id: newId(),
    payment_id: payment.id,
    amount,
    currency: payment.currency,
    ...why,
    status: 'processing',
    reference: null,
    last_error: null,
    next_attempt_at: now.toISOString(),
  };
}
