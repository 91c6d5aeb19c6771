-- The desk's own rows of the inbox say which dead letter they come from: they can be counted, queued behind, and stopped.
-- Null, and in no index, for whatever else is handled.

alter table inbox add column letter uuid;
create index inbox_retried on inbox (letter) where letter is not null;
update inbox set letter = id where id in (select id from dead_letters where status = 'retried');

alter table desk_actions
  drop constraint desk_actions_action_check,
  add check (action in ('retry', 'edit', 'discard', 'stop'));
