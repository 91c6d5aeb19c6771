/** Lists that people look at: what is in them, for whom, and that a million rows do not make them slow. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import { ListPayments, ListWebhookEvents } from '../../contracts/payments.ts';
import { newId } from '../../platform/clock.ts';
import type { QueryOf } from '../../platform/contract.ts';
import { payments } from './service.ts';
import { claimEvents, insertEvent, updateEvents } from './store-events.ts';

let room: TestRoom;
const run = <Row = unknown>(text: string) => room.service.db.query<Row>({ text });
beforeAll(async () => {
  room = await openTestRoom(payments);
});
afterAll(() => room?.close());

const list = async (query: QueryOf<typeof ListWebhookEvents> = {}) => {
  const reply = await room.call(ListWebhookEvents, { as: 'admin', query });
  if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
  return reply.body;
};

describe('webhook events', () => {
  const order_id = newId();
  beforeAll(async () => {
    const { db } = room.service;
    for (let i = 0; i < 10; i += 1) {
      const event = {
        provider: 'stripe',
        event_id: `evt_${i}`,
        type: 'payment_intent.succeeded',
        reference: `pi_${i}`,
      };
      // Two at a time came in the same millisecond.
      const at = new Date(Date.UTC(2026, 2, 1, 12, 0, Math.floor(i / 2)));
      const fact = { kind: 'charged', amount: 7999, currency: 'USD' } as const;
      await insertEvent(db, { ...event, payment_id: null, order_id, fact }, at);
    }
    const claimed = await claimEvents(db, 10, new Date(), new Date(Date.now() + 30_000));
    const ends = { evt_2: 'refused', evt_3: 'unmatched', evt_9: 'refused' } as Record<string, 'refused' | 'unmatched'>;
    await db.transaction(async (tx) =>
      updateEvents(
        tx,
        claimed.map(({ provider, event_id, next_attempt_at: taken_until }) => ({
          ...{ provider, event_id, taken_until, next_attempt_at: null },
          ...{ status: ends[event_id] ?? 'applied', note: ends[event_id] ? 'not what we know' : null },
        })),
      ),
    );
  });

  test('that contradict the books are shown with why, and nothing else of them', async () => {
    expect(await list({ status: 'refused' })).toEqual({
      next_cursor: null,
      items: [9, 2].map((i) => ({
        ...{ provider: 'stripe', event_id: `evt_${i}`, type: 'payment_intent.succeeded', reference: `pi_${i}` },
        ...{ payment_id: null, order_id, status: 'refused', note: 'not what we know', attempts: 1 },
        ...{ next_attempt_at: null, received_at: `2026-03-01T12:00:0${Math.floor(i / 2)}.000Z` },
      })),
    });
    expect((await list({ status: 'unmatched' })).items.map(({ event_id }) => event_id)).toEqual(['evt_3']);
    expect((await list({ status: 'waiting' })).items).toEqual([]);
  });

  test('of an order are those that name it, and those that name only its charge', async () => {
    const other = newId();
    await run(`insert into payments (id, order_id, amount, currency, status, method, provider, reference, transaction_id,
        created_at, updated_at)
      values ('${newId()}', '${other}', 100, 'USD', 'succeeded', 'pm', 'stripe', 'pi_3', 'pi_3', now(), now())`);
    expect((await list({ order_id: other })).items.map(({ event_id }) => event_id)).toEqual(['evt_3']);
    expect((await list({ order_id, limit: 100 })).items).toHaveLength(10);
    expect((await list({ order_id, status: 'refused' })).items.map(({ event_id }) => event_id)).toEqual([
      'evt_9',
      'evt_2',
    ]);
    expect((await list({ order_id: newId() })).items).toEqual([]);
    await run(`delete from payments where order_id = '${other}'`);
  });

  test.each([1, 2, 3, 7])('are paged newest first, %i at a time, each once', async (limit) => {
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await list({ limit, ...(cursor && { cursor }) });
      seen.push(...page.items.map(({ event_id }) => event_id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((i) => `evt_${i}`));
  });

  test('are for admins, and only by their own cursors', async () => {
    expect((await room.call(ListWebhookEvents)).status).toBe(401);
    expect((await room.call(ListWebhookEvents, { as: { customer: newId() } })).status).toBe(403);
    for (const values of [
      ['yesterday', 'stripe', 'evt_1'],
      [1, 2, 3],
      ['2026-13-01T00:00:00.000Z', 'stripe', 'x'],
      ['a'],
    ]) {
      const cursor = Buffer.from(JSON.stringify(values)).toString('base64url');
      const reply = await room.call(ListWebhookEvents, { as: 'admin', query: { cursor } });
      expect(reply).toMatchObject({ status: 422, problem: { errors: [{ pointer: '/query/cursor' }] } });
    }
  });
});

describe('among many that went well', () => {
  beforeAll(async () => {
    await run(`
      insert into payments (id, order_id, amount, currency, status, method, provider, transaction_id, created_at, updated_at)
      select gen_random_uuid(), gen_random_uuid(), 100, 'USD', case i % 5000 when 0 then 'failed' when 1 then 'voided' else 'succeeded' end,
        'pm', 'test', case when i % 5000 > 1 then 'tx' || i end, now(), now() from generate_series(1, 50000) i`);
    await run(`
      insert into webhook_events (provider, event_id, type, reference, fact, status, received_at)
      select 'stripe', 'many_' || i, 't', 'r', '{}', case i % 5000 when 0 then 'refused' when 1 then 'unmatched' else 'applied' end,
        now() - i * interval '1 second' from generate_series(1, 50000) i`);
    await run('vacuum analyze payments');
    await run('vacuum analyze webhook_events');
  });
  /** Rows that were looked at. */
  const looked = async (text: string) => {
    const rows = await run<{ 'QUERY PLAN': string }>(`explain (analyze, costs off, timing off, summary off) ${text}`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    const thrownAway = [...plan.matchAll(/Rows Removed by Filter: (\d+)/g)].map(([, count]) => Number(count));
    return { plan, thrownAway: thrownAway.reduce((sum, count) => sum + count, 0) };
  };

  test.each(['failed', 'voided', 'processing'])('payments that are %s are found by an index', async (status) => {
    const { plan, thrownAway } = await looked(
      `select * from payments where status = '${status}' order by id desc limit 51`,
    );
    expect(plan).toContain(status === 'processing' ? 'payments_due' : 'payments_gone_wrong');
    expect(thrownAway).toBe(0);
    const reply = await room.call(ListPayments, { as: 'admin', query: { status: status as 'failed' } });
    expect(reply.ok && reply.body.items.length).toBe(status === 'processing' ? 0 : 10);
  });

  test.each([
    [`where status = 'refused'`, 'webhook_events_gone_wrong'],
    [`where status = 'unmatched'`, 'webhook_events_gone_wrong'],
    [`where status = 'waiting'`, 'webhook_events_'],
    [`where status = 'applied'`, 'webhook_events_age'],
    [`where (received_at, provider, event_id) < (now() - interval '3 hours', 'stripe', 'x')`, 'webhook_events_age'],
  ])('webhook events %s are found by an index', async (where, index) => {
    const order = 'order by received_at desc, provider desc, event_id desc limit 51';
    const { plan, thrownAway } = await looked(`select * from webhook_events ${where} ${order}`);
    expect(plan).toContain(index);
    expect(thrownAway).toBeLessThan(10);
  });

  test('webhook events of one order are found by an index', async () => {
    const { plan, thrownAway } = await looked(`
      select * from (select * from webhook_events where order_id = '${newId()}' or reference = any (array(
        select unnest(array[reference, transaction_id]) from payments where order_id = '${newId()}')) offset 0) found
      order by received_at desc limit 51`);
    expect(plan).toContain('webhook_events_reference');
    expect(thrownAway).toBe(0);
  });

  test('old ones are forgotten by an index', async () => {
    const { plan, thrownAway } = await looked(`select ctid from webhook_events
      where status <> 'waiting' and received_at < now() - interval '13 hours' order by received_at limit 5000`);
    expect(plan).toContain('webhook_events_age');
    expect(thrownAway).toBe(0);
  });
});
