/** What payments counts of its own: what it asks the card processor, and what becomes of money. */
import { fromMinor } from '../../contracts/money.ts';
import type { Database } from '../../platform/database.ts';
import type { Metrics } from '../../platform/telemetry.ts';
import { BUCKETS } from '../../platform/telemetry.ts';
import type { PaymentRow } from './store.ts';
import type { RefundRow } from './store-refunds.ts';
import { readUnfinishedRefunds } from './store-refunds.ts';

export interface MoneyMeter {
  asked(provider: string, request: 'charge' | 'cancel' | 'refund', outcome: string, seconds: number): void;
  /** Once it is committed; likewise the next. */
  payment(
    payment: Pick<PaymentRow, 'provider' | 'amount' | 'currency'>,
    status: 'succeeded' | 'failed' | 'voided',
  ): void;
  refund(provider: string, refund: Pick<RefundRow, 'amount' | 'currency'>, status: 'succeeded' | 'failed'): void;
}

export function meterMoney(metrics: Metrics): MoneyMeter {
  const requests = metrics.histogram(
    'payment_provider_request_duration_seconds',
    'Time that the card processor took, by what it was asked for and what came of it; unknown: no clear answer',
    BUCKETS.elsewhere,
    ['provider', 'request', 'outcome'],
  );
  const payments = metrics.counter('payments_total', 'Payments that were decided; voided: the order ended first', [
    'provider',
    'status',
  ]);
  const refunds = metrics.counter('refunds_total', 'Refunds that were decided; failed: a person must give it back', [
    'provider',
    'status',
  ]);
  const inMajorUnits = 'in major units of the currency: for graphs, the books are exact';
  const charged = metrics.counter('charged_amount_total', `Money that was charged, ${inMajorUnits}`, ['currency']);
  const refunded = metrics.counter('refunded_amount_total', `Money that was given back, ${inMajorUnits}`, ['currency']);
  const major = ({ amount, currency }: Pick<RefundRow, 'amount' | 'currency'>) => Number(fromMinor(amount, currency));
  return {
    asked: (provider, request, outcome, seconds) => requests.observe({ provider, request, outcome }, seconds),
    payment(payment, status) {
      payments.inc({ provider: payment.provider, status });
      if (status === 'succeeded') charged.inc({ currency: payment.currency }, major(payment));
    },
    refund(provider, refund, status) {
      refunds.inc({ provider, status });
      if (status === 'succeeded') refunded.inc({ currency: refund.currency }, major(refund));
    },
  };
}

export function exposeRefunds(metrics: Metrics, db: Pick<Database, 'query'>): void {
  metrics.ask({
    name: 'refunds',
    figures: {
      refunds_processing: 'Refunds that the card processor has not decided yet (counted to 10001)',
      refunds_oldest_processing_age_seconds: 'Age of the oldest of them',
    },
    read: () => readUnfinishedRefunds(db),
  });
}
