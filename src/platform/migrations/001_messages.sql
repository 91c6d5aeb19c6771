-- What every room has: messages to send, messages to handle, the ids already handled, and those nobody could handle.
-- Rows leave these tables as they are done, so all of them but inbox_done stay small; vacuum must come often.

create table outbox (
  id           uuid primary key,
  type         text not null,
  subject      text not null,
  time         timestamptz not null,
  traceparent  text,
  data         json not null,
  available_at timestamptz not null default '-infinity',
  attempts     integer not null default 0,
  last_error   text
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

create table inbox (
  id           uuid primary key,
  type         text not null,
  source       text not null,
  subject      text not null,
  time         timestamptz not null,
  traceparent  text,
  data         json not null,
  available_at timestamptz not null default '-infinity',
  attempts     integer not null default 0,
  last_error   text
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

-- The ids are UUIDv7, so age is a range of the primary key and needs no column.
create table inbox_done (
  id uuid primary key
);

create table dead_letters (
  id          uuid primary key,
  type        text not null,
  source      text not null,
  subject     text not null,
  time        timestamptz not null,
  traceparent text,
  data        text not null,
  cause       text not null,
  attempts    integer not null,
  died_at     timestamptz not null
);

create table idempotency_keys (
  scope       text not null,
  key         text not null,
  fingerprint text not null,
  status      smallint not null,
  headers     json not null,
  body        text not null,
  created_at  timestamptz not null,
  primary key (scope, key)
);
create index idempotency_keys_created_at on idempotency_keys (created_at);
