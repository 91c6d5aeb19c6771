/**
 * One database filled from a backup: all of it in one transaction, and marked as unfinished, in a commit before that, until
 * every database of the shop is filled. A shop that finds the mark does not start, so a restore that was killed is never
 * taken for a shop. The marks come off one after the other, and say before the first of them goes that all is there.
 */
import type pg from 'pg';
import { copyIn } from './copy.ts';
import type { Migration } from './migrations.ts';
import { applyMigrations, isUnfinished, UNFINISHED } from './migrations.ts';
import type { Sequence, Table } from './snapshot.ts';
import { columnList } from './snapshot.ts';

/** What a restore leaves in each database until all of them are done. */
export interface Mark {
  /** The digest of the file that is put back. */
  file: string;
  /** In every database all is there: only the marks are to be taken off. */
  complete: boolean;
}

/** What is found where a shop is to be put. */
export interface Found {
  /** Nobody has put anything here, or a restore began to. */
  empty: boolean;
  mark: Mark | undefined;
  /** Processes of a shop that are connected. */
  inUse: number;
}

export async function lookInto(client: pg.Client): Promise<Found> {
  const { rows } = await client.query(`
    select (select count(*)::int from pg_class where relkind in ('r', 'v', 'S', 'p')
              and relnamespace = current_schema()::regnamespace) as things,
      (select count(*)::int from pg_stat_activity where datname = current_database()
         and application_name like 'tradewind-%') as in_use`);
  const mark = await markOf(client);
  return { empty: rows[0].things === 0 || mark?.complete === false, mark, inUse: rows[0].in_use };
}

/** A mark of an older version names no file. */
async function markOf(client: pg.Client): Promise<Mark | undefined> {
  if (!(await isUnfinished(client))) return undefined;
  const { rows } = await client.query(`select to_jsonb(one) as mark from ${UNFINISHED} one`);
  return { file: '', complete: false, ...rows[0]?.mark };
}

/** In the place of the one that is there. */
export async function setMark(client: pg.Client, { file, complete }: Mark): Promise<void> {
  // One message is one transaction.
  await client.query(`
    drop table if exists ${UNFINISHED};
    create table ${UNFINISHED} (file text not null, complete boolean not null);
    insert into ${UNFINISHED} (file, complete) values (${client.escapeLiteral(file)}, ${complete})`);
}

export async function markComplete(client: pg.Client): Promise<void> {
  await client.query(`update ${UNFINISHED} set complete = true`);
}

export async function takeMarkOff(client: pg.Client): Promise<void> {
  await client.query(`drop table if exists ${UNFINISHED}`);
}

/** Begins anew: whatever is there goes, and the tables of these migrations come. The caller commits. */
export async function beginAnew(client: pg.Client, service: string, migrations: readonly Migration[]): Promise<void> {
  await client.query('begin');
  await client.query('set local lock_timeout = 5000');
  await dropAll(client);
  if (migrations.length === 0) return;
  await applyMigrations(client, service, migrations);
  // Some migrations put rows into their tables; those of the backup take their place.
  const { rows } = await client.query(`select relname as name from pg_class
    where relkind = 'r' and relnamespace = current_schema()::regnamespace and relname <> '${UNFINISHED}'`);
  await client.query(`truncate ${rows.map(({ name }) => client.escapeIdentifier(name)).join(', ')}`);
}

/** Not the schema: that may belong to somebody else. */
async function dropAll(client: pg.Client): Promise<void> {
  const kinds: Record<string, string> = { r: 'table', p: 'table', v: 'view', m: 'materialized view', S: 'sequence' };
  const { rows: relations } = await client.query(
    `select relname as name, relkind as kind from pg_class
     where relkind = any($1) and relnamespace = current_schema()::regnamespace and relname <> '${UNFINISHED}'`,
    [Object.keys(kinds)],
  );
  for (const { name, kind } of relations)
    await client.query(`drop ${kinds[kind]} if exists ${client.escapeIdentifier(name)} cascade`);
  const { rows: routines } = await client.query(`select oid::regprocedure::text as signature from pg_proc
    where pronamespace = current_schema()::regnamespace
      and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = pg_proc.oid and deptype = 'e')`);
  for (const { signature } of routines) await client.query(`drop routine if exists ${signature} cascade`);
}

export function fillTable(client: pg.Client, { name, columns }: Table, rows: AsyncIterable<Buffer>): Promise<number> {
  return copyIn(client, `copy ${client.escapeIdentifier(name)} (${columnList(client, columns)}) from stdin`, rows);
}

export async function setSequences(client: pg.Client, sequences: readonly Sequence[]): Promise<void> {
  for (const { name, last_value, is_called } of sequences)
    await client.query('select setval($1::regclass, $2, $3)', [client.escapeIdentifier(name), last_value, is_called]);
}

const PAGE = 500;

/**
 * Brings what was on its way: from a sender's outbox into the inbox of each receiver that does not know it yet. Published
 * later it could meet an inbox that has forgotten it (after seven days), and would take effect twice.
 */
export async function bringOutbox(
  sender: { room: string; client: pg.Client },
  receivers: readonly { client: pg.Client; types: readonly string[] }[],
): Promise<number> {
  let count = 0;
  for (;;) {
    const { rows } = await sender.client.query(
      `select id, type, subject, time::text, traceparent, data::text from outbox order by id limit ${PAGE}`,
    );
    if (rows.length === 0) return count;
    for (const { client, types } of receivers) {
      const wanted = rows.filter(({ type }) => types.includes(type));
      if (wanted.length > 0) await store(client, sender.room, wanted);
    }
    await sender.client.query('delete from outbox where id = any($1::uuid[])', [rows.map(({ id }) => id)]);
    count += rows.length;
  }
}

/** What waits in an inbox and has taken effect already: with time it would be forgotten that it has. */
export async function dropRepeated(client: pg.Client): Promise<void> {
  await client.query('delete from inbox using inbox_done where inbox_done.id = inbox.id');
}

type Left = Record<'id' | 'type' | 'subject' | 'time' | 'traceparent' | 'data', string | null>;

async function store(client: pg.Client, source: string, rows: readonly Left[]): Promise<void> {
  const column = (name: keyof Left) => rows.map((row) => row[name]);
  await client.query(
    `insert into inbox (id, type, source, subject, time, traceparent, data)
     select id, type, $1, subject, time, traceparent, data
     from unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::json[])
       as sent (id, type, subject, time, traceparent, data)
     where not exists (select from inbox_done where inbox_done.id = sent.id)
       and not exists (select from dead_letters where dead_letters.id = sent.id)
     on conflict do nothing`,
    [source, column('id'), column('type'), column('subject'), column('time'), column('traceparent'), column('data')],
  );
}
