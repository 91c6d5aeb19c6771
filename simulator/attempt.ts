/**
 * A run that cannot take its seed with it: what throws is a fault like any other, and so is what never ends. A run that is
 * abandoned may still be doing something: nothing else is to be played in its thread.
 */
import type { Outcome, RunOptions } from './run.ts';
import { run } from './run.ts';

/** A run takes at most 20,000 steps, and 500 more an order: in ordinary running a tenth of this. */
const LIMIT_MS = 60_000;
const LIMIT_MS_AN_ORDER = 2_000;

export const limitFor = (orders: number) => LIMIT_MS + orders * LIMIT_MS_AN_ORDER;

export async function attempt(options: RunOptions, limitMs = limitFor(options.orders)): Promise<Outcome> {
  const ended = (fault: string, abandoned: boolean) => failed(fault, options.choices.taken, abandoned);
  let stop = () => {};
  /** What is thrown where nobody waits for it. */
  const abandoned = new Promise<Outcome>((resolve) => {
    const thrown = (error: unknown) => resolve(ended(threw(error), true));
    const timer = setTimeout(() => resolve(ended(endless(limitMs), true)), limitMs);
    process.once('uncaughtException', thrown).once('unhandledRejection', thrown);
    stop = () => {
      clearTimeout(timer);
      process.off('uncaughtException', thrown).off('unhandledRejection', thrown);
    };
  });
  const played = run(options).catch((error) => ended(threw(error), false));
  try {
    return await Promise.race([played, abandoned]);
  } finally {
    stop();
  }
}

/** A run of which nothing else is known. */
export function failed(fault: string, choices: readonly number[] = [], abandoned = true): Outcome {
  const nothing = { hash: '', steps: 0, seconds: 0, ended: {}, misfortunes: 0 };
  return { ...nothing, faults: [fault], choices: [...choices], ...(abandoned && { abandoned }) };
}

export const threw = (error: unknown) => `it threw: ${(error as Error).stack ?? error}`;
export const endless = (limitMs: number) => `it comes to an end: it has not in ${Math.round(limitMs / 1000)} s`;
