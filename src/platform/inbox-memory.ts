/**
 * How long an inbox knows what has taken effect: seven days from when a message was sent (its id tells), and a message
 * that was ever dead for as long as it is at the desk. So what waits there, was put aside, or was retried long after it
 * was sent, does not take effect by coming again.
 */
import { idAt } from './clock.ts';
import type { Database } from './database.ts';
import { sql } from './database.ts';

const MEMORY_MS = 7 * 24 * 3_600_000;
/** Clocks of replicas differ. */
const MARGIN_MS = 3_600_000;
const FORGET_BATCH = 10_000;

const FORGET = sql(`
  delete from inbox_done where id in (
    select id from inbox_done done
    where id < $1 and not exists (select from dead_letters dead where dead.id = done.id)
    order by id limit ${FORGET_BATCH})
  returning 1`);

/** Forgets the oldest; true when there is more. */
export async function forgetDone(db: Pick<Database, 'query'>, now: Date): Promise<boolean> {
  const gone = await db.query(FORGET, [idAt(new Date(now.getTime() - MEMORY_MS))]);
  return gone.length === FORGET_BATCH;
}

/** Whether nobody may know any more if a message has taken effect. */
export function mayBeForgotten({ id }: { id: string }, now: Date): boolean {
  return id < idAt(new Date(now.getTime() - MEMORY_MS + MARGIN_MS));
}
