alter table customers add column notify_by json not null default '["email"]';

-- What an account is found by.
alter table customers add column terms tsvector not null default '';
update customers set terms = array_to_tsvector(array_remove(
  array[email] || regexp_split_to_array(email, '[^a-z0-9]+') || regexp_split_to_array(lower(coalesce(name, '')), '\s+'), ''));
create index customers_terms on customers using gin (terms);

create table addresses (
  id          uuid primary key,
  customer_id uuid not null references customers on delete cascade,
  label       text,
  address     json not null,
  is_default  boolean not null default false,
  created_at  timestamptz not null,
  updated_at  timestamptz not null
);
create index addresses_of_customer on addresses (customer_id, id);
create unique index addresses_one_default on addresses (customer_id) where is_default;

-- A login and what goes on from it: one chain of refresh tokens, ended as a whole.
create table sessions (
  id          uuid primary key,
  customer_id uuid not null references customers on delete cascade,
  created_at  timestamptz not null,
  used_at     timestamptz not null,
  expires_at  timestamptz not null
);
create index sessions_of_customer on sessions (customer_id);
create index sessions_expiring on sessions (expires_at);

-- Only digests: who reads this table can log in as nobody.
create table refresh_tokens (
  digest     bytea primary key,
  session_id uuid not null references sessions on delete cascade,
  issued_at  timestamptz not null,
  -- When it was exchanged for the next one.
  used_at    timestamptz
);
create index refresh_tokens_of_session on refresh_tokens (session_id);

-- Asked for by anyone for any address, and worked off a moment later: the answer knows nothing of accounts.
create table reset_requests (
  id          uuid primary key,
  email       text not null,
  traceparent text
);
create table password_resets (
  digest      bytea primary key,
  customer_id uuid not null references customers on delete cascade,
  created_at  timestamptz not null,
  expires_at  timestamptz not null
);
create index password_resets_of_customer on password_resets (customer_id, created_at);
create index password_resets_expiring on password_resets (expires_at);

-- Failed logins by a digest of the address, whether or not there is such an account.
create table login_attempts (
  digest        bytea primary key,
  failures      integer not null,
  blocked_until timestamptz,
  failed_at     timestamptz not null
);
create index login_attempts_old on login_attempts (failed_at);
