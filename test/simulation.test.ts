/**
 * The simulated shop: the same seed is the same run, all is kept in every kind of weather, and a shop that lacks one of
 * the things it relies on is found out.
 */
import { describe, expect, inject, test } from 'vitest';
import { attempt } from '../simulator/attempt.ts';
import { BREAKAGES } from '../simulator/breakages.ts';
import { readScript, scriptedChoices, seededChoices, writeScript } from '../simulator/choices.ts';
import type { RunOptions } from '../simulator/run.ts';
import { run } from '../simulator/run.ts';
import { ruleOf, shrink } from '../simulator/shrink.ts';
import type { Explanation } from '../src/contracts/xray.ts';
import { explain } from '../src/xray/explain.ts';
import type { Facts } from '../src/xray/facts.ts';
import { goodsWords } from '../src/xray/sentences.ts';

const ORDERS = 30;
const FRESH_MS = 5_000;
/** Of one run: less than the test has, so that its seed is told. */
const FRESH_LIMIT_MS = 60_000;
/** Other statements mean other runs, and another seed may be the one that shows what is broken. */
const SEEDS = 40;
const SHRINK_TRIES = 40;
const LIMIT = 120_000;

const optionsOf = (seed: number, more: Partial<RunOptions> = {}): RunOptions => ({
  server: inject('postgresUrl'),
  name: `simulated_${process.pid}`,
  seed,
  choices: seededChoices(seed),
  orders: ORDERS,
  ...more,
});
const play = (seed: number, more?: Partial<RunOptions>) => run(optionsOf(seed, more));

test(
  'the same seed is the same run, step by step, and another seed is another',
  async () => {
    const orders = 12;
    const [first, again, other] = [await play(7, { orders }), await play(7, { orders }), await play(8, { orders })];
    expect(again.hash).toBe(first.hash);
    expect(again).toEqual(first);
    expect(other.hash).not.toBe(first.hash);
    expect([...first.faults, ...other.faults]).toEqual([]);
    expect(first.steps).toBeGreaterThan(orders * 10);
    expect(Object.values(first.ended).reduce((sum, count) => sum + count)).toBe(orders);
  },
  LIMIT,
);

test(
  'a script of its choices is the run itself',
  async () => {
    const first = await play(3, { orders: 4 });
    const script = readScript(writeScript(first.choices));
    const again = await play(3, { orders: 4, choices: scriptedChoices(script) });
    expect(again.hash).toBe(first.hash);
  },
  LIMIT,
);

test(
  'all is kept, from seeds that nobody has seen before',
  async () => {
    const until = Date.now() + FRESH_MS;
    let misfortunes = 0;
    do {
      const seed = Math.floor(Math.random() * 2 ** 32);
      const outcome = await attempt(optionsOf(seed), FRESH_LIMIT_MS);
      expect(outcome.faults, `npm run simulate -- --seed=${seed} --orders=${ORDERS}`).toEqual([]);
      misfortunes += outcome.misfortunes;
    } while (Date.now() < until);
    expect(misfortunes).toBeGreaterThan(0);
  },
  LIMIT,
);

