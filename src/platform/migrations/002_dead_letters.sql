-- What became of each attempt, and what a dead message needs to be looked at, sent on its way again, or put aside.

-- errors: [{"at", "error"}], one entry an attempt that failed. Null while none has: it costs a waiting row nothing.
-- marks: in how many lives of a process the row was about to be handled with care. Zero in ordinary running.
alter table inbox add column errors jsonb, add column marks smallint not null default 0;
create index inbox_marked on inbox (marks, id) where marks > 0;

-- A cause without what differs from message to message: ids and numbers.
create function cause_shape(cause text) returns text language sql immutable parallel safe as $$
  select regexp_replace(
    regexp_replace(left(cause, 2000), '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '…', 'gi'), '\d+(\.\d+)?', '#', 'g')
$$;

alter table dead_letters
  add column errors      jsonb not null default '[]',
  add column status      text not null default 'dead' check (status in ('dead', 'retried', 'discarded')),
  add column finished_at timestamptz,
  -- A digest: types and causes of others are as long as they like, and an index is not.
  add column cause_group text generated always as (md5(type || ' ' || cause_shape(cause))) stored,
  add check ((status = 'dead') = (finished_at is null));
create index dead_letters_dead on dead_letters (id) where status = 'dead';
create index dead_letters_group on dead_letters (cause_group, id) where status = 'dead';
create index dead_letters_finished on dead_letters (finished_at) where status <> 'dead';

-- Who did what to a dead message, when and why; of an edit also what was there before. Goes when its message goes.
create table desk_actions (
  id         uuid primary key,
  message_id uuid not null,
  action     text not null check (action in ('retry', 'edit', 'discard')),
  actor_id   uuid not null,
  actor      text not null,
  at         timestamptz not null,
  why        text not null,
  type_before text,
  data_before text
);
create index desk_actions_message on desk_actions (message_id, id);
