-- Prices of a product in further currencies: currency → minor units.
alter table products add column prices jsonb not null default '{}';

alter table orders add column tracking json;
-- Channels the shopper chose for this order; null leaves it to the customer's account, or to mail.
alter table orders add column notify_by json;
-- Minor units; grows with each refund that has gone through.
alter table orders add column refunded_amount bigint not null default 0 check (refunded_amount >= 0);
alter table orders add column erased_at timestamptz;

-- Lists by status. Orders on their way are few and found by their deadline: the index costs them nothing.
create index orders_status on orders (status, id) where deadline_at is null;
create unique index orders_number on orders (number);

-- The words an order is found by, apart from the row that moves: written once, when it is placed.
create table order_terms (
  order_id uuid primary key,
  terms    tsvector not null
);
insert into order_terms (order_id, terms)
select id, array_to_tsvector(array_remove(
  array[number::text, lower(email)] || regexp_split_to_array(lower(coalesce(name, '')), '\s+')
    || array(select 'sku:' || (item ->> 'product_id') from json_array_elements(items) item), ''))
from orders;
create index order_terms_words on order_terms using gin (terms);

-- Accounts that were closed: their orders lose what is personal when they have ended, and they place no new ones.
create table erased_customers (
  customer_id uuid primary key,
  erased_at   timestamptz not null
);
