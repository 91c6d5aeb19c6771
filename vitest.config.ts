import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts', 'web/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', './test/skip-reporter.ts'],
    // A machine of CI can be several times slower than a desk. Never a retry: what fails once has a reason.
    testTimeout: 60_000,
    hookTimeout: 90_000,
    // Much of a test is waiting: on two cores the whole takes 262 s with three workers, 300 s with two.
    maxWorkers: 3,
  },
});
