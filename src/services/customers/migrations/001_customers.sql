-- Accounts and the keys that sign their tokens. E-mails are stored in lower case, so the constraint is the plain one.

create table customers (
  id            uuid primary key,
  email         text not null unique,
  password_hash text not null,
  name          text,
  phone         text,
  address       json,
  role          text not null check (role in ('customer', 'admin')),
  version       integer not null default 1,
  created_at    timestamptz not null,
  updated_at    timestamptz not null
);
create index customers_admins on customers (id) where role = 'admin';

create table signing_keys (
  kid         text primary key,
  private_jwk json not null,
  created_at  timestamptz not null
);
