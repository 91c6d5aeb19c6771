-- The desk lists what died last first: a message may die long after it was sent, or once more.
create index dead_letters_died on dead_letters (died_at, id);
create index dead_letters_dead_died on dead_letters (died_at, id) where status = 'dead';
create index dead_letters_group_died on dead_letters (cause_group, died_at, id) where status = 'dead';
drop index dead_letters_dead;
