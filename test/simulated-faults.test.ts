/** A simulated run that throws or never ends keeps its seed, and takes no other with it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { attempt } from '../simulator/attempt.ts';
import { scriptedChoices, seededChoices } from '../simulator/choices.ts';
import type { Lanes } from '../simulator/lanes.ts';
import { createLanes } from '../simulator/lanes.ts';
import type { RunOptions } from '../simulator/run.ts';
import { shrink } from '../simulator/shrink.ts';

const LIMIT = 60_000;

describe('a run', () => {
  const throwing: RunOptions = {
    server: inject('postgresUrl'),
    name: `faulty_${process.pid}`,
    seed: 5,
    choices: seededChoices(5),
    orders: 5,
    broken: {
      words: () => {
        throw new Error('at a loss for words');
      },
    },
  };

  test(
    'that throws has failed, and is made short like any other',
    async () => {
      const outcome = await attempt(throwing);
      expect(outcome.faults).toEqual([expect.stringMatching(/^it threw: Error: at a loss for words/)]);
      expect(outcome.abandoned).toBeUndefined();
      const again = (orders: number, choices: RunOptions['choices'], seed: number) =>
        attempt({ ...throwing, orders, choices, seed });
      const short = await shrink({ orders: 5, seed: 5, outcome }, again, (tries) => tries < 10);
      expect(short.orders).toBe(1);
      const last = await attempt({ ...throwing, seed: short.seed, orders: 1, choices: scriptedChoices(short.script) });
      expect(last.faults[0]).toContain('at a loss for words');
    },
    LIMIT,
  );

  test(
    'that never ends has failed when its time is up',
    async () => {
      const never = new Promise<never>(() => {});
      const hangs = { ...throwing, choices: seededChoices(5), broken: { tamper: () => never } };
      const outcome = await attempt(hangs, 2_000);
      expect(outcome).toMatchObject({ faults: ['it comes to an end: it has not in 2 s'], abandoned: true });
    },
    LIMIT,
  );
});

describe('a lane', () => {
  let dir: string;
  let lanes: Lanes;
  const LANE = `
    import { parentPort } from 'node:worker_threads';
    const outcome = { hash: '', faults: [], steps: 1, seconds: 0, ended: {}, misfortunes: 0, choices: [] };
    parentPort.on('message', ({ seed }) => {
      if (seed === 1) setTimeout(() => { throw new Error('out of nowhere') });
      else if (seed === 2) for (;;);
      else if (seed !== 3) parentPort.postMessage({ outcome });
    });`;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tradewind-lanes-'));
    await writeFile(join(dir, 'lane.mjs'), LANE);
    lanes = createLanes('', 1, { limit: () => 1_000, program: pathToFileURL(join(dir, 'lane.mjs')) });
  });
  afterAll(async () => {
    await lanes.close();
    await rm(dir, { recursive: true, force: true });
  });

  test('that throws, goes round in circles or says nothing fails its shop, and the next shop is played', async () => {
    const play = (seed: number) => lanes.play({ seed, orders: 1 }, () => {});
    const outcomes = await Promise.all([1, 0, 2, 0, 3, 0].map(play));
    expect(outcomes.map(({ faults }) => faults)).toEqual([
      [expect.stringMatching(/^it threw: Error: out of nowhere/)],
      [],
      ['it comes to an end: it has not in 1 s'],
      [],
      ['it comes to an end: it has not in 1 s'],
      [],
    ]);
  });
});
