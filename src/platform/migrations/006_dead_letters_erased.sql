-- About somebody who closed their account: the payload goes once the message is dealt with.
alter table dead_letters add column erase boolean not null default false;
