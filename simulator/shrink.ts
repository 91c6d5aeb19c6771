/**
 * Makes a failing run short: first fewer orders, which small runs mostly find as well (D. Jackson's small scope
 * hypothesis), then choices taken away while it still fails in the same way (A. Zeller's delta debugging).
 */
import type { Choices } from './choices.ts';
import { scriptedChoices, seededChoices } from './choices.ts';
import type { Outcome } from './run.ts';

/** A run with other choices or fewer orders, and everything else as it was. */
export type Again = (orders: number, choices: Choices, seed: number) => Promise<Outcome>;

export interface Shrunk {
  orders: number;
  seed: number;
  script: readonly number[];
  outcome: Outcome;
  /** Runs it took. */
  tries: number;
}

const SIZES = [1, 2, 3, 5, 8, 13, 21];
const SEEDS_EACH = 6;

/** What a fault is about: its rule, without who broke it. */
export const ruleOf = (fault: string) => fault.slice(0, fault.indexOf(':'));

const sameRule = (rule: string, { faults }: Outcome) => faults.some((fault) => ruleOf(fault) === rule);

/** Works until nothing more can be taken away, or `goesOn` says no after so many runs. */
export async function shrink(
  found: { orders: number; seed: number; outcome: Outcome },
  again: Again,
  goesOn: (tries: number) => boolean,
): Promise<Shrunk> {
  const rule = ruleOf(found.outcome.faults[0] as string);
  let best: Shrunk = { ...found, script: found.outcome.choices, tries: 0 };
  let tries = 0;

  async function fails(orders: number, choices: Choices, seed: number): Promise<Outcome | undefined> {
    tries += 1;
    const outcome = await again(orders, choices, seed);
    return sameRule(rule, outcome) ? outcome : undefined;
  }

  async function fewerOrders(): Promise<void> {
    for (const orders of SIZES) {
      if (orders >= found.orders) return;
      for (let seed = found.seed; seed < found.seed + SEEDS_EACH; seed += 1) {
        if (!goesOn(tries)) return;
        const outcome = await fails(orders, seededChoices(seed), seed);
        if (!outcome) continue;
        best = { orders, seed, outcome, script: outcome.choices, tries };
        return;
      }
    }
  }

  /** Keeps a shorter script if it still fails. */
  async function attempt(script: readonly number[]): Promise<boolean> {
    const outcome = await fails(best.orders, scriptedChoices(script), best.seed);
    if (outcome) best = { ...best, script, outcome };
    return outcome !== undefined;
  }

  const chosen = () => best.script.flatMap((choice, place) => (choice === 0 ? [] : [place]));

  /** Whatever comes after what breaks it goes well. */
  async function soonerEnd(): Promise<void> {
    const places = chosen();
    for (let low = 0, high = places.length; low < high && goesOn(tries); ) {
      const middle = (low + high) >> 1;
      if (await attempt(best.script.slice(0, places[middle]))) high = middle;
      else low = middle + 1;
    }
  }

  async function fewerChoices(): Promise<void> {
    for (let size = Math.ceil(chosen().length / 2); size >= 1 && goesOn(tries); ) {
      let removed = false;
      const places = chosen();
      for (let from = places.length - 1; from >= 0 && goesOn(tries); from -= size) {
        const gone = new Set(places.slice(Math.max(0, from - size + 1), from + 1));
        removed = (await attempt(best.script.map((choice, place) => (gone.has(place) ? 0 : choice)))) || removed;
      }
      if (!removed || size > 1) size = size === 1 ? 0 : Math.ceil(size / 2);
    }
  }

  await fewerOrders();
  await soonerEnd();
  await fewerChoices();
  return { ...best, tries };
}
