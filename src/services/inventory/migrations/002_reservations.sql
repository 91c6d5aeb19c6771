-- Stock held over HTTP for a time: whoever asked commits it, gives it back, or forgets it and it comes back by itself.
create table reservations (
  id         uuid primary key,
  status     text not null check (status in ('held', 'committed', 'released', 'expired')),
  items      json not null,
  reference  text,
  actor      text,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index reservations_expiring on reservations (expires_at) where status = 'held';
create index reservations_by_status on reservations (status, id);
create index reservations_by_reference on reservations (reference, id) where reference is not null;

alter table movements add column reservation_id uuid;
alter table movements drop constraint movements_kind_check;
alter table movements add constraint movements_kind_check check (kind in (
  'opened', 'deducted', 'restored', 'shipped', 'replenished', 'adjusted', 'reserved', 'committed', 'released', 'expired'));
create unique index movements_reservation_once on movements (reservation_id, product_id, kind)
  where reservation_id is not null;
