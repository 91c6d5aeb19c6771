-- Pictures. The row comes before its blobs and goes after them, so whatever is killed, no blob is without a row.
--
--   writing  → attached   by the upload, once its blobs are there
--   sample   → attached   by a worker, which copies pictures that came with the shop
--   writing, attached → removed → (no row)   by a worker, which removes the blobs; writing only after an hour

create table images (
  id         uuid primary key,
  product_id text not null references products on delete cascade,
  state      text not null check (state in ('writing', 'sample', 'attached', 'removed')),
  position   integer not null default 0,
  alt        text not null,
  width      integer not null, -- of the picture that was uploaded
  height     integer not null,
  sizes      json not null,    -- { small: { width, height }, … }
  digest     text not null,    -- of the upload: the same picture is not added twice
  source     text,             -- sample: the file it is copied from
  due_at     timestamptz       -- when a worker has something to do
);
create index images_of_product on images (product_id, position) where state = 'attached';
create index images_due on images (state, due_at) where due_at is not null;
