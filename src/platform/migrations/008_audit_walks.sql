-- What is known is looked at again by its name, however long ago it changed; and everything may be looked at in parts.

alter table audit_findings drop column since;
-- Where a walk through everything stopped; null: at the beginning.
alter table audit_checks add column place text;
