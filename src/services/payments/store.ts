/** All SQL of payments. */

import { fromMinor } from '../../contracts/money.ts';
import type { Payment, PaymentStatus } from '../../contracts/payments.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { columns, dynamicSql, sql } from '../../platform/database.ts';
import type { PaymentState } from './payment.ts';

type Query = Pick<Tx, 'query'>;
type Write = Pick<Tx, 'write'>;

export interface PaymentRow extends PaymentState {
  order_id: string;
  email: string | null;
  order_number: number | null;
  currency: string;
  method: string;
  provider: string;
  traceparent: string | null;
  created_at: string;
  updated_at: string;
}

export interface RefundRow {
  id: string;
  payment_id: string;
  amount: number;
  currency: string;
  kind: 'order_ended' | 'merchant';
  reason: string;
  status: 'processing' | 'succeeded' | 'failed';
  attempts: number;
  last_error: string | null;
  next_attempt_at: string | null;
  created_at: string;
  updated_at: string;
}

export function paymentReply(row: PaymentRow): Payment {
  const { amount, refunded_amount, currency } = row;
  return { ...row, amount: fromMinor(amount, currency), refunded_amount: fromMinor(refunded_amount, currency) };
}

export function refundReply(row: RefundRow) {
  return { ...row, amount: fromMinor(row.amount, row.currency) };
}

const INSERT_PAYMENTS = sql(`
  insert into payments (id, order_id, email, order_number, amount, currency, status, method, provider, reason,
    void_requested, next_attempt_at, traceparent, created_at, updated_at)
  select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::boolean[], $12::timestamptz[], $13::text[], $14::timestamptz[],
    $15::timestamptz[])`);
// Every lock on payments is taken in the order of order_id: by order, by outcome, by refund.
const LOCK_BY_ORDER = sql('select * from payments where order_id = any($1::uuid[]) order by order_id for update');
const LOCK_BY_ID = sql('select * from payments where id = any($1::uuid[]) order by order_id for update');
const UPDATE_PAYMENTS = sql(`
  update payments set status = new.status, transaction_id = new.transaction_id, reason = new.reason,
    last_error = new.last_error, void_requested = new.void_requested, next_attempt_at = new.next_attempt_at,
    refunded_amount = new.refunded_amount, updated_at = $9
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[], $8::bigint[])
    as new (id, status, transaction_id, reason, last_error, void_requested, next_attempt_at, refunded_amount)
  where payments.id = new.id`);
const CLAIM_PAYMENTS = sql(`
  update payments set attempts = attempts + 1, next_attempt_at = $3
  where id = any (array(select id from payments where status = 'processing' and next_attempt_at <= $2
    order by next_attempt_at limit $1 for update skip locked))
  returning *`);
const INSERT_REFUNDS = sql(`
  insert into refunds (id, payment_id, amount, currency, kind, reason, status, next_attempt_at, created_at, updated_at)
  select id, payment_id, amount, currency, kind, reason, 'processing', $7::timestamptz, $7, $7
  from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[])
    as new (id, payment_id, amount, currency, kind, reason)`);
const CLAIM_REFUNDS = sql(`
  update refunds set attempts = refunds.attempts + 1, next_attempt_at = $3
  from payments
  where payments.id = refunds.payment_id and refunds.id = any (array(
    select id from refunds where status = 'processing' and next_attempt_at <= $2
    order by next_attempt_at limit $1 for update skip locked))
  returning refunds.*, payments.order_id, payments.transaction_id, payments.traceparent, payments.email,
    payments.order_number`);
const LOCK_REFUNDS = sql('select * from refunds where id = any($1::uuid[]) order by id for update');
const UPDATE_REFUNDS = sql(`
  update refunds set status = new.status, last_error = new.last_error, next_attempt_at = new.next_attempt_at,
    updated_at = $5
  from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) as new (id, status, last_error, next_attempt_at)
  where refunds.id = new.id`);
const RETURN_FAILED_REFUND = sql('update payments set refunded_amount = refunded_amount - $2 where id = $1');
const GET_PAYMENT = sql('select * from payments where id = $1');
const LIST_REFUNDS = sql('select * from refunds where payment_id = $1 order by id');

