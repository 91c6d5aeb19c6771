import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Type } from 'typebox';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ScratchDatabase } from '../../test/scratch-database.ts';
import { openScratchDatabase, PLATFORM_MIGRATIONS } from '../../test/scratch-database.ts';
import { event } from './contract.ts';
import { columns, isContention, isUnavailable, sql } from './database.ts';
import { migrate } from './migrations.ts';

const Done = event('thing.done', {
  publisher: 'maker',
  summary: '',
  data: Type.Object({ id: Type.String() }),
  subject: 'id',
});
const INSERT = sql('insert into things (n, at) values ($1, now())');
const COUNT = sql('select count(*) as count from things');
const DIVIDE = sql('select 1 / $1::int as result');

let scratch: ScratchDatabase;
beforeAll(async () => {
  scratch = await openScratchDatabase();
  await scratch.rows(`create table things (
    n integer primary key check (n > 0), at timestamptz, deferred integer unique deferrable initially deferred)`);
});
afterAll(() => scratch.close());
beforeEach(() => scratch.rows('truncate things, outbox'));

const count = async () => (await scratch.db.query<{ count: number }>(COUNT))[0]?.count;
const outbox = () => scratch.rows('select type, subject from outbox');

describe('a transaction', () => {
  test('commits its rows together with what it sends, and then tells', async () => {
    const told: string[] = [];
    scratch.db.onOutbox(() => told.push('outbox'));
    const result = await scratch.db.transaction(async (tx) => {
      tx.write(INSERT, [1]);
      tx.send(Done, { id: 'a' });
      tx.afterCommit(() => told.push('after'));
      expect(told).toEqual([]);
      return 'result';
    });
    expect(result).toBe('result');
    expect(await count()).toBe(1);
    expect(await outbox()).toEqual([{ type: 'thing.done', subject: 'a' }]);
    expect(told).toEqual(['outbox', 'after']);
  });

  test('that throws leaves nothing: no row, no message, nobody told', async () => {
    let told = false;
    const failed = scratch.db.transaction(async (tx) => {
      await tx.query(INSERT, [1]);
      tx.write(INSERT, [2]);
      tx.send(Done, { id: 'a' });
      tx.afterCommit(() => {
        told = true;
      });
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect(await count()).toBe(0);
    expect(await outbox()).toEqual([]);
    expect(told).toBe(false);
  });

  test('whose write fails is a failure with that error, though the commit was sent with it', async () => {
    let told = false;
    const failed = scratch.db.transaction(async (tx) => {
      tx.write(INSERT, [1]);
      tx.write(INSERT, [-1]);
      tx.write(INSERT, [2]);
      tx.send(Done, { id: 'a' });
      tx.afterCommit(() => {
        told = true;
      });
    });
    await expect(failed).rejects.toMatchObject({ code: '23514' });
    expect(await count()).toBe(0);
    expect(await outbox()).toEqual([]);
    expect(told).toBe(false);
  });

  test('fails with what failed first, not with what followed from it', async () => {
    const failed = scratch.db.transaction(async (tx) => {
      tx.write(INSERT, [-1]);
      await tx.query(COUNT);
    });
    await expect(failed).rejects.toMatchObject({ code: '23514' });
  });

  test('that only the commit finds wrong is a failure', async () => {
    const failed = scratch.db.transaction(async (tx) => {
      tx.write({ text: 'insert into things (n, deferred) values (1, 7), (2, 7)' });
    });
    await expect(failed).rejects.toMatchObject({ code: '23505' });
    expect(await count()).toBe(0);
  });

  test('that swallows the error of a statement is a failure all the same: the server has rolled it back', async () => {
    let told = false;
    const failed = scratch.db.transaction(async (tx) => {
      tx.write(INSERT, [1]);
      await tx.query(DIVIDE, [0]).catch(() => {});
      tx.afterCommit(() => {
        told = true;
      });
    });
    await expect(failed).rejects.toMatchObject({ code: '22012' });
    expect(await count()).toBe(0);
    expect(told).toBe(false);
  });

  test('that fails has let go of its rows when it says so', async () => {
    await scratch.rows('insert into things (n) values (1), (2)');
    const failed = scratch.db.transaction(async (tx) => {
      await tx.query({ text: 'select * from things for update' });
      tx.write({ text: 'select pg_sleep(0.2)' });
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect(await scratch.rows('select n from things for update skip locked')).toHaveLength(2);
  });

  test('that fails does not harm the next ones', async () => {
    const tries = Array.from({ length: 40 }, (_, i) =>
      scratch.db
        .transaction(async (tx) => tx.write(INSERT, [i % 2 === 0 ? -1 : i]))
        .then(
          () => 'done',
          () => 'failed',
        ),
    );
    const results = await Promise.all(tries);
    expect(results.filter((one) => one === 'done')).toHaveLength(20);
    expect(await count()).toBe(20);
    expect(scratch.db.pool.totalCount).toBe(scratch.db.pool.idleCount);
  });

  test('may not send what belongs to another room', async () => {
    const Foreign = { ...Done, publisher: 'somebody' };
    const failed = scratch.db.transaction(async (tx) => {
      tx.write(INSERT, [1]);
      tx.send(Foreign, { id: 'a' });
    });
    await expect(failed).rejects.toThrow('may not publish');
    expect(await count()).toBe(0);
  });

  test('whose connection is cut is a failure that is worth waiting for', async () => {
    const failed = scratch.db.transaction(async (tx) => {
      const [me] = await tx.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' });
      tx.write(INSERT, [1]);
      await scratch.rows('select pg_terminate_backend($1)', [me?.pid]);
      await tx.query(COUNT);
    });
    const error = await failed.catch((thrown) => thrown);
    expect(isUnavailable(error)).toBe(true);
    expect(await count()).toBe(0);
  });
});

test('whoever finds no free connection is told of, with how long it took, and nobody else', async () => {
  const waits: number[] = [];
  const db = scratch.open({ poolSize: 1, onWait: (seconds) => waits.push(seconds) });
  const SLEEP = { text: 'select pg_sleep(0.1)' };
  await db.query(COUNT);
  // The connection had to be made.
  expect(waits.splice(0)).toHaveLength(1);
  await db.query(COUNT);
  await db.transaction((tx) => tx.query(COUNT));
  expect(waits).toEqual([]);
  await Promise.all([db.query(SLEEP), db.query(SLEEP), db.transaction((tx) => tx.query(COUNT))]);
  expect(waits).toHaveLength(2);
  expect(waits[0]).toBeGreaterThan(0.09);
  expect(waits[1]).toBeGreaterThan(0.18);
  expect(Math.max(...waits)).toBeLessThan(5);
});

test('rows are replies: numbers are numbers, times are ISO 8601 in UTC', async () => {
  const [row] = await scratch.rows(`
    select 5::bigint as n, timestamptz '2026-03-01 13:00:00.5+01' as at, timestamptz '2026-03-01 12:00:00+00' as sharp`);
  expect(row).toEqual({ n: 5, at: '2026-03-01T12:00:00.500Z', sharp: '2026-03-01T12:00:00.000Z' });
});

test('rows become the parameters of unnest', () => {
  expect(
    columns(
      [
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
      'b',
      'a',
    ),
  ).toEqual([
    ['x', 'y'],
    [1, 2],
  ]);
});

describe('what an error means', () => {
  test('a database that is away is nobody else’s fault', async () => {
    const away = scratch.open({ url: 'postgres://postgres@127.0.0.1:1/none' });
    const error = await away.query(COUNT).catch((thrown) => thrown);
    expect(isUnavailable(error)).toBe(true);
    for (const code of [
      '08006',
      '57P01',
      '57P03',
      '53300',
      'ECONNRESET',
      'EPIPE',
      'ERR_SOCKET_CLOSED',
      'ERR_STREAM_DESTROYED',
    ])
      expect(isUnavailable({ code })).toBe(true);
    for (const code of ['23505', '22012', '57014', '40001', undefined]) expect(isUnavailable({ code })).toBe(false);
    // Node's word for a bug: a message that leads to one would be tried for ever.
    for (const code of ['ERR_OUT_OF_RANGE', 'ERR_INVALID_ARG_TYPE']) expect(isUnavailable({ code })).toBe(false);
  });

  test('two who got in each other’s way may try again', async () => {
    await scratch.rows('insert into things (n) values (1)');
    const error = await scratch.rows('insert into things (n) values (1)').catch((thrown) => thrown);
    expect(isContention(error)).toBe(true);
    expect(isContention({ code: '22012' })).toBe(false);
    expect(isContention(new Error('other'))).toBe(false);
  });
});

describe('migrations', () => {
  let dir: string;
  const folder = () => pathToFileURL(`${join(dir, 'room', 'migrations')}/`);
  let fresh: ScratchDatabase;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tradewind-migrations-'));
    await mkdir(folder(), { recursive: true });
    fresh = await openScratchDatabase('maker', { migrated: false });
    return async () => {
      await fresh.close();
      await rm(dir, { recursive: true, force: true });
    };
  });
  const file = (name: string, text: string) => writeFile(new URL(name, folder()), text);

  test('are applied once, in name order, by however many at once', async () => {
    await file('001_a.sql', 'create table a (n integer); select pg_sleep(0.1);');
    await file('002_b.sql', 'alter table a add column m integer; insert into a values (1, 2);');
    const replicas = [fresh.db, fresh.open(), fresh.open()];
    const counts = await Promise.all(replicas.map((db) => migrate(db, [PLATFORM_MIGRATIONS, folder()])));
    expect(counts.filter((count) => count > 0)).toHaveLength(1);
    expect(await fresh.rows('select n, m from a')).toEqual([{ n: 1, m: 2 }]);
    expect(await migrate(fresh.db, [PLATFORM_MIGRATIONS, folder()])).toBe(0);
    await file('003_c.sql', 'insert into a values (3, 4)');
    expect(await migrate(fresh.db, [PLATFORM_MIGRATIONS, folder()])).toBe(1);
  });

  test('that are broken name their file and leave nothing half done', async () => {
    await file('001_good.sql', 'create table a (n integer)');
    await file('002_bad.sql', 'create tabel b (n integer)');
    await expect(migrate(fresh.db, [folder()])).rejects.toThrow(/room\/002_bad\.sql of maker failed: syntax error/);
    expect(await fresh.rows(`select to_regclass('a') as a, to_regclass('migrations') as m`)).toEqual([
      { a: null, m: null },
    ]);
  });

  test('of another replica are waited for, however long they take', async () => {
    const url = new URL(fresh.url);
    url.searchParams.set('options', '-c lock_timeout=200 -c statement_timeout=300');
    const impatient = fresh.open({ url: url.href });
    await file('001_slow.sql', 'create table a (n integer); select pg_sleep(1);');
    const first = migrate(fresh.db, [folder()]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await migrate(impatient, [folder()])).toBe(0);
    expect(await first).toBe(1);
  });
});
