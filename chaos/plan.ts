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

/**
 * One of each kind, then all the others one at a time, those that last longest at the end; from then on two at once, for
 * ever. A short run does not come to the others: instead of one process, one replica of each target is killed, all at once.
 */
export function* plan(seed: number, all: readonly Misfortune[], short = false): Generator<Misfortune[]> {
  const random = generator(seed);
  const round = shuffled(all, random);
  const first = round.filter(({ kind }, i) => round.findIndex((other) => other.kind === kind) === i);
  const killed = short ? oneOfEachTarget(round.filter(({ how, kind }) => how === 'kill' && kind === 'kill')) : [];
  const others = round.filter((one) => !first.includes(one) && !killed.includes(one));
  const long = (one: Misfortune) => one.how === 'freeze';
  for (const one of first) yield killed.includes(one) ? killed : [one];
  for (const one of [...others.filter((one) => !long(one)), ...others.filter(long)]) yield [one];
  for (;;) {
    const [one, other] = shuffled(all, random);
    if (one && other && one.what !== other.what) yield [one, other];
  }
}

const targetOf = ({ what }: Misfortune) => what.replace(/ \d+$/, '');

function oneOfEachTarget(kills: readonly Misfortune[]): Misfortune[] {
  return kills.filter((one, i) => kills.findIndex((other) => targetOf(other) === targetOf(one)) === i);
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const drawn = list.map((one) => ({ one, lot: random() }));
  return drawn.sort((a, b) => a.lot - b.lot).map(({ one }) => one);
}

export const nameOf = (together: readonly Misfortune[]): string =>
  together.length > 2 && together.every(({ how }) => how === together[0]?.how)
    ? `${together[0]?.how} ${together.map(({ what }) => what).join(', ')}`
    : together.map(({ how, what }) => `${how} ${what}`).join(' and ');
