/** Databases of older releases: what was waiting and dead before there was a desk is there after it. */
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openScratchDatabase, PLATFORM_MIGRATIONS } from '../../test/scratch-database.ts';
import { readBacklog } from './backlog.ts';
import { listDead, readCauses } from './dead-letters.ts';
import { migrate } from './migrations.ts';

test('messages that waited or were dead before the desk came stay so, and are on it', async () => {
  const scratch = await openScratchDatabase('taker', { migrated: false });
  try {
    await scratch.rows(await readFile(new URL('001_messages.sql', PLATFORM_MIGRATIONS), 'utf8'));
    await scratch.rows(
      'create table migrations (name text primary key, applied_at timestamptz not null default now())',
    );
    await scratch.rows(`insert into migrations values ('platform/001_messages.sql')`);
    await scratch.rows(
      `insert into inbox (id, type, source, subject, time, data, attempts, last_error)
       values (gen_random_uuid(), 'thing.asked', 'asker', 'a', now(), '{}', 3, 'no')`,
    );
    await scratch.rows(
      `insert into dead_letters (id, type, source, subject, time, data, cause, attempts, died_at)
       select gen_random_uuid(), 'thing.asked', 'asker', n, now(), '{}', 'order ' || n || ' is ' || gen_random_uuid(), 12, now()
       from generate_series(1, 3) n`,
    );
    const later = (await readdir(PLATFORM_MIGRATIONS)).length - 1;
    expect(await migrate(scratch.db, [PLATFORM_MIGRATIONS])).toBe(later);
    expect(await scratch.rows('select attempts, errors, marks from inbox')).toEqual([
      { attempts: 3, errors: null, marks: 0 },
    ]);
    expect(await readCauses(scratch.db)).toMatchObject({
      groups: [{ type: 'thing.asked', cause: 'order # is …', count: 3 }],
      waiting: 0,
    });
    expect(await listDead(scratch.db, { status: 'dead' }, { limit: 10 })).toHaveLength(3);
    expect((await readBacklog(scratch.db, { inHand: () => ({ count: 0, oldest_seconds: 0 }) })).dead_letters).toBe(3);
  } finally {
    await scratch.close();
  }
});

test('of many causes two hundred are told of, in short words, and how many more there are', async () => {
  const scratch = await openScratchDatabase('taker');
  try {
    await scratch.rows(
      `insert into dead_letters (id, type, source, subject, time, data, cause, attempts, died_at)
       select gen_random_uuid(), 'thing.' || n, 'asker', 's', now(), '{}', repeat('never ', 1000), 12, now()
       from generate_series(1, 230) n`,
    );
    const { groups, more_groups } = await readCauses(scratch.db);
    expect([groups.length, more_groups]).toEqual([200, 30]);
    expect(groups[0]?.cause).toBe(`${Array(49).fill('never').join(' ')}…`);
  } finally {
    await scratch.close();
  }
});

test('what died last is listed first, however long ago it was sent: a page at a time, each once', async () => {
  const scratch = await openScratchDatabase('taker');
  try {
    await scratch.rows(
      `insert into dead_letters (id, type, source, subject, time, data, cause, attempts, died_at)
       select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'thing.asked', 'asker', n, now(), '{}', 'no', 12, died_at::timestamptz
       from (values (1, '2026-03-01T12:00:00.002Z'), (2, '2026-03-01T12:00:00.001Z'), (3, '2026-03-01T12:00:00.001Z'),
         (4, '2026-03-01T12:00:00.000Z'), (5, '2026-03-01T12:00:00.003Z')) as sent (n, died_at)`,
    );
    const { groups } = await readCauses(scratch.db);
    for (const filter of [{}, { status: 'dead' as const }, { group: groups[0]?.group as string }]) {
      const seen: string[] = [];
      for (let before: [string, string] | undefined; ; ) {
        const [first, next] = await listDead(scratch.db, filter, { before, limit: 1 });
        if (first) seen.push(first.subject);
        if (!first || !next) break;
        before = [first.died_at, first.id];
      }
      expect(seen).toEqual(['5', '1', '3', '2', '4']);
    }
  } finally {
    await scratch.close();
  }
});
