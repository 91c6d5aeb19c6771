/** All sequences up to a length, through one bank. */
import type { Bank } from './bank.ts';
import { openLab } from './lab.ts';
import type { Step } from './sequences.ts';
import { STEPS, sequences } from './sequences.ts';
import { faultsOf } from './verdict.ts';

const SIDE_BY_SIDE = 500;

export interface Results {
  /** How many were run. */
  sequences: number;
  /** How the payments ended, and how often. */
  ends: Map<string, number>;
  /** `steps: what is wrong`. */
  faults: string[];
}

export async function race(
  bank: Bank,
  server: string,
  name: string,
  length: number,
  onProgress: (done: number, all: number) => void = () => {},
): Promise<Results> {
  const steps = (Object.keys(STEPS) as Step[]).filter((step) => bank.tells || !['tell', 'repeat'].includes(step));
  const all = [...sequences(steps, length)];
  const results: Results = { sequences: 0, ends: new Map(), faults: [] };
  const lab = await openLab(bank, server, name);
  try {
    for (let from = 0; from < all.length; from += SIDE_BY_SIDE) {
      const facts = await lab.run(all.slice(from, from + SIDE_BY_SIDE));
      for (const one of facts) {
        const { status, refunded_amount } = one.payment ?? {};
        const end = refunded_amount ? `${status} and given back` : String(status);
        results.ends.set(end, (results.ends.get(end) ?? 0) + 1);
        results.faults.push(...faultsOf(one).map((fault) => `${one.steps.join(' → ')}: ${fault}`));
      }
      results.sequences += facts.length;
      onProgress(results.sequences, all.length);
    }
    return results;
  } finally {
    await lab.close();
    await bank.close();
  }
}
