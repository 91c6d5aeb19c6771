/** A whole shop on Stripe's stand-in: checkout to confirmation, undone, in both topologies, with answers lost midway. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { SERVICES } from '../src/contracts/registry.ts';
import type { PlacedOrder, TestShop } from './harness.ts';
import { createShops, eventually, hasRabbit, TOPOLOGIES } from './harness.ts';
import { expectInvariants } from './invariants.ts';
import type { StripeStandIn } from './stripe-stand-in.ts';
import { STAND_IN_KEY, STAND_IN_SECRET, sendWebhook, startStripeStandIn } from './stripe-stand-in.ts';

let shop: TestShop;
let stripe: StripeStandIn;
const shops = createShops();
/** One for each shop: their books are compared. */
const standIns = new Map<string, StripeStandIn>();
afterEach(async () => {
  await shop.quiet();
  await expectInvariants(shop.query);
  await expectStripeAgrees();
});
async function closeAll() {
  await shops.close();
  for (const one of standIns.values()) await one.close();
  standIns.clear();
}

const visa = { payment_method: 'pm_card_visa' };
const intents = (order: PlacedOrder) => stripe.intentOf(order.id);
const refundsOf = (order: PlacedOrder) => {
  const names = intents(order).map(({ id }) => id);
  return [...stripe.refunds.values()].filter(({ payment_intent }) => names.includes(payment_intent));
};
const paymentOf = async (order: PlacedOrder) =>
  (
    await shop.query<{ id: string; attempts: number; refunded_amount: string }>(
      'payments',
      'select * from payments where order_id = $1',
      [order.id],
    )
  )[0];

/** Our books are Stripe's. */
async function expectStripeAgrees() {
  const charges = await shop.query<{ name: string; amount: string }>(
    'payments',
    `select transaction_id as name, amount from payments where status = 'succeeded' order by 1`,
  );
  const theirs = stripe.charged().map(({ id, amount_received }) => ({ name: id, amount: String(amount_received) }));
  expect(charges).toEqual(theirs.sort((a, b) => (a.name < b.name ? -1 : 1)));
  const refunds = await shop.query('payments', `select reference, amount from refunds where status = 'succeeded'`);
  const gone = [...stripe.refunds.values()].filter(({ status }) => status === 'succeeded');
  expect(refunds).toHaveLength(gone.length);
  for (const { id, amount } of gone) {
    expect(refunds).toContainEqual({ reference: id, amount: String(amount) });
  }
}

