/** All SQL of what must hold of payments. */
import type { Rule } from '../../platform/audit.ts';
import type { Tx } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';

export const RULES: readonly Rule[] = [
  {
    name: 'an order is charged at most once',
    about: 'order',
    given: 'since',
    statement: sql(`
      select order_id as subject, count(*) || ' payments' as detail from payments
      where order_id in (select order_id from payments where updated_at >= $1)
      group by order_id having count(*) > 1`),
  },
  {
    name: 'never more is given back than was charged',
    about: 'order',
    given: 'since',
    statement: sql(`
      select order_id as subject, sum(refunds.amount) || ' of ' || payments.amount as detail
      from refunds join payments on payments.id = payment_id
      where refunds.status <> 'failed' and payments.updated_at >= $1
      group by payments.id having sum(refunds.amount) > payments.amount`),
  },
  {
    name: 'what a payment counts as gone back is what its refunds say',
    about: 'order',
    given: 'since',
    statement: sql(`
      select order_id as subject, refunded_amount || ', and its refunds say ' || coalesce(given, 0) as detail
      from payments left join lateral (
        select sum(amount) as given from refunds where payment_id = payments.id and refunds.status <> 'failed'
      ) back on true
      where updated_at >= $1 and refunded_amount <> least(amount, coalesce(given, 0))`),
  },
  {
    name: 'no payment is asked for without end',
    about: 'order',
    given: 'now',
    statement: sql(`
      select order_id as subject, 'asked ' || attempts || ' times, last to be asked at ' || next_attempt_at as detail
      from payments where status = 'processing' and (next_attempt_at < $1::timestamptz - interval '10 minutes'
        or created_at < $1::timestamptz - interval '14 days')`),
  },
  {
    name: 'no refund is asked for without end',
    about: 'order',
    given: 'now',
    statement: sql(`
      select order_id as subject, refunds.amount || ' asked for ' || refunds.attempts || ' times' as detail
      from refunds join payments on payments.id = payment_id
      where refunds.status = 'processing' and (refunds.next_attempt_at < $1::timestamptz - interval '10 minutes'
        or refunds.created_at < $1::timestamptz - interval '14 days')`),
  },
  {
    name: 'what a card processor has told is worked in when it is due',
    about: 'event',
    given: 'now',
    statement: sql(`
      select event_id as subject, provider || ' told ' || type || ', looked at ' || attempts || ' times, due at '
        || next_attempt_at as detail
      from webhook_events where status = 'waiting' and next_attempt_at < $1::timestamptz - interval '10 minutes'`),
  },
];

export interface Paid {
  order_id: string;
  status: string;
  amount: number;
  /** Minor units that have gone back, or are on their way. */
  refunded_amount: number;
  /** Minor units that have gone back. */
  returned: number;
  /** Minor units that the provider has been asked to give back, and has not yet. */
  returning: number;
  currency: string;
  /** It was heard that the order has ended. */
  void_requested: boolean;
}

const PAID_FOR = sql(`
  select order_id, payments.status, payments.amount, refunded_amount, payments.currency, void_requested,
    coalesce(sum(refunds.amount) filter (where refunds.status = 'succeeded'), 0)::bigint as returned,
    coalesce(sum(refunds.amount) filter (where refunds.status = 'processing'), 0)::bigint as returning
  from payments left join refunds on payment_id = payments.id where order_id = any($1::uuid[])
  group by payments.id`);

export function paidFor(db: Pick<Tx, 'query'>, orderIds: readonly string[]): Promise<Paid[]> {
  return db.query<Paid>(PAID_FOR, [orderIds]);
}

const KNOWN = sql('select order_id as id from payments where order_id > $1 and order_id <= $2 order by 1 limit $3');

/** Ids of orders that it has a payment for, after one and up to another. */
export async function knownOrders(
  db: Pick<Tx, 'query'>,
  { after, until }: { after: string; until: string },
  limit: number,
): Promise<string[]> {
  return (await db.query<{ id: string }>(KNOWN, [after, until, limit])).map(({ id }) => id);
}
