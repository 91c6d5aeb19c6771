-- What the catalogue told us: prices are looked up here, never asked for while somebody waits.
create table products (
  product_id text primary key,
  name       text not null,
  price      bigint not null check (price >= 0),
  currency   text not null,
  active     boolean not null,
  version    integer not null
);

create sequence order_numbers start 1001 cache 1;

create table orders (
  id                     uuid primary key,
  number                 bigint not null,
  status                 text not null check (status in
    ('pending', 'awaiting_payment', 'confirmed', 'shipped', 'delivered', 'failed', 'cancelled')),
  reason                 text,
  customer_id            uuid,
  email                  text not null,
  name                   text,
  phone                  text,
  shipping_address       json,
  client_reference       text,
  payment_method         text not null,
  items                  json not null,
  total_amount           bigint not null check (total_amount >= 0),
  currency               text not null,
  version                integer not null,
  guest_token            text,
  traceparent            text not null,
  processing_duration_ms double precision not null,
  created_at             timestamptz not null,
  updated_at             timestamptz not null,
  deadline_at            timestamptz,
  hidden_at              timestamptz,
  -- No order waits without a deadline, none that has ended keeps one.
  check ((deadline_at is not null) = (status in ('pending', 'awaiting_payment'))),
  check ((reason is not null) = (status in ('failed', 'cancelled')))
) with (fillfactor = 80);

create index orders_deadline on orders (deadline_at) where deadline_at is not null;
create index orders_customer on orders (customer_id, id) where customer_id is not null;
create index orders_email on orders (email, id);

-- What was learnt about an order, in order; never changed.
create table order_history (
  order_id uuid not null,
  version  integer not null,
  at       timestamptz not null,
  event    text not null,
  status   text not null,
  note     text,
  primary key (order_id, version)
);
