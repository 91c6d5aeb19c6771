/** How much waits to be sent, and for how long: asked by a scrape. */
import type { Database } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';

const QUEUE = sql(`
  select channel, waiting.notifications_queued, waiting.notifications_oldest_queued_age_seconds
  from unnest(array['email', 'sms']) known (channel)
  cross join lateral (
    select count(*) as notifications_queued,
      coalesce(extract(epoch from now() - min(since)), 0)::float as notifications_oldest_queued_age_seconds
    from (select coalesce(queued_at, created_at) as since from notifications
      where notifications.channel = known.channel and status = 'queued' order by next_attempt_at, id limit 10001) queued
  ) waiting`);

export interface Queued {
  channel: string;
  notifications_queued: number;
  notifications_oldest_queued_age_seconds: number;
}

export const readQueue = (db: Pick<Database, 'query'>) => db.query<Queued>(QUEUE);
