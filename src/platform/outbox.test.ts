import { Type } from 'typebox';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ScratchDatabase } from '../../test/scratch-database.ts';
import { openScratchDatabase } from '../../test/scratch-database.ts';
import type { Broker } from './broker.ts';
import { newId, ownChance } from './clock.ts';
import { event } from './contract.ts';
import type { Database } from './database.ts';
import { silentLog } from './log.ts';
import type { StoredEvent } from './message.ts';
import { createRelay } from './outbox.ts';
import type { Worker } from './worker.ts';

const Done = event('thing.done', {
  publisher: 'maker',
  summary: '',
  data: Type.Object({ id: Type.String() }),
  subject: 'id',
});

let scratch: ScratchDatabase;
const relays: Worker[] = [];
beforeAll(async () => {
  scratch = await openScratchDatabase();
});
afterAll(() => scratch.close());
beforeEach(() => scratch.rows('truncate outbox'));
afterEach(() => Promise.all(relays.splice(0).map((relay) => relay.stop())));

type Publish = (events: readonly StoredEvent[]) => Promise<Map<string, string>>;
const OK = new Map<string, string>();

function startRelay(publish: Publish, db: Database = scratch.db): Worker {
  const broker = { publish } as Broker;
  const relay = createRelay({ db, broker, clock: scratch.clock, log: silentLog, published: () => {} });
  relays.push(relay);
  relay.start();
  return relay;
}
const sendAll = (ids: readonly string[], db = scratch.db) =>
  db.transaction(async (tx) => ids.map((id) => tx.send(Done, { id })));
/** By a process that dies before it publishes them. */
async function leave(subjects: readonly string[]): Promise<string[]> {
  const ids = await sendAll(subjects, scratch.open());
  scratch.clock.advance(10_000);
  return ids;
}
const waiting = () =>
  scratch.rows<{ subject: string; attempts: number; last_error: string | null }>(
    'select subject, attempts, last_error from outbox order by id',
  );
const empty = () => expect.poll(waiting, { timeout: 5_000 }).toEqual([]);

test('what a transaction sent is published as it was written, in order, and removed', async () => {
  const published: StoredEvent[] = [];
  startRelay(async (events) => {
    published.push(...events);
    return OK;
  });
  const ids = await sendAll(['a', 'b', 'c']);
  await empty();
  expect(published.map(({ id }) => id)).toEqual(ids);
  expect(published[0]).toMatchObject({ type: 'thing.done', source: 'maker', subject: 'a', data: '{"id":"a"}' });
  expect(Date.parse(published[0]?.time as string)).toBe(scratch.clock.now().getTime());
});

test('a row that commits later than one with a higher id is still published', async () => {
  const published: string[] = [];
  startRelay(async (events) => {
    published.push(...events.map(({ subject }) => subject));
    return OK;
  });
  let finish = () => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let sent = () => {};
  const early = new Promise<void>((resolve) => {
    sent = resolve;
  });
  const slow = scratch.db.transaction(async (tx) => {
    tx.send(Done, { id: 'lower id' });
    sent();
    await held;
  });
  await early;
  await sendAll(['higher id']);
  await expect.poll(() => published).toEqual(['higher id']);
  finish();
  await slow;
  await expect.poll(() => published).toEqual(['higher id', 'lower id']);
  await empty();
});

test('while the broker is away everything waits, and is published when it is back', async () => {
  let away = true;
  const published: string[] = [];
  const relay = startRelay(async (events) => {
    if (away) throw new Error('not connected');
    published.push(...events.map(({ subject }) => subject));
    return OK;
  });
  await sendAll(['a', 'b']);
  await expect.poll(() => relay.status().failures).toBeGreaterThan(0);
  expect(relay.status().error).toBe('not connected');
  expect(await waiting()).toMatchObject([
    { subject: 'a', attempts: 0 },
    { subject: 'b', attempts: 0 },
  ]);
  away = false;
  await empty();
  expect(published).toEqual(['a', 'b']);
  await expect.poll(() => relay.status().failures).toBe(0);
});

