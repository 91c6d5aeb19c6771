-- What a provider told about one order, applied or not: by the order it names, or by the charge.
create index webhook_events_of_order on webhook_events (order_id) where order_id is not null;
drop index webhook_events_order;
create index webhook_events_reference on webhook_events (reference);
