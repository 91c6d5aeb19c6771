/**
 * A real shop in real processes, under steady load, while everything in it is killed, frozen, cut and crashed. It has
 * servers of its own in a throw-away folder; a bank and a mail server outside of it keep books.
 *
 *   npm run chaos                               every target twice, on RabbitMQ and PostgreSQL, for 90 s
 *   npm run chaos -- --shape=one                everything in one process, with the PostgreSQL that it brings
 *   npm run chaos -- --seconds=900 --rate=20    longer, and with more orders a second
 *   npm run chaos -- --seed=7                   the same misfortunes in the same order
 *   npm run chaos -- --keep                     the folder stays, with what the processes said
 *
 * Ends with 0 when every promise was kept, with 1 when one was not, with 2 when it could not be done, with 3 when every
 * promise was kept and only recovery took too long.
 */
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Stage } from '../simulator/command.ts';
import { onStage, readFlags, refuse, wholeNumber } from '../simulator/command.ts';
import { rabbitBinary } from '../test/rabbit.ts';
import { conclude, FAR_OFF, isSlow, RECOVERY_LIMIT_MS } from './conclusion.ts';
import type { Blow, Outcome } from './ordeal.ts';
import { ordeal } from './ordeal.ts';
import { openOutside } from './outside.ts';
import { startApart, startTogether } from './shop.ts';
import { PROMISED } from './verdict.ts';

const USAGE = `npm run chaos -- [flags]: a real shop under load, killed, frozen and cut off

  --shape=two|one    every target in two processes on RabbitMQ; or everything in one process [two]
  --seconds=N        how long at least: one misfortune of each kind comes first, a minute or two in all [90]
  --rate=N           orders a second [10]
  --seed=N           the same misfortunes in the same order [fresh ones]
  --keep             the folder stays, with what the processes said

Ends with 0 when every promise was kept, with 1 when one was not, with 2 when it could not be done, with 3 when every
promise was kept, but after some misfortune all was well only later than ${RECOVERY_LIMIT_MS / 1000} s: is the machine busy? What is not well
after ${(FAR_OFF * RECOVERY_LIMIT_MS) / 1000} s never recovers, and is a broken promise.`;
const SHAPES = { two: startApart, one: startTogether };
const SHOWN = 10;
const NEVER = `not within ${(FAR_OFF * RECOVERY_LIMIT_MS) / 1000} s`;

const options = readFlags(USAGE, {
  shape: { type: 'string', default: 'two' },
  seconds: { type: 'string', default: '90' },
  rate: { type: 'string', default: '10' },
  seed: { type: 'string' },
  keep: { type: 'boolean', default: false },
});
const start = SHAPES[options.shape as keyof typeof SHAPES] ?? refuse(`--shape: two or one, not ${options.shape}`);
const seconds = wholeNumber('seconds', options.seconds, 5, 86_400);
const rate = wholeNumber('rate', options.rate, 1, 1_000);
const seed = wholeNumber('seed', options.seed, 0, 2 ** 32 - 1) ?? Math.floor(Math.random() * 2 ** 32);
if (options.shape === 'two' && !rabbitBinary()) {
  refuse('RabbitMQ is not installed here: --shape=one needs none');
}

await onStage({ name: 'chaos', keep: (code) => options.keep || code !== 0 }, async (stage) => report(await run(stage)));

async function run({ dir, atEnd }: Stage): Promise<Outcome> {
  const shape = options.shape === 'one' ? 'everything in one process' : 'seven targets in two processes each';
  console.log(`${shape}; ${rate} orders a second for ${seconds} s at least; seed ${seed}; starting…`);
  const outside = await openOutside(join(dir, 'mail'));
  atEnd(outside.stop);
  const shop = await start(dir, outside);
  atEnd(shop.stop);
  return ordeal({
    shop,
    outside,
    seconds,
    rate,
    seed,
    onStrike: (name) => process.stderr.isTTY && process.stderr.write(`           ${name}…\r`),
    onBlow({ at, name, silence, stuck, recovered }, answered) {
      const late = isSlow({ recovered }) ? ', too slow' : '';
      const well = recovered === undefined ? NEVER : `${recovered} s after its end${late}`;
      const figures = `no checkout for ${silence} s, something stuck until ${stuck} s, all well ${well}; ${answered} orders`;
      console.log(`${at.toFixed(1).padStart(7)} s  ${name.padEnd(32)} ${figures}`);
    },
    onRest: () => console.log('no more misfortunes; waiting until everything has come to its end…'),
  });
}

/** Says what came of it; the code to end with. */
function report({ blows, verdict, excused }: Outcome): number {
  const { acknowledged, ended, byStatus, repeated, broken } = verdict;
  const counts = Object.fromEntries(PROMISED.map((name) => [name, broken[name].length]));
  console.log();
  console.table(blows.map(rowOf));
  const late = blows.filter(isSlow).length;
  console.table([{ acknowledged, ended, ...counts, 'too slow to recover': late }]);
  const statuses = Object.entries(byStatus).map(([status, count]) => `${count} ${status}`);
  console.log(`${statuses.join(', ')}; mails that came again under the same Message-ID: ${repeated}`);
  for (const [why, times] of excused)
    console.log(`ended, as it should, and was started again: ${why} (${times} times)`);
  const load = loadavg().map((share) => share.toFixed(1));
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}; load ${load.join(', ')}`);
  for (const name of PROMISED) {
    for (const fault of broken[name].slice(0, SHOWN)) console.log(`✗ ${name}: ${fault}`);
    if (broken[name].length > SHOWN) console.log(`✗ ${name}: and ${broken[name].length - SHOWN} more`);
  }
  for (const { name } of blows.filter(({ recovered }) => recovered === undefined))
    console.log(`✗ never recovered from: ${name}`);
  const { code, words } = conclude(blows, verdict);
  console.log(`\n${words}`);
  const again = `npm run chaos -- --shape=${options.shape} --seed=${seed} --seconds=${seconds} --rate=${rate}`;
  if (code !== 0) console.log(`The same misfortunes again: ${again}`);
  return code;
}

function rowOf({ at, name, lasted, silence, stuck, recovered }: Blow) {
  return {
    'at s': at,
    misfortune: name,
    'lasted s': lasted,
    'no checkout for s': silence,
    'something stuck until s': stuck,
    'all well after s': isSlow({ recovered }) ? `${recovered}, too slow` : (recovered ?? NEVER),
  };
}
