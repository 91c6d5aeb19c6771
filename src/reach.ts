/** The databases of a shop, running or not, for commands that look into them: those of the settings, or its own PostgreSQL. */
import { portOf, type Settings } from './config.ts';
import type { ServiceName } from './contracts/registry.ts';
import { isCluster, reachPostgres, startPostgres } from './embedded/postgres.ts';
import { findBinaries } from './embedded/postgres-binaries.ts';
import { databaseUrl, ensureDatabases } from './shop.ts';

export interface Reached {
  /** With DATABASE_URL, whosever it is. */
  settings: Settings;
  /** It is the shop's own PostgreSQL. */
  own: boolean;
  /** Whether the shop may be running. */
  running: boolean;
  stop(): Promise<void>;
}

/** `name`: the command, for whoever must wait for it. `forNew`: a shop is to be put there, and none may be running. */
export async function reachDatabases(
  settings: Settings,
  rooms: readonly ServiceName[],
  { name, forNew = false }: { name: string; forNew?: boolean },
): Promise<Reached> {
  if (rooms.every((room) => databaseUrl(settings, room))) {
    if (forNew) await ensureDatabases(settings, rooms);
    return { settings, own: false, running: true, stop: async () => {} };
  }
  const where = {
    dir: `${settings.DATA_DIR}/postgres`,
    port: portOf(settings, 'PORT_POSTGRES'),
    visitor: name,
    onWait: console.error,
  };
  const postgres = forNew ? { ...(await startPostgres(where)), started: true } : await reachPostgres(where);
  const reached = { ...settings, DATABASE_URL: postgres.url('tradewind') };
  try {
    if (forNew) await ensureDatabases(reached, rooms);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  return { settings: reached, own: true, running: !postgres.started, stop: postgres.stop };
}

/** Whether the shop has made its own PostgreSQL yet. Throws where it could not bring one. */
export async function hasOwnPostgres(settings: Settings): Promise<boolean> {
  await findBinaries(`${settings.DATA_DIR}/postgres-libraries`);
  return isCluster(`${settings.DATA_DIR}/postgres`);
}
