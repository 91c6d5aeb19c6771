/** `npm run import`: products from a spreadsheet into a running shop. What it does is in importing.ts. */
import { readFile } from 'node:fs/promises';
import { ConfigError, portOf, processSettings } from './config.ts';
import { ImportFault, ImportUsageFault, importFile, readImportWish, told, USAGE } from './importing.ts';

async function main(args: readonly string[]): Promise<void> {
  const settings = processSettings([]);
  const wish = readImportWish(args, `http://localhost:${portOf(settings, 'PORT_GATEWAY')}`);
  if (wish === 'help') return console.log(USAGE);
  const bytes = await readFile(wish.file).catch((error) => {
    throw new ImportFault(`${wish.file} cannot be read: ${error.message}`);
  });
  const admin = { email: settings.ADMIN_EMAIL, password: settings.ADMIN_PASSWORD };
  const report = await importFile(bytes, wish, admin, (done, all) => {
    if (all > done || done > 1_000) console.error(`▸ ${done} of ${all} lines`);
  });
  console.log(wish.json ? JSON.stringify(report, null, 2) : told(report));
  if (report.refused > 0) process.exitCode = 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof ImportFault || error instanceof ConfigError)) throw error;
  const usage = error instanceof ImportUsageFault || error instanceof ConfigError;
  console.error(error instanceof ImportUsageFault ? `${error.message}; --help shows the usage` : error.message);
  process.exitCode = usage ? 2 : 1;
}
