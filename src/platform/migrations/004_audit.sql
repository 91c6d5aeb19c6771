-- What a room's auditor looks at, how far it has looked, and what it has found that is still so.

create table audit_checks (
  rule         text primary key,
  -- All that had changed by then has been looked at; and when everything was.
  looked_until timestamptz not null default '-infinity',
  whole_at     timestamptz not null default '-infinity',
  -- Of several replicas one looks.
  taken_until  timestamptz not null default '-infinity',
  -- Why it could not be looked at last time.
  problem      text
);

create table audit_findings (
  rule     text not null references audit_checks on delete cascade,
  subject  text not null,
  detail   text not null,
  found_at timestamptz not null,
  -- How far back one must look to see it again.
  since    timestamptz not null,
  primary key (rule, subject)
);
