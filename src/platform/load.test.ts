import { expect, test } from 'vitest';
import { createLoadMeter, noteUrgent } from './load.ts';

const WINDOW_MS = 300;

/** Keeps the event loop from everything else, as one long turn would. */
async function work(ms: number): Promise<void> {
  for (const until = performance.now() + ms; performance.now() < until; );
  await new Promise((resolve) => setImmediate(resolve));
}

test('a process that is busy with what somebody waits for is busy', async () => {
  const meter = createLoadMeter();
  expect(meter.busy()).toBe(false);
  noteUrgent(100);
  await work(WINDOW_MS);
  expect(meter.busy()).toBe(true);
});

test('one that is busy with what can wait is not', async () => {
  const meter = createLoadMeter();
  await work(WINDOW_MS);
  expect(meter.busy()).toBe(false);
});

test('nor is one that answers and has time left', async () => {
  const meter = createLoadMeter();
  noteUrgent(100);
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
  expect(meter.busy()).toBe(false);
});
