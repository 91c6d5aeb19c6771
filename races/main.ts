/**
 * Every order in which charge, answer, webhook, refund and the order's end can meet, through the payments room as it is
 * in production: with the test provider, and with Stripe's adapter on a stand-in.
 *
 *   npm run races                      up to four steps long
 *   npm run races -- --length=6        all 79,209 for Stripe and 8,659 for the test provider (minutes)
 *
 * Ends with 0 when all of them come to one charge or none and one end, with 1 when one does not.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { onStage, readFlags, wholeNumber } from '../simulator/command.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { freePort } from '../test/free-port.ts';
import type { Bank } from './bank.ts';
import { openStripeBank, openTestBank } from './bank.ts';
import { race } from './race.ts';

const USAGE = `npm run races -- [flags]: everything that can happen to a payment, in every order

  --length=N     the longest sequences, 1 to 6 [4]; 6 takes half an hour
  --port=N       where its PostgreSQL listens [a free one]

Ends with 0 when all come to one charge or none and one end, with 1 when one does not, with 2 when it could not be done.`;
const SHOWN = 10;

const options = readFlags(USAGE, { length: { type: 'string', default: '4' }, port: { type: 'string' } });
const length = wholeNumber('length', options.length, 1, 6);
const port = wholeNumber('port', options.port, 1, 65_535) ?? (await freePort());

await onStage({ name: 'races', fast: true }, async ({ dir, atEnd }) => {
  const postgres = await startPostgres({ dir: join(dir, 'postgres'), port, portSetting: '--port', throwaway: true });
  atEnd(() => postgres.stop());
  let faults = 0;
  for (const open of [openTestBank, openStripeBank]) faults += await through(await open(), postgres.url('postgres'));
  return faults > 0 ? 1 : 0;
});

/** How many do not come to a good end. */
async function through(bank: Bank, server: string): Promise<number> {
  const started = performance.now();
  const { sequences, ends, faults } = await race(bank, server, 'races', length, (done, all) => {
    if (process.stderr.isTTY) process.stderr.write(`\r  ${bank.name}: ${done} of ${all} `);
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const words = [...ends].map(([end, count]) => `${count} ${end}`);
  console.log(`${bank.name}: ${sequences} sequences in ${seconds} s; ${words.join(', ')}`);
  for (const fault of faults.slice(0, SHOWN)) console.log(`  ✗ ${fault}`);
  if (faults.length > SHOWN) console.log(`  ✗ and ${faults.length - SHOWN} more`);
  if (faults.length === 0)
    console.log(`  all came to one charge or none, and one end (${cpus().length} × ${cpus()[0]?.model})`);
  return faults.length;
}
