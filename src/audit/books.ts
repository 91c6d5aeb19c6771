/** The databases of a shop, running or not, for whoever looks at its books from the command line. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, processSettings } from '../config.ts';
import type { ServiceName } from '../contracts/registry.ts';
import { systemClock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { openDatabase } from '../platform/database.ts';
import { silentLog } from '../platform/log.ts';
import { reachDatabases } from '../reach.ts';
import { databaseUrl, notOpened } from '../shop.ts';
import type { Books, Disagreement } from './shop.ts';
import { auditOrders, RULES } from './shop.ts';

/** An order that seems wrong is looked at so often, so long apart, before it is called so. */
const LOOKS = 4;
const BETWEEN_MS = 5_000;

export interface Command {
  /** As it is called, for example `npm run audit`. */
  name: string;
  /** What it does and its own flags, for `--help`. */
  usage: string;
  args: readonly string[];
  /** The flags that it takes itself, apart from `--help`. */
  own?: readonly string[];
}

const SETTINGS = `Settings as of the shop, from the environment, .env or a flag (DATA_DIR=… or --data-dir=…); those that matter:
  DATA_DIR        the folder of a shop that brings its own PostgreSQL
  DATABASE_URL    another PostgreSQL; ORDERS_DATABASE_URL and its like for one service
npm start -- --help lists them all.`;

/** Opens them for some work, which is told whether the shop may be running; the process ends with 0 if that says true, with 1 if false, with 2 if it could not be done. */
export async function withBooks(
  command: Command,
  work: (database: (room: ServiceName) => Database, running: boolean) => Promise<boolean>,
): Promise<void> {
  const { args } = command;
  if (args.includes('--help') || args.includes('-h')) return console.log(`${command.usage}\n\n${SETTINGS}`);
  try {
    process.exitCode = (await opened(command, work)) ? 0 : 1;
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : `It could not be done: ${(error as Error).message}`);
    process.exitCode = 2;
  }
}

async function opened<T>(
  { name, args, own: flags = [] }: Command,
  work: (database: (room: ServiceName) => Database, running: boolean) => Promise<T>,
): Promise<T> {
  const given = args.filter((argument) => !flags.includes(argument));
  const settings = processSettings(given, ['--help', ...flags]);
  const rooms = Object.keys(RULES) as ServiceName[];
  const reached = await reachDatabases(settings, rooms, { name });
  const open = (room: ServiceName) =>
    openDatabase({
      service: room,
      url: databaseUrl(reached.settings, room),
      clock: systemClock,
      log: silentLog,
      poolSize: 2,
      reports: true,
    });
  const databases = new Map(rooms.map((room) => [room, open(room)]));
  try {
    for (const [room, database] of databases) {
      // One that was brought is nobody's setting.
      if (!reached.own)
        await database.transaction(async () => {}).catch((error) => Promise.reject(notOpened(settings, room, error)));
    }
    return await work((room) => databases.get(room) as Database, reached.running);
  } finally {
    await Promise.all([...databases.values()].map((db) => db.close()));
    await reached.stop();
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
