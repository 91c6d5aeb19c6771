/** Says in its last line what was skipped and how to run it; under CI=true a skip is a failure, unless CI has no tool for it. */
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';
import { NO_KUBECTL } from './kustomize.ts';

/** Second opinions on what other tests hold to be so. */
const NOT_IN_CI: readonly unknown[] = [NO_KUBECTL];

export default class SkipReporter implements Reporter {
  #filtered = false;

  onInit(vitest: Vitest): void {
    this.#filtered = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // What a name filter leaves out was not asked for.
    if (this.#filtered) return;
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')]);
    if (skipped.length === 0) return;
    const names = [...new Set(skipped.map((test) => test.module.relativeModuleId))].join(', ');
    const how =
      'install RabbitMQ (rabbitmq-server) or set AMQP_URL=amqp://…, install Chromium or set BROWSER_PATH=…, install kubectl (1.32 or newer), then: npm test (a few run as root only)';
    // After the summary of the default reporter.
    process.on('exit', () => console.log(`\n${skipped.length} tests were SKIPPED (${names}). To run them: ${how}`));
    if (process.env.CI === 'true' && !skipped.every(isNotInCi)) process.exitCode = 1;
  }
}

function isNotInCi(test: TestCase): boolean {
  const result = test.result();
  return result.state === 'skipped' && NOT_IN_CI.includes(result.note);
}
