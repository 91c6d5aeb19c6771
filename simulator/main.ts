/**
 * Runs a simulated shop through misfortunes and says whether it has kept its promise.
 *
 *   npm run simulate                                  one run of 1,000 orders from a fresh seed, in four shops side by side
 *   npm run simulate -- --seed=42 --orders=1000       a certain run: the same seed, the same trace
 *   npm run simulate -- --runs=20 --orders=200        several seeds
 *   npm run simulate -- --seconds=60                  fresh seeds for a minute
 *   npm run simulate -- --seed=7 --orders=2 --script=12:1,40:3 --trace     a short script, step by step
 */
import { createHash } from 'node:crypto';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../src/embedded/postgres.ts';
import { freePort } from '../test/free-port.ts';
import { attempt } from './attempt.ts';
import { readScript, scriptedChoices, seededChoices, writeScript } from './choices.ts';
import { onStage, readFlags, refuse, wholeNumber } from './command.ts';
import type { Lanes } from './lanes.ts';
import { createLanes } from './lanes.ts';
import type { Outcome } from './run.ts';
import { ruleOf, shrink } from './shrink.ts';

const USAGE = `npm run simulate -- [flags]: a simulated shop, driven through misfortunes

  --seed=N       the same seed is the same run [a fresh one]
  --orders=N     shoppers of a run [1000]
  --runs=N       so many seeds [1]
  --seconds=N    fresh seeds for so long
  --script=…     the choices of a run, as a failed one prints them
  --trace        every step
  --port=N       where its PostgreSQL listens [a free one]

Ends with 0 when every promise was kept, with 1 when one was not, with 2 when it could not be done.`;
/** More orders than this are spread over several shops, side by side: each has weather of its own. */
const SHOP_ORDERS = 250;
/** Of the seeds of a run's shops: 2³² divided by the golden ratio. The first shop has the run's own. */
const SEED_STEP = 0x9e3779b9;
/** Two cores: 50 orders a second in one lane, 70 in two, 70 in three, 58 in four. */
const LANES = cpus().length;
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
const seconds = wholeNumber('seconds', options.seconds, 1, 86_400);
const limitMs = seconds === undefined ? Number.POSITIVE_INFINITY : seconds * 1000;
const asked = wholeNumber('runs', options.runs, 1, 1_000_000);
const runs = seconds === undefined ? asked : Number.POSITIVE_INFINITY;
const firstSeed = wholeNumber('seed', options.seed, 0, 2 ** 32 - 1) ?? Math.floor(Math.random() * 2 ** 32);
const port = wholeNumber('port', options.port, 1, 65_535) ?? (await freePort());
if (options.script !== undefined && !/^(\d+:\d+(,\d+:\d+)*)?$/.test(options.script)) {
  refuse(`--script: choices as a failed run prints them (12:1,40:3), not ${options.script}`);
}
/** Here, where every step can be shown, and one shop after the other. */
const inTurn = options.trace || options.script !== undefined;
/** Shop → how many of its shoppers have left. */
const progress = new Map<string, number>();
let shown = process.stderr.isTTY ? 0 : Date.now();
let server: string;
let lanes: Lanes;

await onStage({ name: 'simulate', fast: true }, async ({ dir, atEnd }) => {
  const postgres = await startPostgres({ dir: join(dir, 'postgres'), port, portSetting: '--port', throwaway: true });
  atEnd(() => postgres.stop());
  server = postgres.url('postgres');
  lanes = createLanes(server, inTurn ? 0 : LANES);
  atEnd(() => lanes.close());
  return (await all()) ? 1 : 0;
});

/** A shop of a run, and how it went. */
interface Played {
  seed: number;
  orders: number;
  outcome: Outcome;
}

/** True when one has failed. */
async function all(): Promise<boolean> {
  const began = performance.now();
  const gone = () => (performance.now() - began) / 1000;
  const total = { runs: 0, steps: 0, misfortunes: 0 };
  const broken: Played[] = [];
  let begun = 0;

  async function oneAfterTheOther(): Promise<void> {
    while (begun < runs && gone() * 1000 < limitMs && broken.length === 0) {
      const seed = (firstSeed + begun) >>> 0;
      begun += 1;
      const started = performance.now();
      const shops = await play(seed);
      const { steps, misfortunes } = report(seed, shops, (performance.now() - started) / 1000);
      total.runs += 1;
      total.steps += steps;
      total.misfortunes += misfortunes;
      broken.push(...shops.filter(({ outcome }) => outcome.faults.length > 0));
    }
  }

  await Promise.all(Array.from({ length: inTurn ? 1 : Math.min(runs, LANES) }, oneAfterTheOther));
  clearProgress();
  const [first] = broken;
  if (first) {
    await explain(first);
    return true;
  }
  const all = total.runs * orders;
  const rate = Math.round(all / gone());
  say(
    `\nAll kept: ${total.runs} ${total.runs === 1 ? 'run' : 'runs'}, ${all} orders, ${total.steps} steps, ${total.misfortunes} misfortunes, nothing lost, ` +
      `nothing twice, nothing oversold. ${rate} orders/s on ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`,
  );
  return false;
}

