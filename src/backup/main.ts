/** `npm run backup`: a whole shop into one file, while it runs. What it does is in take.ts. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SERVICES } from '../contracts/registry.ts';
import { reachDatabases } from '../reach.ts';
import { run, sizeOf } from './command.ts';
import { takeBackup } from './take.ts';

const USAGE = `npm run backup -- --to=FILE|FOLDER [--setting=value …]: a whole shop into one file: all databases, and the pictures

  --to      the file, which must not exist yet, or a folder: then its name says when it was made

The shop may be running; for some milliseconds it takes no orders. With RabbitMQ all of its processes must be stopped.
The file has everything in it, the shop's keys and its customers' data too: keep it as you keep the shop.
Settings as of the shop, from the environment, .env or a flag; npm start -- --help lists them.
Ends with 0 when the file is there, with 1 when it could not be made, with 2 when the command is wrong.`;

await run(process.argv.slice(2), { needs: '--to', usage: USAGE }, async (settings, to) => {
  const path = await placeFor(to);
  const reached = await reachDatabases(settings, SERVICES, { name: 'npm run backup' });
  try {
    const { bytes, rows, pictures, missing, pauseMs } = await takeBackup(reached.settings, SERVICES, path);
    console.log(`${path}: ${sizeOf(bytes)}, ${rows} rows of ${SERVICES.length} databases, ${pictures} pictures`);
    if (missing > 0)
      console.log(`${missing} pictures are not in it: somebody removed them meanwhile, or they were lost`);
    if (reached.running && !settings.AMQP_URL)
      console.log(`The shop could take no orders for ${pauseMs.toFixed(0)} ms.`);
  } finally {
    await reached.stop();
  }
});

async function placeFor(to: string): Promise<string> {
  const there = await stat(to).catch(() => undefined);
  if (there?.isDirectory()) {
    const time = new Date()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z')
      .replaceAll(':', '-');
    return join(resolve(to), `tradewind-${time}.backup`);
  }
  if (there) throw new Error(`${to} exists already: nothing was done`);
  const folder = await stat(resolve(to, '..')).catch(() => undefined);
  if (!folder?.isDirectory()) throw new Error(`there is no folder ${resolve(to, '..')}`);
  return resolve(to);
}