export function insertPayments(tx: Write, payments: readonly PaymentRow[]): void {
  tx.write(
    INSERT_PAYMENTS,
    columns(
      payments,
      'id',
      'order_id',
      'email',
      'order_number',
      'amount',
      'currency',
      'status',
      'method',
      'provider',
      'reason',
      'void_requested',
      'next_attempt_at',
      'traceparent',
      'created_at',
      'updated_at',
    ),
  );
}

export function lockByOrder(tx: Query, orderIds: readonly string[]): Promise<PaymentRow[]> {
  return tx.query<PaymentRow>(LOCK_BY_ORDER, [[...new Set(orderIds)]]);
}

export function lockById(tx: Query, ids: readonly string[]): Promise<PaymentRow[]> {
  return tx.query<PaymentRow>(LOCK_BY_ID, [[...new Set(ids)]]);
}

export function updatePayments(tx: Write, payments: readonly PaymentState[], now: Date): void {
  tx.write(UPDATE_PAYMENTS, [
    ...columns(
      payments,
      'id',
      'status',
      'transaction_id',
      'reason',
      'last_error',
      'void_requested',
      'next_attempt_at',
      'refunded_amount',
    ),
    now,
  ]);
}

/** Payments due at the provider, taken until `leaseUntil`; counting the attempt first means no attempt goes uncounted. */
export function claimPayments(db: Query, limit: number, now: Date, leaseUntil: Date): Promise<PaymentRow[]> {
  return db.query<PaymentRow>(CLAIM_PAYMENTS, [limit, now, leaseUntil]);
}

export type NewRefund = Pick<RefundRow, 'id' | 'payment_id' | 'amount' | 'currency' | 'kind' | 'reason'>;

export function insertRefunds(tx: Write, refunds: readonly NewRefund[], now: Date): void {
  tx.write(INSERT_REFUNDS, [...columns(refunds, 'id', 'payment_id', 'amount', 'currency', 'kind', 'reason'), now]);
}

export type ClaimedRefund = RefundRow &
  Pick<PaymentRow, 'order_id' | 'traceparent' | 'email' | 'order_number'> & { transaction_id: string };

export function claimRefunds(db: Query, limit: number, now: Date, leaseUntil: Date): Promise<ClaimedRefund[]> {
  return db.query<ClaimedRefund>(CLAIM_REFUNDS, [limit, now, leaseUntil]);
}

export function lockRefunds(tx: Query, ids: readonly string[]): Promise<RefundRow[]> {
  return tx.query<RefundRow>(LOCK_REFUNDS, [[...ids]]);
}

export function updateRefunds(
  tx: Write,
  refunds: readonly Pick<RefundRow, 'id' | 'status' | 'last_error' | 'next_attempt_at'>[],
  now: Date,
): void {
  tx.write(UPDATE_REFUNDS, [...columns(refunds, 'id', 'status', 'last_error', 'next_attempt_at'), now]);
}

/** A refund the provider refused for good can be given again. */
export function returnFailedRefund(tx: Write, refund: Pick<RefundRow, 'payment_id' | 'amount'>): void {
  tx.write(RETURN_FAILED_REFUND, [refund.payment_id, refund.amount]);
}

export async function getPayment(db: Query, id: string): Promise<PaymentRow | undefined> {
  return (await db.query<PaymentRow>(GET_PAYMENT, [id]))[0];
}

export function listRefunds(db: Query, paymentId: string): Promise<RefundRow[]> {
  return db.query<RefundRow>(LIST_REFUNDS, [paymentId]);
}

export interface PaymentFilter {
  order_id?: string | undefined;
  status?: PaymentStatus | undefined;
  before?: string | undefined;
  limit: number;
}

/** Newest first: ids are UUIDv7. */
export function listPayments(db: Database, { order_id, status, before, limit }: PaymentFilter): Promise<PaymentRow[]> {
  const filters = [
    ['id <', before],
    ['order_id =', order_id],
    ['status =', status],
  ].filter(([, value]) => value !== undefined);
  const conditions = filters.map(([condition], i) => `${condition} $${i + 2}`);
  return db.query<PaymentRow>(
    dynamicSql(`select * from payments where ${['true', ...conditions].join(' and ')} order by id desc limit $1`),
    [limit, ...filters.map(([, value]) => value)],
  );
}
