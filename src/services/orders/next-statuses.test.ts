/** What an order's reply says that a person may make of it, and what a person may make of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HistoryRoom } from '../../../test/history-room.ts';
import { openHistoryRoom, START } from '../../../test/history-room.ts';
import { message } from '../../../test/service-harness.ts';
import { CancelOrder, ChangeStatus, GetOrder, ListOrders, OrderStatus } from '../../contracts/orders.ts';
import { PaymentRefunded } from '../../contracts/payments.ts';
import { newId } from '../../platform/clock.ts';

const STATUSES = OrderStatus.enum as OrderStatus[];

let history: HistoryRoom;
beforeAll(async () => {
  history = await openHistoryRoom();
  await history.reset();
});
afterAll(() => history.room.close());

async function order(status: OrderStatus, paidBack: boolean): Promise<string> {
  const id = await history.write({ placed: START, steps: status === 'pending' ? [] : [[START + 1, status]] });
  const refund = { order_id: id, payment_id: newId(), refund_id: newId(), currency: 'EUR', reason: 'r' };
  if (paidBack) await history.room.deliver([message(PaymentRefunded, { ...refund, amount: '10.00' })]);
  return id;
}

async function next(id: string): Promise<OrderStatus[]> {
  const reply = await history.room.call(GetOrder, { as: 'admin', params: { id } });
  if (!reply.ok) throw new Error(reply.problem.title);
  return reply.body.next_statuses;
}

describe.each([
  ['paid', false],
  ['paid back', true],
])('an order, %s,', (_, paidBack) => {
  test.each(STATUSES)('that is %s becomes what its reply lists, and nothing else', async (status) => {
    const accepted: OrderStatus[] = [];
    for (const target of STATUSES) {
      const id = await order(status, paidBack);
      const listed = await next(id);
      const reply = await history.room.call(ChangeStatus, { as: 'admin', params: { id }, body: { status: target } });
      expect([target, reply.status]).toEqual([target, listed.includes(target) ? 200 : 409]);
      if (!reply.ok) expect(reply.problem.legal_statuses).toEqual(listed);
      else accepted.push(target);
    }
    expect((await next(await order(status, paidBack))).toSorted()).toEqual(accepted.toSorted());
    const id = await order(status, paidBack);
    const cancelled = await history.room.call(CancelOrder, { as: 'admin', params: { id }, body: {} });
    expect(cancelled.ok).toBe(accepted.includes('cancelled'));
  });
});

test('lists say it too, and there is something to choose', async () => {
  const reply = await history.room.call(ListOrders, { as: 'admin', query: { status: 'confirmed' } });
  const seen = reply.ok ? reply.body.items.map(({ next_statuses }) => next_statuses.join()) : [];
  expect(new Set(seen)).toEqual(new Set(['cancelled,shipped', 'cancelled']));
});
