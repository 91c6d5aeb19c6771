-- SMS beside mail, addresses that are not written to any more, and what is forgotten once it is told.

alter table notifications
  add column provider_id     text,
  add column expires_at      timestamptz, -- of no use afterwards: not sent any more
  add column forget          text check (forget in ('data', 'all')), -- once it is told or given up: a secret, or everything
  add column queued_at       timestamptz, -- when it was last put on its way, if that was not at first
  add column queued_attempts integer not null default 0, -- attempts before that
  add constraint notifications_channel check (channel in ('email', 'sms'));

drop index notifications_due;
create index notifications_due on notifications (channel, next_attempt_at, id) where status = 'queued';
create index notifications_expiring on notifications (expires_at) where status = 'queued' and expires_at is not null;
drop index notifications_by_customer;
create index notifications_by_customer on notifications (customer_id, id) where customer_id is not null;
create index notifications_by_recipient on notifications (lower(recipient) collate "C", id) where recipient is not null;
-- What is common is found soon by going back in time, what is queued by notifications_due; what is rare has an index of its
-- own, which an ordinary order does not touch.
create index notifications_stuck on notifications (status, id) where status in ('failed', 'waiting');
create index notifications_rare_kinds on notifications (kind, id) where kind not in ('confirmed', 'shipped', 'delivered');
create index notifications_sms on notifications (id) where channel = 'sms';

-- How somebody wants to be told of an order; null in rows from before there was a choice: by mail.
alter table order_contacts
  add column phone    text,
  add column channels text[];

alter table customers
  add column phone     text,
  add column notify_by text[];

create table products (
  product_id text primary key,
  name       text not null,
  version    integer not null
);

-- Nothing more is sent there. The recipient as it is compared: lower case, or a number in E.164.
create table suppressions (
  id         uuid primary key,
  channel    text not null check (channel in ('email', 'sms')),
  recipient  text collate "C" not null,
  reason     text not null check (reason in ('refused', 'bounced', 'complained', 'unsubscribed')),
  detail     text,
  created_at timestamptz not null,
  unique (channel, recipient)
);

-- What the development SMS provider "sent". It stands for a company elsewhere: only sms-development.ts reads it.
create table development_sms (
  id         uuid primary key,
  key        text not null unique,
  sender     text not null,
  recipient  text not null,
  body       text not null,
  created_at timestamptz not null default now()
);
