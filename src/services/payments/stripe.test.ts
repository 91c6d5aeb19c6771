/** Payments through Stripe's SDK against the stand-in: what is charged, given back and believed. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PaymentsRoom } from '../../../test/payments-room.ts';
import { anOrder, openPaymentsRoom } from '../../../test/payments-room.ts';
import type { StripeStandIn } from '../../../test/stripe-stand-in.ts';
import { STAND_IN_KEY, startStripeStandIn } from '../../../test/stripe-stand-in.ts';
import { GetPayment } from '../../contracts/payments.ts';

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

const charge = async (facts: Parameters<typeof anOrder>[0] = {}) => {
  const order = anOrder(facts);
  await room.place(order);
  return order;
};

describe('an order', () => {
  test('is charged once: an intent that our books name, then confirmed, with the payment as key', async () => {
    const order = await charge();
    const payment = await room.untilStatus(order, 'succeeded');
    const [intent, ...more] = stripe.intentOf(order.id);
    expect(more).toEqual([]);
    expect(intent).toMatchObject({
      status: 'succeeded',
      amount_received: 7999,
      currency: 'usd',
      metadata: { order_id: order.id, payment_id: payment.id },
    });
    expect(payment).toMatchObject({ provider: 'stripe', reference: intent?.id, transaction_id: intent?.id });
    expect(stripe.calls).toEqual([
      { call: 'create', key: payment.id, version: '2026-10-28.endive' },
      { call: 'confirm', key: `${payment.id}:confirm`, version: '2026-10-28.endive' },
    ]);
    expect(await room.published(order)).toEqual(['payment.processed']);
  });

  test.each([
    ['JPY', '500', 500],
    ['ISK', '500', 50_000],
    ['KWD', '5.120', 5_120],
    ['HUF', '10.45', 1_045],
  ])('in %s is charged in the units of Stripe', async (currency, total_amount, amount) => {
    const order = await charge({ currency, total_amount });
    await room.untilStatus(order, 'succeeded');
    expect(stripe.intentOf(order.id)).toMatchObject([{ amount, currency: currency.toLowerCase() }]);
  });

  test.each([
    ['KWD', '5.124'],
    ['MGA', '5.25'],
    ['IQD', '5.000'],
  ])('of %s %s is refused, not rounded: Stripe cannot charge exactly that', async (currency, total_amount) => {
    const order = await charge({ currency, total_amount });
    expect((await room.untilStatus(order, 'failed')).reason).toBe('amount_not_supported');
    expect(stripe.calls).toEqual([]);
  });

  test.each([
    ['pm_card_chargeDeclined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card'],
    ['pm_card_authenticationRequired', 'authentication_required'],
    ['pm_success', 'unknown_payment_method'],
  ])('paid with %s fails: %s', async (payment_method, reason) => {
    const order = await charge({ payment_method });
    expect(await room.untilStatus(order, 'failed')).toMatchObject({ reason, transaction_id: null });
    expect(await room.published(order)).toEqual(['payment.failed']);
  });

  test('that is too small for Stripe fails, with the reason', async () => {
    const order = await charge({ total_amount: '0.01' });
    expect((await room.untilStatus(order, 'failed')).reason).toBe('amount_too_small');
  });

  test('whose card wants the shopper after all fails, and can never be charged later', async () => {
    const order = await charge({ payment_method: 'pm_usBankAccount_processing' });
    await room.until(
      () => room.payment(order),
      (payment) => stripe.intents.get(payment?.reference ?? '')?.status === 'processing',
    );
    const [intent] = stripe.intentOf(order.id);
    if (intent) intent.status = 'requires_action';
    await room.again();
    expect((await room.untilStatus(order, 'failed')).reason).toBe('authentication_required');
    expect(intent?.status).toBe('canceled');
  });
});

describe('an answer that does not come', () => {
  test.each(['lost', 'reset', '500', 'stored_500', '429'] as const)('create: %s', async (how) => {
    stripe.fail('create', how);
    const order = await charge();
    await room.untilStatus(order, 'succeeded');
    expect(stripe.intentOf(order.id).filter(({ status }) => status === 'succeeded')).toHaveLength(1);
    expect(await room.published(order)).toEqual(['payment.processed']);
  });

  test.each(['lost', 'reset', '500', 'stored_500', '429'] as const)('confirm: %s', async (how) => {
    stripe.fail('confirm', how);
    const order = await charge();
    await room.untilStatus(order, 'succeeded');
    expect(stripe.intentOf(order.id)).toMatchObject([{ status: 'succeeded' }]);
    expect(await room.published(order)).toEqual(['payment.processed']);
  });

  test('a confirmation slower than our patience charges once', async () => {
    stripe.fail('confirm', 'slow', 2_500);
    const order = await charge();
    const payment = await room.untilStatus(order, 'succeeded');
    expect(payment.attempts).toBeGreaterThan(2);
    expect(stripe.intentOf(order.id)).toHaveLength(1);
  });

  test.each(['create', 'confirm'] as const)('to %s, and Stripe has forgotten our keys: charged once', async (call) => {
    stripe.fail(call, 'lost_for_a_day');
    const order = await charge();
    await room.untilStatus(order, 'succeeded');
    expect(stripe.intentOf(order.id).filter(({ status }) => status === 'succeeded')).toHaveLength(1);
  });

  test('of a decline: the card is not tried twice', async () => {
    stripe.fail('confirm', 'lost_for_a_day');
    const order = await charge({ payment_method: 'pm_card_chargeDeclined' });
    expect((await room.untilStatus(order, 'failed')).reason).toBe('generic_decline');
    const failed = stripe.events.filter(
      ({ type, data }) => type === 'payment_intent.payment_failed' && JSON.stringify(data).includes(order.id),
    );
    expect(failed).toHaveLength(1);
  });

  test("a key that Stripe refuses is the shop's fault: nobody is declined, and no part of it is shown", async () => {
    stripe.settings.refusesKey = true;
    const order = await charge();
    const waiting = await room.until(
      () => room.payment(order),
      (payment) => payment?.last_error !== null && payment?.last_error !== undefined,
    );
    expect(waiting).toMatchObject({ status: 'processing', last_error: expect.stringContaining('STRIPE_SECRET_KEY') });
    expect(waiting?.last_error).not.toContain(STAND_IN_KEY);
    expect(await room.published(order)).toEqual([]);
    stripe.settings.refusesKey = false;
    await room.untilStatus(order, 'succeeded');
  });
});

describe('when the order ends', () => {
  test('before it was confirmed, the intent is canceled and nothing is charged', async () => {
    for (let i = 0; i < 20; i += 1) stripe.fail('confirm', 'reset');
    const order = await charge();
    await room.until(
      () => room.payment(order),
      (payment) => payment?.reference !== null && payment?.last_error !== null,
    );
    await room.cancel(order);
    await room.untilStatus(order, 'voided');
    expect(stripe.intentOf(order.id)).toMatchObject([{ status: 'canceled', amount_received: 0 }]);
    expect(await room.published(order)).toEqual([]);
  });

  test('after a charge whose answer was lost, all of it goes back, once', async () => {
    stripe.fail('confirm', 'lost');
    const order = await charge();
    await room.until(
      () => room.payment(order),
      () => stripe.intentOf(order.id)[0]?.status === 'succeeded',
    );
    await room.cancel(order);
    await room.until(
      () => room.refunds(order),
      ([refund]) => refund?.status === 'succeeded',
    );
    expect(await room.refunds(order)).toMatchObject([{ amount: 7999, kind: 'order_ended' }]);
    expect(await room.payment(order)).toMatchObject({ status: 'succeeded', refunded_amount: 7999 });
    expect([...stripe.refunds.values()].filter(({ metadata }) => metadata.order_id === order.id)).toHaveLength(1);
    expect(await room.published(order)).toEqual(['payment.processed', 'payment.refunded']);
  });

  test('while a bank is at it, its end is awaited: what comes goes back', async () => {
    const order = await charge({ payment_method: 'pm_usBankAccount_processing' });
    await room.until(
      () => room.payment(order),
      () => stripe.intentOf(order.id)[0]?.status === 'processing',
    );
    await room.cancel(order);
    await room.until(
      () => room.payment(order),
      (payment) => payment?.last_error?.includes('payment_intent_unexpected_state') ?? false,
    );
    stripe.finish(stripe.intentOf(order.id)[0]?.id as string, 'succeeded');
    await room.until(
      () => room.refunds(order),
      ([refund]) => refund?.status === 'succeeded',
    );
    expect(await room.payment(order)).toMatchObject({ status: 'succeeded', refunded_amount: 7999 });
  });
});

test('a payment of a provider that is not configured any more waits, and says so', async () => {
  const order = await charge();
  const { id } = await room.untilStatus(order, 'succeeded');
  await room.rows(`update payments set provider = 'bygone' where id = $1`, [id]);
  await room.cancel(order);
  await room.until(
    () => room.refunds(order),
    ([refund]) => refund?.last_error !== null && refund?.last_error !== undefined,
  );
  const reply = await room.call(GetPayment, { as: 'admin', params: { id } });
  expect(reply).toMatchObject({
    ok: true,
    body: { refunds: [{ status: 'processing', last_error: expect.stringContaining('not configured') }] },
  });
  await room.rows(`update payments set provider = 'stripe' where id = $1`, [id]);
  await room.until(
    () => room.refunds(order),
    ([refund]) => refund?.status === 'succeeded',
  );
});
