/** What a rehearsal tells of every kind of statement that handlers write, and that nothing of it stays. */
import { Type } from 'typebox';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ScratchDatabase } from '../../test/scratch-database.ts';
import { openScratchDatabase } from '../../test/scratch-database.ts';
import { event } from './contract.ts';
import type { Tx } from './database.ts';
import { isUnavailable, sql } from './database.ts';
import { rehearse } from './rehearsal.ts';

const Done = event('thing.done', {
  publisher: 'maker',
  summary: '',
  data: Type.Object({ id: Type.String() }),
  subject: 'id',
});

let scratch: ScratchDatabase;
beforeAll(async () => {
  scratch = await openScratchDatabase('maker');
  await scratch.rows(
    'create table things (id text, part int, name text not null, at timestamptz, primary key (id, part))',
  );
  await scratch.rows('create table notes (note text)');
});
afterAll(() => scratch.close());
beforeEach(async () => {
  await scratch.rows('truncate things, notes, outbox');
  await scratch.rows(
    `insert into things values ('a', 1, 'one', '2026-01-02T03:04:05Z'), ('a', 2, 'two', null), ('b', 1, 'three', null)`,
  );
});

const play = (work: (tx: Tx) => Promise<unknown>) =>
  rehearse(scratch.db, async (tx) => void (await work(tx)), isUnavailable);
const things = () => scratch.rows('select id, part, name from things order by 1, 2');
const changes = async (work: (tx: Tx) => Promise<unknown> | undefined) => {
  const before = await things();
  const { tables, error } = await play(async (tx) => work(tx));
  expect(error).toBeNull();
  expect(await things()).toEqual(before);
  return tables.flatMap(({ table, count, rows }) => [
    `${table} ${count}`,
    ...rows.map(({ change, before: was, after: is }) => {
      const name = (row: unknown) => (row as { name?: string } | null)?.name ?? null;
      return [change, name(was), name(is)];
    }),
  ]);
};

test.each([
  ['an insert', `insert into things (id, part, name) values ('c', 1, 'new')`, ['things 1', ['insert', null, 'new']]],
  [
    'an upsert',
    `insert into things as known (id, part, name) select * from unnest('{a,c}'::text[], '{1,1}'::int[], '{x,y}'::text[])
     on conflict (id, part) do update set name = excluded.name where known.name <> 'two'`,
    ['things 2', ['update', 'one', 'x'], ['insert', null, 'y']],
  ],
  ['an insert that changes nothing', `insert into things values ('a', 1, 'x') on conflict do nothing`, []],
  [
    'an update from a list, under another name',
    `update things t set name = new.name from unnest('{1,2}'::int[], '{p,q}'::text[]) as new (part, name)
     where t.id = 'a' and t.part = new.part`,
    ['things 2', ['update', 'one', 'p'], ['update', 'two', 'q']],
  ],
  ['a delete', `delete from things where id = 'b' -- (not a)`, ['things 1', ['delete', 'three', null]]],
  [
    'a statement with a part that writes too',
    `with gone as (delete from things where id = 'b' returning id) insert into notes select id from gone`,
    ['things null', 'notes 1'],
  ],
])('%s', async (_name, text, told) => {
  expect(await changes(async (tx) => tx.write(sql(text)))).toEqual(told);
  // The same, awaited.
  expect(await changes((tx) => tx.query(sql(text)))).toEqual(told);
});

test('a statement keeps its own answer', async () => {
  const answers: unknown[] = [];
  const told = await changes(async (tx) => {
    answers.push(await tx.query(sql(`update things set name = 'x' where id = 'a' and part = 1 returning part, name`)));
    answers.push(await tx.query(sql(`update things set name = 'y' where id = 'a' and part = 2 returning id, part`)));
    answers.push(await tx.query(sql(`select name from things where id = 'b' for update`)));
  });
  expect(answers).toEqual([[{ part: 1, name: 'x' }], [{ id: 'a', part: 2 }], [{ name: 'three' }]]);
  // The first does not tell the whole key, so its row is counted and not shown.
  expect(told).toEqual(['things 2', ['update', 'two', 'y']]);
});

test('rows are shown whole, twenty of them, and all are counted', async () => {
  const { tables } = await play(async (tx) =>
    tx.write(
      sql(
        `insert into things (id, part, name, at) select 'many', n, 'n', '2026-01-02T03:04:05Z' from generate_series(1, 30) n`,
      ),
    ),
  );
  expect(tables).toMatchObject([{ table: 'things', count: 30 }]);
  expect(tables[0]?.rows).toHaveLength(20);
  expect(tables[0]?.rows[0]).toEqual({
    change: 'insert',
    before: null,
    after: { id: 'many', part: 1, name: 'n', at: '2026-01-02T03:04:05+00:00' },
  });
});

test('the columns that say which row it is are told, in whatever order the row has them', async () => {
  const { tables } = await play(async (tx) => {
    tx.write(sql(`update things set name = 'x' where id = 'a'`));
    tx.write(sql(`insert into notes values ('n')`));
  });
  expect(tables.map(({ table, keys }) => [table, [...keys].sort()])).toEqual([
    ['things', ['id', 'part']],
    ['notes', []],
  ]);
});

test('events are told and not sent, and what follows a commit does not follow', async () => {
  let woken = 0;
  scratch.db.onOutbox(() => {
    woken += 1;
  });
  const { events } = await play(async (tx) => {
    tx.send(Done, { id: 'a' });
    tx.afterCommit(() => {
      woken += 1;
    });
  });
  expect(events).toEqual([{ type: 'thing.done', subject: 'a', data: { id: 'a' } }]);
  expect(await scratch.rows('select 1 from outbox')).toEqual([]);
  expect(woken).toBe(0);
});

test('what fails says why: in the work, in a statement nobody waited for, and in an event against its contract', async () => {
  const failing = async (work: (tx: Tx) => Promise<unknown>) => (await play(work)).error;
  expect(await failing(async () => Promise.reject(new Error('no')))).toBe('no');
  expect(await failing(async (tx) => tx.write(sql('insert into things values (null)')))).toContain('null value');
  expect(await failing(async (tx) => tx.send(Done, {} as never))).toContain('breaks its contract');
  expect(await things()).toHaveLength(3);
});

test('it takes one connection, and ends', async () => {
  const { max } = scratch.db.pool.options as { max: number };
  // Were each to ask for a second one while it holds its own, they would wait for each other.
  const rename = (tx: Tx) => tx.query(sql(`update things set name = 'x' where id = 'b'`));
  const all = await Promise.all(Array.from({ length: max }, () => play(rename)));
  expect(all.map(({ error }) => error)).toEqual(Array.from({ length: max }, () => null));
  const endless = async (tx: Tx) => {
    for (;;) await tx.query(sql('select pg_sleep(0.02)'));
  };
  expect((await rehearse(scratch.db, endless, isUnavailable, 100)).error).toBe('a dry run ends after 0.1 s');
});

test('it waits for nobody who does the real thing', async () => {
  const started = performance.now();
  await scratch.db.transaction(async (tx) => {
    await tx.query(sql(`select 1 from things where id = 'b' for update`));
    const { error } = await play((other) => other.query(sql(`update things set name = 'x' where id = 'b'`)));
    expect(error).toContain('lock timeout');
  });
  expect(performance.now() - started).toBeLessThan(8_000);
});
