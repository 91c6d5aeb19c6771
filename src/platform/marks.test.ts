/** Messages that end the process: what one life leaves behind, and what the next makes of it. */
import { Type } from 'typebox';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ScratchDatabase } from '../../test/scratch-database.ts';
import { deaf, openScratchDatabase } from '../../test/scratch-database.ts';
import { event } from './contract.ts';
import type { Database } from './database.ts';
import { columns, sql } from './database.ts';
import { on } from './handler.ts';
import type { Inbox } from './inbox.ts';
import { createInbox } from './inbox.ts';
import { silentLog } from './log.ts';
import { DIED, LEASE_MS } from './marks.ts';
import { storedEvent } from './message.ts';

const data = Type.Object({ id: Type.String() });
const Asked = event('thing.asked', { publisher: 'asker', summary: '', data, subject: 'id' });
const TAKE = sql('insert into effects (subject) select * from unnest($1::text[])');

let scratch: ScratchDatabase;
const lives: Life[] = [];
beforeAll(async () => {
  scratch = await openScratchDatabase('taker');
  await scratch.rows('create table effects (n serial primary key, subject text not null)');
});
afterAll(() => scratch.close());
beforeEach(() => scratch.rows('truncate inbox, inbox_done, dead_letters, outbox, effects restart identity'));
afterEach(async () => {
  for (const life of lives.splice(0)) await life.end();
});

interface Life {
  inbox: Inbox;
  /** Resolves when it has died. */
  died: Promise<void>;
  end(): Promise<void>;
}

