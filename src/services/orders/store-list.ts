/** SQL of the list of orders. */
import type { OrderStatus } from '../../contracts/orders.ts';
import { idAt } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { dynamicSql } from '../../platform/database.ts';
import { type Look, lookStatement, SAMPLE, searchWords, WALK } from '../../platform/word-search.ts';
import { lexeme, wordQueries } from '../../platform/words.ts';
import type { OrderRow } from './store.ts';
import { productTerm } from './terms.ts';

export interface OrderFilter {
  ids?: readonly string[] | undefined;
  status?: OrderStatus | undefined;
  /** Who may see no others, whoever's are asked for. */
  owner?: string | undefined;
  customer_id?: string | undefined;
  email?: string | undefined;
  product_id?: string | undefined;
  /** Only those that wait and were placed before this, the oldest first. */
  waiting_since?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  text?: string | undefined;
  /** The last order of the page before. */
  after?: string | undefined;
  limit: number;
}

/** An id is made within the transaction that `created_at` names the start of. */
const ID_SLACK_MS = 60_000;
const WAITING: readonly OrderStatus[] = ['pending', 'awaiting_payment'];

/** Newest first: ids are UUIDv7. */
export function listOrders(db: Database, filter: OrderFilter): Promise<OrderRow[]> {
  const { text, product_id, limit } = filter;
  const words = text === undefined ? [] : wordQueries(text);
  if (text !== undefined && words.length === 0) return Promise.resolve([]);
  if (product_id !== undefined) words.push(lexeme(productTerm(product_id)));
  const list = listOf(filter);
  const query = <Row>(statement: string, more: unknown[]) =>
    db.query<Row>(dynamicSql(statement), [...list.values, ...more]);
  if (words.length === 0)
    return query(`select * from ${list.newest(`$${list.values.length + 1}`)} orders order by id ${list.direction}`, [
      limit,
    ]);

  const own = list.values.length + 1;
  const [walk, order] = [list.newest(String(WALK)), `order by orders.id ${list.direction}`];
  return searchWords(words, limit, {
    near: (all) =>
      query<OrderRow>(
        `select orders.* from ${walk} orders join order_terms on order_id = orders.id
         where terms @@ $${own}::tsquery ${order} limit $${own + 1}`,
        [all, limit],
      ),
    look: async (asked) => {
      const sample = `${list.newest(String(SAMPLE))} orders join order_terms on order_id = orders.id`;
      return (await query<Look>(lookStatement(asked, { walk, sample, first: own }), [...asked]))[0] as Look;
    },
    everywhere: (all, rare) =>
      query<OrderRow>(
        `select orders.* from (
           select order_id from (select * from order_terms where terms @@ $${own}::tsquery offset 0) candidates
           where terms @@ $${own + 1}::tsquery order by order_id ${list.direction} offset 0) found
         join orders on orders.id = order_id where ${list.conditions} ${order} limit $${own + 2}`,
        [rare, all, limit],
      ),
  });
}

/**
 * Every filter but words alone has an index, or walks the newest orders until the page is full. Those that wait are few,
 * and found by their deadlines, whatever the planner takes them for.
 */
function listOf(filter: OrderFilter) {
  const parts = ['orders.hidden_at is null'];
  const values: unknown[] = [];
  const where = (condition: (parameter: string) => string, value: unknown) => {
    if (value === undefined) return;
    values.push(value);
    parts.push(condition(`$${values.length}`));
  };
  const waiting = filter.waiting_since !== undefined;
  where((p) => `orders.id ${waiting ? '>' : '<'} ${p}`, filter.after);
  where((p) => `orders.id = any(${p}::uuid[])`, filter.ids);
  where((p) => `orders.status = ${p}`, filter.status);
  if (filter.status) parts.push(`orders.deadline_at is ${WAITING.includes(filter.status) ? 'not null' : 'null'}`);
  where((p) => `orders.customer_id = ${p}`, filter.owner);
  where((p) => `orders.customer_id = ${p}`, filter.customer_id);
  where((p) => `orders.email = ${p}`, filter.email);
  where((p) => `orders.created_at >= ${p}`, filter.from);
  where((p) => `orders.id >= ${p}`, filter.from && idAt(new Date(Date.parse(filter.from) - ID_SLACK_MS)));
  where((p) => `orders.created_at < ${p}`, filter.to);
  where((p) => `orders.id < ${p}`, filter.to && idAt(new Date(Date.parse(filter.to) + ID_SLACK_MS)));
  where((p) => `orders.created_at < ${p}`, filter.waiting_since);
  if (waiting) parts.push('orders.deadline_at is not null');
  const conditions = parts.join(' and ');
  const direction = waiting ? 'asc' : 'desc';
  const source = waiting ? '(select * from orders where deadline_at is not null offset 0)' : 'orders';
  return {
    values,
    conditions,
    direction,
    /** The first so many of the list. */
    newest: (count: string) =>
      `(select orders.* from ${source} orders where ${conditions} order by orders.id ${direction} limit ${count})`,
  };
}
