-- What somebody means to buy, wherever they log in. Emptied, it stays: its version must never count anew.
create table carts (
  customer_id uuid primary key references customers on delete cascade,
  items       json not null,
  version     integer not null,
  updated_at  timestamptz not null
);
