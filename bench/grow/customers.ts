/** Accounts: all with one password, so that a measurement can be anybody; some with an address book, a cart, a session. */
import { address, customersOf, NAME, type Past, personWords } from './past.ts';

/** `hash`: of the password of every account. */
export const INSERT_CUSTOMERS = (past: Past, hash: string, from: number, to: number) => `
  insert into customers (id, email, password_hash, name, phone, address, role, created_at, updated_at, notify_by, terms)
  select id, email, '${hash}', ${NAME}, phone, ${address('n')}, 'customer', at, at, '["email"]',
    array_to_tsvector(string_to_array(${personWords('n', 'email')}, E'\\n'))
  from ${customersOf(past, from, to)} order by n`;

export const INSERT_BELONGINGS = (past: Past): string[] => [
  `insert into addresses (id, customer_id, label, address, is_default, created_at, updated_at)
  select growth.id(at, n, 12), id, 'Home', ${address('n')}, true, at, at from ${customersOf(past, 1, past.customers, 4)}`,
  `insert into carts (customer_id, items, version, updated_at)
  select id, json_build_array(json_build_object('product_id', 'TW-' || lpad((1 + n % ${past.products})::text, 6, '0'), 'quantity', 1)),
    1 + n % 7, at from ${customersOf(past, 1, past.customers, 10)}`,
  `insert into sessions (id, customer_id, created_at, used_at, expires_at)
  select growth.id(at, n, 13), id, at, now(), now() + interval '20 days' from ${customersOf(past, 1, past.customers, 20)}`,
  `insert into refresh_tokens (digest, session_id, issued_at)
  select sha256(id::text::bytea), id, used_at from sessions`,
];
