-- A key is known to all before anything is signed with it.
alter table signing_keys add column active_from timestamptz;
update signing_keys set active_from = created_at;
alter table signing_keys alter column active_from set not null;
