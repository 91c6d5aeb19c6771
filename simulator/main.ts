/**
 * Runs a simulated shop through misfortunes and says whether it has kept its promise.
 *
 *   npm run simulate                                  one run of 1,000 orders from a fresh seed
 *   npm run simulate -- --seed=42 --orders=1000       a certain run: the same seed, the same trace
 *   npm run simulate -- --runs=20 --orders=200        several seeds, one after the other
 *   npm run simulate -- --seconds=60                  fresh seeds for a minute
 *   npm run simulate -- --seed=7 --orders=2 --script=12:1,40:3 --trace     a short script, step by step
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../src/embedded/postgres.ts';
import { freePort } from '../test/free-port.ts';
import { readScript, scriptedChoices, seededChoices, writeScript } from './choices.ts';
import { onStage, readFlags, refuse, wholeNumber } from './command.ts';
import type { Outcome } from './run.ts';
import { run } from './run.ts';
import { ruleOf, shrink } from './shrink.ts';

const USAGE = `npm run simulate -- [flags]: a simulated shop, driven through misfortunes

  --seed=N       the same seed is the same run [a fresh one]
  --orders=N     shoppers of a run [1000]
  --runs=N       so many seeds, one after the other [1]
  --seconds=N    fresh seeds for so long
  --script=…     the choices of a run, as a failed one prints them
  --trace        every step
  --port=N       where its PostgreSQL listens [a free one]

Ends with 0 when every promise was kept, with 1 when one was not, with 2 when it could not be done.`;
const SHRINK_MS = 90_000;
const SHOWN = 5;
/** Without a terminal it is said so often how far a run is. */
const QUIET_MS = 10_000;

const options = readFlags(USAGE, {
  seed: { type: 'string' },
  orders: { type: 'string', default: '1000' },
  runs: { type: 'string', default: '1' },
  seconds: { type: 'string' },
  script: { type: 'string' },
  trace: { type: 'boolean', default: false },
  port: { type: 'string' },
});
const orders = wholeNumber('orders', options.orders, 1, 100_000);
const runs = options.seconds ? Number.POSITIVE_INFINITY : wholeNumber('runs', options.runs, 1, 1_000_000);
const limitMs = options.seconds ? wholeNumber('seconds', options.seconds, 1, 86_400) * 1000 : Number.POSITIVE_INFINITY;
const firstSeed = options.seed
  ? wholeNumber('seed', options.seed, 0, 2 ** 32 - 1)
  : Math.floor(Math.random() * 2 ** 32);
const port = options.port ? wholeNumber('port', options.port, 1, 65_535) : await freePort();
if (options.script !== undefined && !/^(\d+:\d+(,\d+:\d+)*)?$/.test(options.script)) {
  refuse(`--script: choices as a failed run prints them (12:1,40:3), not ${options.script}`);
}
let server: string;

await onStage({ name: 'simulate', fast: true }, async ({ dir, atEnd }) => {
  const postgres = await startPostgres({ dir: join(dir, 'postgres'), port, throwaway: true });
  atEnd(() => postgres.stop());
  server = postgres.url('postgres');
  return (await all()) ? 1 : 0;
});

/** True when one has failed. */
async function all(): Promise<boolean> {
  const began = performance.now();
  const total = { runs: 0, orders: 0, steps: 0, misfortunes: 0, seconds: 0 };
  for (let i = 0; i < runs && performance.now() - began < limitMs; i += 1) {
    const seed = (firstSeed + i) >>> 0;
    const started = performance.now();
    const outcome = await one(seed);
    const took = (performance.now() - started) / 1000;
    total.runs += 1;
    total.orders += orders;
    total.steps += outcome.steps;
    total.misfortunes += outcome.misfortunes;
    total.seconds += took;
    const ends = Object.entries(outcome.ended).map(([status, count]) => `${count} ${status}`);
    say(
      `seed ${seed}: ${orders} orders (${ends.join(', ')}) in ${outcome.steps} steps, ${outcome.misfortunes} misfortunes, ` +
        `${Math.round(outcome.seconds)} virtual s; ${took.toFixed(1)} s, ${Math.round(orders / took)} orders/s; trace ${outcome.hash.slice(0, 16)}`,
    );
    if (outcome.faults.length > 0) {
      await explain(seed, outcome);
      return true;
    }
  }
  const rate = Math.round(total.orders / total.seconds);
  say(
    `\nAll kept: ${total.runs} ${total.runs === 1 ? 'run' : 'runs'}, ${total.orders} orders, ${total.steps} steps, ${total.misfortunes} misfortunes, nothing lost, ` +
      `nothing twice, nothing oversold. ${rate} orders/s on ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`,
  );
  return false;
}

function one(seed: number): Promise<Outcome> {
  const choices = options.script === undefined ? seededChoices(seed) : scriptedChoices(readScript(options.script));
  let shown = process.stderr.isTTY ? 0 : Date.now();
  return run({
    server,
    name: 'simulated',
    seed,
    orders,
    choices,
    ...(options.trace && { onNote: (line: string) => console.log(line) }),
    onProgress(done) {
      const terminal = process.stderr.isTTY;
      if (options.trace || Date.now() - shown < (terminal ? 200 : QUIET_MS)) return;
      shown = Date.now();
      process.stderr.write(`${terminal ? '\r' : ''}  ${done} of ${orders} shoppers have left ${terminal ? '' : '\n'}`);
    },
  }).finally(() => process.stderr.isTTY && process.stderr.write('\r\x1b[K'));
}

/** How to see it again, and the same in short. */
async function explain(seed: number, outcome: Outcome): Promise<void> {
  say(`\nBROKEN, ${outcome.faults.length} times:`);
  for (const fault of outcome.faults.slice(0, SHOWN)) say(`  ${fault}`);
  if (options.script !== undefined) return;
  say(`\nagain:     npm run simulate -- --seed=${seed} --orders=${orders}`);
  say(`looking for a shorter one that breaks "${ruleOf(outcome.faults[0] as string)}" as well…`);
  const until = Date.now() + SHRINK_MS;
  const short = await shrink(
    { orders, seed, outcome },
    (count, choices, other) => run({ server, name: 'simulated', seed: other, orders: count, choices }),
    () => Date.now() < until,
  );
  const script = writeScript(short.script);
  const chosen = short.script.filter((choice) => choice > 0).length;
  say(`in short (${short.orders} orders, ${chosen} choices, found in ${short.tries} runs): ${short.outcome.faults[0]}`);
  say(`           npm run simulate -- --seed=${short.seed} --orders=${short.orders} --script=${script} --trace`);
}

function say(text: string): void {
  console.log(text);
}
