-- What payments told us: methods that can be told at checkout not to work.
create table payment_methods (
  one            boolean primary key default true check (one),
  pattern        text not null,
  default_method text,
  version        integer not null
);
