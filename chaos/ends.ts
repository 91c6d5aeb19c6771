/**
 * Processes that ended though chaos did not kill them: each is a fault, but for what a shop is meant to do. A process that
 * starts while PostgreSQL or RabbitMQ is away says so and ends, to be started again; and a shop with a PostgreSQL of its own
 * gives up when that has ended too often. Pure.
 */

/** Moments are of `performance.now()`. */
export interface End {
  name: string;
  began: number;
  at: number;
  /** Its exit code, or the signal that ended it. */
  how: string;
  /** It had said that it is ready. */
  wasReady: boolean;
  /** The last that it said. */
  words: string;
}

/** When what processes lean on was struck, and was back; `Infinity`: not yet. */
export interface Absence {
  what: 'postgres' | 'broker';
  from: number;
  until: number;
}

/** Whoever began so soon after its return may have met it half started. */
const BACK_MS = 5_000;
const GIVES_UP = /PostgreSQL has ended by itself, and the shop with it/;
/** Ends of its PostgreSQL that a shop puts up with within ten minutes. */
const PUT_UP_WITH = 3;
const WITHIN_MS = 10 * 60_000;

/** Why it was right to end; undefined: it was not. */
export function excuseOf(end: End, absences: readonly Absence[]): string | undefined {
  const { began, at, wasReady, words } = end;
  const missed = absences.filter(({ from, until }) => from < at && until + BACK_MS > began);
  if (!wasReady && missed.length > 0) return 'started while PostgreSQL or RabbitMQ was away';
  const crashes = absences.filter(
    ({ what, from }) => what === 'postgres' && from > Math.max(began, at - WITHIN_MS) && from < at,
  );
  if (GIVES_UP.test(words) && crashes.length > PUT_UP_WITH) return 'gave up a PostgreSQL that ended again and again';
  return undefined;
}

/** Those without an excuse, in words; and how often each excuse was one. */
export function judgeEnds(ends: readonly End[], absences: readonly Absence[]) {
  const wrong: string[] = [];
  const excused = new Map<string, number>();
  for (const end of ends) {
    const excuse = excuseOf(end, absences);
    if (excuse) excused.set(excuse, (excused.get(excuse) ?? 0) + 1);
    else wrong.push(`${end.name} (${end.how}${end.wasReady ? '' : ', while it started'}): ${lastLine(end.words)}`);
  }
  return { wrong, excused };
}

/** Without what Node says beside an error. */
function lastLine(words: string): string {
  const lines = words.split('\n').filter((line) => line.trim() !== '' && !/^\s+at |^Node\.js v/.test(line));
  return lines.at(-1) ?? 'it said nothing';
}
