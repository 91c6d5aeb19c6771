-- What people and reservations did, found by kind; orders' own movements cost this index nothing.
create index movements_kind on movements (kind, id) where order_id is null;
