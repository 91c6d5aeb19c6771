/**
 * Every order in which charge, answer, webhook, refund and the order's end can meet, through the payments room as it is
 * in production: with the test provider, and with Stripe's adapter on a stand-in.
 *
 *   npm run races                      up to four steps long
 *   npm run races -- --length=6        all 79,209 for Stripe and 8,659 for the test provider (minutes)
 *
 * Ends with 0 when all of them come to one charge or none and one end, with 1 when one does not.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../src/embedded/postgres.ts';
import type { Bank } from './bank.ts';
import { openStripeBank, openTestBank } from './bank.ts';
import { race } from './race.ts';

const SHOWN = 10;
const { values: options } = parseArgs({
  options: { length: { type: 'string', default: '4' }, port: { type: 'string', default: '27433' } },
});
const length = Number(options.length);
if (!Number.isInteger(length) || length < 1 || length > 6) {
  console.error(`--length: a whole number from 1 to 6, not ${options.length}`);
  process.exit(2);
}

const dir = mkdtempSync(join(tmpdir(), 'tradewind-races-'));
const postgres = await startPostgres({ dir: join(dir, 'postgres'), port: Number(options.port), throwaway: true });
try {
  process.exitCode = 0;
  for (const open of [openTestBank, openStripeBank]) await through(await open());
} finally {
  await postgres.stop();
  rmSync(dir, { recursive: true, force: true });
}

async function through(bank: Bank): Promise<void> {
  const started = performance.now();
  const { sequences, ends, faults } = await race(bank, postgres.url('postgres'), 'races', length, (done, all) => {
    if (process.stderr.isTTY) process.stderr.write(`\r  ${bank.name}: ${done} of ${all} `);
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const words = [...ends].map(([end, count]) => `${count} ${end}`);
  console.log(`${bank.name}: ${sequences} sequences in ${seconds} s; ${words.join(', ')}`);
  for (const fault of faults.slice(0, SHOWN)) console.log(`  ✗ ${fault}`);
  if (faults.length > SHOWN) console.log(`  ✗ and ${faults.length - SHOWN} more`);
  if (faults.length > 0) process.exitCode = 1;
  else console.log(`  all came to one charge or none, and one end (${cpus().length} × ${cpus()[0]?.model})`);
}
