/** How many orders wait for their stock or their payment, and for how long: asked by a scrape, by the index of deadlines. */
import type { Database } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';

const WAITING = sql(`
  with waiting as materialized (
    select status, created_at from orders where deadline_at is not null order by deadline_at limit 10001
  )
  select status, (select count(*) from waiting where waiting.status = known.status) as orders_waiting,
    (select coalesce(extract(epoch from now() - min(created_at)), 0)::float from waiting
      where waiting.status = known.status) as orders_oldest_waiting_age_seconds
  from unnest(array['pending', 'awaiting_payment']) known (status)`);

export interface Waiting {
  status: string;
  orders_waiting: number;
  orders_oldest_waiting_age_seconds: number;
}

export const readWaiting = (db: Pick<Database, 'query'>) => db.query<Waiting>(WAITING);
