/** All SQL of payments themselves, and of how an order can be paid. Refunds and webhook events have files of their own. */

import { fromMinor } from '../../contracts/money.ts';
import type { Dispute, Payment, PaymentStatus } from '../../contracts/payments.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { columns, dynamicSql, sql } from '../../platform/database.ts';
import type { PaymentState } from './payment.ts';

type Query = Pick<Tx, 'query'>;
type Write = Pick<Tx, 'write'>;

export interface PaymentRow extends PaymentState {
  order_id: string;
  currency: string;
  method: string;
  provider: string;
  dispute: Dispute | null;
  traceparent: string | null;
  created_at: string;
  updated_at: string;
}

export function paymentReply(row: PaymentRow): Payment {
  const { amount, refunded_amount, currency } = row;
  return { ...row, amount: fromMinor(amount, currency), refunded_amount: fromMinor(refunded_amount, currency) };
}

const INSERT_PAYMENTS = sql(`
  insert into payments (id, order_id, amount, currency, status, method, provider, reason, void_requested,
    next_attempt_at, traceparent, created_at, updated_at)
  select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::boolean[], $10::timestamptz[], $11::text[], $12::timestamptz[], $13::timestamptz[])`);
// Every lock on payments is taken in the order of order_id: by order, by outcome, by refund.
const LOCK_BY_ORDER = sql('select * from payments where order_id = any($1::uuid[]) order by order_id for update');
const LOCK_BY_ID = sql('select * from payments where id = any($1::uuid[]) order by order_id for update');
const LOCK_BY_EVENT = sql(`
  select * from payments where id = any (array(
    select id from payments where reference = any($1::text[])
    union select id from payments where id = any($2::uuid[])
    union select id from payments where order_id = any($3::uuid[])))
  order by order_id for update`);
const UPDATE_PAYMENTS = sql(`
  update payments set status = new.status, transaction_id = new.transaction_id, reason = new.reason,
    last_error = new.last_error, void_requested = new.void_requested, next_attempt_at = new.next_attempt_at,
    refunded_amount = new.refunded_amount, reference = new.reference, updated_at = $10
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[],
      $8::bigint[], $9::text[])
    as new (id, status, transaction_id, reason, last_error, void_requested, next_attempt_at, refunded_amount, reference)
  where payments.id = new.id`);
const SAVE_DISPUTES = sql(`
  update payments set dispute = new.dispute, updated_at = $3
  from unnest($1::uuid[], $2::jsonb[]) as new (id, dispute) where payments.id = new.id`);
const END_LEASES = sql(`
  update payments set next_attempt_at = $1 where status = 'processing' and next_attempt_at > $1`);
const CLAIM_PAYMENTS = sql(`
  update payments set attempts = attempts + 1, next_attempt_at = $3
  where id = any (array(select id from payments where status = 'processing' and next_attempt_at <= $2
    order by next_attempt_at limit $1 for update skip locked))
  returning *`);
const GET_PAYMENT = sql('select * from payments where id = $1');

const SAVE_METHODS = sql(`
  insert into announced_methods as known (provider, pattern, default_method, version) values ($1, $2, $3, 1)
  on conflict (one) do update
    set provider = excluded.provider, pattern = excluded.pattern, default_method = excluded.default_method,
        version = known.version + 1
    where (known.provider, known.pattern, known.default_method)
      is distinct from (excluded.provider, excluded.pattern, excluded.default_method)
  returning version`);

/** The new version; undefined when nothing is new. */
export async function saveMethods(
  tx: Query,
  methods: { provider: string; pattern: string; default_method: string | null },
): Promise<number | undefined> {
  const { provider, pattern, default_method } = methods;
  return (await tx.query<{ version: number }>(SAVE_METHODS, [provider, pattern, default_method]))[0]?.version;
}

export function insertPayments(tx: Write, payments: readonly PaymentRow[]): void {
  tx.write(
    INSERT_PAYMENTS,
    columns(
      payments,
      'id',
      'order_id',
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
      'reference',
    ),
    now,
  ]);
}

/** Payments due at the provider, taken until `leaseUntil`; counting the attempt first means no attempt goes uncounted. */
export function claimPayments(db: Query, limit: number, now: Date, leaseUntil: Date): Promise<PaymentRow[]> {
  return db.query<PaymentRow>(CLAIM_PAYMENTS, [limit, now, leaseUntil]);
}

/** Whatever waits for the provider is due now. */
export async function endPaymentLeases(db: Query, now: Date): Promise<void> {
  await db.query(END_LEASES, [now]);
}

/** Payments that these references, ids or orders belong to. */
export function lockByEvent(
  tx: Query,
  references: readonly string[],
  ids: readonly string[],
  orderIds: readonly string[],
): Promise<PaymentRow[]> {
  return tx.query<PaymentRow>(LOCK_BY_EVENT, [references, ids, orderIds]);
}

export function saveDisputes(tx: Write, payments: readonly PaymentRow[], now: Date): void {
  const disputes = payments.map(({ dispute }) => JSON.stringify(dispute));
  tx.write(SAVE_DISPUTES, [payments.map(({ id }) => id), disputes, now]);
}

export async function getPayment(db: Query, id: string): Promise<PaymentRow | undefined> {
  return (await db.query<PaymentRow>(GET_PAYMENT, [id]))[0];
}

export interface PaymentFilter {
  order_id?: string | undefined;
  status?: PaymentStatus | undefined;
  /** Those that are, or were, contested. */
  disputed?: boolean | undefined;
  before?: string | undefined;
  limit: number;
}

/** Newest first: ids are UUIDv7. */
export function listPayments(db: Database, filter: PaymentFilter): Promise<PaymentRow[]> {
  const { order_id, status, disputed, before, limit } = filter;
  const filters = [
    ['id <', before],
    ['order_id =', order_id],
    ['status =', status],
  ].filter(([, value]) => value !== undefined);
  const contested = disputed === undefined ? 'true' : `dispute is ${disputed ? 'not null' : 'null'}`;
  const conditions = filters.map(([condition], i) => `${condition} $${i + 2}`);
  return db.query<PaymentRow>(
    dynamicSql(`select * from payments where ${[contested, ...conditions].join(' and ')} order by id desc limit $1`),
    [limit, ...filters.map(([, value]) => value)],
  );
}
