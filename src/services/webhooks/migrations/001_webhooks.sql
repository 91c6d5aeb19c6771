create table webhooks (
  id               uuid primary key,
  url              text not null,
  description      text not null,
  types            text[] not null,
  -- What deliveries are signed with: it must be known to be used.
  secret           text not null,
  -- Those before, each for as long as it is good: [{ "secret", "until" }].
  old_secrets      jsonb not null default '[]',
  status           text not null check (status in ('enabled', 'disabled')),
  disabled_by      text check (disabled_by in ('admin', 'gone', 'failing')),
  failing_since    timestamptz,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  check ((status = 'disabled') = (disabled_by is not null))
);

-- What is said, once, however many are told. The id is the event's: what comes twice is one.
create table messages (
  id          uuid primary key,
  type        text not null,
  subject     text not null,
  -- Whom it is about: it is forgotten with their account.
  customer_id uuid,
  -- The body, byte for byte as it is signed.
  payload     text not null,
  created_at  timestamptz not null
);
create index messages_customer on messages (customer_id) where customer_id is not null;
create index messages_age on messages (created_at);

-- Accounts that were closed, for as long as something may still be said about them.
create table closed_customers (
  id        uuid primary key,
  closed_at timestamptz not null
);

create table deliveries (
  id              uuid primary key,
  webhook_id      uuid not null references webhooks on delete cascade,
  message_id      uuid not null references messages on delete cascade,
  status          text not null default 'waiting' check (status in ('waiting', 'delivered', 'failed')),
  -- How often it was tried: counted before each attempt, so that only the last one's outcome is recorded.
  attempts        integer not null default 0,
  -- How often before it was last put on its way.
  queued_attempts integer not null default 0,
  next_attempt_at timestamptz,
  -- Whoever took it has it until then.
  leased_until    timestamptz,
  last_error      text,
  history         jsonb not null default '[]',
  delivered_at    timestamptz,
  created_at      timestamptz not null,
  unique (message_id, webhook_id),
  check ((status = 'waiting') = (next_attempt_at is not null))
);
create index deliveries_due on deliveries (webhook_id, next_attempt_at) where status = 'waiting';
create index deliveries_leased on deliveries (webhook_id) where leased_until is not null;
create index deliveries_of on deliveries (webhook_id, id);
create index deliveries_status on deliveries (status, id);
