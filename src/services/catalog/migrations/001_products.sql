-- What the shop sells. Archived products stay: their id may come back, but never as somebody else's version 1.

create table products (
  product_id    text primary key,
  name          text not null,
  description   text not null,
  category      text not null,
  price         bigint not null check (price >= 0), -- minor units of currency
  currency      text not null,
  availability  text not null check (availability in ('in_stock', 'low_stock', 'out_of_stock')),
  stock_version bigint not null default -1,         -- of the newest hint that inventory gave
  version       integer not null default 1,
  created_at    timestamptz not null,
  updated_at    timestamptz not null,
  deleted_at    timestamptz
);
create index products_by_name on products (name, product_id) where deleted_at is null;
create index products_by_category on products (category, name, product_id) where deleted_at is null;
