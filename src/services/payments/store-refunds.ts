/** All SQL of refunds. */
import { fromMinor } from '../../contracts/money.ts';
import type { Refund, RefundStatus } from '../../contracts/payments.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { columns, dynamicSql, sql } from '../../platform/database.ts';
import type { RefundState } from './refund.ts';
import type { PaymentRow } from './store.ts';

type Query = Pick<Tx, 'query'>;
type Write = Pick<Tx, 'write'>;

export interface RefundRow extends RefundState {
  payment_id: string;
  amount: number;
  currency: string;
  kind: Refund['kind'];
  reason: string;
  attempts: number;
  created_at: string;
  updated_at: string;
}

export function refundReply(row: RefundRow): Refund {
  return { ...row, amount: fromMinor(row.amount, row.currency) };
}

const INSERT_REFUNDS = sql(`
  insert into refunds (id, payment_id, amount, currency, kind, reason, status, reference, last_error, next_attempt_at,
    created_at, updated_at)
  select id, payment_id, amount, currency, kind, reason, status, reference, last_error, next_attempt_at, $11, $11
  from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
      $9::text[], $10::timestamptz[])
    as new (id, payment_id, amount, currency, kind, reason, status, reference, last_error, next_attempt_at)`);
const END_LEASES = sql(`
  update refunds set next_attempt_at = $1 where status = 'processing' and next_attempt_at > $1`);
const CLAIM_REFUNDS = sql(`
  update refunds set attempts = refunds.attempts + 1, next_attempt_at = $3
  from payments
  where payments.id = refunds.payment_id and refunds.id = any (array(
    select id from refunds where status = 'processing' and next_attempt_at <= $2
    order by next_attempt_at limit $1 for update skip locked))
  returning refunds.*, payments.order_id, payments.transaction_id, payments.provider, payments.traceparent`);
const LOCK_REFUNDS = sql('select * from refunds where id = any($1::uuid[]) order by id for update');
const LOCK_REFUNDS_OF = sql('select * from refunds where payment_id = any($1::uuid[]) order by id for update');
const UPDATE_REFUNDS = sql(`
  update refunds set status = new.status, reference = new.reference, last_error = new.last_error,
    next_attempt_at = new.next_attempt_at, updated_at = $6
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
    as new (id, status, reference, last_error, next_attempt_at)
  where refunds.id = new.id`);
// What has gone back or is on its way is the sum of its refunds; a refund that failed can be given again. When somebody
// else gave back at the provider what ours was about to, the sum is too large until the provider has refused ours.
const RECOUNT_REFUNDS = sql(`
  update payments set updated_at = $2, refunded_amount = least(amount, (
    select coalesce(sum(amount), 0) from refunds where payment_id = payments.id and status <> 'failed'))
  where id = any($1::uuid[]) and status = 'succeeded'`);
const LIST_REFUNDS = sql('select * from refunds where payment_id = $1 order by id');

const UNFINISHED = sql(`
  select (select count(*) from (select from refunds where status = 'processing' limit 10001) counted)
      as refunds_processing,
    (select coalesce(extract(epoch from now() - min(created_at)), 0)::float from
      (select created_at from refunds where status = 'processing' order by id limit 1) oldest)
      as refunds_oldest_processing_age_seconds`);

/** For a scrape. */
export function readUnfinishedRefunds(db: Query) {
  return db.query<{ refunds_processing: number; refunds_oldest_processing_age_seconds: number }>(UNFINISHED);
}

export type NewRefund = Omit<RefundRow, 'attempts' | 'created_at' | 'updated_at'>;

export function insertRefunds(tx: Write, refunds: readonly NewRefund[], now: Date): void {
  const names = [
    'id',
    'payment_id',
    'amount',
    'currency',
    'kind',
    'reason',
    'status',
    'reference',
    'last_error',
  ] as const;
  tx.write(INSERT_REFUNDS, [...columns(refunds, ...names, 'next_attempt_at'), now]);
}

export type ClaimedRefund = RefundRow &
  Pick<PaymentRow, 'order_id' | 'traceparent' | 'provider'> & { transaction_id: string };

export function claimRefunds(db: Query, limit: number, now: Date, leaseUntil: Date): Promise<ClaimedRefund[]> {
  return db.query<ClaimedRefund>(CLAIM_REFUNDS, [limit, now, leaseUntil]);
}

/** Whatever waits for the provider is due now. */
export async function endRefundLeases(db: Query, now: Date): Promise<void> {
  await db.query(END_LEASES, [now]);
}

export function lockRefunds(tx: Query, ids: readonly string[]): Promise<RefundRow[]> {
  return tx.query<RefundRow>(LOCK_REFUNDS, [ids]);
}

export function lockRefundsOf(tx: Query, paymentIds: readonly string[]): Promise<RefundRow[]> {
  return tx.query<RefundRow>(LOCK_REFUNDS_OF, [paymentIds]);
}

export function updateRefunds(tx: Write, refunds: readonly RefundState[], now: Date): void {
  const names = ['id', 'status', 'reference', 'last_error', 'next_attempt_at'] as const;
  tx.write(UPDATE_REFUNDS, [...columns(refunds, ...names), now]);
}

/** After the refunds of these payments have changed. */
export function recountRefunds(tx: Write, paymentIds: readonly string[], now: Date): void {
  tx.write(RECOUNT_REFUNDS, [[...new Set(paymentIds)], now]);
}

export function listRefunds(db: Query, paymentId: string): Promise<RefundRow[]> {
  return db.query<RefundRow>(LIST_REFUNDS, [paymentId]);
}

export interface RefundFilter {
  status?: RefundStatus | undefined;
  before?: string | undefined;
  limit: number;
}

/** Of all payments, newest first. */
export function listAllRefunds(db: Database, { status, before, limit }: RefundFilter): Promise<RefundRow[]> {
  const filters = [
    ['id <', before],
    ['status =', status],
  ].filter(([, value]) => value !== undefined);
  const conditions = filters.map(([condition], i) => `${condition} $${i + 2}`);
  return db.query<RefundRow>(
    dynamicSql(`select * from refunds where ${['true', ...conditions].join(' and ')} order by id desc limit $1`),
    [limit, ...filters.map(([, value]) => value)],
  );
}
