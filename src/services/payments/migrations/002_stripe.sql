-- A provider's name for what it was asked to charge, written down before any money can move.
alter table payments
  add column reference text,
  add column dispute jsonb;
create unique index payments_reference on payments (reference) where reference is not null;

alter table refunds
  add column reference text,
  drop constraint refunds_kind_check,
  -- external: made at the provider, by somebody else than this shop.
  add constraint refunds_kind_check check (kind in ('order_ended', 'merchant', 'external'));
create unique index refunds_reference on refunds (reference) where reference is not null;
create index refunds_by_status on refunds (status, id);

-- What providers told us unasked, once for each event, kept until its payment is known and a while longer.
create table webhook_events (
  provider        text not null,
  event_id        text not null,
  type            text not null,
  reference       text not null,
  payment_id      uuid,
  order_id        uuid,
  fact            jsonb not null,
  -- unmatched: no payment of ours came to it in all that time. refused: it contradicts our books.
  status          text not null check (status in ('waiting', 'applied', 'refused', 'unmatched')),
  note            text,
  attempts        integer not null default 0,
  next_attempt_at timestamptz,
  received_at     timestamptz not null,
  primary key (provider, event_id),
  check ((next_attempt_at is not null) = (status = 'waiting'))
);
create index webhook_events_due on webhook_events (next_attempt_at) where status = 'waiting';
create index webhook_events_order on webhook_events (order_id) where status = 'waiting';
create index webhook_events_received on webhook_events (received_at) where status <> 'waiting';

-- Nobody needs the shopper's address here: who is told of a refund is known from the order's own events.
update payments set email = null where email is not null;
