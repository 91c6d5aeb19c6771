import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ScratchDatabase } from '../../test/scratch-database.ts';
import { openScratchDatabase } from '../../test/scratch-database.ts';
import type { Database } from './database.ts';
import { sql } from './database.ts';
import type { Effect, EffectOptions } from './effect.ts';
import { createEffect } from './effect.ts';
import { silentLog } from './log.ts';

interface Intent {
  id: number;
}
type Options = EffectOptions<Intent, string>;

const LEASE_MS = 10_000;
const CLAIM = sql(`
  update intents set due = $3 where id = any (array(
    select id from intents where outcome is null and due <= $2 order by id limit $1 for update skip locked))
  returning id`);
const SAVE = sql('update intents set outcome = $2 where id = $1');

let scratch: ScratchDatabase;
const effects: Effect[] = [];
beforeAll(async () => {
  scratch = await openScratchDatabase();
  await scratch.rows(
    `create table intents (id integer primary key, due timestamptz not null default '-infinity', outcome text)`,
  );
});
afterAll(() => scratch.close());
beforeEach(() => scratch.rows('truncate intents'));
afterEach(() => Promise.all(effects.splice(0).map((effect) => effect.stop())));

function start(perform: Options['perform'], more: Partial<Options> = {}, db: Database = scratch.db): Effect {
  const effect = createEffect<Intent, string>({
    name: 'test',
    db,
    clock: scratch.clock,
    log: silentLog,
    concurrency: 3,
    leaseMs: LEASE_MS,
    timeoutMs: 5_000,
    claim: (limit, now, leaseUntil) => db.query<Intent>(CLAIM, [limit, now, leaseUntil]),
    perform,
    save: async (done, tx) => {
      for (const { intent, outcome } of done) tx.write(SAVE, [intent.id, outcome]);
    },
    ...more,
  });
  effects.push(effect);
  effect.start();
  return effect;
}
const intend = (count: number) =>
  scratch.rows('insert into intents (id) select * from generate_series(1, $1)', [count]);
const open = async () => (await scratch.rows('select id from intents where outcome is null')).length;
const outcomes = async () =>
  (await scratch.rows<{ outcome: string }>('select outcome from intents order by id')).map(({ outcome }) => outcome);
function gate() {
  let release = () => {};
  const opened = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { opened, release: () => release() };
}
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('intents are performed side by side, never more than the limit, and all of them', async () => {
  let underway = 0;
  let most = 0;
  await intend(20);
  start(async ({ id }) => {
    underway += 1;
    most = Math.max(most, underway);
    await sleep(10);
    underway -= 1;
    return `did ${id}`;
  });
  await expect.poll(open, { timeout: 5_000 }).toBe(0);
  expect(most).toBe(3);
  expect(await outcomes()).toEqual(Array.from({ length: 20 }, (_, i) => `did ${i + 1}`));
});

test('a slow one does not hold back the others', async () => {
  await intend(8);
  const first = gate();
  start(async ({ id }) => {
    if (id === 1) await first.opened;
    return 'done';
  });
  await expect.poll(open, { timeout: 5_000 }).toBe(1);
  first.release();
  await expect.poll(open).toBe(0);
});

test('outcomes of the same moment are recorded together, and hold back nobody meanwhile', async () => {
  await intend(20);
  const saves: number[] = [];
  let performed = 0;
  const firstIsSaved = gate();
  const rest = gate();
  start(
    async () => {
      performed += 1;
      if (performed > 1) await firstIsSaved.opened;
      return 'done';
    },
    {
      clock: { now: scratch.clock.now, timeout: scratch.clock.timeout, sleep: () => rest.opened },
      ahead: 20,
      save: async (done, tx) => {
        saves.push(done.length);
        firstIsSaved.release();
        for (const { intent, outcome } of done) tx.write(SAVE, [intent.id, outcome]);
      },
    },
  );
  // Three at a time: all have had their turn while only the first is recorded.
  await expect.poll(() => performed).toBe(20);
  expect(saves).toEqual([1]);
  rest.release();
  await expect.poll(open).toBe(0);
  expect(saves).toEqual([1, 19]);
});

