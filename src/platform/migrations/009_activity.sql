-- What admins do. A row is there before anything is done; `status` says what came of it.
create table activity (
  id          uuid primary key,
  at          timestamptz not null,
  admin_id    uuid not null,
  -- The endpoint's name.
  action      text not null,
  -- What it was about: the values in its path, in order.
  about       text not null,
  -- What was sent, with secrets and people masked; null where that is no JSON, or too much.
  request     json,
  -- Of the answer; null: not known.
  status      integer,
  -- The problem's code, when it was refused.
  problem     text,
  trace_id    text not null
);
create index activity_age on activity (at);
create index activity_admin on activity (admin_id, id);
create index activity_about on activity (about, id);
