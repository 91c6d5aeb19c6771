/** All SQL of what must hold of orders. */
import type { OrderAccount } from '../../audit/order.ts';
import type { Rule } from '../../platform/audit.ts';
import type { Tx } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';

export const RULES: readonly Rule[] = [
  {
    name: 'every order has ended or is inside its deadline',
    about: 'order',
    given: 'now',
    statement: sql(`
      select id as subject, status || ' since its deadline ' || deadline_at as detail
      from orders where deadline_at < $1::timestamptz - interval '1 minute'`),
  },
  {
    name: 'an order is where its history says',
    about: 'order',
    given: 'since',
    statement: sql(`
      select id as subject, status || ' at version ' || version || ', its history says ' ||
        coalesce(last_status || ' at ' || last_version, 'nothing') as detail
      from orders left join lateral (
        select order_history.status as last_status, order_history.version as last_version from order_history
        where order_id = id order by order_history.version desc limit 1) last on true
      where updated_at >= $1
        and (last_status is distinct from status or last_version is distinct from version)`),
  },
  {
    name: 'history has no gaps',
    about: 'order',
    given: 'since',
    statement: sql(`
      select order_id as subject, count(*) || ' entries up to version ' || max(version) as detail
      from order_history where order_id in (select order_id from order_history where at >= $1)
      group by order_id having count(*) <> max(version)`),
  },
];

/** An order as an auditor sees it, and how people call it. */
export interface Account extends OrderAccount {
  number: number;
  currency: string;
}

const ACCOUNT = 'select id, number, status, total_amount, refunded_amount, currency, items as lines from orders';
const ACCOUNTS_AFTER = sql(`
  ${ACCOUNT} where id > $1 and ($3::timestamptz is null or updated_at < $3) order by id limit $2`);
const ACCOUNTS_SETTLED = sql(`
  ${ACCOUNT} where updated_at >= $1 and updated_at < $2 and id > $3 order by id limit $4`);
const ACCOUNTS_OF = sql(`
  ${ACCOUNT} where id = any($1::uuid[]) and ($2::timestamptz is null or updated_at < $2)`);

/** Those that moved last between two moments, in the order of their ids. */
export function accountsSettled(
  db: Pick<Tx, 'query'>,
  { from, until, after, limit }: { from: Date; until: Date; after: string; limit: number },
): Promise<Account[]> {
  return db.query<Account>(ACCOUNTS_SETTLED, [from, until, after, limit]);
}

/** In the order of their ids; without those that have moved since `until`. */
export function accountsAfter(db: Pick<Tx, 'query'>, id: string, limit: number, until?: Date): Promise<Account[]> {
  return db.query<Account>(ACCOUNTS_AFTER, [id, limit, until ?? null]);
}

/** Without those that have moved since `until`. */
export function accountsOf(db: Pick<Tx, 'query'>, ids: readonly string[], until?: Date): Promise<Account[]> {
  return db.query<Account>(ACCOUNTS_OF, [ids, until ?? null]);
}
