/** The dead-letter desk of a room, on its database: what it shows, and what is left of what it does. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { admin, created, desk, EMPTY, openDeskRoom, why } from '../../test/desk-room.ts';
import { ADMIN_ID, eventually, message } from '../../test/service-harness.ts';
import { CustomerDeleted } from '../contracts/customers.ts';
import { StockDeducted } from '../contracts/inventory.ts';
import { OrderPlaced } from '../contracts/orders.ts';
import { idAt, newId } from '../platform/clock.ts';
import { sql } from '../platform/database.ts';
import { forgetFinished } from '../platform/dead-letters.ts';
import { forgetDone } from '../platform/inbox-memory.ts';
import { DIED } from '../platform/marks.ts';
import type { RoomDefinition } from '../platform/service.ts';
import { inventory } from '../services/inventory/service.ts';

/** The bug: no handler bears a product whose id begins with SOUR. */
let sour = true;
const buggy: typeof inventory = {
  ...inventory,
  open(context) {
    const opened = inventory.open(context);
    const handlers = opened.handlers.map(({ events, handle }): (typeof opened.handlers)[number] => ({
      events,
      async handle(messages: { subject: string }[], tx) {
        await handle(messages as never[], tx);
        const one = messages.find(({ subject }) => subject.startsWith('SOUR'));
        if (sour && one) throw new Error(`cannot bear ${one.subject} of ${newId()}`);
      },
    }));
    return { ...opened, handlers };
  },
} satisfies RoomDefinition<never>;

const { room, rows, bring, settled, all, causes, detail, retry, levels, close } = await openDeskRoom(buggy);
afterAll(close);
beforeEach(async () => {
  sour = true;
  await rows(EMPTY);
});

const days = (count: number) => new Date(Date.now() + count * 24 * 3_600_000);

