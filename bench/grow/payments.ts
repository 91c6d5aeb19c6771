/** Past orders at the till: one payment each, what went back, the test provider's own books, and what providers told. */
import { before, type Past } from './past.ts';

export const REFUND_ID = `growth.id(coalesce(cancelled_at, returned_at), n, 91)`;
const GONE_BACK = `case when kind = 'cancelled' then total when returned_at is not null then returned else 0 end`;
/** A deadline ended these while the provider was being asked. */
const VOIDED_AT = `placed_at + interval '15 minutes 0.1 s'`;

export const INSERT_PAYMENTS = `
  insert into payments (id, order_id, amount, currency, status, method, provider, transaction_id, reason, attempts,
    void_requested, refunded_amount, traceparent, created_at, updated_at)
  select payment_id, id, total, 'USD',
    case kind when 'declined' then 'failed' when 'out_of_stock' then 'voided' when 'timed_out' then 'voided' else 'succeeded' end,
    case kind when 'declined' then 'pm_declined' else 'pm_success' end, 'test',
    case when kind in ('kept', 'cancelled') then 'ch_' || payment_id end,
    case kind when 'declined' then 'declined' when 'out_of_stock' then 'the order ended first' when 'timed_out' then 'the order ended first' end,
    case kind when 'out_of_stock' then 0 when 'timed_out' then 2 else 1 end, kind in ('out_of_stock', 'timed_out', 'cancelled'),
    ${GONE_BACK}, traceparent, held_at,
    case kind when 'out_of_stock' then held_at when 'timed_out' then ${VOIDED_AT} else coalesce(cancelled_at, returned_at, paid_at) end
  from past order by n`;

export const INSERT_REFUNDS = `
  insert into refunds (id, payment_id, amount, currency, kind, reason, status, attempts, created_at, updated_at)
  select ${REFUND_ID}, payment_id, ${GONE_BACK}, 'USD', case when kind = 'cancelled' then 'order_ended' else 'merchant' end,
    case when kind = 'cancelled' then 'the order ended' else 'broken' end, 'succeeded', 1,
    coalesce(cancelled_at, returned_at), coalesce(cancelled_at, returned_at) + interval '1.1 s'
  from past where cancelled_at is not null or returned_at is not null order by n`;

export const INSERT_CHARGES = `
  insert into test_provider_charges (key, amount, currency, method, outcome, verdict, reason, transaction_id, calls, created_at)
  select payment_id, total, 'USD', case kind when 'declined' then 'pm_declined' else 'pm_success' end,
    case kind when 'declined' then 'declined' when 'timed_out' then 'cancelled' else 'succeeded' end,
    case kind when 'declined' then 'declined' when 'timed_out' then 'cancelled' else 'succeeded' end,
    case kind when 'declined' then 'declined' end, 'ch_' || payment_id, 1, paid_at
  from past where kind <> 'out_of_stock' order by n`;

export const INSERT_GIVEN_BACK = `
  insert into test_provider_refunds (key, charge_key, amount, created_at)
  select ${REFUND_ID}, payment_id, ${GONE_BACK}, coalesce(cancelled_at, returned_at) + interval '1 s'
  from past where cancelled_at is not null or returned_at is not null order by n`;

/** Kept for some weeks only. A few were not believed, or belong to nobody. */
export const INSERT_EVENTS = (past: Past) => `
  insert into webhook_events (provider, event_id, type, reference, payment_id, order_id, fact, status, note, attempts, received_at)
  select 'stripe', 'evt_' || md5('event' || n), 'charge.succeeded', 'pi_' || payment_id, payment_id, id, '{"kind":"nothing"}'::jsonb,
    case when n % 1000 = 1 then 'refused' when n % 1000 = 2 then 'unmatched' else 'applied' end,
    case when n % 1000 in (1, 2) then 'it contradicts our books' end, 1, paid_at
  from past where kind in ('kept', 'cancelled') and paid_at > ${before(past, 25 * 86_400_000)} order by paid_at`;
