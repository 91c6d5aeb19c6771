create table levels (
  product_id          text primary key,
  on_hand             bigint not null,
  reserved            bigint not null default 0,
  available           bigint generated always as (on_hand - reserved) stored,
  low_stock_threshold bigint not null check (low_stock_threshold >= 0),
  version             integer not null default 1,
  -- Shop windows have not been told of the newest level.
  unannounced         boolean not null default true,
  updated_at          timestamptz not null,
  check (on_hand >= 0),
  check (reserved >= 0),
  check (reserved <= on_hand)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index levels_unannounced on levels (product_id) where unannounced;

-- Append-only: the sums over a product are its level. A mistake is corrected by another entry.
create table movements (
  id             uuid primary key,
  product_id     text not null,
  kind           text not null check (kind in ('opened', 'deducted', 'restored', 'shipped', 'replenished', 'adjusted')),
  on_hand_delta  bigint not null,
  reserved_delta bigint not null,
  order_id       uuid,
  reason         text,
  actor          text,
  at             timestamptz not null
);
create index movements_product on movements (product_id, id);
-- Each thing happens at most once to each line of an order, whatever the code above it does.
create unique index movements_once on movements (order_id, product_id, kind) where order_id is not null;

-- What was decided for an order. 'void' is a tombstone: the order ended before its stock was asked for.
create table allocations (
  order_id uuid primary key,
  status   text not null check (status in ('held', 'refused', 'restored', 'shipped', 'void')),
  lines    json not null
);