/** All shops of a run. */
async function play(seed: number): Promise<Played[]> {
  const shops = shopsOf(seed);
  if (inTurn) return playInTurn(shops);
  return Promise.all(
    shops.map(async (shop, i) => ({
      ...shop,
      outcome: await lanes.play(shop, (done) => showProgress(`${seed} ${i}`, done)),
    })),
  );
}

function shopsOf(seed: number): { seed: number; orders: number }[] {
  const count = options.script === undefined ? Math.ceil(orders / SHOP_ORDERS) : 1;
  return Array.from({ length: count }, (_, i) => ({
    seed: (seed + i * SEED_STEP) >>> 0,
    orders: Math.floor(((i + 1) * orders) / count) - Math.floor((i * orders) / count),
  }));
}

/** With every step shown, if it was asked for. */
async function playInTurn(shops: readonly { seed: number; orders: number }[]): Promise<Played[]> {
  const played: Played[] = [];
  for (const shop of shops) {
    const choices =
      options.script === undefined ? seededChoices(shop.seed) : scriptedChoices(readScript(options.script));
    const onNote = options.trace ? (line: string) => console.log(line) : undefined;
    const outcome = await attempt({ server, name: 'simulated', ...shop, choices, ...(onNote && { onNote }) });
    played.push({ ...shop, outcome });
    if (outcome.abandoned) break;
  }
  return played;
}

function showProgress(shop: string, done: number): void {
  progress.set(shop, done);
  const gone = [...progress.values()].reduce((sum, count) => sum + count);
  tell(`${gone} shoppers have left`);
}

/** How far it is; on a terminal in place. */
function tell(far: string): void {
  const terminal = process.stderr.isTTY;
  if (!terminal && Date.now() - shown < QUIET_MS) return;
  shown = Date.now();
  process.stderr.write(`${terminal ? '\r' : ''}  ${far}${terminal ? ' ' : '\n'}`);
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}

/** A line about a run, and its figures. */
function report(seed: number, shops: readonly Played[], took: number) {
  const sum = (of: (outcome: Outcome) => number) => shops.reduce((total, { outcome }) => total + of(outcome), 0);
  const steps = sum((outcome) => outcome.steps);
  const misfortunes = sum((outcome) => outcome.misfortunes);
  const statuses = [...new Set(shops.flatMap(({ outcome }) => Object.keys(outcome.ended)))].sort();
  const ends = statuses.map((status) => `${sum(({ ended }) => ended[status] ?? 0)} ${status}`).join(', ');
  const [only] = shops;
  const trace = shops.length === 1 && only ? only.outcome.hash : hashOf(shops);
  clearProgress();
  say(
    `seed ${seed}: ${orders} orders${shops.length > 1 ? ` in ${shops.length} shops` : ''} (${ends}) in ${steps} steps, ` +
      `${misfortunes} misfortunes, ${Math.round(sum(({ seconds }) => seconds))} virtual s; ${took.toFixed(1)} s; trace ${trace.slice(0, 16)}`,
  );
  return { steps, misfortunes };
}

function hashOf(shops: readonly Played[]): string {
  const hash = createHash('sha256');
  for (const { outcome } of shops) hash.update(outcome.hash);
  return hash.digest('hex');
}

/** How to see it again, and the same in short. */
async function explain({ seed, orders, outcome }: Played): Promise<void> {
  say(`\nBROKEN, ${outcome.faults.length === 1 ? 'once' : `${outcome.faults.length} times`}:`);
  for (const fault of outcome.faults.slice(0, SHOWN)) say(`  ${fault}`);
  if (outcome.faults.length > SHOWN) say(`  and ${outcome.faults.length - SHOWN} more`);
  if (options.script !== undefined) return;
  say(`\nagain:     npm run simulate -- --seed=${seed} --orders=${orders}`);
  // What is still going on would be in the way of every other run.
  if (outcome.abandoned) return;
  let hangs = false;
  say(
    `looking for a shorter one that breaks "${ruleOf(outcome.faults[0] as string)}" as well, for ${SHRINK_MS / 1000} s at most…`,
  );
  const until = Date.now() + SHRINK_MS;
  const short = await shrink(
    { orders, seed, outcome },
    async (count, choices, other) => {
      const tried = await attempt({ server, name: 'simulated', seed: other, orders: count, choices });
      hangs ||= tried.abandoned === true;
      return tried;
    },
    (tries) => {
      tell(`${tries} runs tried`);
      return !hangs && Date.now() < until;
    },
  );
  clearProgress();
  const script = writeScript(short.script);
  const chosen = short.script.filter((choice) => choice > 0).length;
  say(`in short (${short.orders} orders, ${chosen} choices, found in ${short.tries} runs): ${short.outcome.faults[0]}`);
  say(`           npm run simulate -- --seed=${short.seed} --orders=${short.orders} --script=${script} --trace`);
}

function say(text: string): void {
  console.log(text);
}
