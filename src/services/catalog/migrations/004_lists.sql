-- What can be had, in the order of the list: few products are sold out, and the list by name went through all to find them.
create index products_by_availability on products (availability, name, product_id) where deleted_at is null;

-- A product whose name or id is typed out comes first, however many others have the word.
create index products_by_small_id on products (lower(product_id));
create index products_by_small_name on products (lower(name));
