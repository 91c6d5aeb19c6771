/**
 * Whatever is sent to any endpoint, at any door: never a 5xx, never a word of what is inside, and nothing is changed by a
 * 4xx. Requests are made from the contracts by fast-check; what fails is shrunk and printed with its seed. For more:
 * HOSTILE_RUNS=50 npx vitest run test/hostile-properties.test.ts (HOSTILE_SEED=… for the same again).
 */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ENDPOINTS } from '../src/contracts/registry.ts';
import type { Endpoint } from '../src/platform/contract.ts';
import type { Answer, Draft } from './hostile-requests.ts';
import { drafts, faultOf } from './hostile-requests.ts';
import type { World } from './hostile-world.ts';
import { openWorld } from './hostile-world.ts';
import { rest, snapshot } from './refusals.ts';

const RUNS = Number(process.env.HOSTILE_RUNS ?? 1);
const SEED = process.env.HOSTILE_SEED ? { seed: Number(process.env.HOSTILE_SEED) } : {};
/** Requests between two looks at every table. */
const BATCH = 40;

let world: World;
let sent = 0;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  await world?.close();
  if (RUNS > 1) console.log(`${sent} requests`);
});
beforeEach(() => world.refill());
afterEach(async () => expect(await world.isOpen()).toBe(true));

async function answerOf(endpoint: Endpoint, draft: Draft): Promise<Answer> {
  sent += 1;
  const answer = await world.send(endpoint, draft);
  const fault = faultOf(endpoint, draft, answer, world.asked(draft));
  if (fault) throw new Error(`${draft.method} ${draft.path} at the ${draft.door}: ${fault}`);
  return answer;
}

const refused = ({ status }: Answer) => status >= 400;

/** Downloads are made a few at a time, and say so. */
async function answersOf(endpoint: Endpoint, batch: readonly Draft[]): Promise<Answer[]> {
  if (!endpoint.streams) return Promise.all(batch.map((draft) => answerOf(endpoint, draft)));
  const answers: Answer[] = [];
  for (const draft of batch) answers.push(await answerOf(endpoint, draft));
  return answers;
}

/** Those that are refused, all at once, change nothing; asked among others that are not, they are asked again alone. */
async function expectHarmless(endpoint: Endpoint, batch: readonly Draft[]): Promise<void> {
  await rest();
  const before = await snapshot();
  const answers = await answersOf(endpoint, batch);
  const again = batch.filter((_, i) => refused(answers[i] as Answer));
  if (again.length === batch.length) {
    expect(await snapshot()).toBe(before);
    return;
  }
  await rest();
  const then = await snapshot();
  const repeated = await answersOf(endpoint, again);
  // What is allowed by now has changed something by right.
  if (repeated.every(refused)) expect(await snapshot()).toBe(then);
}

describe('hostile requests', () => {
  it.each(ENDPOINTS.map((endpoint) => [endpoint.name, endpoint] as const))(
    '%s',
    async (_name, endpoint) => {
      const batch = fc.array(drafts(endpoint), { minLength: 1, maxLength: BATCH, size: 'max' });
      const property = fc.asyncProperty(batch, (requests) => expectHarmless(endpoint, requests));
      await fc.assert(property, { numRuns: RUNS, interruptAfterTimeLimit: 40_000 * RUNS, ...SEED });
    },
    60_000 * RUNS,
  );
});
