/**
 * Runs a simulated shop through misfortunes and says whether it has kept its promise.
 *
 *   npm run simulate                                  one run of 1,000 orders from a fresh seed
 *   npm run simulate -- --seed=42 --orders=1000       a certain run: the same seed, the same trace
 *   npm run simulate -- --runs=20 --orders=200        several seeds, one after the other
 *   npm run simulate -- --seconds=60                  fresh seeds for a minute
 *   npm run simulate -- --seed=7 --orders=2 --script=12:1,40:3 --trace     a short script, step by step
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../src/embedded/postgres.ts';
import { readScript, scriptedChoices, seededChoices, writeScript } from './choices.ts';
import type { Outcome } from './run.ts';
import { run } from './run.ts';
import { ruleOf, shrink } from './shrink.ts';

const SHRINK_MS = 90_000;
const SHOWN = 5;

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string' },
    orders: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '1' },
    seconds: { type: 'string' },
    script: { type: 'string' },
    trace: { type: 'boolean', default: false },
    port: { type: 'string', default: '27432' },
  },
});
const orders = wholeNumber('orders', options.orders, 1, 100_000);
const runs = options.seconds ? Number.POSITIVE_INFINITY : wholeNumber('runs', options.runs, 1, 1_000_000);
const limitMs = options.seconds ? wholeNumber('seconds', options.seconds, 1, 86_400) * 1000 : Number.POSITIVE_INFINITY;
const firstSeed = options.seed
  ? wholeNumber('seed', options.seed, 0, 2 ** 32 - 1)
  : Math.floor(Math.random() * 2 ** 32);

const dir = mkdtempSync(join(tmpdir(), 'tradewind-simulate-'));
const postgres = await startPostgres({ dir: join(dir, 'postgres'), port: Number(options.port), throwaway: true });
const server = postgres.url('postgres');
try {
  const failed = await all();
  process.exitCode = failed ? 1 : 0;
} finally {
  await postgres.stop();
  rmSync(dir, { recursive: true, force: true });
}

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
    `\nAll kept: ${total.runs} runs, ${total.orders} orders, ${total.steps} steps, ${total.misfortunes} misfortunes, nothing lost, ` +
      `nothing twice, nothing oversold. ${rate} orders/s on ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`,
  );
  return false;
}

function one(seed: number): Promise<Outcome> {
  const choices = options.script === undefined ? seededChoices(seed) : scriptedChoices(readScript(options.script));
  let shown = 0;
  return run({
    server,
    name: 'simulated',
    seed,
    orders,
    choices,
    ...(options.trace && { onNote: (line: string) => console.log(line) }),
    onProgress(done) {
      if (!process.stderr.isTTY || options.trace || Date.now() - shown < 200) return;
      shown = Date.now();
      process.stderr.write(`\r  ${done} of ${orders} shoppers have left `);
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

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  console.error(`--${name}: a whole number from ${min} to ${max}, not ${text}`);
  process.exit(2);
}
