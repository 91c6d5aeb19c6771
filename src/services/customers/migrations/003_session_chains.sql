-- Which token it was exchanged for: two that go on from the same one, both of them used, are two people.
alter table refresh_tokens add column parent bytea;
create index refresh_tokens_parent on refresh_tokens (parent) where parent is not null;
create index refresh_tokens_used on refresh_tokens (used_at) where used_at is not null;
