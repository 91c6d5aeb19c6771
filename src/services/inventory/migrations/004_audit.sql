-- What has changed lately, for the auditor: a few bytes for many pages, and next to nothing for each write.
create index movements_moved on movements using brin (at) with (autosummarize = on);
