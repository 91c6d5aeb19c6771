-- Lists of what is rare, for people: what goes well is in none of these.
create index payments_gone_wrong on payments (status, id) where status in ('failed', 'voided');
create index webhook_events_gone_wrong on webhook_events (status, received_at, provider, event_id)
  where status in ('refused', 'unmatched');

-- The list of all events, and what is forgotten from its end.
create index webhook_events_age on webhook_events (received_at, provider, event_id);
drop index webhook_events_received;
