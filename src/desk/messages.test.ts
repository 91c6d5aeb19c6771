/** What a room still holds about one thing: each message once, where it is, with its tries. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { admin, created, EMPTY, openDeskRoom } from '../../test/desk-room.ts';
import { MESSAGES } from '../contracts/messages.ts';
import { newId } from '../platform/clock.ts';
import { forgetTries } from '../platform/mended.ts';
import { encodeBatch } from '../platform/message.ts';
import { inventory } from '../services/inventory/service.ts';

const { room, rows, bring, retry, all, close } = await openDeskRoom(inventory);
afterAll(close);
beforeEach(() => rows(EMPTY));

const about = async (subject: string) => {
  const reply = await room.call(MESSAGES.inventory, { as: admin, query: { subject } });
  if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
  return reply.body;
};
const NONE = { known: true, outgoing: [], incoming: [], mended: [], dead: [], findings: [] };
const AT = '2026-03-01T12:00:00.000Z';

test('what waits to be sent has its tries, and when the next one is', async () => {
  const id = newId();
  await rows(
    `insert into outbox (id, type, subject, time, data, attempts, last_error, available_at)
     values ($1, 'product.stock.deducted', 'O1', $2, '{}', 2, 'no broker', now() + interval '1 hour')`,
    [id, AT],
  );
  expect(await about('O1')).toEqual({
    ...NONE,
    outgoing: [
      {
        ...{ id, type: 'product.stock.deducted', time: AT, attempts: 2, last_error: 'no broker' },
        next_attempt_at: expect.stringMatching(/Z$/),
      },
    ],
  });
  expect(await about('O2')).toEqual(NONE);
});

test('what waits to be handled has every try with its error; what was not tried is due at once', async () => {
  await room.service.inbox.worker.stop();
  const event = created('P1');
  await room.service.inbox.store([event, created('P2')]);
  expect((await about('P1')).incoming).toEqual([
    {
      ...{ id: event.id, type: 'product.created', source: 'catalog', time: event.time, attempts: 0, errors: [] },
      next_attempt_at: null,
    },
  ]);
  const errors = [{ at: AT, error: 'no' }];
  await rows(`update inbox set attempts = 1, errors = $1, available_at = $2 where id = $3`, [
    ...[JSON.stringify(errors), AT, event.id],
  ]);
  expect((await about('P1')).incoming).toMatchObject([{ attempts: 1, errors, next_attempt_at: AT }]);
  await rows('delete from inbox');
  room.service.inbox.worker.start();
});

test('what is dead is there, and stays when it was dealt with; so does the batch that it is in', async () => {
  const subject = randomUUID();
  const event = { ...created(subject), data: '{"half": 1}' };
  await bring(event);
  await room.service.inbox.park(encodeBatch([created('X'), created(subject)]).toString(), 'delivered 20 times');
  await room.service.inbox.park(encodeBatch([created('X')]).toString(), 'delivered 20 times');
  const { dead } = await about(subject);
  expect(dead).toMatchObject([
    { id: event.id, type: 'product.created', status: 'dead', cause: expect.stringContaining('breaks its contract') },
    { type: 'undecodable', status: 'dead', cause: 'delivered 20 times' },
  ]);
  await room.service.inbox.worker.stop();
  await retry(dead[1]?.id as string);
  expect((await about(subject)).dead[1]).toMatchObject({ status: 'retried', waiting: true });
  expect((await about(subject)).incoming).toHaveLength(1);
  room.service.inbox.worker.start();
  expect(await all()).toHaveLength(3);
});

test('what was handled after attempts that failed is kept with them; what was handled at once is not', async () => {
  await room.service.inbox.worker.stop();
  const [hard, easy] = [created('P1'), created('P2')];
  await room.service.inbox.store([hard, easy]);
  const errors = [{ at: AT, error: 'no' }];
  await rows(`update inbox set attempts = 1, errors = $1 where id = $2`, [JSON.stringify(errors), hard.id]);
  room.service.inbox.worker.start();
  await expect.poll(() => rows('select from inbox')).toEqual([]);
  expect((await about('P1')).mended).toEqual([
    {
      ...{ id: hard.id, type: 'product.created', source: 'catalog', time: hard.time, attempts: 1, errors },
      handled_at: expect.stringMatching(/Z$/),
    },
  ]);
  expect(await about('P2')).toEqual(NONE);
  const days = (count: number) => new Date(Date.now() + count * 24 * 3_600_000);
  await forgetTries(room.service.db, days(89));
  expect((await about('P1')).mended).toHaveLength(1);
  await forgetTries(room.service.db, days(91));
  expect(await about('P1')).toEqual(NONE);
});

test('more than can be looked through in good time is not known, and says so', async () => {
  const holder = await room.service.db.pool.connect();
  try {
    await holder.query('begin; lock table inbox in access exclusive mode');
    const asked = performance.now();
    expect(await about('P1')).toEqual({ ...NONE, known: false });
    expect(performance.now() - asked).toBeLessThan(5_000);
  } finally {
    await holder.query('rollback');
    holder.release();
  }
});

test('among many that are dead those of one thing are found by an index, however long their subjects', async () => {
  const long = 's'.repeat(20_000);
  await bring({ ...created('P1'), type: 'thing.unheard_of', subject: long });
  await rows(`insert into dead_letters (id, type, source, subject, time, data, cause, attempts, died_at)
    select gen_random_uuid(), 't', 's', 'many ' || i, now(), '{}', 'c', 1, now() from generate_series(1, 5000) i`);
  await rows('analyze dead_letters');
  const plan = await rows<{ 'QUERY PLAN': string }>(
    `explain select id from dead_letters where subject = 'many 7' or (subject = '' and position('many 7' in data) > 0)`,
  );
  expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('dead_letters_subject');
  expect((await about('many 7')).dead).toHaveLength(1);
});

test('it is for admins, and needs a subject', async () => {
  expect((await room.call(MESSAGES.inventory, { query: { subject: 'P1' } })).status).toBe(401);
  expect((await room.call(MESSAGES.inventory, { as: { customer: newId() }, query: { subject: 'P1' } })).status).toBe(
    403,
  );
  expect((await room.call(MESSAGES.inventory, { as: admin, query: { subject: '' } })).status).toBe(422);
});