describe('a shop that lacks', () => {
  /** What each breaks first, and a seed that shows it. */
  const SHOWN: Record<keyof typeof BREAKAGES, { seed: number; rule: RegExp }> = {
    'deduplication of what comes': { seed: 5, rule: /the rooms agree on an order/ },
    'deduplication of what was stored': { seed: 2, rule: /the rooms agree on an order/ },
    'the lock on stock': { seed: 1, rule: /the movements of a product add up to its level/ },
    'a unit of what is held': { seed: 11, rule: /the rooms agree on an order/ },
    'the tombstone': { seed: 2, rule: /the rooms agree on an order|what is held is what orders and reservations hold/ },
    'removal after confirmation': { seed: 2, rule: /the rooms agree on an order|every order ends/ },
    "the charge's key": { seed: 1, rule: /our books are the processor's|the card is charged at most once/ },
    'the deadline': { seed: 8, rule: /every order has ended or is inside its deadline/ },
    "the mail's lease": { seed: 1, rule: /a mail is sent once/ },
    'a refund at the processor': { seed: 1, rule: /what was promised back goes back/ },
    "the reply's idempotency": { seed: 1, rule: /a key makes at most one order/ },
  };
  test.each(Object.entries(BREAKAGES))(
    '%s is found out',
    async (name, broken) => {
      const { seed: first, rule } = SHOWN[name] as (typeof SHOWN)[string];
      const found: string[] = [];
      for (let seed = first; found.length === 0 && seed < first + SEEDS; seed += 1) {
        found.push(...(await play(seed, { broken })).faults.filter((fault) => rule.test(fault)));
      }
      expect(found).not.toEqual([]);
    },
    LIMIT,
  );
});

describe('an X-ray that', () => {
  const without = (said: Explanation, by: string): Explanation => {
    const next = said.next.filter((step) => step.by !== by);
    return { ...said, next, over: next.length === 0 };
  };
  /** With the first seed to try, and what else is broken. */
  const WRONG: [
    name: string,
    words: (facts: Facts) => Explanation,
    found: RegExp,
    seed?: number,
    broken?: RunOptions['broken'],
  ][] = [
    [
      'sees nothing coming',
      (facts) => without(explain(facts), 'shop'),
      /nothing more was to happen at .*, and now it is/,
      3,
    ],
    [
      'knows of no deadline',
      (facts) => without(without(explain(facts), 'deadline'), 'shop'),
      /it is pending|it is awaiting_payment/,
      3,
    ],
    ['sees no end', (facts) => ({ ...explain(facts), over: false }), /it says that it is not over, and names 0/],
    [
      'has not heard of refunds',
      (facts) => {
        const payment = facts.payments?.payment;
        return explain(payment ? { ...facts, payments: { events: [], payment: { ...payment, refunds: [] } } } : facts);
      },
      /by the card processor: /,
    ],
    [
      'takes what was held for held',
      (facts) => ({ ...explain(facts), goods: 'All its goods are held for it.' }),
      /by the ledger: /,
    ],
    [
      'takes less than was ordered for all',
      (facts) => ({ ...explain(facts), goods: goodsWords(facts.inventory) }),
      /by the ledger: .*It says: All its goods are held for it/,
      1,
      BREAKAGES['a unit of what is held'],
    ],
    [
      'tells of a mail that nobody has taken',
      (facts) => ({ ...explain(facts), told: 'The customer was told: confirmed, shipped, lost.' }),
      /the mail server has taken /,
    ],
    [
      'holds up what is well',
      (facts) => ({ ...explain(facts), holdups: [{ what: 'Something.', needs: 'time', letter: null }] }),
      /nothing holds it up/,
    ],
  ];

  test(
    'is right names what is missing, even where something is broken',
    async () => {
      const { faults } = await play(1, {
        orders: 15,
        broken: BREAKAGES['a unit of what is held'] ?? {},
      });
      expect(faults.filter((fault) => fault.includes('the ledger holds'))).not.toEqual([]);
      expect(faults.filter((fault) => fault.includes('by the ledger: '))).toEqual([]);
    },
    LIMIT,
  );

  test.each(WRONG)(
    '%s is found out',
    async (_name, words, found, first = 1, broken = {}) => {
      const said: string[] = [];
      for (let seed = first; said.length === 0 && seed < first + SEEDS; seed += 1) {
        const { faults } = await play(seed, { orders: 15, broken: { ...broken, words } });
        said.push(...faults.filter((fault) => fault.startsWith('the X-ray says what is so') && found.test(fault)));
      }
      expect(said).not.toEqual([]);
    },
    LIMIT,
  );
});

test(
  'what fails is made short, and the short script fails in the same way',
  async () => {
    const broken = BREAKAGES["the reply's idempotency"];
    const options = { ...(broken && { broken }) };
    const outcome = await play(1, { ...options, orders: 5 });
    const short = await shrink(
      { orders: 5, seed: 1, outcome },
      (orders, choices, seed) => play(seed, { ...options, orders, choices }),
      (tries) => tries < SHRINK_TRIES,
    );
    const chosen = (script: readonly number[]) => script.filter((choice) => choice > 0).length;
    expect(short.orders).toBeLessThan(5);
    expect(chosen(short.script)).toBeLessThan(chosen(outcome.choices) / 3);
    const again = await play(short.seed, { ...options, orders: short.orders, choices: scriptedChoices(short.script) });
    expect(ruleOf(again.faults[0] as string)).toBe(ruleOf(outcome.faults[0] as string));
  },
  LIMIT,
);
