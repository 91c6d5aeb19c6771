/** What an ordeal comes to: whether a promise was broken, or was only long in being kept. Pure. */
import type { Blow } from './ordeal.ts';
import type { Verdict } from './verdict.ts';
import { PROMISED } from './verdict.ts';

/** All is to be well so soon after a misfortune: somewhat longer than the longest lease, a mail's 26 s. */
export const RECOVERY_LIMIT_MS = 30_000;
/**
 * So much longer it is waited for. A busy machine stretches a recovery, but three times over in which every lease ends and
 * every pause between two attempts passes, and still not well: that is a shop which does not come back.
 */
export const FAR_OFF = 3;

export const BROKEN = 1;
export const TOO_SLOW = 3;

export interface Conclusion {
  /** What the process ends with. */
  code: 0 | typeof BROKEN | typeof TOO_SLOW;
  words: string;
}

type Judged = Pick<Verdict, 'acknowledged' | 'broken'>;
type Recovered = Pick<Blow, 'name' | 'recovered'>;

export const isSlow = ({ recovered }: Pick<Blow, 'recovered'>) =>
  recovered !== undefined && recovered * 1000 > RECOVERY_LIMIT_MS;

export function conclude(blows: readonly Recovered[], { acknowledged, broken }: Judged): Conclusion {
  const never = blows.filter(({ recovered }) => recovered === undefined);
  const wrong = [
    ...(acknowledged === 0 ? ['not one order was accepted'] : []),
    ...PROMISED.filter((name) => broken[name].length > 0).map((name) => `${name} ${broken[name].length}`),
    ...(never.length > 0 ? [`never recovered from ${never.length}`] : []),
  ];
  if (wrong.length > 0) return { code: BROKEN, words: `BROKEN: ${wrong.join(', ')}` };
  const slow = blows.filter(isSlow);
  if (slow.length === 0) return { code: 0, words: 'Every promise was kept' };
  const which = slow.map(({ name, recovered }) => `${name}, ${recovered} s`).join('; ');
  const limit = `${RECOVERY_LIMIT_MS / 1000} s`;
  return {
    code: TOO_SLOW,
    words: `Every promise was kept, but it was too slow to recover: ${which} (${limit} are allowed); is the machine busy?`,
  };
}
