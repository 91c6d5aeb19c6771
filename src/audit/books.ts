/** The databases of a shop, running or not, for whoever looks at its books from the command line. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, portOf, processSettings } from '../config.ts';
import type { ServiceName } from '../contracts/registry.ts';
import { reachPostgres } from '../embedded/postgres.ts';
import { systemClock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { openDatabase } from '../platform/database.ts';
import { silentLog } from '../platform/log.ts';
import { databaseUrl } from '../shop.ts';
import type { Books, Disagreement } from './shop.ts';
import { auditOrders, RULES } from './shop.ts';

/** An order that seems wrong is looked at so often, so long apart, before it is called so. */
const LOOKS = 4;
const BETWEEN_MS = 5_000;

/** Opens them for some work, which is told whether the shop may be running; the process ends with 0 if that says true, with 1 if false, with 2 if it could not be done. */
export async function withBooks(
  flags: readonly string[],
  work: (database: (room: ServiceName) => Database, running: boolean) => Promise<boolean>,
): Promise<void> {
  try {
    process.exitCode = (await opened(flags, work)) ? 0 : 1;
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : `It could not be done: ${(error as Error).message}`);
    process.exitCode = 2;
  }
}

async function opened<T>(
  flags: readonly string[],
  work: (database: (room: ServiceName) => Database, running: boolean) => Promise<T>,
): Promise<T> {
  const settings = processSettings(flags);
  const rooms = Object.keys(RULES) as ServiceName[];
  const missing = rooms.some((room) => !databaseUrl(settings, room));
  const own = missing
    ? await reachPostgres({ dir: `${settings.DATA_DIR}/postgres`, port: portOf(settings, 'PORT_POSTGRES') })
    : undefined;
  const given = own ? { ...settings, DATABASE_URL: own.url('tradewind') } : settings;
  const open = (room: ServiceName) =>
    openDatabase({
      service: room,
      url: databaseUrl(given, room),
      clock: systemClock,
      log: silentLog,
      poolSize: 2,
      reports: true,
    });
  const databases = new Map(rooms.map((room) => [room, open(room)]));
  try {
    return await work((room) => databases.get(room) as Database, !own?.started);
  } finally {
    await Promise.all([...databases.values()].map((db) => db.close()));
    await own?.stop();
  }
}

/** What is wrong with orders at every look: what is on its way looks wrong for a moment. */
export async function lastingFaults(books: Books): Promise<Disagreement[]> {
  const key = ({ subject, detail }: Disagreement) => `${subject} ${detail}`;
  let suspects = await auditOrders(books);
  for (let look = 2; look <= LOOKS && suspects.length > 0; look += 1) {
    const orders = new Set(suspects.map(({ subject }) => subject)).size;
    console.log(
      `${orders} ${orders === 1 ? 'order is' : 'orders are'} on the way or wrong, looking again in ${BETWEEN_MS / 1000} s…`,
    );
    await sleep(BETWEEN_MS);
    const known = new Set(suspects.map(key));
    suspects = (await auditOrders(books)).filter((one) => known.has(key(one)));
  }
  return suspects;
}
