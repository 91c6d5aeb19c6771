/**
 * Whatever is sent to any endpoint, at any door: never a 5xx, never a word of what is inside, and nothing is changed by a
 * 4xx. Requests are made from the contracts by fast-check; what fails is shrunk and printed with its seed. For more:
 * HOSTILE_RUNS=50 npx vitest run test/hostile-properties.test.ts (HOSTILE_SEED=… for the same again).
 */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DESKS } from '../src/contracts/dead-letters.ts';
import type { ServiceName } from '../src/contracts/registry.ts';
import { ENDPOINTS, SERVICES } from '../src/contracts/registry.ts';
import type { Endpoint } from '../src/platform/contract.ts';
import type { Row } from './access-rules.ts';
import { TABLE } from './access-table.ts';
import { type Asked, openAccessWorld } from './access-world.ts';
import type { Answer } from './hostile-answers.ts';
import { faultOf } from './hostile-answers.ts';
import type { Draft } from './hostile-requests.ts';
import { addressOf, DOORS, drafts, everyPlace } from './hostile-requests.ts';
import type { World } from './hostile-world.ts';
import { openWorld } from './hostile-world.ts';
import { rest, snapshot, useShop } from './refusals.ts';

const RUNS = Number(process.env.HOSTILE_RUNS ?? 1);
const OPTIONS = {
  numRuns: RUNS,
  interruptAfterTimeLimit: 40_000 + 5_000 * RUNS,
  markInterruptAsFailure: true,
  ...(process.env.HOSTILE_SEED && { seed: Number(process.env.HOSTILE_SEED) }),
};
const LIMIT_MS = 60_000 + 10_000 * RUNS;
/** For one request among a batch of them. */
const ANSWER_MS = 8_000;
/** Requests between two looks at every table. */
const BATCH = { minLength: 24, maxLength: 32, size: 'max' } as const;

const BY_NAME = new Map(ENDPOINTS.map((endpoint) => [endpoint.name, endpoint]));
const endpointOf = ({ endpoint }: Draft) => BY_NAME.get(endpoint) as Endpoint;

/** Each by itself; the desks are alike in every room, so those of all but one are taken together. */
const desks = (room: string) => Object.values(DESKS[room as keyof typeof DESKS]) as Endpoint[];
const OTHER_DESKS = Object.keys(DESKS).filter((room) => room !== 'catalog');
const LONE = ENDPOINTS.filter(({ name }) => !OTHER_DESKS.some((room) => name.startsWith(`${room}.dead-letters`)));
const GROUPS: [string, readonly Endpoint[]][] = [
  ...LONE.map((endpoint): [string, Endpoint[]] => [endpoint.name, [endpoint]]),
  ...OTHER_DESKS.map((room): [string, Endpoint[]] => [`the desk of ${room}`, desks(room)]),
];

let world: World;
/** A request that is right, for each endpoint. */
const right = new Map<string, Asked>();
let sent = 0;
let slowest = { ms: 0, what: '' };
useShop();
beforeAll(async () => {
  world = await openWorld();
  const people = await openAccessWorld();
  for (const { name } of LONE) right.set(name, await (TABLE[name] as Row).ask(people.things.ann, people));
});
afterAll(async () => {
  expect(await world?.isOpen()).toBe(true);
  await world?.close();
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  if (RUNS > 1) console.log(`${sent} requests, the slowest took ${slowest.ms} ms: ${slowest.what.slice(0, 500)}`);
});
beforeEach(() => books === undefined && world.refill());

async function answerOf(draft: Draft): Promise<Answer> {
  const endpoint = endpointOf(draft);
  sent += 1;
  const started = performance.now();
  const answer = await world.send(endpoint, draft);
  const ms = Math.round(performance.now() - started);
  if (ms > slowest.ms) slowest = { ms, what: `${draft.method} ${addressOf(endpoint, draft)} ${draft.body ?? ''}` };
  const fault = faultOf(endpoint, draft, answer, world.asked(endpoint, draft));
  if (ms > ANSWER_MS) throw new Error(`${slowest.what.slice(0, 500)} took ${ms} ms`);
  if (fault) throw new Error(`${draft.method} ${addressOf(endpoint, draft)} at the ${draft.door}: ${fault}`);
  return answer;
}

