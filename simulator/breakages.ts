/**
 * A shop without one of the things it relies on, each taken away where it leaves for the database or the processor: what
 * the simulator must notice, or it proves nothing.
 */
import type { Tamper } from './connections.ts';
import type { RunOptions } from './run.ts';

const replaced =
  (...changes: [what: string, by: string][]): Tamper =>
  (query, send) => {
    const change = changes.find(([what]) => query.text.includes(what));
    // Without its name, under which the connection knows the statement as it is.
    const { name: _, ...unnamed } = query;
    return change && send({ ...unnamed, text: query.text.replace(...change) });
  };

const MOVEMENTS = `select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::uuid[], $7::text[],
    $8::text[], $9::timestamptz[], $10::uuid[])`;
const MOVED = `${MOVEMENTS.replace('select * from ', '')}
  as made (id, product_id, kind, on_hand_delta, reserved_delta, order_id, reason, actor, at, reservation_id)`;

export const BREAKAGES: Record<string, NonNullable<RunOptions['broken']>> = {
  'deduplication of what comes': {
    tamper: replaced([
      'insert into inbox_done (id) select unnest($1::uuid[]) on conflict do nothing returning id',
      `with done as (insert into inbox_done (id) select unnest($1::uuid[]) on conflict do nothing)
       select unnest($1::uuid[]) as id`,
    ]),
  },
  'deduplication of what was stored': {
    tamper: replaced(['fresh.id is not null as fresh', 'true as fresh']),
  },
  'the lock on stock': {
    tamper: replaced([
      'where product_id = any($1::text[]) order by product_id for update',
      'where product_id = any($1::text[])',
    ]),
  },
  // Of each line one less is held for its order, and one more for nobody: the books of the room alone agree.
  'a unit of what is held': {
    tamper: replaced([
      MOVEMENTS,
      `select id, product_id, kind, on_hand_delta, reserved_delta - (kind = 'deducted')::int, order_id, reason, actor, at,
         reservation_id from ${MOVED}
       union all select md5(id::text)::uuid, product_id, 'adjusted', 0, 1, null, null, null, at, null from ${MOVED}
       where kind = 'deducted'`,
    ]),
  },
  'the tombstone': {
    tamper: replaced([
      'insert into allocations (order_id, status, lines) select * from unnest($1::uuid[], $2::text[], $3::json[])',
      `insert into allocations (order_id, status, lines) select * from unnest($1::uuid[], $2::text[], $3::json[])
         as made (order_id, status, lines) where status <> 'void'`,
    ]),
  },
  'removal after confirmation': { removesFirst: true },
  "the charge's key": { processor: { honoursKeys: false } },
  'the deadline': {
    tamper: replaced([
      'where deadline_at <= $1 order by deadline_at limit $2',
      'where deadline_at <= $1 and false limit $2',
    ]),
  },
  "the mail's lease": {
    tamper: replaced([
      'update notifications set attempts = attempts + 1, next_attempt_at = $3',
      'update notifications set attempts = attempts + 1, next_attempt_at = least($1, $3)',
    ]),
  },
  'a refund at the processor': { processor: { booksRefunds: false } },
  "the reply's idempotency": {
    tamper: replaced(
      ['where found.created_at > $3', 'where found.created_at > $3 and false'],
      ['where idempotency_keys.created_at <= $8', 'where idempotency_keys.created_at <= $8 or true'],
    ),
  },
};
