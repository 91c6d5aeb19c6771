/** SQL of rationing SMS. */
import type { Tx } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';

const SMS_SINCE = sql(`
  select recipient, count(*)::int as sent from notifications
  where lower(recipient) collate "C" = any($1::text[]) and id >= $2 and channel = 'sms' group by recipient`);

/** How many SMS each number was written since an id. */
export async function smsSince(tx: Tx, numbers: readonly string[], since: string): Promise<Map<string, number>> {
  const rows = await tx.query<{ recipient: string; sent: number }>(SMS_SINCE, [numbers, since]);
  return new Map(rows.map(({ recipient, sent }) => [recipient, sent]));
}