/** Downloads are made a few at a time, dry runs one at a time in a room, and say so. */
const isInTurn = (draft: Draft) => endpointOf(draft).streams || endpointOf(draft).name.endsWith('.dry-run');

/** All at once, but what is done in turn. */
async function answersOf(batch: readonly Draft[]): Promise<Answer[]> {
  const answers = new Map<Draft, Answer>();
  const one = async (draft: Draft) => void answers.set(draft, await answerOf(draft));
  await Promise.all(batch.filter((draft) => !isInTurn(draft)).map(one));
  for (const draft of batch) if (!answers.has(draft)) await one(draft);
  return batch.map((draft) => answers.get(draft) as Answer);
}

const harmless = ({ method }: Draft, { status }: Answer) => method === 'GET' || status >= 400;

/** The books, for as long as nothing has changed them. */
let books: string | undefined;
async function booksAtRest(): Promise<string> {
  await rest();
  return snapshot();
}

/** What reads or is refused changes nothing. Asked among others, which change something by right, it is asked again alone. */
async function expectHarmless(batch: readonly Draft[]): Promise<void> {
  const before = books ?? (await booksAtRest());
  books = undefined;
  const answers = await answersOf(batch);
  let again = batch.filter((draft, i) => harmless(draft, answers[i] as Answer));
  if (again.length === batch.length) {
    expect(await snapshot()).toBe(before);
    books = before;
    return;
  }
  // What is allowed by now has changed something by right as well: those that are left are asked once more.
  for (let allowed = 1; allowed > 0; ) {
    const then = await booksAtRest();
    const repeated = await answersOf(again);
    const left = again.filter((draft, i) => harmless(draft, repeated[i] as Answer));
    allowed = again.length - left.length;
    if (allowed === 0) expect(await snapshot()).toBe(then);
    again = left;
  }
}

describe('hostile requests', () => {
  it.each(GROUPS)(
    'to %s',
    async (_name, endpoints) => {
      const batch = fc.array(fc.oneof(...endpoints.map(drafts)), BATCH);
      await fc.assert(fc.asyncProperty(batch, expectHarmless), OPTIONS);
    },
    LIMIT_MS,
  );
});

describe('every part of an address, of a query and of a body, one after the other, spoilt', () => {
  it.each(LONE.map((endpoint) => [endpoint.name, endpoint] as const))('of %s', async (_name, endpoint) => {
    // A cart is looked for by whom it belongs to.
    const own = endpoint.name.endsWith('cart') ? { params: { id: '~customer0~' } } : {};
    await expectHarmless(everyPlace(endpoint, { ...right.get(endpoint.name), ...own }));
  });
});

describe('all doors', () => {
  const readers = LONE.filter(({ method, streams, publicPaths, service }) => {
    const everywhere = publicPaths.length > 0 && SERVICES.includes(service as ServiceName);
    return method === 'GET' && !streams && everywhere;
  });
  it(
    'say the same of a request that reads',
    async () => {
      const one = fc.oneof(...readers.map(drafts)).filter(({ method }) => method === 'GET');
      await fc.assert(
        fc.asyncProperty(one, async (draft) => {
          const answers = await Promise.all(DOORS.map((door) => answerOf({ ...draft, door })));
          const said = answers.map(({ status, text }) => {
            const { type, errors } = status >= 400 ? JSON.parse(text) : { type: '', errors: [] };
            return JSON.stringify([status, type, errors]);
          });
          expect(said.map((what, i) => [DOORS[i], what])).toEqual(DOORS.map((door) => [door, said[0]]));
        }),
        { ...OPTIONS, numRuns: 150 * RUNS },
      );
    },
    LIMIT_MS,
  );
});
