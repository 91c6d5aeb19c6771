/**
 * What providers tell us unasked. A webhook whose signature is good is stored, once, and answered; this worker applies
 * it. One that comes before its payment waits for it, up to three days; the payment's own coming wakes it.
 */
import { newId } from '../../platform/clock.ts';
import type { Tx } from '../../platform/database.ts';
import type { Done, Effect } from '../../platform/effect.ts';
import { createEffect } from '../../platform/effect.ts';
import type { Logger } from '../../platform/log.ts';
import { backoff } from '../../platform/retry.ts';
import type { AskingOptions } from './charging.ts';
import { LEASE_MARGIN_MS, NOT_CONFIGURED, saveDecisions } from './charging.ts';
import type { Meaning } from './fact.ts';
import { meaningOf, refundOutcome } from './fact.ts';
import type { Decision } from './payment.ts';
import type { Providers, RefundFact } from './provider.ts';
import type { RefundDecision } from './refund.ts';
import { settleRefund } from './refund.ts';
import { askAgainAt, saveRefundDecisions, tellRefunded } from './refunding.ts';
import type { PaymentRow } from './store.ts';
import { lockByEvent, saveDisputes } from './store.ts';
import type { WebhookRow, WebhookVerdict } from './store-events.ts';
import { claimEvents, updateEvents } from './store-events.ts';
import type { NewRefund, RefundRow } from './store-refunds.ts';
import { insertRefunds, lockRefundsOf, recountRefunds } from './store-refunds.ts';

const RETRY = { baseMs: 1_000, capMs: 3_600_000 };
const WAIT_FOR_PAYMENT_MS = 3 * 24 * 3_600_000;
const EVENTS_AT_ONCE = 16;

/** The refunds there are, where the event is a reason to ask for them. */
type Looked = { refunds: readonly RefundFact[] } | { error: string };

export function createWebhooks(options: AskingOptions, wake: { charges(): void; refunds(): void }): Effect {
  const { db, providers, timeoutMs } = options;
  return createEffect<WebhookRow, Looked>({
    ...options,
    name: 'webhooks',
    concurrency: EVENTS_AT_ONCE,
    ahead: 240,
    leaseMs: timeoutMs + LEASE_MARGIN_MS,
    claim: (limit, now, leaseUntil) => claimEvents(db, limit, now, leaseUntil),
    perform: (event, signal) => lookUp(providers, event, signal),
    save: (done, tx) => save(done, tx, wake, options),
  });
}

