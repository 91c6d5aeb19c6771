/** Giving money back through Stripe: in parts, at once, refused, late, and by somebody else. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PaymentsRoom } from '../../../test/payments-room.ts';
import { anOrder, openPaymentsRoom } from '../../../test/payments-room.ts';
import type { StripeStandIn } from '../../../test/stripe-stand-in.ts';
import { startStripeStandIn } from '../../../test/stripe-stand-in.ts';
import { GetPayment, ListRefunds, RefundPayment } from '../../contracts/payments.ts';

let stripe: StripeStandIn;
let room: PaymentsRoom;
beforeAll(async () => {
  stripe = await startStripeStandIn();
  room = await openPaymentsRoom(stripe, { PAYMENT_TIMEOUT_MS: 2_000 });
});
afterAll(async () => {
  await room?.close();
  await stripe?.close();
});
beforeEach(() => stripe.calm());

const paid = async (facts: Parameters<typeof anOrder>[0] = {}) => {
  const order = anOrder(facts);
  await room.place(order);
  const payment = await room.untilStatus(order, 'succeeded');
  return { ...order, payment_id: payment.id, intent: payment.reference as string };
};
type Paid = Awaited<ReturnType<typeof paid>>;
const refund = ({ payment_id }: Paid, body: { amount?: string; reason?: string } = {}, idempotencyKey?: string) =>
  room.call(RefundPayment, {
    as: 'admin',
    params: { id: payment_id },
    body,
    ...(idempotencyKey && { idempotencyKey }),
  });
const refunded = async (order: Paid, count: number) =>
  room.until(
    () => room.refunds(order),
    (refunds) => refunds.filter(({ status }) => status === 'succeeded').length === count,
  );
const atStripe = ({ id }: Paid) =>
  [...stripe.refunds.values()]
    .filter(({ metadata, status }) => metadata.order_id === id && status === 'succeeded')
    .map(({ amount }) => amount);
/** Sends what Stripe has to say about a payment. */
const tell = async ({ intent }: Paid, ...types: string[]) => {
  const about = stripe.events.filter(({ type, data }) => types.includes(type) && JSON.stringify(data).includes(intent));
  for (const event of about) expect(await room.webhook(event)).toBe(204);
  return about;
};

describe('a refund', () => {
  test('of a part, then of the rest; never of more than was captured', async () => {
    const order = await paid();
    expect(await refund(order, { amount: '30.00', reason: 'scratched' })).toMatchObject({
      status: 202,
      body: { amount: '30.00', status: 'processing', kind: 'merchant', reason: 'scratched' },
    });
    expect(await refund(order, { amount: '50.00' })).toMatchObject({
      status: 409,
      problem: { type: 'urn:tradewind:problem:not-refundable', detail: '49.99 USD is left to refund' },
    });
    expect(await refund(order)).toMatchObject({ status: 202, body: { amount: '49.99' } });
    expect(await refund(order)).toMatchObject({ status: 409 });
    await refunded(order, 2);
    expect(atStripe(order)).toEqual([3000, 4999]);
    expect(await room.published(order)).toEqual(['payment.processed', 'payment.refunded', 'payment.refunded']);
  });

  test('asked for by many at once gives back no more than there is', async () => {
    const order = await paid();
    const replies = await Promise.all(Array.from({ length: 10 }, () => refund(order, { amount: '30.00' })));
    expect(replies.filter(({ status }) => status === 202)).toHaveLength(2);
    await refunded(order, 2);
    expect(atStripe(order)).toEqual([3000, 3000]);
  });

  test('repeated with its key is the same refund', async () => {
    const order = await paid();
    const [first, again] = [
      await refund(order, { amount: '1.00' }, 'k1'),
      await refund(order, { amount: '1.00' }, 'k1'),
    ];
    expect(again).toMatchObject({ status: 202, body: first.ok ? first.body : {} });
    await refunded(order, 1);
    expect(atStripe(order)).toEqual([100]);
  });

  test('and the end of the order at the same time give back everything, once', async () => {
    const order = await paid();
    await Promise.all([refund(order, { amount: '30.00' }), room.cancel(order), refund(order, { amount: '30.00' })]);
    await room.until(
      () => room.refunds(order),
      (refunds) => refunds.every(({ status }) => status === 'succeeded'),
    );
    expect(atStripe(order).reduce((sum, amount) => sum + amount, 0)).toBe(7999);
    expect((await room.refunds(order)).filter(({ kind }) => kind === 'order_ended')).toHaveLength(1);
  });

  test('of an amount that Stripe cannot give back exactly is refused at the door', async () => {
    const order = await paid({ currency: 'KWD', total_amount: '5.120' });
    expect(await refund(order, { amount: '1.001' })).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '/amount' }] },
    });
    expect(await room.refunds(order)).toEqual([]);
  });

  test.each([
    'lost',
    'reset',
    '500',
    '429',
    'slow',
  ] as const)('whose answer does not come (%s) is made once', async (how) => {
    const order = await paid();
    stripe.fail('refund', how, 2_500);
    await refund(order, { amount: '30.00' });
    await refunded(order, 1);
    expect(atStripe(order)).toEqual([3000]);
    expect(await room.published(order)).toEqual(['payment.processed', 'payment.refunded']);
  });

  test('whose answer was lost, and Stripe has forgotten our keys, is made once', async () => {
    const order = await paid();
    stripe.fail('refund', 'lost_for_a_day');
    await refund(order, { amount: '30.00' });
    await refunded(order, 1);
    expect(atStripe(order)).toEqual([3000]);
  });
});

