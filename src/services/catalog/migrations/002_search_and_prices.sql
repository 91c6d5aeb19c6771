-- Prices in several currencies, full-text search that forgives a typing mistake, a list in any stated order.

-- Every price, products.price included: one index answers ranges and orders by price, whatever the currency.
create table product_prices (
  product_id text   not null references products on delete cascade,
  currency   text   not null,
  amount     bigint not null check (amount >= 0), -- minor units
  primary key (product_id, currency)
);
create index product_prices_by_amount on product_prices (currency, amount, product_id);
insert into product_prices select product_id, currency, price from products;

-- Written with the row and not generated from it: the text is folded (case, accents, punctuation) the way a search is
-- folded, in search.ts, and not the way the locale of some database does it.
alter table products add column search tsvector not null default '';
create function pg_temp.folded(value text) returns text language sql as
  $$ select lower(translate(value, '-._/+''’@', '        ')) $$;
update products set search =
  setweight(to_tsvector('english', pg_temp.folded(name)) || to_tsvector('simple', pg_temp.folded(name || ' ' || product_id)), 'A') ||
  setweight(to_tsvector('english', pg_temp.folded(category)) || to_tsvector('simple', pg_temp.folded(category)), 'B') ||
  setweight(to_tsvector('english', pg_temp.folded(description)) || to_tsvector('simple', pg_temp.folded(description)), 'C');
create index products_by_search on products using gin (search);
create index products_by_age on products (created_at, product_id) where deleted_at is null;
create index products_archived on products (name, product_id) where deleted_at is not null;

-- Words of names and categories, each found by itself and by itself without one letter: two words that differ by one
-- edit share such a variant. Needs no extension of PostgreSQL.
create table search_words (
  variant text not null,
  word    text not null,
  primary key (variant, word)
);
insert into search_words
  select distinct case when i = 0 then word else overlay(word placing '' from i for 1) end, word
  from (select distinct regexp_split_to_table(pg_temp.folded(name || ' ' || category), '\s+') as word from products) w,
    generate_series(0, length(word)) as i
  where length(word) between 4 and 32 and word !~ '[0-9]';

-- Keys that all replicas share and that outlive a restart: of links to pictures, of cursors.
create table secrets (
  name text primary key,
  key  bytea not null
);