/** Every row of the room's database. */
async function everything(): Promise<unknown> {
  const tables = await rows<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'activity' order by 1`,
  );
  return Promise.all(
    tables.map(async ({ name }) => [name, await rows(`select to_jsonb(t) as row from "${name}" t order by t::text`)]),
  );
}

describe('the desk shows', () => {
  test('what is dead by its cause, whatever ids and numbers are in that', async () => {
    await bring(created('SOUR1'), created('SOUR22'), { ...created('X'), type: 'thing.unheard_of' }, created('GOOD'));
    const { groups, waiting, unsent } = await causes();
    expect(groups).toMatchObject([
      { type: 'product.created', cause: 'cannot bear SOUR# of …', count: 2 },
      { type: 'thing.unheard_of', cause: 'nobody here handles thing.unheard_of', count: 1 },
    ]);
    expect({ waiting, unsent }).toEqual({ waiting: 0, unsent: { count: 0, oldest: null, error: null } });
    const reply = await room.call(desk.list, { as: admin, query: { group: groups[0]?.group as string, limit: 1 } });
    expect(reply.ok && reply.body.items.map(({ subject }) => subject)).toEqual(['SOUR22']);
    const next = { group: groups[0]?.group as string, cursor: (reply.ok && reply.body.next_cursor) || '' };
    const second = await room.call(desk.list, { as: admin, query: next });
    expect(second.ok && second.body).toMatchObject({ items: [{ subject: 'SOUR1' }], next_cursor: null });
    expect(await levels()).toEqual(['GOOD']);
  });

  test('events that could not be published, because they wait for something', async () => {
    await rows(
      `insert into outbox (id, type, subject, time, data, attempts, last_error, available_at)
       values (gen_random_uuid(), 'stock.x', 's', now(), '{}', 5, 'no queue is bound', 'infinity')`,
    );
    expect((await causes()).unsent).toMatchObject({ count: 1, error: 'no queue is bound' });
  });

  test('each attempt with its error and its time', async () => {
    const event = created('SOUR1');
    await bring(event);
    const { errors, attempts, cause, dangerous } = await detail(event.id);
    expect({ attempts, dangerous }).toEqual({ attempts: 12, dangerous: false });
    expect(errors).toHaveLength(12);
    expect(errors.every(({ error }) => error.startsWith('cannot bear SOUR1 of'))).toBe(true);
    expect(errors.map(({ at }) => at)).toEqual(errors.map(({ at }) => at).toSorted());
    expect(errors.at(-1)?.error).toBe(cause);
  });

  test('the payload beside its contract, and where it differs', async () => {
    const event = { ...created('P1'), data: '{"product_id":"P1","price":5,"currency":"USD","version":1,"stock":1}' };
    await bring(event);
    const { data, contract, faults, types } = await detail(event.id);
    expect(data).toBe(event.data);
    expect(contract?.publisher).toBe('catalog');
    expect(contract?.schema).toMatchObject({ type: 'object', properties: { product_id: { type: 'string' } } });
    expect(faults.map(({ pointer }) => pointer).sort()).toEqual(['/name', '/price']);
    expect(types).toContain('order.placed');
  });

  test('nothing to anyone but admins', async () => {
    for (const endpoint of Object.values(desk)) {
      const params = { id: newId() };
      const body = { why, group: '0'.repeat(32) };
      const options = { params, ...(endpoint.body && { body }) } as never;
      expect((await room.call(endpoint, { ...(options as object), as: { customer: newId() } } as never)).status).toBe(
        403,
      );
      expect((await room.call(endpoint, options)).status).toBe(401);
    }
  });
});

describe('a dry run', () => {
  test('shows the rows and events there would be, and changes nothing', async () => {
    sour = false;
    await bring(created('P1', 10));
    sour = true;
    const order = newId();
    const items = [{ product_id: 'P1', name: 'P1', quantity: 3, unit_price: '1.00', line_total: '3.00' }];
    const placed = message(OrderPlaced, {
      ...{ id: order, number: 1, status: 'pending', reason: null, customer_id: null, email: 'a@example.com' },
      ...{ name: null, phone: null, shipping_address: null, client_reference: null, payment_method: 'pm_success' },
      ...{
        items,
        total_amount: '3.00',
        currency: 'USD',
        version: 1,
        created_at: '2026-01-02T03:04:05Z',
        updated_at: '2026-01-02T03:04:05Z',
      },
    } as never);
    const stray = { ...placed, data: '{}' };
    await bring(stray);
    await rows('delete from outbox');
    const before = await everything();
    const reply = await room.call(desk.rehearse, {
      as: admin,
      params: { id: stray.id },
      body: { data: JSON.parse(placed.data) },
    });
    if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
    const { tables, events, error } = reply.body;
    expect(error).toBeNull();
    expect(events).toEqual([
      { type: StockDeducted.name, subject: order, data: expect.objectContaining({ order_id: order }) },
    ]);
    const byTable = Object.fromEntries(tables.map((one) => [one.table, one]));
    expect(Object.keys(byTable).sort()).toEqual(['allocations', 'levels', 'movements']);
    expect(byTable.levels).toMatchObject({
      count: 1,
      rows: [{ change: 'update', before: { reserved: 0 }, after: { product_id: 'P1', reserved: 3 } }],
    });
    expect(byTable.movements).toMatchObject({
      count: 1,
      rows: [{ change: 'insert', before: null, after: { kind: 'deducted', order_id: order } }],
    });
    expect(byTable.allocations?.rows).toMatchObject([{ change: 'insert', after: { status: 'held' } }]);
    expect(await everything()).toEqual(before);
  });

  test('shows the error there would be, and changes nothing', async () => {
    const event = created('SOUR1');
    await bring(event);
    const before = await everything();
    const reply = await room.call(desk.rehearse, { as: admin, params: { id: event.id }, body: {} });
    expect(reply.ok && reply.body).toEqual({
      tables: [],
      events: [],
      error: expect.stringContaining('cannot bear SOUR1'),
    });
    expect(await everything()).toEqual(before);
  });

  test('is not made of what has ended the process', async () => {
    const event = created('P1');
    await bring({ ...event, data: '{}' });
    await rows('update dead_letters set cause = $1, data = $2', [DIED, event.data]);
    const reply = await room.call(desk.rehearse, { as: admin, params: { id: event.id }, body: {} });
    expect(!reply.ok && reply.problem.type).toBe('urn:tradewind:problem:ends-the-process');
    expect((await detail(event.id)).dangerous).toBe(true);
    // Nor of what it would be when changed: the change need not touch the cause.
    const changed = { data: { ...JSON.parse(event.data), name: 'P one' } };
    for (const body of [{ data: JSON.parse(event.data) }, changed]) {
      const other = await room.call(desk.rehearse, { as: admin, params: { id: event.id }, body });
      expect(!other.ok && other.problem.type).toBe('urn:tradewind:problem:ends-the-process');
    }
  });
});

describe('a retry', () => {
  test('has one effect, however often and by however many it is asked', async () => {
    const event = created('SOUR1');
    await bring(event);
    sour = false;
    const asked: ReturnType<typeof retry>[] = [];
    // All three have found it dead before any of them takes it.
    await room.service.db.transaction(async (tx) => {
      await tx.query(sql('select 1 from dead_letters for update'));
      asked.push(retry(event.id), retry(event.id), retry(event.id));
      const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await eventually(async () => (await rows(waiting)).length === 3);
    });
    const replies = await Promise.all(asked);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    await settled();
    expect((await retry(event.id)).status).toBe(409);
    // The broker may bring it again, too.
    await bring(event);
    expect(await rows('select product_id, kind from movements')).toEqual([{ product_id: 'SOUR1', kind: 'opened' }]);
    expect(await all({ status: 'dead' })).toEqual([]);
    expect(await all()).toMatchObject([{ id: event.id, status: 'retried', waiting: false }]);
    expect((await detail(event.id)).actions).toEqual([
      {
        ...{ action: 'retry', actor_id: ADMIN_ID, actor: expect.stringContaining('@example.com'), why },
        ...{ at: expect.any(String), type_before: null, data_before: null },
      },
    ]);
  });

  test('that fails again is dead again, with all its attempts', async () => {
    const event = created('SOUR1');
    await bring(event);
    expect((await retry(event.id)).status).toBe(200);
    await bring();
    const again = await detail(event.id);
    expect(again).toMatchObject({ status: 'dead', finished_at: null, attempts: 12 });
    expect(again.errors).toHaveLength(24);
    sour = false;
    expect((await retry(event.id)).status).toBe(200);
    await settled();
    expect(await levels()).toEqual(['SOUR1']);
  });

  test('of what breaks its contract names every fault; changed, it takes effect, and what it was is kept', async () => {
    const event = created('P1', 7);
    const broken = { ...event, data: '{"product_id":"P1"}' };
    await bring(broken);
    const asItIs = await retry(event.id);
    expect(!asItIs.ok && asItIs.problem.errors?.map(({ pointer }) => pointer)).toContain('/data/stock');
    const stillWrong = await retry(event.id, { data: { ...JSON.parse(event.data), stock: 'many' } });
    expect(!stillWrong.ok && stillWrong.problem.errors).toEqual([
      { pointer: '/data/stock', detail: 'must be a whole number' },
    ]);
    expect((await retry(event.id, { data: JSON.parse(event.data) })).status).toBe(200);
    await settled();
    expect(await rows('select product_id, on_hand from levels')).toEqual([{ product_id: 'P1', on_hand: 7 }]);
    expect((await detail(event.id)).actions).toMatchObject([
      { action: 'edit', why, type_before: 'product.created', data_before: '{"product_id":"P1"}' },
    ]);
  });

  test('of what cannot be decoded asks for a message, and takes one', async () => {
    await room.service.inbox.park('{"product_id": "P1", half', 'not JSON');
    const [letter] = await all();
    expect((await retry(letter?.id as string)).status).toBe(422);
    const unknown = await retry(letter?.id as string, { type: 'thing.unheard_of', data: {} });
    expect(!unknown.ok && unknown.problem.errors?.map(({ pointer }) => pointer)).toEqual(['/type']);
    const data = JSON.parse(created('P1').data);
    expect((await retry(letter?.id as string, { type: 'product.created', data })).status).toBe(200);
    await settled();
    expect(await rows(`select subject, source from dead_letters`)).toEqual([{ subject: 'P1', source: 'catalog' }]);
    expect(await levels()).toEqual(['P1']);
  });

  test('of what is nested deeper than a message may be is refused, whoever has nested it', async () => {
    const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    await room.service.inbox.park(deep(9_000), 'not a CloudEvents batch');
    const [letter] = await all();
    const id = letter?.id as string;
    for (const data of [
      undefined,
      JSON.parse(deep(3_000)),
      { ...JSON.parse(created('P1').data), more: JSON.parse(deep(101)) },
    ]) {
      const reply = await retry(id, { type: 'product.created', ...(data && { data }) });
      expect(!reply.ok && reply.problem.errors).toEqual([{ pointer: '/data', detail: 'must not be nested that deep' }]);
    }
    expect((await retry(id, { type: 'product.created', data: JSON.parse(created('P1').data) })).status).toBe(200);
  });

  test('of a group goes at its rate, without what cannot go as it is', async () => {
    const events = Array.from({ length: 10 }, (_, i) => created(`SOUR${i + 10}`));
    await bring(...events);
    const { groups } = await causes();
    const group = groups[0]?.group as string;
    await rows(`update dead_letters set data = '{}' where id = $1`, [events[3]?.id]);
    sour = false;
    await room.service.inbox.worker.stop();
    const reply = await room.call(desk.retryGroup, { as: admin, body: { group, why, per_second: 10 } });
    expect(reply.ok && reply.body).toMatchObject({ scheduled: 9, messages: 9, skipped: 1 });
    const [span] = await rows<{ seconds: number; due: number }>(
      `select extract(epoch from max(available_at) - min(available_at))::float as seconds,
         count(*) filter (where available_at <= now())::int as due from inbox`,
    );
    expect(span?.seconds).toBeCloseTo(8 / 10, 2);
    expect((await causes()).waiting).toBe(9);
    const waiting = (await all({ status: 'retried' })).filter((letter) => letter.waiting);
    expect(waiting).toHaveLength(9);
    room.service.inbox.worker.start();
    await settled();
    expect(await levels()).toHaveLength(9);
    expect((await causes()).waiting).toBe(0);
    const again = await room.call(desk.retryGroup, { as: admin, body: { group, why } });
    expect(again.ok && again.body).toMatchObject({ scheduled: 0, skipped: 1 });
    expect(await rows('select distinct why from desk_actions')).toEqual([{ why }]);
  });
});

describe('what is about people', () => {
  test('is erased when they close their accounts, but for what is still to be handled: that when it is dealt with', async () => {
    const customer = newId();
    const about = (id: string) => ({
      ...created(id),
      data: JSON.stringify({ customer_id: customer, email: 'a@b.test' }),
    });
    const [put, open, later, other] = [
      about('P1'),
      about('P2'),
      about('SOUR3'),
      { ...about('ZZ4'), data: '{"email":"c@d.test"}' },
    ];
    await bring(put, open, later, other);
    const discard = (id: string) => room.call(desk.discard, { as: admin, params: { id }, body: { why } });
    await discard(put.id);
    await rows(`update desk_actions set data_before = 'a@b.test'`);
    await bring(message(CustomerDeleted, { id: customer, version: 2 }));
    const kept = () => rows('select subject, data from dead_letters order by 1');
    const erased = 'erased: it was about somebody who has closed their account';
    expect(await kept()).toEqual([
      { subject: 'P1', data: erased },
      ...[open, later, other].map(({ subject, data }) => ({ subject, data })),
    ]);
    expect(await rows('select data_before from desk_actions')).toEqual([{ data_before: erased }]);
    await discard(open.id);
    // It fails again: what it says is in the inbox meanwhile, and is there again.
    const mended = { data: { ...JSON.parse(created('SOUR3').data), stock: 7 } };
    expect((await retry(later.id, mended)).status).toBe(200);
    expect((await kept())[2]).toEqual({ subject: 'SOUR3', data: erased });
    await bring();
    expect((await kept())[2]).toEqual({ subject: 'SOUR3', data: JSON.stringify(mended.data) });
    sour = false;
    expect((await retry(later.id)).status).toBe(200);
    await settled();
    expect((await kept()).map(({ data }) => data === erased)).toEqual([true, true, true, false]);
    expect(await rows('select product_id, on_hand from levels')).toEqual([{ product_id: 'SOUR3', on_hand: 7 }]);
    expect(JSON.stringify(await rows('select * from desk_actions'))).not.toContain('a@b.test');
  });
});

describe('what is put aside', () => {
  test('can still be read, is not retried, and stays aside when it comes again', async () => {
    const event = created('SOUR1');
    await bring(event, created('SOUR2'), created('SOUR3'));
    const discard = () =>
      room.call(desk.discard, { as: admin, params: { id: event.id }, body: { why: 'a test product' } });
    expect(await discard()).toMatchObject({ status: 200, body: { status: 'discarded', waiting: false } });
    expect((await discard()).status).toBe(409);
    expect((await retry(event.id)).status).toBe(409);
    // Long after everything else of that day is forgotten, and with the bug mended.
    await forgetDone(room.service.db, days(80));
    sour = false;
    await bring(event);
    expect(await levels()).toEqual([]);
    const kept = await detail(event.id);
    expect(kept).toMatchObject({ status: 'discarded', data: event.data });
    expect(kept.actions).toMatchObject([{ action: 'discard', why: 'a test product', actor_id: ADMIN_ID }]);

    const group = (await causes()).groups[0]?.group as string;
    const reply = await room.call(desk.discardGroup, { as: admin, body: { group, why } });
    expect(reply.ok && reply.body).toEqual({ discarded: 2 });
    expect((await causes()).groups).toEqual([]);
    expect(await all({ status: 'discarded' })).toHaveLength(3);
  });

  test('is not the only thing that stays known: what is dead, or was retried late, takes no effect by coming again', async () => {
    const late = { ...created('SOUR1'), id: idAt(days(-20)) };
    const dead = { ...created('SOUR2'), id: idAt(days(-19)) };
    const plain = { ...created('P1'), id: idAt(days(-18)) };
    await bring(late, dead, plain);
    sour = false;
    expect((await retry(late.id)).status).toBe(200);
    await settled();
    await rows('delete from levels');
    await forgetDone(room.service.db, days(0));
    expect(await rows('select id from inbox_done order by 1')).toEqual([{ id: late.id }, { id: dead.id }]);
    await bring(late, dead);
    expect(await levels()).toEqual([]);
  });

  test('is forgotten after 90 days, with what was done about it; what is dead is not', async () => {
    await bring(created('SOUR1'), created('SOUR2'));
    const [second, first] = await all();
    await room.call(desk.discard, { as: admin, params: { id: first?.id as string }, body: { why } });
    await forgetFinished(room.service.db, days(89));
    expect(await all()).toHaveLength(2);
    await forgetFinished(room.service.db, days(91));
    expect(await all()).toMatchObject([{ id: second?.id }]);
    expect(await room.service.db.query(sql('select 1 from desk_actions'))).toEqual([]);
  });
});
