import { defineConfig } from 'vitest/config';
import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** Longest first, as far as is known: what takes a minute must not begin when all others have ended. */
const LONG = [
  'test/browser/pages',
  'test/undo',
  'test/stripe-shop',
  'test/seeds',
  'test/simulation',
  'test/',
  'src/embedded',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = LONG.findIndex((part) => moduleId.includes(`/${part}`));
      return found < 0 ? LONG.length : found;
    };
    return files.toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts', 'web/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', './test/skip-reporter.ts'],
    sequence: { sequencer: LongestFirst },
    // A machine of CI can be several times slower than a desk. Never a retry: what fails once has a reason.
    testTimeout: 60_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 30_000 } },
    // Much of a test is waiting: on two cores the whole takes 262 s with three workers, 300 s with two.
    maxWorkers: 3,
  },
});
