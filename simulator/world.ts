/**
 * The world of a run: a virtual clock and everything that may happen next. Production code runs as it is; whenever it
 * reaches for the outside (a statement, a publish, a card processor, a mail server, a timer) it waits here as a step
 * until the world takes that step. One step is taken at a time and all that follows from it is let finish, so a run
 * depends on its choices alone. A process can die before any step and after it, with the answer lost.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../src/platform/clock.ts';
import { timedOut } from '../src/platform/clock.ts';
import type { Choices } from './choices.ts';

/** What a process is to the world: something that may be gone. */
export interface Life {
  readonly name: string;
  alive: boolean;
}

export interface Step {
  /** Who waits for it; nobody's steps (messages under way, a card processor at work) outlive every process. */
  owner: Life | undefined;
  what: string;
  /** Takes the step. What it returns hands over the answer, and is left out when its owner dies first. */
  take: () => Promise<Answer> | Answer;
  /** It will not be: what it was to end has ended. */
  off?: boolean;
}

export type Answer = (() => void) | undefined;

export interface World {
  readonly choices: Choices;
  /** Milliseconds since 1970, virtual. */
  now(): number;
  /** The step may be taken as soon as this many virtual milliseconds have gone by. */
  after(ms: number, step: Step): void;
  clockOf(owner: Life): Clock;
  /** A fault, if one is to be: the index of one of `kinds`, or -1. None once the faults have stopped. */
  fault(rarity: number, ...kinds: string[]): number;
  /** Whether there are faults. */
  faulty: boolean;
  /** How many there were. */
  readonly misfortunes: number;
  /** Adds to the trace of the run. */
  note(text: string): void;
  /** SHA-256 of the trace so far. */
  hash(): string;
  readonly steps: number;
}

/** What the shop brings: more things that may happen, and what happens when nothing does. */
export interface Driver {
  /** Steps that are possible now beyond those that wait: a worker that was woken. */
  collect(): void;
  /** Kills the owner of a step. */
  crash(owner: Life): Promise<void>;
  /** Called when nothing can be done now: adds what may be done later, if there is anything. */
  idle(): Promise<void>;
  /** Called after every step; true when something more has happened by that. */
  taken(): Promise<boolean>;
}

export interface DrivenWorld extends World {
  /** Takes steps until `done`, or nothing is left to be done. */
  run(driver: Driver, done: () => boolean): Promise<void>;
}

export const EPOCH = Date.UTC(2030, 0, 1);
/** Virtual milliseconds that a step takes at most. */
const STEP_MS = 1;
/**
 * Runs differ in kind, not only in detail (swarm testing: A. Groce et al., 2012). How often the oldest step is taken,
 * else any; and how many times more faults there are.
 */
const IN_ORDER = [0.5, 0.1, 0.9];
const WEATHER = [1, 5, 0.2];
const CRASH_RARITY = 0.003;

/** `onNote` hears of everything, as a line. */
export function createWorld(choices: Choices, random: () => number, onNote?: (line: string) => void): DrivenWorld {
  const ready: Step[] = [];
  /** By time, soonest first. */
  const sleeping: { at: number; step: Step }[] = [];
  const trace = createHash('sha256');
  let now = EPOCH;
  let faulty = false;
  let steps = 0;
  let misfortunes = 0;
  const inOrder = IN_ORDER[choices.pick(IN_ORDER.length, 0.4)] as number;
  const weather = WEATHER[choices.pick(WEATHER.length, 0.4)] as number;

  function after(ms: number, step: Step): void {
    if (ms <= 0) {
      ready.push(step);
      return;
    }
    const at = now + Math.ceil(ms);
    let low = 0;
    for (let high = sleeping.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((sleeping[middle] as { at: number }).at <= at) low = middle + 1;
      else high = middle;
    }
    sleeping.splice(low, 0, { at, step });
  }

  function note(text: string): void {
    trace.update(`${now} ${text}\n`);
    onNote?.(`${((now - EPOCH) / 1000).toFixed(3).padStart(9)} s  ${text}`);
  }

  function fault(rarity: number, ...kinds: string[]): number {
    if (!faulty) return -1;
    const kind = choices.pick(kinds.length + 1, 1 - rarity * weather) - 1;
    if (kind >= 0) {
      misfortunes += 1;
      note(`!! ${kinds[kind]}`);
    }
    return kind;
  }

  function wakeSleepers(): void {
    while (sleeping[0] && sleeping[0].at <= now) {
      const { step } = sleeping.shift() as { step: Step };
      if (isOn(step)) ready.push(step);
    }
  }

  const isOn = ({ owner, off }: Step) => off !== true && owner?.alive !== false;

  async function takeOne(driver: Driver): Promise<void> {
    const index = choices.pick(ready.length, inOrder);
    const [step] = ready.splice(index, 1) as [Step];
    const { owner, what } = step;
    if (!isOn(step)) return;
    steps += 1;
    now += Math.floor(random() * (STEP_MS + 1));
    note(owner ? `${owner.name}: ${what}` : what);
    const death = owner ? fault(CRASH_RARITY, `${owner.name} dies before`, `${owner.name} dies after`) : -1;
    if (owner && death === 0) return driver.crash(owner);
    const answer = await step.take();
    if (owner && death === 1) await driver.crash(owner);
    else answer?.();
    await settle();
    if (await driver.taken()) await settle();
  }

  return {
    choices,
    now: () => now,
    after,
    fault,
    note,
    get faulty() {
      return faulty;
    },
    set faulty(value) {
      faulty = value;
    },
    get misfortunes() {
      return misfortunes;
    },
    get steps() {
      return steps;
    },
    hash: () => trace.copy().digest('hex'),
    clockOf: (owner) => ({
      now: () => new Date(now),
      sleep: (ms) =>
        new Promise((resolve) => {
          after(ms, { owner, what: 'timer', take: () => resolve });
        }),
      timeout: (ms) => {
        const controller = new AbortController();
        const step: Step = { owner, what: 'time-out', take: () => () => controller.abort(timedOut()) };
        after(ms, step);
        const stop = () => {
          step.off = true;
        };
        return { signal: controller.signal, stop };
      },
    }),
    async run(driver, done) {
      await settle();
      while (!done()) {
        driver.collect();
        wakeSleepers();
        if (ready.length > 0) await takeOne(driver);
        else {
          await driver.idle();
          driver.collect();
          if (ready.length > 0) continue;
          const next = sleeping.find(({ step }) => isOn(step));
          if (!next) return;
          now = next.at;
        }
      }
    },
  };
}

/** Lets everything that follows from a step happen: promises, and what waits for the end of a turn of the event loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
