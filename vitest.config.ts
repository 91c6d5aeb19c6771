import { defineConfig } from 'vitest/config';
import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** Longest first, as far as is known: what takes a minute must not begin when all others have ended. */
const LONG = [
  'test/simulation',
  'test/browser/pages',
  'test/dead-letters',
  'test/new-service',
  'test/rabbitmq-cluster',
  'test/undo',
  'test/outages',
  'test/processes',
  'src/embedded/postgres',
  'test/stripe-shop',
  'test/seeds',
  'test/browser/',
  'test/commands',
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
    setupFiles: ['test/each-file.ts'],
    reporters: ['default', './test/skip-reporter.ts'],
    sequence: { sequencer: LongestFirst },
    // A machine of CI can be several times slower than a desk. Never a retry: what fails once has a reason.
    testTimeout: 60_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 30_000 } },
    // Much of a test is waiting: more workers than cores.
    maxWorkers: 3,
    // The files of a worker share a process: what they import is read and compiled once, and shops start warm (measured:
    // 24 files take 38 s of CPU instead of 54). So hooks are set by what a file calls, not by what it imports, and what a
    // helper remembers must suit whichever file comes next.
    isolate: false,
  },
});