async function lookUp(providers: Providers, event: WebhookRow, signal: AbortSignal): Promise<Looked> {
  if (event.fact.kind !== 'refunds_moved') return { refunds: [] };
  const provider = providers.named(event.provider);
  if (!provider?.refundsOf) return { error: NOT_CONFIGURED };
  try {
    return { refunds: await provider.refundsOf(event.reference, signal) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

interface Books {
  /** The payment an event is about. */
  find(event: WebhookRow): PaymentRow | undefined;
  refunds: RefundRow[];
}

async function save(
  done: Done<WebhookRow, Looked>[],
  tx: Tx,
  wake: { charges(): void; refunds(): void },
  { log, meter }: AskingOptions,
): Promise<void> {
  const books = await openBooks(
    tx,
    done.map(({ intent }) => intent),
  );
  // What several events say of one payment adds up: its row as the last one left it, one word, one refund.
  const decisions = new Map<string, Decision<PaymentRow>>();
  const disputes = new Map<string, PaymentRow>();
  const changes: RefundChanges = { decisions: [], external: [] };
  const verdicts: WebhookVerdict[] = [];

  for (const { intent: event, outcome } of done) {
    const payment = books.find(event);
    if ('error' in outcome) verdicts.push(later(event, outcome.error, tx.now));
    else if (!payment) verdicts.push(later(event, 'no payment of ours yet', tx.now));
    else {
      const meaning = meaningOf(payment, event, outcome.refunds, tx.now);
      verdicts.push(verdictOn(event, meaning, payment, tx.now, log));
      if (meaning.kind === 'decision') {
        Object.assign(payment, meaning.decision.payment);
        decisions.set(payment.id, { ...decisions.get(payment.id), ...meaning.decision, payment });
      } else if (meaning.kind === 'dispute') {
        Object.assign(payment, meaning.payment);
        disputes.set(payment.id, payment);
      } else if (meaning.kind === 'refunds') {
        applyRefunds(payment, meaning.refunds, books.refunds, changes, tx.now);
      }
    }
  }

  saveDecisions(tx, [...decisions.values()], meter);
  if (disputes.size > 0) saveDisputes(tx, [...disputes.values()], tx.now);
  saveRefundChanges(tx, changes, { log, meter });
  updateEvents(tx, verdicts);
  tx.afterCommit(wake.charges);
  tx.afterCommit(wake.refunds);
}

/** Locks all that these events are about; what several of them say of one payment adds up in its row. */
async function openBooks(tx: Tx, events: readonly WebhookRow[]): Promise<Books> {
  const given = (values: (string | null)[]) => values.filter((value) => value !== null);
  const payments = await lockByEvent(
    tx,
    events.map(({ reference }) => reference),
    given(events.map(({ payment_id }) => payment_id)),
    given(events.map(({ order_id }) => order_id)),
  );
  const aboutRefunds = events.some(({ fact }) => fact.kind === 'refund' || fact.kind === 'refunds_moved');
  const refunds = aboutRefunds
    ? await lockRefundsOf(
        tx,
        payments.map(({ id }) => id),
      )
    : [];
  const find = ({ reference, payment_id, order_id }: WebhookRow) =>
    payments.find((payment) => payment.reference === reference) ??
    payments.find(({ id }) => id === payment_id) ??
    payments.find((payment) => payment.order_id === order_id);
  return { find, refunds };
}

interface RefundChanges {
  decisions: { decision: RefundDecision<RefundRow>; payment: PaymentRow }[];
  external: { refund: NewRefund; payment: PaymentRow }[];
}

/** Ours have their new state; any other was made at the provider, and ours must leave room for it. */
function applyRefunds(
  payment: PaymentRow,
  facts: readonly RefundFact[],
  refunds: RefundRow[],
  changes: RefundChanges,
  now: Date,
): void {
  for (const fact of facts) {
    const known = refunds.find(
      ({ id, reference, payment_id }) =>
        payment_id === payment.id && (reference === fact.reference || id === fact.refund_id),
    );
    if (known) {
      const decision = settleRefund(known, refundOutcome(fact), askAgainAt(known, now));
      if (!decision) continue;
      Object.assign(known, decision.refund);
      changes.decisions.push({ decision: { ...decision, refund: known }, payment });
    } else if (fact.status !== 'failed') {
      const refund = externalRefund(payment, fact, now);
      changes.external.push({ refund, payment });
      const at = now.toISOString();
      refunds.push({ ...refund, attempts: 0, created_at: at, updated_at: at });
      payment.refunded_amount = Math.min(payment.amount, payment.refunded_amount + fact.amount);
    }
  }
}

function externalRefund(payment: PaymentRow, fact: RefundFact, now: Date): NewRefund {
  return {
    id: newId(),
    payment_id: payment.id,
    amount: fact.amount,
    currency: payment.currency,
    kind: 'external',
    reason: 'refunded at the payment provider',
    status: fact.status,
    reference: fact.reference,
    last_error: null,
    next_attempt_at: fact.status === 'processing' ? askAgainAt({ attempts: 1 }, now) : null,
  };
}

function saveRefundChanges(
  tx: Tx,
  { decisions, external }: RefundChanges,
  teller: Pick<AskingOptions, 'log' | 'meter'>,
): void {
  if (external.length > 0) {
    // As they were when first heard of; what the same batch says next is among the decisions.
    insertRefunds(
      tx,
      external.map(({ refund }) => refund),
      tx.now,
    );
    for (const { refund, payment } of external) {
      if (refund.status === 'succeeded') tellRefunded(tx, refund, payment, teller.meter);
    }
    recountRefunds(
      tx,
      external.map(({ payment }) => payment.id),
      tx.now,
    );
  }
  saveRefundDecisions(
    tx,
    decisions.map(({ decision }) => decision),
    decisions.map(({ payment }) => payment),
    teller,
  );
}

function later(event: WebhookRow, note: string, now: Date): WebhookVerdict {
  const { provider, event_id, attempts, received_at, next_attempt_at: taken_until } = event;
  const given = { provider, event_id, note, taken_until };
  if (now.getTime() - Date.parse(received_at) > WAIT_FOR_PAYMENT_MS) {
    return { ...given, status: 'unmatched', next_attempt_at: null };
  }
  const again = new Date(now.getTime() + backoff(attempts, RETRY)).toISOString();
  return { ...given, status: 'waiting', next_attempt_at: again };
}

function verdictOn(
  event: WebhookRow,
  meaning: Meaning<PaymentRow>,
  { id: payment_id, order_id }: PaymentRow,
  now: Date,
  log: Logger,
): WebhookVerdict {
  const { provider, event_id, type, next_attempt_at: taken_until } = event;
  const settled = { provider, event_id, next_attempt_at: null, taken_until };
  const about = { order_id, payment_id, provider, event_id, type };
  if (meaning.kind === 'early') return later(event, meaning.note, now);
  if (meaning.kind === 'refused') {
    log.error({ ...about, why: meaning.note }, 'a webhook contradicts our books: a person must look');
    return { ...settled, status: 'refused', note: meaning.note };
  }
  if (meaning.kind === 'dispute') log.warn({ ...about, ...meaning.payment.dispute }, 'a charge is disputed');
  const note = meaning.kind === 'nothing' ? meaning.note : null;
  return { ...settled, status: 'applied', note };
}
