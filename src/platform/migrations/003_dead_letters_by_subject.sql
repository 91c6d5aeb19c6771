-- What is dead about one order. A hash: subjects of others are as long as they like, and a tree is not.
create index dead_letters_subject on dead_letters using hash (subject);
