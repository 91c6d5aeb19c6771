/**
 * The metrics of one target, by the rules of Prometheus ("Metric and label naming"): one prefix, base units, `_total` on
 * counters and nothing else, labels of few values and never an id.
 *
 * What happens is counted where it happens, a batch at a time. What must be asked for (a depth, an age) is asked for by
 * the scrape, all of it side by side and for a second at most: what fails or hangs is left out, and the scrape goes on.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const PREFIX = 'tradewind_';
const ASK_MS = 1_000;

/** Upper bounds in seconds. */
export const BUCKETS = {
  /** What is done here. */
  here: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  /** What somebody else does for us. */
  elsewhere: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30],
  /** What takes several steps of several services. */
  journey: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900],
} as const;

/** Figures that are asked for together. */
export interface Question<Figure extends string, Label extends string = never> {
  /** Of whom is asked: the label of `tradewind_collector_success`. */
  name: string;
  labels?: readonly Label[];
  /** Name without the prefix → help. */
  figures: Readonly<Record<Figure, string>>;
  /** One row for each combination of labels; null is left out. */
  read: () => Promise<readonly Row<NoInfer<Figure>, NoInfer<Label>>[]>;
}
type Row<Figure extends string, Label extends string> = Readonly<Record<Label, string> & Record<Figure, number | null>>;

export interface Metrics {
  counter<Label extends string>(name: string, help: string, labels?: readonly Label[]): Counter<Label>;
  /** Durations in seconds. */
  histogram<Label extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly Label[],
  ): Histogram<Label>;
  ask<Figure extends string, Label extends string = never>(question: Question<Figure, Label>): void;
  readonly registry: Registry;
  /** Everything in the text format; it never fails, and takes little more than a second. */
  scrape(): Promise<string>;
}

export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  const registers = [registry];
  const questions: (() => Promise<void>)[] = [];
  const success = new Gauge({
    name: `${PREFIX}collector_success`,
    help: 'Whether what a scrape asks for was answered in time (1) or is left out (0), by whom it asks',
    labelNames: ['collector'],
    registers,
  });

  function ask<Figure extends string, Label extends string>(question: Question<Figure, Label>): void {
    const { name, labels = [], figures, read } = question;
    const gauges = (Object.entries(figures) as [Figure, string][]).map(
      ([figure, help]) => [figure, new Gauge({ name: PREFIX + figure, help, labelNames: labels, registers })] as const,
    );
    /** One that hangs is not asked again before it has ended. */
    let underway: ReturnType<typeof read> | undefined;

    questions.push(async () => {
      underway ??= Promise.resolve()
        .then(read)
        .finally(() => {
          underway = undefined;
        });
      const rows = await inTime(underway).catch(() => undefined);
      success.set({ collector: name }, rows ? 1 : 0);
      for (const [figure, gauge] of gauges) {
        gauge.reset();
        // Without labels a reset is a zero, which nobody has counted.
        if (labels.length === 0) gauge.remove();
        for (const row of rows ?? []) {
          const value: number | null = row[figure];
          if (value !== null) gauge.set(Object.fromEntries(labels.map((label) => [label, row[label]])) as never, value);
        }
      }
    });
  }

  return {
    registry,
    counter: (name, help, labelNames = []) => new Counter({ name: PREFIX + name, help, labelNames, registers }),
    histogram: (name, help, buckets, labelNames = []) =>
      new Histogram({ name: PREFIX + name, help, buckets: [...buckets], labelNames, registers }),
    ask,
    async scrape() {
      await Promise.all(questions.map((one) => one()));
      return registry.metrics();
    },
  };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error('no answer in time')), ASK_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
