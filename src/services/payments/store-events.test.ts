/** Two that write the same webhook events at once: nothing that one of them did is lost, and they never lock each other. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import { newId } from '../../platform/clock.ts';
import { sql } from '../../platform/database.ts';
import { payments } from './service.ts';
import {
  claimEvents,
  insertEvent,
  updateEvents,
  type WebhookRow,
  type WebhookVerdict,
  wakeEvents,
} from './store-events.ts';

let room: TestRoom;
beforeAll(async () => {
  room = await openTestRoom(payments);
});
afterAll(() => room?.close());
beforeEach(() => room.service.db.query({ text: 'truncate webhook_events' }));

const NOW = new Date('2026-03-01T12:00:00.000Z');
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
const order_id = newId();

async function early(...names: string[]): Promise<WebhookRow[]> {
  for (const event_id of names) {
    const about = { provider: 'stripe', type: 'charge.refunded', reference: 'pi_1', payment_id: null, order_id };
    await insertEvent(room.service.db, { ...about, event_id, fact: { kind: 'refunds_moved' } }, NOW);
  }
  return claimEvents(room.service.db, 100, NOW, later(30));
}
/** No payment was there when it was looked for. */
const inAnHour = ({ provider, event_id, next_attempt_at: taken_until }: WebhookRow): WebhookVerdict => ({
  ...{ provider, event_id, taken_until, status: 'waiting', note: 'no payment of ours yet' },
  next_attempt_at: later(3600).toISOString(),
});
const rows = () =>
  room.service.db.query<{ event_id: string; status: string; next_attempt_at: string | null }>({
    text: 'select event_id, status, next_attempt_at from webhook_events order by event_id',
  });

/** The payment of `order`, to be charged now, in the transaction that wakes what came before it. */
const firstChargeOf = async (order: string) => {
  const { db } = room.service;
  const [id, at] = [newId(), NOW.toISOString()];
  await db.transaction(async (tx) => {
    tx.write(
      sql(`insert into payments (id, order_id, amount, currency, status, method, provider, next_attempt_at, created_at,
        updated_at) values ($1, $2, 100, 'USD', 'processing', 'pm_card', 'stripe', $3, $3, $3)`),
      [id, order, at],
    );
    wakeEvents(tx, [order], NOW, later(10));
  });
  const text = 'select next_attempt_at from payments where id = $1';
  return (await db.query<{ next_attempt_at: string }>({ text }, [id]))[0]?.next_attempt_at;
};

describe('an early event', () => {
  test('is heard before its order is charged; an order nobody spoke of is charged at once', async () => {
    await early('evt_1');
    expect(await firstChargeOf(order_id)).toBe('2026-03-01T12:00:10.000Z');
    expect(await firstChargeOf(newId())).toBe('2026-03-01T12:00:00.000Z');
  });

  test('that nobody woke waits for its next try', async () => {
    const claimed = await early('evt_1');
    await room.service.db.transaction(async (tx) => updateEvents(tx, claimed.map(inAnHour)));
    expect(await rows()).toMatchObject([{ next_attempt_at: '2026-03-01T13:00:00.000Z' }]);
  });

  test('that its payment woke while it was at work is looked at again at once', async () => {
    const claimed = await early('evt_1');
    await room.service.db.transaction(async (tx) => wakeEvents(tx, [order_id], later(1), later(11)));
    await room.service.db.transaction(async (tx) => updateEvents(tx, claimed.map(inAnHour)));
    expect(await rows()).toMatchObject([{ status: 'waiting', next_attempt_at: '2026-03-01T12:00:01.000Z' }]);
  });

  test('that was settled stays settled, woken or not', async () => {
    const claimed = await early('evt_1');
    await room.service.db.transaction(async (tx) => wakeEvents(tx, [order_id], later(1), later(11)));
    const applied = claimed.map((one) => ({ ...inAnHour(one), status: 'applied' as const, next_attempt_at: null }));
    await room.service.db.transaction(async (tx) => updateEvents(tx, applied));
    expect(await rows()).toMatchObject([{ status: 'applied', next_attempt_at: null }]);
  });
});

test('many are woken and written at once, in any order, and nobody waits for whom he holds up', async () => {
  const claimed = await early(...Array.from({ length: 200 }, (_, i) => `evt_${(i * 7919) % 1000}`));
  const { db } = room.service;
  for (let i = 0; i < 20; i += 1) {
    await Promise.all([
      db.transaction(async (tx) => updateEvents(tx, claimed.map(inAnHour))),
      db.transaction(async (tx) => wakeEvents(tx, [order_id], later(i), later(i + 10))),
      db.transaction(async (tx) => updateEvents(tx, claimed.map(inAnHour).reverse())),
    ]);
  }
  expect(await rows()).toHaveLength(200);
});
