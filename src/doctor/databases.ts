/** PostgreSQL: reachable, new enough, with the rights that a shop needs, and each database of a version that is known. */
import type pg from 'pg';
import type { Settings } from '../config.ts';
import { settingsOf } from '../config.ts';
import { SERVICES, type ServiceName } from '../contracts/registry.ts';
import type { DatabaseState, Server } from '../platform/inspect.ts';
import { inspectDatabase, inspectServer } from '../platform/inspect.ts';
import { knownMigrations } from '../platform/migrations.ts';
import { connectTo } from '../platform/snapshot.ts';
import { hasOwnPostgres, reachDatabases } from '../reach.ts';
import { databaseUrl } from '../shop.ts';
import type { Check, Finding } from './finding.ts';
import { fail, ok, reasonOf, warn } from './finding.ts';

/** Generated columns. */
const OLDEST = 120_000;
/** The oldest that its makers still mend, when this was written. */
const MENDED = 140_000;
/** A PostgreSQL of its own may have to be started, and recover, for a look. */
const OWN_LIMIT_MS = 20_000;
/** docs/reliability.md: replicas further apart publish each other's messages; minutes end orders early or late. */
const SKEW_MS = 2_000;
const LARGE_SKEW_MS = 60_000;
const NAME = 'npm run doctor';

export function databaseChecks(settings: Settings, rooms: readonly ServiceName[]): Check[] {
  if (rooms.length === 0) return [];
  if (rooms.some((room) => !databaseUrl(settings, room)))
    return [{ about: 'PostgreSQL', limitMs: OWN_LIMIT_MS, look: () => lookAtOwn(settings, rooms) }];
  return [{ about: 'PostgreSQL', limitMs: 8_000, look: () => lookAtGiven(settings, rooms) }];
}

async function lookAtOwn(settings: Settings, rooms: readonly ServiceName[]): Promise<Finding[]> {
  if (!(await hasOwnPostgres(settings)))
    return [ok('PostgreSQL', `none yet in ${settings.DATA_DIR}: the first start makes it`)];
  const reached = await reachDatabases(settings, rooms, { name: NAME });
  try {
    const how = reached.running ? 'its own, running' : 'its own, started for a look';
    return [ok('PostgreSQL', how), ...(await lookAtAll(reached.settings, rooms, true))];
  } finally {
    await reached.stop();
  }
}

async function lookAtGiven(settings: Settings, rooms: readonly ServiceName[]): Promise<Finding[]> {
  const found: Finding[] = [];
  const servers = new Map(rooms.map((room) => [new URL(databaseUrl(settings, room)).host, room]));
  for (const [host, room] of servers) found.push(...(await lookAtServer(settings, host, room)));
  return found.some(({ level }) => level === 'fail') ? found : [...found, ...(await lookAtAll(settings, rooms, false))];
}

async function lookAtServer(settings: Settings, host: string, room: ServiceName): Promise<Finding[]> {
  const about = `PostgreSQL at ${host}`;
  const setting = settings[settingsOf(room).database] ? settingsOf(room).database : 'DATABASE_URL';
  const url = new URL(databaseUrl(settings, room));
  if (setting === 'DATABASE_URL') url.pathname = '/postgres';
  const client = await connectTo(url.href, NAME).catch((error: Error) => error);
  if (client instanceof Error)
    return [fail(about, reasonOf(client), `Start it, or put its address, user and password right in ${setting}.`)];
  try {
    return serverFindings(about, await inspectServer(client), settings);
  } finally {
    await client.end();
  }
}