test('what nobody takes is tried again later, and does not hold back the rest', async () => {
  let refuse = true;
  const published: string[] = [];
  const relay = startRelay(async (events) => {
    const failed = new Map<string, string>();
    for (const { id, subject } of events) {
      if (subject === 'bad' && refuse) failed.set(id, 'no queue is bound');
      else published.push(subject);
    }
    return failed;
  });
  await sendAll(['a', 'bad', 'b']);
  await expect.poll(() => published).toEqual(['a', 'b']);
  await expect.poll(waiting).toEqual([{ subject: 'bad', attempts: 1, last_error: 'no queue is bound' }]);
  await sendAll(['c']);
  await expect.poll(() => published).toEqual(['a', 'b', 'c']);
  await expect.poll(waiting).toMatchObject([{ subject: 'bad' }]);
  refuse = false;
  scratch.clock.advance(60_000);
  relay.wake();
  await empty();
  expect(published).toEqual(['a', 'b', 'c', 'bad']);
});

test('a crash after publishing and before removing publishes again, under the same id', async () => {
  const relayDb = scratch.open();
  const published: string[] = [];
  let crashed = false;
  const ids = await leave(['a', 'b']);
  startRelay(async (events) => {
    published.push(...events.map(({ id }) => id));
    if (!crashed) {
      crashed = true;
      await scratch.rows(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and state = 'idle in transaction'`);
    }
    return OK;
  }, relayDb);
  await empty();
  expect(published).toEqual([...ids, ...ids]);
});

test('two relays share the work, and never publish a row at once', async () => {
  const underway = new Set<string>();
  const published: string[] = [];
  const worked = [0, 0];
  const publisher =
    (relay: number): Publish =>
    async (events) => {
      for (const { id } of events) {
        if (underway.has(id)) throw new Error(`${id} is being published already`);
        underway.add(id);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      for (const { id } of events) underway.delete(id);
      published.push(...events.map(({ id }) => id));
      worked[relay] = (worked[relay] as number) + events.length;
      return OK;
    };
  const ids = await leave(Array.from({ length: 1_200 }, (_, i) => `t${i}`));
  const both = [startRelay(publisher(0)), startRelay(publisher(1), scratch.open())];
  await empty();
  expect(published.sort()).toEqual([...ids].sort());
  expect(worked.every((count) => count > 0)).toBe(true);
  expect(both.map((relay) => relay.status().failures)).toEqual([0, 0]);
});

test('what was left is found also where the clock was set back, and ids are ahead of it', async () => {
  newId(Date.now() + 3_600_000);
  const ids = await leave(['a']);
  ownChance();
  const published: string[] = [];
  startRelay(async (events) => {
    published.push(...events.map(({ id }) => id));
    return OK;
  });
  await empty();
  expect(published).toEqual(ids);
});

test('what was committed before this process began is published at once: whoever was to do it may be dead', async () => {
  const [left] = await sendAll(['theirs'], scratch.open());
  scratch.clock.advance(1_500);
  const published: string[] = [];
  startRelay(async (events) => {
    published.push(...events.map(({ id }) => id));
    return OK;
  });
  await empty();
  expect(published).toEqual([left]);
});

test('what another has just committed is left to it, for a while', async () => {
  const published: string[] = [];
  const relay = startRelay(async (events) => {
    published.push(...events.map(({ subject }) => subject));
    return OK;
  });
  await sendAll(['theirs'], scratch.open());
  await sendAll(['ours']);
  await expect.poll(() => published).toEqual(['ours']);
  relay.wake();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(published).toEqual(['ours']);
  scratch.clock.advance(10_000);
  relay.wake();
  await empty();
  expect(published).toEqual(['ours', 'theirs']);
});
