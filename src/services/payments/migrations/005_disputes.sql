-- What customers contest with their banks: rare, and looked for by people.
create index payments_disputed on payments (id) where dispute is not null;
