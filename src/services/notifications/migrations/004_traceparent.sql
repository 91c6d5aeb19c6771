-- The trace that a notification belongs to (W3C), so that its sending is seen in it, however late it is.
alter table notifications add column traceparent text;
