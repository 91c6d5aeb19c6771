-- Mails to send and sent, and the little that must be known of orders and customers to address them.

create table notifications (
  id              uuid primary key,
  dedupe_key      text not null unique, -- one mail of a kind for each order, refund, customer: this is what says so
  order_id        uuid,
  customer_id     uuid,
  kind            text not null,
  channel         text not null default 'email',
  recipient       text,                 -- null while unknown, and after erasure
  subject         text not null,
  data            jsonb,                -- what the template needs; null after erasure
  status          text not null check (status in ('waiting', 'queued', 'sent', 'failed')),
  attempts        integer not null default 0,
  resends         integer not null default 0,
  last_error      text,
  message_id      text not null,
  next_attempt_at timestamptz not null, -- while it is being sent: the end of the lease
  created_at      timestamptz not null,
  sent_at         timestamptz,
  check (status <> 'queued' or (recipient is not null and data is not null))
);
create index notifications_due on notifications (next_attempt_at, id) where status = 'queued';
create index notifications_by_order on notifications (order_id, id);
create index notifications_by_customer on notifications (customer_id) where customer_id is not null;

-- Whom an order's mails go to. Version 0: only a refund was heard of; the order's own events are still to come.
create table order_contacts (
  order_id    uuid primary key,
  version     integer not null,
  customer_id uuid,
  email       text,
  name        text,
  number      bigint,
  guest_token text
);
create index order_contacts_by_customer on order_contacts (customer_id) where customer_id is not null;

-- Version 0: being heard of for the first time. Erased rows stay, so that a late message revives nobody.
create table customers (
  customer_id uuid primary key,
  version     integer not null,
  email       text,
  name        text,
  erased      boolean not null default false
);
