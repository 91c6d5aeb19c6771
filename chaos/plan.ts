/** Which misfortune comes next. Pure: the same seed names the same ones in the same order. */
import { generator } from '../simulator/choices.ts';

/**
 * kill: -9. freeze: SIGSTOP, for longer than any lease. crash: PostgreSQL in immediate mode. cut: connections end, new
 * ones are refused. mute: connections stay, and nothing comes through.
 */
export interface Misfortune {
  how: 'kill' | 'freeze' | 'crash' | 'cut' | 'mute';
  /** A process of the shop (`orders 2`), or what it leans on (`broker`). */
  what: string;
  /** Misfortunes of one kind are alike; one of each comes before the second of any. */
  kind: string;
}

/** One of each kind, then all the others, one at a time; from then on two at once, for ever. */
export function* plan(seed: number, all: readonly Misfortune[]): Generator<Misfortune[]> {
  const random = generator(seed);
  const shuffled = <T>(list: readonly T[]) =>
    list.map((one) => ({ one, at: random() })).sort((a, b) => a.at - b.at).map(({ one }) => one); // biome-ignore format: one thought
  const round = shuffled(all);
  const first = round.filter(({ kind }, i) => round.findIndex((other) => other.kind === kind) === i);
  for (const one of first) yield [one];
  for (const one of round) if (!first.includes(one)) yield [one];
  for (;;) {
    const [one, other] = shuffled(all);
    if (one && other && one.what !== other.what) yield [one, other];
  }
}

export const nameOf = (together: readonly Misfortune[]): string =>
  together.map(({ how, what }) => `${how} ${what}`).join(' and ');
