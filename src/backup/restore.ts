/** `npm run restore`: puts a backup where no shop is. What it does is in put-back.ts. */
import { SERVICES } from '../contracts/registry.ts';
import { reachDatabases } from '../reach.ts';
import { run } from './command.ts';
import { putBack, readable } from './put-back.ts';

const USAGE = `npm run restore -- --from=FILE [--force] [--setting=value …]: puts a backup where no shop is, or where none shall be

  --from     a file that npm run backup has made; it is read to its end before anything is changed
  --force    replaces the shop that is there; what it has is lost

The shop must not be running. One that fails before anything was replaced leaves what was there; one that was killed is run
again with the same file, and no shop starts until then. Afterwards npm start goes on from where the backup was made, and mends older databases.
Settings as of the shop, from the environment, .env or a flag; npm start -- --help lists them.
Ends with 0 when the shop is there, with 1 when it could not be done, with 2 when the command is wrong.`;

const ENDED = `An earlier restore of this file had done all but its end. That is done now, and nothing else: the shop can be started.
To put the file back once more, over what has happened since, run this again.`;

await run(process.argv.slice(2), { needs: '--from', own: ['--force'], usage: USAGE }, async (settings, from, flags) => {
  // Before a PostgreSQL is made for it.
  await readable(from);
  const reached = await reachDatabases(settings, SERVICES, { name: 'npm run restore', forNew: true });
  try {
    const force = flags.has('--force');
    const { madeAt, rows, pictures, underway, ended } = await putBack(reached.settings, from, { force });
    if (ended) return console.log(ENDED);
    console.log(`The shop of ${madeAt} is back: ${rows} rows of ${SERVICES.length} databases, ${pictures} pictures`);
    if (underway > 0) console.log(`${underway} messages were on their way; they are handled when it starts.`);
  } finally {
    await reached.stop();
  }
});
