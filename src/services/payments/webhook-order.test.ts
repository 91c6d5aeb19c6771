/**
 * An answer of Stripe, its webhooks and the end of the order, in every order in which they can reach us: the end is the
 * same. Each permutation is an order of its own, in one room.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PaymentsRoom } from '../../../test/payments-room.ts';
import { anOrder, openPaymentsRoom } from '../../../test/payments-room.ts';
import { eventually } from '../../../test/service-harness.ts';
import type { StripeStandIn } from '../../../test/stripe-stand-in.ts';
import { startStripeStandIn } from '../../../test/stripe-stand-in.ts';
import type { OrderState } from '../../contracts/orders.ts';
import type { Effect } from '../../platform/effect.ts';

/** answer: asked again, Stripe answers. failed: a webhook about an earlier attempt. */
type Step = 'answer' | 'succeeded' | 'failed' | 'cancel';

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) =>
    items.indexOf(item) < i ? [] : permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]),
  );
}

let stripe: StripeStandIn;
let room: PaymentsRoom;
beforeAll(async () => {
  stripe = await startStripeStandIn();
  room = await openPaymentsRoom(stripe);
});
afterAll(async () => {
  await room?.close();
  await stripe?.close();
});

const charges = () => room.workers.find(({ name }) => name === 'charges') as Effect;

let orders = 0;
/** An order that Stripe has been asked to charge, and whose answer we have not heard. */
async function unheard(payment_method: string): Promise<OrderState> {
  const order = anOrder({ payment_method });
  for (let i = 0; i < 50; i += 1) stripe.fail('confirm', 'lost');
  await room.place(order);
  // It is asked again and again, in vain, until none of its answers is on its way and it waits for us.
  const held = async () => {
    const rows = await room.rows(
      `update payments set next_attempt_at = 'infinity' where order_id = $1 and last_error is not null returning 1`,
      [order.id],
    );
    await charges().settled();
    return rows.length > 0 && (await room.payment(order))?.next_attempt_at === 'infinity';
  };
  await eventually(held);
  stripe.calm();
  return order;
}

async function take(step: Step, order: OrderState): Promise<void> {
  const [intent] = stripe.intentOf(order.id);
  const told = (type: string, id: string) => ({
    ...{ id, object: 'event', type, created: 1_700_000_000, livemode: false, api_version: '2026-10-28.endive' },
    data: { object: { ...intent, ...(type.endsWith('failed') && { status: 'requires_payment_method' }) } },
  });
  switch (step) {
    case 'answer':
      await room.rows(`update payments set next_attempt_at = now() where order_id = $1 and status = 'processing'`, [
        order.id,
      ]);
      room.wake();
      await room.until(
        () => room.payment(order),
        (payment) => payment?.status !== 'processing',
      );
      return;
    case 'succeeded':
    case 'failed': {
      const id = `evt_${step}_${order.id}`;
      expect(
        await room.webhook(told(step === 'failed' ? 'payment_intent.payment_failed' : 'payment_intent.succeeded', id)),
      ).toBe(204);
      await eventually(async () =>
        (await room.events()).some((one) => one.event_id === id && one.status === 'applied'),
      );
      return;
    }
    case 'cancel':
      await room.cancel(order);
  }
}

async function endOf(order: OrderState) {
  await room.until(
    () => room.refunds(order),
    (refunds) => refunds.every(({ status }) => status === 'succeeded'),
  );
  const payment = await room.payment(order);
  const backAtStripe = [...stripe.refunds.values()]
    .filter(({ metadata }) => metadata.order_id === order.id)
    .map(({ amount }) => amount);
  return {
    status: payment?.status,
    refunded: payment?.refunded_amount,
    charged: stripe.intentOf(order.id).map(({ amount_received }) => amount_received),
    backAtStripe,
    published: (await room.published(order)).sort(),
  };
}

async function run(steps: readonly Step[], method: string) {
  orders += 1;
  const order = await unheard(method);
  for (const step of steps) await take(step, order);
  return endOf(order);
}

describe('charged, and the answer comes in any order with', () => {
  const cancelled = permutations<Step>(['answer', 'succeeded', 'succeeded', 'failed', 'cancel']);
  test.each(cancelled.map((steps) => [steps.join(' → '), steps] as const))('%s', async (_, steps) => {
    expect(await run(steps, 'pm_card_visa')).toEqual({
      status: 'succeeded',
      refunded: 7999,
      charged: [7999],
      backAtStripe: [7999],
      published: ['payment.processed', 'payment.refunded'],
    });
  });

  const paid = permutations<Step>(['answer', 'succeeded', 'succeeded', 'failed']);
  test.each(paid.map((steps) => [steps.join(' → '), steps] as const))('%s', async (_, steps) => {
    expect(await run(steps, 'pm_card_visa')).toEqual({
      status: 'succeeded',
      refunded: 0,
      charged: [7999],
      backAtStripe: [],
      published: ['payment.processed'],
    });
  });
});

describe('declined, and the answer comes in any order with', () => {
  const declined = permutations<Step>(['answer', 'failed', 'failed', 'cancel']);
  test.each(declined.map((steps) => [steps.join(' → '), steps] as const))('%s', async (_, steps) => {
    const { status, ...end } = await run(steps, 'pm_card_chargeDeclined');
    const heardFirst = steps.indexOf('answer') < steps.indexOf('cancel');
    expect(status).toBe(heardFirst ? 'failed' : 'voided');
    expect(end).toEqual({
      refunded: 0,
      charged: [0],
      backAtStripe: [],
      published: heardFirst ? ['payment.failed'] : [],
    });
  });
});

test('all at once, many times: the same end', async () => {
  for (let i = 0; i < 10; i += 1) {
    const order = await unheard('pm_card_visa');
    await Promise.all(
      (['succeeded', 'cancel', 'failed', 'answer', 'succeeded'] as const).map((one) => take(one, order)),
    );
    expect(await endOf(order)).toMatchObject({ refunded: 7999, charged: [7999], backAtStripe: [7999] });
  }
  expect(orders).toBe(84);
});