export function serverFindings(
  about: string,
  server: Server,
  settings: Pick<Settings, 'DATABASE_POOL_SIZE'>,
): Finding[] {
  const { version, maxConnections, connections, skewMs } = server;
  const name = `version ${Math.floor(version / 10_000)}.${version % 10_000}`;
  const found: Finding[] = [];
  if (version < OLDEST) found.push(fail(about, `${name} is too old`, 'Upgrade it to 14 or newer.'));
  else if (version < MENDED) found.push(warn(about, `${name} is mended no more`, 'Upgrade it to 14 or newer.'));
  else found.push(ok(about, name));
  const wanted = settings.DATABASE_POOL_SIZE * SERVICES.length;
  if (connections + 5 >= maxConnections)
    found.push(fail(about, `${connections} of ${maxConnections} connections are taken`, 'Raise its max_connections.'));
  else if (wanted > maxConnections)
    found.push(
      warn(
        about,
        `a shop may want ${wanted} connections, and it allows ${maxConnections}`,
        'Raise its max_connections, or lower DATABASE_POOL_SIZE.',
      ),
    );
  const skew = `its clock is ${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs > 0 ? 'ahead' : 'behind'}`;
  const remedy = 'Let both machines take their time from NTP.';
  if (Math.abs(skewMs) > LARGE_SKEW_MS) found.push(fail(about, skew, remedy));
  else if (Math.abs(skewMs) > SKEW_MS) found.push(warn(about, skew, remedy));
  return found;
}

/** One line for all that are well. */
async function lookAtAll(settings: Settings, rooms: readonly ServiceName[], own: boolean): Promise<Finding[]> {
  const found = (await Promise.all(rooms.map((room) => lookAtRoom(settings, room, own)))).flat();
  const well = found.filter(({ level }) => level === 'ok').length;
  const others = found.filter(({ level }) => level !== 'ok');
  return well > 0 ? [ok('databases', `${well} of ${rooms.length} are as this version wants them`), ...others] : others;
}

async function lookAtRoom(settings: Settings, room: ServiceName, own: boolean): Promise<Finding[]> {
  const about = `database of ${room}`;
  let client: pg.Client;
  try {
    client = await connectTo(databaseUrl(settings, room), NAME);
  } catch (error) {
    if ((error as { code?: string }).code === '3D000') return lookAtMissing(settings, room, own);
    return [fail(about, reasonOf(error), `Put ${settingsOf(room).database} or DATABASE_URL right.`)];
  }
  try {
    return stateFindings(about, await inspectDatabase(client, await knownMigrations(room)));
  } finally {
    await client.end();
  }
}

/** It is made by the start, where that may be. */
async function lookAtMissing(settings: Settings, room: ServiceName, own: boolean): Promise<Finding[]> {
  const about = `database of ${room}`;
  const name = decodeURIComponent(new URL(databaseUrl(settings, room)).pathname.slice(1));
  if (own) return [warn(about, `${name} is not there yet`, 'The next start makes it.')];
  if (settings[settingsOf(room).database])
    return [
      fail(
        about,
        `${name} is not there`,
        `Create it: a database that ${settingsOf(room).database} names is not made by the shop.`,
      ),
    ];
  const url = new URL(settings.DATABASE_URL);
  url.pathname = '/postgres';
  const client = await connectTo(url.href, NAME);
  const { mayCreateDatabases } = await inspectServer(client).finally(() => client.end());
  return mayCreateDatabases
    ? [warn(about, `${name} is not there yet`, 'The next start makes it.')]
    : [fail(about, `${name} is not there, and this user may not make it`, 'Create it, or give the user CREATEDB.')];
}

export function stateFindings(about: string, state: DatabaseState): Finding[] {
  const { unfinishedRestore, begun, pending, unknown, mayCreateTables, readOnly } = state;
  if (unfinishedRestore)
    return [fail(about, 'a restore was not finished', 'Run npm run restore again with the same file, to its end.')];
  if (unknown.length > 0)
    return [
      fail(
        about,
        `a newer version has changed it (${unknown.join(', ')})`,
        'Start that version, or restore a backup from before the upgrade.',
      ),
    ];
  if (readOnly) return [fail(about, 'it can only be read', 'Name the primary server, not a replica of it.')];
  if (!mayCreateTables)
    return [
      fail(about, 'this user may not make tables', 'Make the user its owner, or grant it CREATE on the schema public.'),
    ];
  if (!begun) return [warn(about, 'it is empty', 'The next start fills it.')];
  if (pending.length > 0)
    return [
      warn(
        about,
        `${pending.length} migrations are due (${pending.join(', ')})`,
        'Make a backup; the next start applies them.',
      ),
    ];
  return [ok(about, 'as this version wants it')];
}
