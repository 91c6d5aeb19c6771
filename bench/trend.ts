/** What samples say: their middle, and whether they grow: a straight line through them, and how sure its slope is. */

export interface Sample {
  /** Seconds. */
  at: number;
  value: number;
}

export interface Trend {
  /** Each second. */
  slope: number;
  /** Standard error of the slope; of fewer than three samples unknown. */
  error: number;
}

/** Least squares. */
export function trendOf(samples: readonly Sample[]): Trend {
  const count = samples.length;
  const mean = (of: (one: Sample) => number) => samples.reduce((sum, one) => sum + of(one), 0) / count;
  const [at, value] = [mean((one) => one.at), mean((one) => one.value)];
  const spread = samples.reduce((sum, one) => sum + (one.at - at) ** 2, 0);
  if (count < 2 || spread === 0) return { slope: 0, error: Number.POSITIVE_INFINITY };
  const slope = samples.reduce((sum, one) => sum + (one.at - at) * (one.value - value), 0) / spread;
  const rest = samples.reduce((sum, one) => sum + (one.value - value - slope * (one.at - at)) ** 2, 0);
  return { slope, error: count > 2 ? Math.sqrt(rest / (count - 2) / spread) : Number.POSITIVE_INFINITY };
}

/** What follows the first third: a process that has just started fills what it keeps. */
export function settled(samples: readonly Sample[]): Sample[] {
  const end = samples.at(-1)?.at ?? 0;
  const start = samples[0]?.at ?? 0;
  return samples.filter(({ at }) => at >= start + (end - start) / 3);
}

/** A slope that chance would hardly make (twice its error), and that matters: more than `tolerated` each second. */
export const grows = ({ slope, error }: Trend, tolerated: number): boolean =>
  slope > tolerated && slope - 2 * error > 0;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}
