/** What waits in a room: in its database, and in the hands of its process. */
import type { Database } from './database.ts';
import { sql } from './database.ts';
import type { Inbox } from './inbox.ts';
import type { Metrics } from './telemetry.ts';

export interface Backlog {
  outbox: number;
  outbox_oldest_seconds: number;
  /** With what was delivered and is being handled. */
  inbox: number;
  inbox_oldest_seconds: number;
  dead_letters: number;
}

// Depths are counted up to a bound: past it the number only needs to be large.
const BACKLOG = sql(`
  select (select count(*) from (select from outbox limit 10001) counted) as outbox,
         (select coalesce(extract(epoch from now() - min(time)), 0)::float from
           (select time from outbox order by id limit 1) oldest) as outbox_oldest_seconds,
         (select count(*) from (select from inbox limit 10001) counted) as inbox,
         (select coalesce(extract(epoch from now() - min(time)), 0)::float from
           (select time from inbox order by id limit 1) oldest) as inbox_oldest_seconds,
         (select count(*) from (select from dead_letters where status = 'dead' limit 10001) counted) as dead_letters`);

export async function readBacklog(db: Pick<Database, 'query'>, inbox: Pick<Inbox, 'inHand'>): Promise<Backlog> {
  const rows = (await db.query<Backlog>(BACKLOG))[0] as Backlog;
  const { count, oldest_seconds } = inbox.inHand();
  return {
    ...rows,
    inbox: rows.inbox + count,
    inbox_oldest_seconds: Math.max(rows.inbox_oldest_seconds, oldest_seconds),
  };
}

export function exposeBacklog(metrics: Metrics, db: Pick<Database, 'query'>, inbox: Pick<Inbox, 'inHand'>): void {
  metrics.ask({
    name: 'backlog',
    figures: {
      outbox_messages: 'Messages not yet published (counted to 10001)',
      outbox_oldest_message_age_seconds: 'Age of the oldest message not yet published',
      inbox_messages: 'Messages not yet handled (counted to 10001)',
      inbox_oldest_message_age_seconds: 'Age of the oldest message not yet handled',
      dead_letters: 'Messages nobody could handle, and nobody has dealt with (counted to 10001)',
    },
    async read() {
      const backlog = await readBacklog(db, inbox);
      return [
        {
          outbox_messages: backlog.outbox,
          outbox_oldest_message_age_seconds: backlog.outbox_oldest_seconds,
          inbox_messages: backlog.inbox,
          inbox_oldest_message_age_seconds: backlog.inbox_oldest_seconds,
          dead_letters: backlog.dead_letters,
        },
      ];
    },
  });
}
