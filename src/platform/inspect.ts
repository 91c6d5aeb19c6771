/** A look at a server and its databases from outside, for whoever asks whether a shop can run there. It changes nothing. */
import type pg from 'pg';
import type { Migration } from './migrations.ts';
import { appliedIn, isUnfinished } from './migrations.ts';

export interface Server {
  /** As PostgreSQL counts: 160004. */
  version: number;
  superuser: boolean;
  mayCreateDatabases: boolean;
  /** Connections that are allowed, and those that are there. */
  maxConnections: number;
  connections: number;
  /** Its clock minus ours. */
  skewMs: number;
}

export async function inspectServer(client: pg.Client): Promise<Server> {
  const asked = Date.now();
  const { rows } = await client.query('select extract(epoch from clock_timestamp()) * 1000 as now');
  const skewMs = Math.round(Number(rows[0].now) - (asked + Date.now()) / 2);
  const { rows: facts } = await client.query(`
    select current_setting('server_version_num')::int as version, current_setting('max_connections')::int as max,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as connections, rolsuper, rolcreatedb
    from pg_roles where rolname = current_user`);
  const { version, max, connections, rolsuper, rolcreatedb } = facts[0];
  return {
    ...{ version, connections, skewMs, superuser: rolsuper },
    mayCreateDatabases: rolsuper || rolcreatedb,
    maxConnections: max,
  };
}

export interface DatabaseState {
  unfinishedRestore: boolean;
  /** Whether anything was ever applied. */
  begun: boolean;
  pending: string[];
  /** Of a newer version. */
  unknown: string[];
  mayCreateTables: boolean;
  readOnly: boolean;
}

export async function inspectDatabase(client: pg.Client, known: readonly Migration[]): Promise<DatabaseState> {
  const applied = await appliedIn(client);
  const names = new Set(known.map(({ name }) => name));
  const { rows } = await client.query(`select has_schema_privilege(current_schema(), 'create') as create,
    current_setting('transaction_read_only') = 'on' as read_only`);
  return {
    unfinishedRestore: await isUnfinished(client),
    begun: applied !== undefined,
    pending: known.map(({ name }) => name).filter((name) => !applied?.includes(name)),
    unknown: (applied ?? []).filter((name) => !names.has(name)),
    mayCreateTables: rows[0].create === true,
    readOnly: rows[0].read_only,
  };
}
