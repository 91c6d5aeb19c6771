/** Asking the provider to give money back, and recording what came of it: an outside effect. */
import { fromMinor } from '../../contracts/money.ts';
import { PaymentRefunded, PaymentRefundFailed } from '../../contracts/payments.ts';
import type { Tx } from '../../platform/database.ts';
import type { Done, Effect } from '../../platform/effect.ts';
import { createEffect } from '../../platform/effect.ts';
import type { Logger } from '../../platform/log.ts';
import { backoff } from '../../platform/retry.ts';
import type { AskingOptions } from './charging.ts';
import { LEASE_MARGIN_MS, NOT_CONFIGURED } from './charging.ts';
import type { MoneyMeter } from './metrics.ts';
import type { Providers } from './provider.ts';
import type { RefundDecision, RefundOutcome } from './refund.ts';
import { settleRefund } from './refund.ts';
import type { PaymentRow } from './store.ts';
import { lockById } from './store.ts';
import type { ClaimedRefund, RefundRow } from './store-refunds.ts';
import { claimRefunds, lockRefunds, recountRefunds, updateRefunds } from './store-refunds.ts';

const REFUND_RETRY = { baseMs: 1_000, capMs: 60_000 };

export function createRefunds(options: AskingOptions): Effect {
  const { db, log, meter, providers, timeoutMs } = options;
  return createEffect<ClaimedRefund, RefundOutcome>({
    ...options,
    name: 'refunds',
    leaseMs: timeoutMs + LEASE_MARGIN_MS,
    claim: (limit, now, leaseUntil) => claimRefunds(db, limit, now, leaseUntil),
    trace: {
      of: ({ provider, traceparent }) => ({ name: `refund ${provider}`, traceparent }),
      failure: ({ kind }) => (kind === 'unknown' ? kind : undefined),
    },
    perform: (refund, signal) => ask(providers, refund, signal, log),
    heard: ({ intent, outcome }, seconds) => meter.asked(intent.provider, 'refund', outcome.kind, seconds),
    save: (done, tx) => save(done, tx, options),
  });
}

async function ask(
  providers: Providers,
  refund: ClaimedRefund,
  signal: AbortSignal,
  log: Logger,
): Promise<RefundOutcome> {
  const { id: key, attempts: attempt, payment_id: charge_key } = refund;
  const { order_id, transaction_id, amount, currency, reference, provider } = refund;
  const named = providers.named(provider);
  if (!named) {
    log.error({ order_id, refund_id: key, provider }, NOT_CONFIGURED);
    return { kind: 'unknown', error: NOT_CONFIGURED };
  }
  try {
    const request = { key, attempt, charge_key, transaction_id, order_id, amount, currency, reference };
    const { outcome, ...answer } = await named.refund(request, signal);
    return { kind: outcome, ...answer } as RefundOutcome;
  } catch (error) {
    return { kind: 'unknown', error: (error as Error).message };
  }
}

async function save(done: Done<ClaimedRefund, RefundOutcome>[], tx: Tx, teller: Teller): Promise<void> {
  // Payments before refunds, as everywhere.
  const payments = await lockById(
    tx,
    done.map(({ intent }) => intent.payment_id),
  );
  const refunds = await lockRefunds(
    tx,
    done.map(({ intent }) => intent.id),
  );
  const outcomes = new Map(done.map(({ intent, outcome }) => [intent.id, outcome]));
  const decisions = refunds.flatMap((refund) => {
    const decision = settleRefund(refund, outcomes.get(refund.id) as RefundOutcome, askAgainAt(refund, tx.now));
    return decision ? [decision] : [];
  });
  saveRefundDecisions(tx, decisions, payments, teller);
}

export function askAgainAt(refund: Pick<RefundRow, 'attempts'>, now: Date): string {
  return new Date(now.getTime() + backoff(refund.attempts, REFUND_RETRY)).toISOString();
}

/** Who hears of what became of refunds. */
type Teller = Pick<AskingOptions, 'log' | 'meter'>;

/** Saves decided refunds, tells the others what went back or came back, and gives free again what will not. */
export function saveRefundDecisions(
  tx: Tx,
  decisions: readonly RefundDecision<RefundRow>[],
  payments: readonly PaymentRow[],
  { log, meter }: Teller,
): void {
  if (decisions.length === 0) return;
  const paymentOf = new Map(payments.map((payment) => [payment.id, payment]));
  for (const { refund, announce, refused } of decisions) {
    const payment = paymentOf.get(refund.payment_id) as PaymentRow;
    if (announce === 'refunded') tellRefunded(tx, refund, payment, meter);
    if (announce === 'failed')
      tx.send(PaymentRefundFailed, factsOf({ ...refund, reason: refund.last_error ?? 'failed' }, payment), payment);
    if (refused) {
      tx.afterCommit(() => meter.refund(payment.provider, refund, 'failed'));
      log.error(
        { order_id: payment.order_id, payment_id: payment.id, refund_id: refund.id, error: refund.last_error },
        'the provider refused a refund: a person must give the money back',
      );
    }
  }
  updateRefunds(
    tx,
    decisions.map(({ refund }) => refund),
    tx.now,
  );
  const freed = decisions.flatMap(({ refund, refused }) => (refused ? [refund.payment_id] : []));
  if (freed.length > 0) recountRefunds(tx, freed, tx.now);
}

type Told = Pick<RefundRow, 'id' | 'amount' | 'currency' | 'reason'>;

export function tellRefunded(tx: Tx, refund: Told, payment: PaymentRow, meter: MoneyMeter): void {
  tx.afterCommit(() => meter.refund(payment.provider, refund, 'succeeded'));
  tx.send(PaymentRefunded, factsOf(refund, payment), payment);
}

function factsOf({ id, amount, currency, reason }: Told, { id: payment_id, order_id }: PaymentRow) {
  return { order_id, payment_id, refund_id: id, amount: fromMinor(amount, currency), currency, reason };
}
