/** Past orders in the stock room: what was held, shipped and put back, and reservations; levels are what it adds up to. */
import { type Past, productAt, spread } from './past.ts';

export const INSERT_ALLOCATIONS = `
  insert into allocations (order_id, status, lines)
  select id, case kind when 'out_of_stock' then 'refused' when 'kept' then case when left_at is null then 'held' else 'shipped' end
    else 'restored' end, case kind when 'out_of_stock' then '[]'::json else lines end
  from past order by n`;

/** Each line of an order that was not refused moves once in, and once out unless it still waits. */
export const INSERT_MOVEMENTS = `
  insert into movements (id, product_id, kind, on_hand_delta, reserved_delta, order_id, at)
  select growth.id(step.at, n * 4 + i, salt), product_id, step.kind, on_hand * quantity, reserved * quantity, past.id, step.at
  from past join past_lines using (n), lateral (values
    (61, 'deducted', 0, 1, held_at),
    (62, 'shipped', -1, -1, left_at),
    (63, 'restored', 0, -1, case past.kind when 'declined' then paid_at + interval '0.1 s'
      when 'timed_out' then placed_at + interval '15 minutes 0.1 s' else cancelled_at + interval '0.1 s' end)
  ) step (salt, kind, on_hand, reserved, at)
  where past.kind <> 'out_of_stock' and step.at is not null order by step.at`;

/** One for fifty orders, of tills and marketplaces; the last hundred still hold. */
const RESERVATION_OF = 50;
export const reservations = (past: Past): string[] => {
  const count = Math.floor(past.orders / RESERVATION_OF);
  return [
    `
    create temp table past_reservations as
    select n, growth.id(at, n, 71) as id, at, quantity, product_id,
      case when n > ${count - Math.min(100, Math.floor(count / 2))} then 'held'
        else (array['committed','committed','committed','released','expired'])[1 + n::int % 5] end as status
    from (select n, ${spread(past, 'n', count, 72)} as at, 1 + n % 2 as quantity,
        1 + floor(growth.chance(n, 73) * ${past.products})::bigint as product
      from generate_series(1::bigint, ${count}) n) made
      join (select n as product, product_id from growth.products) products using (product)`,
    `
    insert into reservations (id, status, items, reference, actor, expires_at, created_at, updated_at)
    select id, status, json_build_array(json_build_object('product_id', product_id, 'quantity', quantity)), 'till ' || n % 200,
      'admin@tradewind.test', case when status = 'held' then now() + interval '12 hours' else at + interval '15 minutes' end, at,
      case when status = 'held' then at when status = 'expired' then at + interval '15 minutes' else at + interval '5 minutes' end
    from past_reservations order by n`,
    `
    insert into movements (id, product_id, kind, on_hand_delta, reserved_delta, reservation_id, actor, at)
    select growth.id(step.at, n, salt), product_id, step.kind, on_hand * quantity, reserved * quantity, id, 'admin@tradewind.test', step.at
    from past_reservations, lateral (values
      (74, 'reserved', 0, 1, at),
      (75, 'committed', -1, -1, case when status = 'committed' then at + interval '5 minutes' end),
      (76, 'released', 0, -1, case when status = 'released' then at + interval '5 minutes' end),
      (77, 'expired', 0, -1, case when status = 'expired' then at + interval '15 minutes' end)
    ) step (salt, kind, on_hand, reserved, at) where step.at is not null order by step.at`,
  ];
};

/** What came in is what left, what is held and what is still there; a half of it came later. */
export const levels = (past: Past): string[] => [
  `
  create temp table moved as
  select product_id, sum(on_hand_delta)::bigint as on_hand, sum(reserved_delta)::bigint as reserved, count(*) as times, max(at) as at
  from movements group by product_id`,
  `
  create temp table supply as
  select n, product_id, available, available - coalesce(on_hand, 0) + coalesce(reserved, 0) as needed,
    coalesce(on_hand, 0) as on_hand, coalesce(reserved, 0) as reserved, coalesce(times, 0) as times, moved.at
  from growth.products left join moved using (product_id)`,
  `
  insert into movements (id, product_id, kind, on_hand_delta, reserved_delta, reason, actor, at)
  select growth.id(step.at, n, salt), product_id, kind, quantity, 0, reason, actor, step.at
  from supply, lateral (values
    (81, 'opened', needed - needed / 2, null, null, ${productAt(past)}),
    (82, 'replenished', needed / 2, 'delivery ' || n, 'admin@tradewind.test',
      date_trunc('milliseconds', ${productAt(past)} + n % 180 * interval '1 day'))
  ) step (salt, kind, quantity, reason, actor, at)
  where step.kind = 'opened' or quantity > 0`,
  `
  insert into levels (product_id, on_hand, reserved, low_stock_threshold, version, unannounced, updated_at)
  select product_id, needed + on_hand, reserved, 5, 2 + times, false, coalesce(at, ${productAt(past)}) from supply order by product_id`,
];