/** A process that dies over some messages: its connections are cut at once, and nothing of it goes on. */
function live(deadly: (subject: string) => boolean = (subject) => subject.startsWith('deadly'), observed = ''): Life {
  const db: Database = scratch.open();
  let die = () => {};
  const died = new Promise<void>((resolve) => {
    die = resolve;
  });
  let bury = () => {};
  const buried = new Promise<void>((resolve) => {
    bury = resolve;
  });
  const handlers = [
    on(Asked, async (messages, tx) => {
      tx.write(TAKE, columns(messages, 'subject'));
      if (messages.some(({ subject }) => deadly(subject))) {
        const pid = (await tx.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' }))[0]?.pid;
        await scratch.rows('select pg_terminate_backend($1)', [pid]);
        die();
        await buried;
        throw Object.assign(new Error('it is no more'), { code: 'ECONNRESET' });
      }
      if (observed && messages.some(({ subject }) => subject === observed)) throw new Error('cannot bear it');
    }),
  ];
  const inbox = createInbox({ db, handlers, clock: scratch.clock, log: silentLog, meter: deaf });
  const life = {
    inbox,
    died,
    async end() {
      const stopped = inbox.worker.stop();
      bury();
      await stopped;
    },
  };
  lives.push(life);
  return life;
}

const ask = (id: string) => storedEvent('asker', Asked, { id }, scratch.clock.now());
const effects = async () =>
  (await scratch.rows<{ subject: string }>('select subject from effects order by n')).map(({ subject }) => subject);
const marks = () => scratch.rows<{ subject: string; marks: number }>('select subject, marks from inbox order by id');

async function liveAndDie(deadly?: (subject: string) => boolean): Promise<void> {
  const life = live(deadly);
  life.inbox.worker.start();
  await life.died;
  scratch.clock.advance(LEASE_MS);
  // Its transaction is undone by the server.
  await expect
    .poll(async () => (await scratch.rows('select 1 from pg_locks where mode = $1', ['RowExclusiveLock'])).length)
    .toBe(0);
}

test('in ordinary running nothing is marked', async () => {
  const { inbox } = live();
  scratch.clock.advance(60_000);
  await inbox.worker.turn();
  inbox.worker.start();
  await scratch.rows(`create or replace function note() returns trigger language plpgsql as $$
    begin insert into effects (subject) values ('marked'); return new; end $$`);
  await scratch.rows('create trigger marked after update of marks on inbox for each row execute function note()');
  await inbox.store(['a', 'b', 'c'].map(ask));
  await expect.poll(effects).toEqual(['a', 'b', 'c']);
  await scratch.rows('drop trigger marked on inbox');
});

test('a message that ends every process is found and buried, and all others take effect once', async () => {
  await live().inbox.store([ask('a'), ask('deadly'), ask('b'), ask('c')]);
  await liveAndDie();
  expect(await marks()).toEqual(['a', 'deadly', 'b', 'c'].map((subject) => ({ subject, marks: 1 })));

  // Each alone: it is met once, and from then on it comes last.
  await liveAndDie();
  expect(await effects()).toEqual(['a']);
  await liveAndDie();
  expect(await effects()).toEqual(['a', 'b', 'c']);
  expect(await marks()).toEqual([{ subject: 'deadly', marks: 3 }]);
  await liveAndDie();
  expect(await marks()).toEqual([{ subject: 'deadly', marks: 4 }]);

  const last = live();
  last.inbox.worker.start();
  await expect.poll(marks).toEqual([]);
  expect(
    await scratch.rows('select subject, cause, attempts, jsonb_array_length(errors) as errors from dead_letters'),
  ).toEqual([{ subject: 'deadly', cause: DIED, attempts: 3, errors: 3 }]);
  await last.inbox.store([ask('d')]);
  await expect.poll(effects).toEqual(['a', 'b', 'c', 'd']);
});

test('a message during whose handling processes were ended by others is not buried for it', async () => {
  await live().inbox.store([ask('unlucky')]);
  for (const left of [1, 2, 3]) {
    await liveAndDie((subject) => subject === 'unlucky');
    expect(await marks()).toEqual([{ subject: 'unlucky', marks: left }]);
  }
  live(() => false).inbox.worker.start();
  await expect.poll(effects).toEqual(['unlucky']);
  expect(await marks()).toEqual([]);
  expect(await scratch.rows('select 1 from dead_letters')).toEqual([]);
});

test('a process whose database goes away again and again is no process that dies', async () => {
  let [times, gone] = [0, 0];
  const db = scratch.open();
  const handlers = [
    on(Asked, async (messages, tx) => {
      times += 1;
      if (times < 8) throw Object.assign(new Error('Connection terminated'), { code: 'ECONNRESET' });
      tx.write(TAKE, columns(messages, 'subject'));
    }),
  ];
  const inbox = createInbox({ db, handlers, clock: scratch.clock, log: silentLog, meter: deaf });
  await inbox.store([ask('a')]);
  for (let passes = 0; passes < 20; passes += 1) {
    await inbox.worker.turn().catch(() => {
      gone += 1;
    });
  }
  expect(gone).toBe(7);
  expect(await effects()).toEqual(['a']);
  expect(await scratch.rows('select 1 from dead_letters')).toEqual([]);
});

test('what a dead process has left marked is handled by one that lives on', async () => {
  const living = live();
  living.inbox.worker.start();
  await expect.poll(() => living.inbox.worker.status().idle_seconds).toBeDefined();
  await living.inbox.store([]);
  await scratch.rows(
    `insert into inbox (id, type, source, subject, time, data, marks)
     values (gen_random_uuid(), 'thing.asked', 'asker', 'left', now(), '{"id":"left"}', 1)`,
  );
  scratch.clock.advance(5_000);
  await expect.poll(effects).toEqual(['left']);
});

const LEFT = 256;
/** Rows as a process has left them that died, or as the desk puts them back, `dueMs` from now. */
const leave = (count: number, left: number, dueMs = 0) =>
  scratch.rows(
    `insert into inbox (id, type, source, subject, time, data, marks, available_at)
     select gen_random_uuid(), 'thing.asked', 'asker', 'left' || n, now(), json_build_object('id', 'left' || n), $2, $3
     from generate_series(1, $1::int) n`,
    [count, left, new Date(scratch.clock.now().getTime() + dueMs)],
  );

test.each([
  [2, 1],
  [2, 3],
  [4, 1],
  [4, 3],
])('%i living replicas bury nothing of what was left with marks: %i', async (replicas, left) => {
  await leave(LEFT, left);
  const lives = Array.from({ length: replicas }, () => live());
  // All have started, and each looks for what the dead have left; meanwhile more comes, and one more starts.
  for (const { inbox } of lives) inbox.worker.start();
  await lives[0]?.inbox.store(Array.from({ length: LEFT }, (_, n) => ask(`new${n}`)));
  live().inbox.worker.start();
  await expect.poll(marks, { timeout: 20_000 }).toEqual([]);
  expect(await scratch.rows('select subject, cause, errors from dead_letters')).toEqual([]);
  const subjects = await effects();
  expect([subjects.length, new Set(subjects).size]).toEqual([2 * LEFT, 2 * LEFT]);
});

test('what a living process has marked is left alone until its lease has run out', async () => {
  await leave(1, 1, LEASE_MS);
  const { inbox } = live();
  for (let turns = 0; turns < 3; turns += 1) await inbox.worker.turn();
  expect(await marks()).toEqual([{ subject: 'left1', marks: 1 }]);
  scratch.clock.advance(LEASE_MS);
  while (await inbox.worker.turn());
  expect(await effects()).toEqual(['left1']);
});

test('who has lost its lease handles nothing by it', async () => {
  let away = true;
  const db = scratch.open();
  const handlers = [
    on(Asked, async (messages, tx) => {
      if (away) throw Object.assign(new Error('Connection terminated'), { code: 'ECONNRESET' });
      tx.write(TAKE, columns(messages, 'subject'));
    }),
  ];
  const slow = createInbox({ db, handlers, clock: scratch.clock, log: silentLog, meter: deaf });
  await slow.store([ask('a')]);
  await expect(slow.worker.turn()).rejects.toThrow('terminated');
  away = false;
  // Another holds it now.
  scratch.clock.advance(LEASE_MS);
  await scratch.rows('update inbox set marks = 2, available_at = $1', [new Date(scratch.clock.now().getTime() + 1)]);
  while (await slow.worker.turn());
  expect(await effects()).toEqual([]);
  expect(await marks()).toEqual([{ subject: 'a', marks: 2 }]);
});

test('a handler that throws is no process that dies: the attempt counts, and the marks go', async () => {
  const { inbox } = live(() => false, 'sour');
  await inbox.store([ask('a'), ask('sour')]);
  inbox.worker.start();
  await expect
    .poll(() => scratch.rows('select subject, attempts, marks, errors from inbox'))
    .toEqual([
      { subject: 'sour', attempts: 1, marks: 0, errors: [{ at: expect.any(String), error: 'cannot bear it' }] },
    ]);
  expect(await effects()).toEqual(['a']);
});
