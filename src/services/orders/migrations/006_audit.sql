-- What has changed lately, for the auditor: a few bytes for many pages, and next to nothing for each write.
create index orders_moved on orders using brin (updated_at) with (autosummarize = on);
create index order_history_moved on order_history using brin (at) with (autosummarize = on);
