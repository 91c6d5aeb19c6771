/**
 * Every decision of a run, in one stream of small numbers: from a seed, or from a script. 0 is always the harmless
 * choice (the oldest step, no fault), so a script that ends early means "and then all goes well", and setting a number
 * to 0 takes one misfortune away. That is what makes a failing run short.
 */

export interface Choices {
  /** An index below `count`. 0 with probability `calm`, every other one alike. */
  pick(count: number, calm: number): number;
  /** What was picked so far. */
  readonly taken: readonly number[];
}

/** Mulberry32 (T. Ettinger, 2017): 32 bits of state, enough to reach every run worth having. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function seededChoices(seed: number): Choices {
  const random = generator(seed);
  const taken: number[] = [];
  return {
    taken,
    pick(count, calm) {
      const picked = count <= 1 || random() < calm ? 0 : 1 + Math.floor(random() * (count - 1));
      taken.push(picked);
      return picked;
    },
  };
}

export function scriptedChoices(script: readonly number[]): Choices {
  const taken: number[] = [];
  return {
    taken,
    pick(count) {
      const picked = (script[taken.length] ?? 0) % Math.max(count, 1);
      taken.push(picked);
      return picked;
    },
  };
}

/** A script as people pass it on: `place:choice` for every choice that is not 0. */
export function writeScript(choices: readonly number[]): string {
  return choices.flatMap((choice, place) => (choice === 0 ? [] : [`${place}:${choice}`])).join(',');
}

/** Throws on what is no script. */
export function readScript(text: string): number[] {
  const choices: number[] = [];
  for (const part of text.split(',').filter(Boolean)) {
    const [, place, choice] = /^(\d{1,7}):(\d{1,7})$/.exec(part.trim()) ?? [];
    if (place === undefined) throw new Error(`not a script: ${part} (it looks like 12:1,40:3)`);
    choices[Number(place)] = Number(choice);
  }
  return Array.from(choices, (choice) => choice ?? 0);
}
