/** What Stripe tells unasked: what is believed, and that its order decides nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PaymentsRoom } from '../../../test/payments-room.ts';
import { anOrder, openPaymentsRoom } from '../../../test/payments-room.ts';
import type { StripeStandIn } from '../../../test/stripe-stand-in.ts';
import { STAND_IN_SECRET, signed, startStripeStandIn } from '../../../test/stripe-stand-in.ts';
import { GetPayment, ListPayments } from '../../contracts/payments.ts';

const OLD_SECRET = 'whsec_last_year';
let stripe: StripeStandIn;
let room: PaymentsRoom;
beforeAll(async () => {
  stripe = await startStripeStandIn();
  room = await openPaymentsRoom(stripe, { STRIPE_WEBHOOK_SECRET: `${STAND_IN_SECRET}, ${OLD_SECRET}` });
});
afterAll(async () => {
  await room?.close();
  await stripe?.close();
});
beforeEach(() => stripe.calm());

const seconds = () => Math.floor(Date.now() / 1000);
let made = 0;
/** An event about an intent that another part of the shop's account has made. */
const event = (type: string, object: object) => {
  made += 1;
  const about = { id: `evt_made_${made}`, object: 'event', type, created: seconds(), livemode: false };
  return { ...about, api_version: '2026-10-28.endive', data: { object } };
};
const succeeded = (order: { id: string }, more: object = {}) =>
  event('payment_intent.succeeded', {
    id: `pi_elsewhere_${order.id}`,
    object: 'payment_intent',
    status: 'succeeded',
    amount: 7999,
    amount_received: 7999,
    currency: 'usd',
    metadata: { order_id: order.id },
    ...more,
  });
const stored = async (id: string) => (await room.events()).filter(({ event_id }) => event_id === id);
const settled = async (id: string) =>
  (
    await room.until(
      () => stored(id),
      ([one]) => one !== undefined && one.status !== 'waiting',
    )
  )[0];

describe('a webhook', () => {
  const refusals: [string, (good: ReturnType<typeof signed>) => { body: string; headers: Record<string, string> }][] = [
    ['signed with another secret', () => signed(succeeded(anOrder()), { secrets: ['whsec_wrong'] })],
    ['signed six minutes ago', () => signed(succeeded(anOrder()), { at: seconds() - 360 })],
    ['signed six minutes from now', () => signed(succeeded(anOrder()), { at: seconds() + 360 })],
    ['with one byte changed', ({ body, headers }) => ({ body: body.replace('7999', '7998'), headers })],
    ['written again by a proxy', ({ body, headers }) => ({ body: JSON.stringify(JSON.parse(body)), headers })],
    ['without a signature', ({ body }) => ({ body, headers: { 'content-type': 'application/json' } })],
    [
      'with a newer time put over its own',
      ({ body, headers }) => ({
        body,
        headers: { ...headers, 'stripe-signature': `t=${seconds() + 1},${headers['stripe-signature'].split(',')[1]}` },
      }),
    ],
    ['that is no JSON, though signed', () => signed('{"id":')],
  ];
  test.each(refusals)('%s is not believed and changes nothing', async (_, spoil) => {
    const before = (await room.events()).length;
    const { body, headers } = spoil(signed(succeeded(anOrder())));
    const reply = await fetch(`${room.url}/webhooks/stripe`, { method: 'POST', body, headers });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ type: 'urn:tradewind:problem:webhook-not-believed' });
    expect((await room.events()).length).toBe(before);
  });

  test('five minutes old is believed', async () => {
    expect(await room.webhook(succeeded(anOrder()), { at: seconds() - 290 })).toBe(204);
  });

  test.each([
    ['the old secret', [OLD_SECRET]],
    ['the new secret', [STAND_IN_SECRET]],
    ['both', [OLD_SECRET, STAND_IN_SECRET]],
    ['one we know among others', ['whsec_next_year', STAND_IN_SECRET]],
  ])('while secrets are rotated is believed with %s', async (_, secrets) => {
    const one = succeeded(anOrder());
    expect(await room.webhook(one, { secrets })).toBe(204);
    expect(await stored(one.id)).toHaveLength(1);
  });

  test('of a kind nobody asked for is answered and forgotten', async () => {
    const one = event('customer.created', { id: 'cus_1', object: 'customer' });
    expect(await room.webhook(one)).toBe(204);
    expect(await stored(one.id)).toEqual([]);
  });

  test('for a provider that does not exist, or has none, is not found', async () => {
    for (const provider of ['test', 'paypal']) {
      const reply = await fetch(`${room.url}/webhooks/${provider}`, { method: 'POST', ...signed({}) });
      expect(reply.status).toBe(404);
    }
  });

  test('too large is refused', async () => {
    const reply = await fetch(`${room.url}/webhooks/stripe`, { method: 'POST', ...signed('x'.repeat(300_000)) });
    expect(reply.status).toBe(413);
  });
});

