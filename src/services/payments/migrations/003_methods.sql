-- What the others were last told about how an order can be paid.
create table announced_methods (
  one            boolean primary key default true check (one),
  provider       text not null,
  pattern        text not null,
  default_method text,
  version        integer not null
);
