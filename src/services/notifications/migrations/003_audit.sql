-- What has changed lately, for the auditor: a few bytes for many pages, and next to nothing for each write.
create index notifications_written on notifications using brin (created_at) with (autosummarize = on);
