/** Retries that are more than putting a message back: of what has ended the process, and of whole batches. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { admin, created, desk, EMPTY, openDeskRoom, why } from '../../test/desk-room.ts';
import { eventually } from '../../test/service-harness.ts';
import { idAt, newId } from '../platform/clock.ts';
import { deadOfGroup } from '../platform/dead-letters.ts';
import { forgetDone } from '../platform/inbox-memory.ts';
import { DIED } from '../platform/marks.ts';
import { encodeBatch, type StoredEvent } from '../platform/message.ts';
import { inventory } from '../services/inventory/service.ts';
import type { Change } from './edit.ts';

const { room, rows, bring, settled, all, causes, detail, retry, levels, close } = await openDeskRoom(inventory);
afterAll(close);
beforeEach(async () => {
  await rows(EMPTY);
  room.service.inbox.worker.start();
});

describe('a retry', () => {
  test.each([
    ['as it is', () => ({}), 'retry'],
    // The order of the fields is nothing that a value has.
    [
      'with the same payload',
      (data: object) => ({ data: Object.fromEntries(Object.entries(data).reverse()) }),
      'retry',
    ],
    ['changed', (data: object) => ({ data: { ...data, name: 'P one' } }), 'edit'],
  ])('of what has ended the process goes alone and marked, as one that has nearly been believed: %s', async (_, change, action) => {
    const event = created('P1');
    await bring({ ...event, data: '{}' });
    await rows('update dead_letters set cause = $1, data = $2', [DIED, event.data]);
    await room.service.inbox.worker.stop();
    expect((await retry(event.id, change(JSON.parse(event.data)))).status).toBe(200);
    expect(await rows('select marks from inbox')).toEqual([{ marks: 3 }]);
    expect(await rows('select action from desk_actions')).toEqual([{ action }]);
    room.service.inbox.worker.start();
    await settled();
    expect(await levels()).toEqual(['P1']);
  });

  test('mends a message and makes no other one of it: what it is and whom it is about stay', async () => {
    const event = created('P1');
    await bring({ ...event, data: '{}' });
    const order = { order_id: newId() };
    for (const ask of [
      (change: Change) => retry(event.id, change),
      (change: Change) => room.call(desk.rehearse, { as: admin, params: { id: event.id }, body: change }),
    ]) {
      const forged = await ask({ type: 'order.shipped', data: order });
      expect(!forged.ok && forged.problem).toMatchObject({
        type: 'urn:tradewind:problem:still-faulty',
        errors: [{ pointer: '/type' }],
      });
      const another = await ask({ data: JSON.parse(created('P2').data) });
      expect(!another.ok && another.problem.errors).toEqual([
        { pointer: '/data/product_id', detail: 'must be P1, which the message is about' },
      ]);
    }
    expect(await all({ status: 'dead' })).toHaveLength(1);
    // Of what nobody here knows, what it is may be said; whom it is about may not.
    const strange = { ...created('P3'), type: 'thing.unheard_of' };
    await bring(strange);
    const known = { type: 'product.created' };
    expect((await retry(strange.id, { ...known, data: JSON.parse(created('P2').data) })).status).toBe(422);
    expect((await retry(strange.id, known)).status).toBe(200);
    await settled();
    expect(await levels()).toEqual(['P3']);
    const late = await room.call(desk.rehearse, { as: admin, params: { id: strange.id }, body: {} });
    expect(late.status).toBe(409);
  });

  test('that cannot be kept does nothing at all: a batch, too, is still dead and nothing of it flows', async () => {
    await room.service.inbox.park(encodeBatch([created('P1')]).toString(), 'delivered 20 times without an answer');
    const [letter] = await all();
    await rows(`create function refuse() returns trigger language plpgsql as $$ begin raise 'disk full'; end $$`);
    await rows(`create constraint trigger refuse after insert on desk_actions deferrable initially deferred
      for each row execute function refuse()`);
    try {
      expect((await retry(letter?.id as string)).status).toBe(500);
    } finally {
      await rows('drop function refuse cascade');
    }
    expect(await all({ status: 'dead' })).toHaveLength(1);
    expect([await rows('select 1 from inbox'), await rows('select 1 from inbox_done')]).toEqual([[], []]);
    expect((await retry(letter?.id as string)).status).toBe(200);
    await settled();
    expect(await levels()).toEqual(['P1']);
  });

  test('of a batch that a broker gave up takes all that is in it', async () => {
    const batch = encodeBatch([created('P1'), created('P2')]).toString();
    await room.service.inbox.park(batch, 'delivered 20 times without an answer');
    const [letter] = await all();
    expect((await retry(letter?.id as string)).status).toBe(200);
    await settled();
    expect(await levels()).toEqual(['P1', 'P2']);
    expect((await retry(letter?.id as string)).status).toBe(409);
  });

  test('of such a batch has a dry run, one at a time', async () => {
    const batch = encodeBatch([created('P1'), created('P2')]).toString();
    await room.service.inbox.park(batch, 'delivered 20 times without an answer');
    const [letter] = await all();
    const play = () => room.call(desk.rehearse, { as: admin, params: { id: letter?.id as string }, body: {} });
    await room.service.db.transaction(async (tx) => {
      await tx.query({ text: 'lock table levels in share mode' });
      const first = play();
      const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await eventually(async () => (await rows(waiting)).length === 1);
      const second = await play();
      expect([second.status, second.headers['retry-after']]).toEqual([503, '5']);
      const told = await first;
      expect(told.ok && told.body.error).toContain('lock timeout');
    });
    const told = await play();
    expect(told.ok && told.body.tables.find(({ table }) => table === 'levels')).toMatchObject({ count: 2 });
    expect(await levels()).toEqual([]);
  });
});

test('a retry of a group takes batches that a broker gave up, and skips what is no message', async () => {
  const [first, second, third] = ['P1', 'P2', 'P3'].map((id) => created(id)) as [StoredEvent, StoredEvent, StoredEvent];
  // One of it has taken effect already, before the batch was given up.
  await bring(first);
  const cause = 'delivered 20 times without an answer';
  await room.service.inbox.park(encodeBatch([first, second]).toString(), cause);
  await room.service.inbox.park('bytes of nobody', cause);
  await room.service.inbox.park(encodeBatch([third]).toString(), cause);
  const group = (await causes()).groups[0]?.group as string;
  await room.service.inbox.worker.stop();
  const reply = await room.call(desk.retryGroup, { as: admin, body: { group, why, per_second: 1 } });
  expect(reply.ok && reply.body).toMatchObject({ scheduled: 2, messages: 3, skipped: 1 });
  // What is in a batch is on its way under ids of its own, and told of as its group's.
  expect(await causes()).toMatchObject({ waiting: 2, waiting_groups: [{ group, count: 2 }] });
  expect(
    await rows(`select subject, extract(epoch from available_at - min(available_at) over ())::float as after
      from inbox order by id`),
  ).toEqual([
    // P1 is known to have taken effect.
    { subject: 'P2', after: 0 },
    { subject: 'P3', after: 2 },
  ]);
  room.service.inbox.worker.start();
  await settled();
  expect(await rows('select product_id, kind from movements order by 1')).toEqual(
    ['P1', 'P2', 'P3'].map((product_id) => ({ product_id, kind: 'opened' })),
  );
});

test('a batch retried after the inbox has forgotten: what may have taken effect already is for a person to decide', async () => {
  const old = (id: string, days: number) => ({
    ...created(id),
    id: idAt(new Date(Date.now() - days * 24 * 3_600_000)),
  });
  const [effective, unknown, young] = [old('P1', 9), old('P2', 8), old('P3', 1)];
  await bring(effective);
  await forgetDone(room.service.db, new Date());
  await rows('delete from levels');
  const cause = 'delivered 20 times without an answer';
  await room.service.inbox.park(encodeBatch([effective, unknown, young]).toString(), cause);
  const [letter] = await all();
  expect((await retry(letter?.id as string)).status).toBe(200);
  await settled();
  expect(await levels()).toEqual(['P3']);
  const doubtful = await all({ status: 'dead' });
  expect(doubtful.map(({ subject }) => subject)).toEqual(['P2', 'P1']);
  expect(doubtful[0]?.cause).toContain('nobody knows if it has taken effect before');
  expect((await retry(unknown.id)).status).toBe(200);
  await settled();
  expect(await levels()).toEqual(['P2', 'P3']);
});

test('a group waits behind what is on its way again, and a stop takes back what is not due', async () => {
  const broken = ['P1', 'P2', 'P3'].map((id) => created(id));
  await bring(...broken.map((event) => ({ ...event, data: '{}' })));
  for (const { id, data } of broken)
    await rows('update dead_letters set data = $1, errors = $2 where id = $3', [data, '[]', id]);
  const cause = 'delivered 20 times without an answer';
  await room.service.inbox.park(encodeBatch([created('P4'), created('P5')]).toString(), cause);
  await room.service.inbox.worker.stop();
  const slowly = async (group: string) => {
    const reply = await room.call(desk.retryGroup, { as: admin, body: { group, why, per_second: 1 } });
    if (!reply.ok) throw new Error(reply.problem.title);
    return reply.body;
  };
  const { groups } = await causes();
  for (const { group } of groups.toSorted((a, b) => b.count - a.count)) await slowly(group);
  expect(
    await rows(`select subject, round(extract(epoch from available_at - min(available_at) over ()))::int as after
      from inbox order by 2, 1`),
  ).toEqual(
    ['P1 0', 'P2 1', 'P3 2', 'P4 3', 'P5 3'].map((row) => ({ subject: row.slice(0, 2), after: Number(row[3]) })),
  );
  const stopped = await room.call(desk.stop, { as: admin, body: { why } });
  // The first is due.
  expect(stopped.ok && stopped.body).toEqual({ stopped: 4 });
  room.service.inbox.worker.start();
  await settled();
  expect(await levels()).toEqual(['P1']);
  const dead = await all({ status: 'dead' });
  expect(dead.map(({ subject }) => subject).sort()).toEqual(['P2', 'P3', 'P4', 'P5']);
  expect(await rows(`select action from desk_actions where action = 'stop'`)).toHaveLength(4);
  // Dead, it takes no effect by coming again; retried, it does.
  await bring(...broken);
  expect(await levels()).toEqual(['P1']);
  for (const { id } of dead) await retry(id);
  await settled();
  expect(await levels()).toEqual(['P1', 'P2', 'P3', 'P4', 'P5']);
});

test('payloads of megabytes are cut where they are of nobody, and are in no list', async () => {
  const huge = 'x'.repeat(2_000_000);
  await room.service.inbox.park(huge, 'not JSON');
  const many = Array.from({ length: 40 }, (_, n) => ({
    ...created(`Q${n}`),
    data: JSON.stringify({ more: 'y'.repeat(60_000) }),
  }));
  const batch = encodeBatch(many).toString();
  await room.service.inbox.park(batch, 'delivered 20 times without an answer');
  const [whole, cut] = await all();
  expect(await rows('select octet_length(data) as size from dead_letters order by id')).toEqual([
    { size: 1024 * 1024 },
    { size: batch.length },
  ]);
  expect(cut?.cause).toBe('not JSON; of its 2000000 characters the first 1048576 are kept');
  expect(Object.keys(whole ?? {})).not.toContain('data');
  const shown = await detail(whole?.id as string);
  expect([shown.data.length, shown.size]).toEqual([64 * 1024, batch.length]);
  // A group of them is retried a few at a time.
  const first = await deadOfGroup(room.service.db, whole?.group as string, undefined, 500);
  await rows(
    `insert into dead_letters (id, type, source, subject, time, data, cause, attempts, died_at)
    select gen_random_uuid(), type, source, subject, time, data, cause, 0, died_at from dead_letters, generate_series(1, 5)
    where id = $1`,
    [whole?.id],
  );
  expect(first).toHaveLength(1);
  expect(await deadOfGroup(room.service.db, whole?.group as string, undefined, 500)).toHaveLength(2);
});
