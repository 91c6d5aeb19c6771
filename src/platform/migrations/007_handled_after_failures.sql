-- What was handled after attempts that failed: its tries would go with its row in the inbox. Nothing in ordinary running.
create table inbox_mended (
  id         uuid primary key,
  type       text not null,
  source     text not null,
  subject    text not null,
  time       timestamptz not null,
  attempts   integer not null,
  errors     jsonb not null,
  handled_at timestamptz not null
);
-- A hash: subjects of others are as long as they like, and a tree is not.
create index inbox_mended_subject on inbox_mended using hash (subject);
create index inbox_mended_handled on inbox_mended (handled_at);
