/** What can happen to a payment, and every order in which it can. Pure. */

export const STEPS = {
  succeed: 'the charge is asked for and succeeds',
  decline: 'the charge is asked for and is declined',
  lose: 'the charge is asked for and done, and the answer is lost',
  late: 'the charge is asked for, nobody answers, and it is done when all the rest is over',
  tell: 'the bank tells of all that happened there',
  repeat: 'the bank tells of all that happened there twice, the newest first',
  early: 'the bank tells of a charge before the order is known',
  refund: 'an owner gives the money back',
  end: 'the order is cancelled, or its time is up',
} as const;
export type Step = keyof typeof STEPS;

/** All arrangements of some of these steps, each at most once, up to a length; shortest first. */
export function* sequences(steps: readonly Step[], length: number): Generator<Step[]> {
  let level: Step[][] = [[]];
  for (let n = 1; n <= length; n += 1) {
    const longer = level.flatMap((start) =>
      steps.filter((step) => !start.includes(step)).map((step) => [...start, step]),
    );
    yield* longer;
    level = longer;
  }
}
