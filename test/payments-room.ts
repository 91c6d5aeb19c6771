/** The room payments alone, on Stripe's stand-in: orders speak to it through its inbox, Stripe through its own port. */
import type { Settings } from '../src/config.ts';
import type { OrderState } from '../src/contracts/orders.ts';
import { OrderAwaitingPayment, OrderCancelled } from '../src/contracts/orders.ts';
import { newId } from '../src/platform/clock.ts';
import type { StoredEvent } from '../src/platform/message.ts';
import type { RoomDefinition, Service } from '../src/platform/service.ts';
import type { Worker } from '../src/platform/worker.ts';
import { payments } from '../src/services/payments/service.ts';
import { message, openTestRoom } from './service-harness.ts';
import type { Signing, StripeStandIn } from './stripe-stand-in.ts';
import { STAND_IN_KEY, STAND_IN_SECRET, sendWebhook } from './stripe-stand-in.ts';

export interface PaymentFacts {
  id: string;
  status: string;
  amount: number;
  refunded_amount: number;
  reason: string | null;
  last_error: string | null;
  reference: string | null;
  transaction_id: string | null;
  attempts: number;
  provider: string;
  next_attempt_at: string | null;
  void_requested: boolean;
}
export interface RefundFacts {
  id: string;
  amount: number;
  kind: string;
  status: string;
  last_error: string | null;
  reference: string | null;
}

export const anOrder = (facts: Partial<OrderState> = {}): OrderState => ({
  id: newId(),
  number: 1042,
  status: 'awaiting_payment',
  reason: null,
  customer_id: null,
  email: 'shopper@example.com',
  name: null,
  phone: null,
  shipping_address: null,
  client_reference: null,
  payment_method: 'pm_card_visa',
  items: [],
  total_amount: '79.99',
  currency: 'USD',
  version: 2,
  created_at: '2026-01-02T03:04:05.000Z',
  updated_at: '2026-01-02T03:04:05.000Z',
  deadline_at: null,
  ...facts,
});

export async function openPaymentsRoom(stripe: StripeStandIn | undefined, overrides: Partial<Settings> = {}) {
  const workers: Worker[] = [];
  // Its workers run, but not its relay: what would be published stays to be looked at.
  const definition: RoomDefinition<Settings> = {
    ...payments,
    open(context) {
      const room = payments.open(context);
      workers.push(...(room.workers ?? []));
      return room;
    },
  };
  const onStripe = stripe && {
    STRIPE_SECRET_KEY: STAND_IN_KEY,
    STRIPE_WEBHOOK_SECRET: STAND_IN_SECRET,
    STRIPE_API_URL: stripe.url,
  };
  const room = await openTestRoom(definition, { PAYMENT_LATENCY_MS: 0, ...onStripe, ...overrides });
  const url = await room.service.listen('127.0.0.1', 0);
  for (const worker of workers) worker.start();
  const rows = <Row>(text: string, values: unknown[] = []) => room.service.db.query<Row>({ text }, values);
  const wake = () => {
    for (const worker of workers) worker.wake();
  };

  const self = {
    ...room,
    rows,
    url,
    wake,
    workers,
    place: (order: OrderState) => room.deliver([message(OrderAwaitingPayment, order)]),
    cancel: (order: OrderState) =>
      room.deliver([message(OrderCancelled, { ...order, status: 'cancelled', reason: 'changed my mind' })]),
    payment: async (order: { id: string }) =>
      (await rows<PaymentFacts>('select * from payments where order_id = $1', [order.id]))[0],
    refunds: (order: { id: string }) =>
      rows<RefundFacts>(
        'select refunds.* from refunds join payments on payments.id = payment_id where order_id = $1 order by refunds.id',
        [order.id],
      ),
    events: () =>
      rows<{ event_id: string; type: string; status: string; note: string | null; attempts: number }>(
        'select * from webhook_events order by received_at',
      ),
    webhook: (event: unknown, signing?: Signing) => sendWebhook(`${url}/webhooks/stripe`, event, signing),
    /** What waits for its next try does not wait any longer. */
    async hurry() {
      await rows(`update payments set next_attempt_at = now() where last_error is not null and status = 'processing'`);
      await rows(`update refunds set next_attempt_at = now() where last_error is not null and status = 'processing'`);
      await rows(`update webhook_events set next_attempt_at = now() where note is not null and status = 'waiting'`);
      wake();
    },
    /** Another try of everything that waits, whatever for. */
    async again() {
      for (const table of ['payments', 'refunds']) {
        await rows(`update ${table} set next_attempt_at = now() where status = 'processing'`);
      }
      await rows(`update webhook_events set next_attempt_at = now() where status = 'waiting'`);
      wake();
    },
    async until<T>(ask: () => Promise<T>, is: (answer: T) => boolean, ms = 10_000): Promise<T> {
      const limit = Date.now() + ms;
      for (;;) {
        const answer = await ask();
        if (is(answer)) return answer;
        if (Date.now() > limit) throw new Error(`not within ${ms} ms: ${JSON.stringify(answer)}`);
        await self.hurry();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    untilStatus: (order: { id: string }, status: string) =>
      self.until(
        () => self.payment(order),
        (payment) => payment?.status === status,
      ) as Promise<PaymentFacts>,
    /** Events about an order, by type. */
    published: async (order: { id: string }) =>
      (await room.outbox()).filter(({ subject }) => subject === order.id).map(({ type }) => type),
    async close() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await room.close();
    },
  };
  return self;
}

export type PaymentsRoom = Awaited<ReturnType<typeof openPaymentsRoom>>;
export type { Service, StoredEvent };