test('what has ended leaves no timer behind, however it ended', async () => {
  await intend(2);
  const timers = { begun: 0, stopped: 0 };
  const timeout: Options['clock']['timeout'] = (ms) => {
    const { signal, stop } = scratch.clock.timeout(ms);
    timers.begun += 1;
    const stopped = () => {
      timers.stopped += 1;
      stop();
    };
    return { signal, stop: stopped };
  };
  start(
    async ({ id }) => {
      if (id === 1) throw new Error('a bug');
      return 'done';
    },
    { clock: { ...scratch.clock, timeout } },
  );
  await expect.poll(open).toBe(1);
  expect(timers).toEqual({ begun: 2, stopped: 2 });
});

test('two replicas share the intents, and perform each once', async () => {
  await intend(60);
  const performed: number[] = [];
  const perform: Options['perform'] = async ({ id }) => {
    performed.push(id);
    await sleep(5);
    return 'done';
  };
  start(perform);
  start(perform, {}, scratch.open());
  await expect.poll(open, { timeout: 5_000 }).toBe(0);
  expect(performed.sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
});

test('what came to no outcome is left alone for its lease, then performed again', async () => {
  await intend(1);
  let tries = 0;
  const effect = start(async () => {
    tries += 1;
    if (tries === 1) throw new Error('a bug');
    return `try ${tries}`;
  });
  await expect.poll(() => tries).toBe(1);
  await effect.settled();
  scratch.clock.advance(LEASE_MS - 1);
  effect.wake();
  await sleep(50);
  expect(tries).toBe(1);
  scratch.clock.advance(1);
  effect.wake();
  await expect.poll(outcomes).toEqual(['try 2']);
});

describe('an outcome that cannot be saved', () => {
  const away = () => Object.assign(new Error('away'), { code: 'ECONNREFUSED' });

  test('is offered again while its lease lasts, and not performed again', async () => {
    await intend(2);
    let saves = 0;
    const performed: number[] = [];
    start(
      async ({ id }) => {
        performed.push(id);
        return 'done';
      },
      {
        save: async (done, tx) => {
          saves += 1;
          if (saves < 4) throw away();
          for (const { intent, outcome } of done) tx.write(SAVE, [intent.id, outcome]);
        },
      },
    );
    await expect.poll(open, { timeout: 5_000 }).toBe(0);
    expect(performed.sort()).toEqual([1, 2]);
  });

  test('is performed again after the lease', async () => {
    await intend(2);
    let broken = true;
    const performed: number[] = [];
    const effect = start(
      async ({ id }) => {
        performed.push(id);
        return 'done';
      },
      {
        timeoutMs: LEASE_MS,
        save: async (done, tx) => {
          if (broken) throw away();
          for (const { intent, outcome } of done) tx.write(SAVE, [intent.id, outcome]);
        },
      },
    );
    await expect.poll(() => performed.length).toBe(2);
    await effect.settled();
    expect(await open()).toBe(2);
    broken = false;
    scratch.clock.advance(LEASE_MS);
    effect.wake();
    await expect.poll(open).toBe(0);
    expect(performed.sort()).toEqual([1, 1, 2, 2]);
  });
});

test('stopping waits for what is being performed, records it, and begins nothing new', async () => {
  await intend(10);
  const begun: number[] = [];
  const effect = start(async ({ id }) => {
    begun.push(id);
    await sleep(100);
    return 'done';
  });
  await expect.poll(() => begun.length).toBe(3);
  await effect.stop();
  expect(begun).toHaveLength(3);
  expect(await open()).toBe(7);
});

test('the signal ends at the time limit, and says so', async () => {
  await intend(1);
  start(
    (_intent, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(`gave up: ${(signal.reason as Error).name}`));
      }),
    { timeoutMs: 50 },
  );
  await expect.poll(outcomes).toEqual(['gave up: TimeoutError']);
});
