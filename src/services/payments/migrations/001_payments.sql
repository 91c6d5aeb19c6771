create table payments (
  id              uuid primary key,
  -- One payment for each order, whatever is delivered twice.
  order_id        uuid not null unique,
  email           text,
  order_number    bigint,
  amount          bigint not null check (amount >= 0),
  currency        text not null,
  status          text not null check (status in ('processing', 'succeeded', 'failed', 'voided')),
  method          text not null,
  provider        text not null,
  transaction_id  text,
  reason          text,
  attempts        integer not null default 0,
  last_error      text,
  -- The order has ended while the provider was being asked: whatever comes of it goes back.
  void_requested  boolean not null default false,
  next_attempt_at timestamptz,
  -- Given back or on its way back.
  refunded_amount bigint not null default 0 check (refunded_amount >= 0 and refunded_amount <= amount),
  traceparent     text,
  created_at      timestamptz not null,
  updated_at      timestamptz not null,
  check ((next_attempt_at is not null) = (status = 'processing')),
  check (refunded_amount = 0 or status = 'succeeded'),
  check ((transaction_id is not null) = (status = 'succeeded'))
) with (fillfactor = 80);
create index payments_due on payments (next_attempt_at) where status = 'processing';

create table refunds (
  id              uuid primary key,
  payment_id      uuid not null references payments (id),
  amount          bigint not null check (amount > 0),
  currency        text not null,
  kind            text not null check (kind in ('order_ended', 'merchant')),
  reason          text not null,
  status          text not null check (status in ('processing', 'succeeded', 'failed')),
  attempts        integer not null default 0,
  last_error      text,
  next_attempt_at timestamptz,
  created_at      timestamptz not null,
  updated_at      timestamptz not null
);
create index refunds_payment on refunds (payment_id);
create index refunds_due on refunds (next_attempt_at) where status = 'processing';
-- An order ends once, and its money goes back once.
create unique index refunds_order_ended on refunds (payment_id) where kind = 'order_ended';

-- The books of the built-in test provider. It stands for a company elsewhere: payments never reads these tables.
create table test_provider_charges (
  key            text primary key,
  amount         bigint not null,
  currency       text not null,
  method         text not null,
  outcome        text check (outcome in ('succeeded', 'declined', 'cancelled')),
  verdict        text not null,
  reason         text,
  transaction_id text not null,
  calls          integer not null default 1,
  created_at     timestamptz not null default now()
);
create table test_provider_refunds (
  key        text primary key,
  charge_key text not null references test_provider_charges (key),
  amount     bigint not null,
  created_at timestamptz not null default now()
);
