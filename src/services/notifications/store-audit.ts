/** All SQL of what must hold of notifications. */
import { ERASED_EMAIL } from '../../contracts/orders.ts';
import type { Rule } from '../../platform/audit.ts';
import type { Tx } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';

export const RULES: readonly Rule[] = [
  {
    name: 'at most one notification of a kind for each order and channel',
    about: 'order',
    given: 'since',
    statement: sql(`
      select order_id as subject, count(*) || ' of ' || kind || ' by ' || channel as detail from notifications
      where order_id in (select order_id from notifications where created_at >= $1) and kind <> 'refunded'
      group by order_id, kind, channel having count(*) > 1`),
  },
  {
    name: 'no secret outlives its mail, and nothing is told to an address that is no more',
    about: 'notification',
    given: 'since',
    statement: sql(`
      select id as subject, kind || ' by ' || channel as detail from notifications
      where status in ('sent', 'failed') and created_at >= $1
        and (forget is not null and data is not null or recipient = '${ERASED_EMAIL}')`),
  },
  {
    name: 'nothing that is due to be sent stays',
    about: 'notification',
    given: 'now',
    statement: sql(`
      select id as subject, kind || ' by ' || channel || ', due at ' || next_attempt_at as detail from notifications
      where status = 'queued' and next_attempt_at < $1::timestamptz - interval '10 minutes'`),
  },
];

export interface Told {
  order_id: string;
  kind: string;
  channel: string;
  status: string;
}

const TOLD_ABOUT = sql(`
  select order_id, kind, channel, status from notifications where order_id = any($1::uuid[]) order by id`);

export function toldAbout(db: Pick<Tx, 'query'>, orderIds: readonly string[]): Promise<Told[]> {
  return db.query<Told>(TOLD_ABOUT, [orderIds]);
}