describe('a refund that Stripe refuses', () => {
  test('is seen by the owner with its reason, and the money can be given back again', async () => {
    const order = await paid();
    // Somebody was faster in the dashboard, and we have not heard of it.
    stripe.refundByHand(order.intent, 6000);
    await refund(order, { amount: '30.00' });
    await room.until(
      () => room.refunds(order),
      ([one]) => one?.status === 'failed',
    );
    expect(await room.payment(order)).toMatchObject({ refunded_amount: 0 });
    const reply = await room.call(GetPayment, { as: 'admin', params: { id: order.payment_id } });
    expect(reply).toMatchObject({
      body: { refunded_amount: '0.00', refunds: [{ status: 'failed', amount: '30.00' }] },
    });
    const failed = await room.call(ListRefunds, { as: 'admin', query: { status: 'failed', limit: 1 } });
    expect(failed).toMatchObject({
      body: { items: [{ payment_id: order.payment_id, last_error: expect.stringContaining('greater than') }] },
    });
    expect(await refund(order, { amount: '10.00' })).toMatchObject({ status: 202 });
    await refunded(order, 1);
    expect(await room.published(order)).toEqual(['payment.processed', 'payment.refunded']);
  });

  test('days after it succeeded: a bank sent it back', async () => {
    const order = await paid();
    await refund(order);
    const [made] = await refunded(order, 1);
    stripe.failRefund(made?.reference as string);
    await tell(order, 'refund.created', 'refund.failed');
    await room.until(
      () => room.refunds(order),
      ([one]) => one?.status === 'failed',
    );
    expect((await room.refunds(order))[0]).toMatchObject({ last_error: 'lost_or_stolen_card' });
    expect(await room.payment(order)).toMatchObject({ status: 'succeeded', refunded_amount: 0 });
    const told = ['payment.processed', 'payment.refunded', 'payment.refund.failed'];
    expect(await room.published(order)).toEqual(told);
    const [{ data } = { data: {} }] = (await room.outbox()).filter(({ type }) => type === 'payment.refund.failed');
    expect(data).toEqual({
      ...{ order_id: order.id, payment_id: order.payment_id, refund_id: made?.id },
      ...{ amount: '79.99', currency: 'USD', reason: 'lost_or_stolen_card' },
    });
    await tell(order, 'refund.failed', 'charge.refunded');
    await room.until(room.events, (events) => events.every(({ status }) => status !== 'waiting'));
    expect(await room.published(order)).toEqual(told);
    expect(await refund(order)).toMatchObject({ status: 202 });
    await refunded(order, 1);
    expect(await room.published(order)).toEqual([...told, 'payment.refunded']);
  });
});

test('a refund that takes its time is told once it is there, by webhook or when asked', async () => {
  stripe.settings.refundStatus = 'pending';
  const order = await paid();
  await refund(order, { amount: '10.00' });
  const [made] = await room.until(
    () => room.refunds(order),
    ([one]) => one?.reference !== null && one?.reference !== undefined,
  );
  expect(made).toMatchObject({ status: 'processing' });
  expect(await room.published(order)).toEqual(['payment.processed']);
  const known = stripe.refunds.get(made?.reference as string);
  if (known) known.status = 'succeeded';
  await room.again();
  await refunded(order, 1);
  expect(await room.published(order)).toEqual(['payment.processed', 'payment.refunded']);
});

describe('a refund made in the dashboard', () => {
  test.each([
    ['refund.created', 'charge.refunded'],
    ['charge.refunded', 'refund.created'],
    ['charge.refunded'],
    ['refund.created', 'refund.created', 'charge.refunded', 'charge.refunded'],
  ])('is ours too, once, and leaves so much less to refund (%s %s)', async (...types) => {
    const order = await paid();
    await refund(order, { amount: '10.00' });
    await refunded(order, 1);
    stripe.refundByHand(order.intent, 5000);
    for (const type of types) await tell(order, type);
    await refunded(order, 2);
    await room.until(room.events, (events) => events.every(({ status }) => status !== 'waiting'));
    expect(await room.refunds(order)).toMatchObject([{ kind: 'merchant' }, { kind: 'external', amount: 5000 }]);
    expect(await room.payment(order)).toMatchObject({ refunded_amount: 6000 });
    expect(await refund(order, { amount: '20.00' })).toMatchObject({ status: 409 });
    expect(await room.published(order)).toEqual(['payment.processed', 'payment.refunded', 'payment.refunded']);
  });

  test('of everything, while ours waits: ours is refused, and the sum is right again', async () => {
    const order = await paid();
    for (let i = 0; i < 3; i += 1) stripe.fail('refund', '429');
    await refund(order, { amount: '30.00' });
    stripe.refundByHand(order.intent, 7999);
    await tell(order, 'refund.created');
    await room.until(
      () => room.refunds(order),
      (refunds) => refunds.length === 2 && refunds.every(({ status }) => status !== 'processing'),
    );
    expect(await room.refunds(order)).toMatchObject([
      { kind: 'merchant', status: 'failed', last_error: 'charge_already_refunded' },
      { kind: 'external', status: 'succeeded', amount: 7999 },
    ]);
    expect(await room.payment(order)).toMatchObject({ refunded_amount: 7999 });
  });
});
