/**
 * The SMS provider of development shops and tests: it sends nothing and records everything, each key once, in a table of
 * its own that stands for a company elsewhere. `GET /development-sms` shows it. Numbers that end in 0000 are refused as
 * invalid, in 0001 as unsubscribed, so that a developer sees what happens then.
 */

import { newId } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { dynamicSql, sql } from '../../platform/database.ts';
import type { SmsProvider } from './sms-provider.ts';

const RECORD = sql(`
  insert into development_sms (id, key, sender, recipient, body) values ($1, $2, $3, $4, $5)
  on conflict (key) do update set key = excluded.key returning id`);

export interface RecordedSms {
  id: string;
  sender: string;
  recipient: string;
  body: string;
  created_at: string;
}

export function createDevelopmentSms(db: Database, from: string): SmsProvider {
  return {
    name: 'development',
    async send({ key, to, body }) {
      if (to.endsWith('0000'))
        return { outcome: 'refused', code: '21211', reason: 'no such number', address: 'refused' };
      if (to.endsWith('0001'))
        return { outcome: 'refused', code: '21610', reason: 'answered STOP', address: 'unsubscribed' };
      const [recorded] = await db.query<{ id: string }>(RECORD, [newId(), key, from, to, body]);
      return { outcome: 'sent', provider_id: recorded?.id as string };
    },
    async close() {},
  };
}

/** Newest first. */
export function listDevelopmentSms(db: Database, before: string | undefined, limit: number): Promise<RecordedSms[]> {
  const page = before === undefined ? '' : 'where id < $2';
  return db.query<RecordedSms>(
    dynamicSql(`select id, sender, recipient, body, created_at from development_sms ${page} order by id desc limit $1`),
    before === undefined ? [limit] : [limit, before],
  );
}
