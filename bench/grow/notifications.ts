/** Past orders in the mail room: whom they belong to, and what was told of them; the accounts, each of them welcomed. */
import { FIRST_NUMBER, REASON, REFUNDED } from './orders.ts';
import { customersOf, NAME, type Past, productAt } from './past.ts';
import { REFUND_ID } from './payments.ts';

export const MAIL_PRODUCTS = `insert into products (product_id, name, version) select product_id, name, 1 from growth.products`;

export const INSERT_CONTACTS = `
  insert into order_contacts (order_id, version, customer_id, email, name, number, guest_token, phone, channels)
  select id, case kind when 'out_of_stock' then 2 when 'declined' then 3 when 'timed_out' then 3 when 'cancelled' then 4
      else 3 + num_nonnulls(left_at, arrived_at) end,
    customer_id, email, name, ${FIRST_NUMBER} + n, guest_token, phone, array[channel]
  from past order by n`;

/** Of what a mail is made; why an order ended is known to the mail that says so. */
const DATA = `jsonb_build_object('order_id', id, 'number', ${FIRST_NUMBER} + n, 'name', name, 'reason', null, 'items', items,
  'total_amount', growth.amount(total), 'currency', 'USD', 'guest_token', guest_token, 'refunded_amount', '0.00', 'address',
  array[address->>'line1', (address->>'city') || ', ' || (address->>'postal_code'), 'United States'], 'tracking', null,
  'account', customer_id is not null)`;
const REFUND_DATA = `jsonb_build_object('order_id', past.id, 'amount', growth.amount(${REFUNDED}), 'currency', 'USD',
  'number', ${FIRST_NUMBER} + n, 'name', name, 'guest_token', guest_token, 'account', customer_id is not null)`;

export const INSERT_NOTIFICATIONS = `
  insert into notifications (id, dedupe_key, order_id, customer_id, kind, channel, recipient, subject, data, status, attempts,
    message_id, provider_id, next_attempt_at, created_at, sent_at)
  select notice.id, told.news || ':' || case when told.news = 'refunded' then ${REFUND_ID} else past.id end
      || case when channel = 'sms' then ':sms' else '' end,
    past.id, customer_id, told.news, channel, case when channel = 'sms' then phone else email end,
    case when channel = 'sms' then 'Tradewind: order ' || ${FIRST_NUMBER} + n || ' is ' || told.news || '.'
      when told.news = 'refunded' then 'Refund of $' || growth.amount(${REFUNDED})
      else 'Order #' || ${FIRST_NUMBER} + n || told.words end,
    case told.news when 'refunded' then ${REFUND_DATA} when 'failed' then data || jsonb_build_object('reason', ${REASON})
      when 'cancelled' then data || jsonb_build_object('reason', ${REASON}) else data end,
    case when growth.chance(n, 92) < 0.001 then 'failed' else 'sent' end, 1, '<' || notice.id || '@tradewind.test>',
    case when channel = 'sms' then 'SM' || md5(notice.id::text) end, told.at, told.at,
    case when growth.chance(n, 92) >= 0.001 then told.at + interval '1 s' end
  from (select *, ${DATA} as data from past offset 0) past cross join lateral (values
    (93, 'confirmed', ' is confirmed', case when past.kind in ('kept', 'cancelled') then paid_at end),
    (94, 'failed', ' could not be completed', case past.kind when 'out_of_stock' then held_at when 'declined' then paid_at
      when 'timed_out' then placed_at + interval '15 minutes' end),
    (95, 'cancelled', ' is cancelled', cancelled_at),
    (96, 'shipped', ' is on its way', left_at),
    (97, 'delivered', ' has arrived', arrived_at),
    (98, 'refunded', '', coalesce(cancelled_at, returned_at) + interval '1.2 s')
  ) told (salt, news, words, at) cross join lateral (select growth.id(told.at, n, told.salt) offset 0) notice (id)
  where told.at is not null order by told.at`;

/** Customers `from` to `to`, and that each was welcomed. */
export const INSERT_ACCOUNTS = (past: Past, from: number, to: number) => `
  with made as materialized (select *, growth.id(at, n, 99) as notice from ${customersOf(past, from, to)}),
  known as (
    insert into customers (customer_id, version, email, name, phone, notify_by)
    select id, 1, email, ${NAME}, phone, array['email'] from made order by n)
  insert into notifications (id, dedupe_key, customer_id, kind, channel, recipient, subject, data, status, attempts, message_id,
    next_attempt_at, created_at, sent_at)
  select notice, 'welcome:' || id, id, 'welcome', 'email', email, 'Welcome to Tradewind', jsonb_build_object('name', ${NAME}),
    'sent', 1, '<' || notice || '@tradewind.test>', at, at, at + interval '1 s' from made order by n`;

/** Addresses that bounced: one of two hundred accounts. */
export const INSERT_SUPPRESSIONS = (past: Past) => `
  insert into suppressions (id, channel, recipient, reason, detail, created_at)
  select growth.id(at, n, 100), 'email', email, (array['refused','bounced','complained','unsubscribed'])[1 + n / 200 % 4], null, at
  from ${customersOf(past, 200, past.customers, 200)}`;

/** What the development provider has kept of its SMS. */
export const INSERT_SMS = (past: Past) => `
  insert into development_sms (id, key, sender, recipient, body, created_at)
  select growth.id(at, n, 98), 'sms-' || n, 'Tradewind', '+1555' || lpad(n::text, 7, '0'), 'Tradewind: order ' || n || ' is confirmed.', at
  from (select n, ${productAt(past)} + n * interval '10 minutes' as at from generate_series(1::bigint, ${Math.ceil(past.orders / 100)}) n) sent`;
