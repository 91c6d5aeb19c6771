-- What has changed lately, for the auditor: a few bytes for many pages, and next to nothing for each write.
create index payments_moved on payments using brin (updated_at) with (autosummarize = on);