describe.each(TOPOLOGIES)('a shop on Stripe, %s', (topology) => {
  describe.skipIf(topology === 'rabbitmq' && !hasRabbit())('an order', () => {
    const start = async (settings: Record<string, string> = {}) => {
      const keys = { STRIPE_SECRET_KEY: STAND_IN_KEY, STRIPE_WEBHOOK_SECRET: STAND_IN_SECRET };
      const kind = JSON.stringify(settings);
      stripe = standIns.get(kind) ?? (await startStripeStandIn());
      standIns.set(kind, stripe);
      shop = await shops.open({ topology, settings: { ...keys, STRIPE_API_URL: stripe.url, ...settings } });
    };
    afterAll(closeAll);
    const tell = (event: unknown) => sendWebhook(`${shop.url}/api/webhooks/stripe`, event);

    it('is confirmed, and every webhook about it, twice, changes nothing', async () => {
      await start();
      const placed = await shop.place(visa);
      await shop.until(placed, 'confirmed');
      for (const event of [...stripe.events, ...stripe.events]) expect(await tell(event)).toBe(204);
      await shop.quiet();
      expect(intents(placed)).toMatchObject([{ status: 'succeeded', amount_received: 7999 }]);
      expect(await shop.get(placed)).toMatchObject({ status: 'confirmed' });
    });

    it('whose card is declined fails, and its stock goes back', async () => {
      await start();
      const placed = await shop.place({ payment_method: 'pm_card_chargeDeclinedInsufficientFunds' });
      expect(await shop.until(placed, 'failed')).toMatchObject({ reason: 'payment_declined' });
    });

    it('whose charge went through unheard is charged once, and confirmed by the webhook or by asking again', async () => {
      await start();
      stripe.fail('confirm', 'lost_for_a_day');
      const placed = await shop.place(visa);
      await shop.until(placed, 'confirmed');
      expect(intents(placed)).toHaveLength(1);
    });

    it('cancelled after an unheard charge: all of it goes back, once, though two replicas ask', async () => {
      await start({ PAYMENT_TIMEOUT_MS: '500' });
      // Without RabbitMQ a process carries its own messages: one with payments alone would carry them nowhere.
      await shop.replica(topology === 'local' ? SERVICES : ['payments']);
      stripe.fail('confirm', 'slow', 1_500);
      const placed = await shop.place(visa);
      await eventually(async () => intents(placed)[0]?.status === 'succeeded');
      await shop.call(`/api/orders/${placed.id}/cancel?token=${placed.guest_token}`, {
        method: 'POST',
        body: { reason: 'changed my mind' },
      });
      await shop.quiet();
      expect(await paymentOf(placed)).toMatchObject({ refunded_amount: '7999' });
      expect(refundsOf(placed).map(({ amount }) => amount)).toEqual([7999]);
    });

    it('that Stripe cannot be asked about fails at its deadline, and is never charged', async () => {
      await start({ PAYMENT_DEADLINE_SECONDS: '1' });
      for (let i = 0; i < 100; i += 1) stripe.fail('confirm', 'reset');
      const placed = await shop.place(visa);
      expect(await shop.until(placed, 'failed')).toMatchObject({ reason: 'timed_out' });
      await shop.quiet();
      expect(intents(placed)).toMatchObject([{ status: 'canceled', amount_received: 0 }]);
    });

    it('whose refund a bank sends back, and that is given again, shows what has gone back at every step', async () => {
      await start();
      const placed = await shop.place(visa);
      await shop.until(placed, 'confirmed');
      const refund = async () => {
        const path = `/api/payments/${(await paymentOf(placed))?.id}/refund`;
        return (await shop.call(path, { method: 'POST', body: {}, token: await shop.admin() })).status;
      };
      const shows = (refunded_amount: string) =>
        eventually(async () => (await shop.get(placed)).refunded_amount === refunded_amount);
      const ship = async () => {
        const request = { method: 'PATCH', body: { status: 'shipped' }, token: await shop.admin() };
        return (await shop.call(`/api/orders/${placed.id}/status`, request)).status;
      };
      expect(await refund()).toBe(202);
      await shows('79.99');
      const [first] = refundsOf(placed).map(({ id }) => id);
      stripe.failRefund(first as string);
      for (const event of [...stripe.events, ...stripe.events]) expect(await tell(event)).toBe(204);
      await shows('0.00');
      expect(await refund()).toBe(202);
      await shows('79.99');
      expect(await ship()).toBe(409);
      await shop.quiet();
      const second = refundsOf(placed).find(({ id }) => id !== first)?.id as string;
      stripe.failRefund(second);
      expect(await tell(stripe.events.at(-1))).toBe(204);
      await shows('0.00');
      expect(await ship()).toBe(200);
      const { body } = await shop.call<{ items: { event: string; note: string }[] }>(
        `/api/orders/${placed.id}/timeline?token=${placed.guest_token}`,
      );
      expect(body.items.filter(({ event }) => event.startsWith('payment.refund')).map(({ event }) => event)).toEqual([
        'payment.refunded',
        'payment.refund.failed',
        'payment.refunded',
        'payment.refund.failed',
      ]);
      expect(body.items.find(({ event }) => event === 'payment.refund.failed')?.note).toBe(
        '79.99 USD: lost_or_stolen_card',
      );
    });

    it('refunded in the dashboard is refunded in the shop, and the shopper is told', async () => {
      await start();
      const placed = await shop.place({ ...visa, email: 'told@example.com' });
      await shop.until(placed, 'confirmed');
      stripe.refundByHand(intents(placed)[0]?.id as string, 2_000);
      for (const event of stripe.events) expect(await tell(event)).toBe(204);
      await eventually(async () => (await paymentOf(placed))?.refunded_amount === '2000');
      await shop.quiet();
      const mails = await shop.mails('told@example.com');
      expect(mails.filter(({ subject }) => /refund/i.test(subject))).toHaveLength(1);
    });
  });
});