describe('a success', () => {
  test('that comes before the order waits for it: paid, and not charged again', async () => {
    const order = anOrder();
    const early = succeeded(order);
    expect(await room.webhook(early)).toBe(204);
    await room.until(
      () => stored(early.id),
      ([one]) => one?.note !== null,
    );
    expect(await stored(early.id)).toMatchObject([{ status: 'waiting' }]);
    await room.place(order);
    expect(await room.untilStatus(order, 'succeeded')).toMatchObject({ reference: `pi_elsewhere_${order.id}` });
    expect(stripe.intentOf(order.id).filter(({ status }) => status === 'succeeded')).toEqual([]);
    expect(await room.published(order)).toEqual(['payment.processed']);
  });

  test('for an order that had ended before we heard of either goes back once', async () => {
    const order = anOrder();
    const late = succeeded(order);
    await room.cancel(order);
    expect(await room.payment(order)).toMatchObject({ status: 'voided' });
    await Promise.all([room.webhook(late), room.webhook(late), room.webhook(late)]);
    await settled(late.id);
    expect(await room.payment(order)).toMatchObject({ status: 'succeeded', refunded_amount: 7999 });
    expect(await room.refunds(order)).toMatchObject([{ amount: 7999, kind: 'order_ended' }]);
  });

  test.each([
    ['of another amount', { amount_received: 7998 }],
    ['in another currency', { currency: 'eur' }],
  ])('%s is refused and shown, not taken for paid', async (_, wrong) => {
    const order = anOrder({ payment_method: 'pm_usBankAccount_processing' });
    await room.place(order);
    const { reference } = (await room.until(
      () => room.payment(order),
      (payment) => payment?.reference !== null,
    )) as { reference: string };
    const one = succeeded(order, { id: reference, ...wrong });
    await room.webhook(one);
    expect(await settled(one.id)).toMatchObject({ status: 'refused', note: expect.stringContaining('was charged') });
    expect(await room.payment(order)).toMatchObject({ status: 'processing' });
  });

  test('of a second intent for a paid order is refused: a person must look', async () => {
    const order = anOrder();
    await room.place(order);
    await room.untilStatus(order, 'succeeded');
    const one = succeeded(order);
    await room.webhook(one);
    expect(await settled(one.id)).toMatchObject({ status: 'refused' });
  });

  test('whose metadata is no id is nobody of ours', async () => {
    const one = succeeded(anOrder(), { metadata: { order_id: "1'; drop table payments", payment_id: 'nobody' } });
    expect(await room.webhook(one)).toBe(204);
    await room.until(
      () => stored(one.id),
      ([found]) => found?.note !== null,
    );
    expect(await stored(one.id)).toMatchObject([{ status: 'waiting', note: 'no payment of ours yet' }]);
    await room.rows(`update webhook_events set received_at = now() - interval '4 days' where event_id = $1`, [one.id]);
    expect(await settled(one.id)).toMatchObject({ status: 'unmatched' });
  });
});

test.each([
  'succeeded',
  'failed',
] as const)('a debit that a bank ends later (%s): its webhook ends the waiting', async (end) => {
  const order = anOrder({ payment_method: 'pm_usBankAccount_processing' });
  await room.place(order);
  await room.until(
    () => room.payment(order),
    () => stripe.intentOf(order.id)[0]?.status === 'processing',
  );
  await room.rows(`update payments set next_attempt_at = now() + interval '1 hour' where order_id = $1`, [order.id]);
  const { id } = stripe.intentOf(order.id)[0] as { id: string };
  stripe.finish(id, end);
  await room.webhook(stripe.events.at(-1));
  expect(await room.untilStatus(order, end)).toMatchObject({
    reason: end === 'failed' ? 'payment_method_provider_decline' : null,
  });
});

test('a dispute is seen on its payment; older news does not overwrite newer', async () => {
  const order = anOrder();
  await room.place(order);
  const { id, reference } = await room.untilStatus(order, 'succeeded');
  const dispute = { id: 'du_1', object: 'dispute', amount: 7999, currency: 'usd', reason: 'fraudulent' };
  const told = (type: string, status: string, at: number) => ({
    ...event(type, { ...dispute, created: 1_700_000_000, payment_intent: reference, status }),
    created: at,
  });
  const closed = told('charge.dispute.closed', 'lost', 1_700_000_200);
  const created = told('charge.dispute.created', 'needs_response', 1_700_000_000);
  await room.webhook(closed);
  await settled(closed.id);
  await room.webhook(created);
  expect(await settled(created.id)).toMatchObject({ status: 'applied', note: 'older news' });
  expect(await room.call(GetPayment, { as: 'admin', params: { id } })).toMatchObject({
    body: { dispute: { id: 'du_1', amount: '79.99', reason: 'fraudulent', status: 'lost' } },
  });
  const list = (disputed: boolean) => room.call(ListPayments, { as: 'admin', query: { disputed } });
  expect(await list(true)).toMatchObject({ body: { items: [{ id }], next_cursor: null } });
  expect(JSON.stringify(await list(false))).not.toContain(id);
});
