/** Retries that are more than putting a message back: of what has ended the process, and of whole batches. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { admin, created, desk, EMPTY, openDeskRoom, why } from '../../test/desk-room.ts';
import { newId } from '../platform/clock.ts';
import { DIED } from '../platform/marks.ts';
import { encodeBatch, type StoredEvent } from '../platform/message.ts';
import { inventory } from '../services/inventory/service.ts';
import type { Change } from './edit.ts';

const { room, rows, bring, settled, all, causes, retry, levels, close } = await openDeskRoom(inventory);
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
  expect(reply.ok && reply.body).toMatchObject({ scheduled: 2, skipped: 1 });
  expect(
    await rows(`select subject, extract(epoch from available_at - min(available_at) over ())::float as after
      from inbox order by id`),
  ).toEqual([
    { subject: 'P1', after: 0 },
    { subject: 'P2', after: 0 },
    { subject: 'P3', after: 2 },
  ]);
  room.service.inbox.worker.start();
  await settled();
  expect(await rows('select product_id, kind from movements order by 1')).toEqual(
    ['P1', 'P2', 'P3'].map((product_id) => ({ product_id, kind: 'opened' })),
  );
});
