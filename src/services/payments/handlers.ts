/** What payments does with what orders says. */

import { CustomerDeleted } from '../../contracts/customers.ts';
import { toMinor } from '../../contracts/money.ts';
import type { OrderState } from '../../contracts/orders.ts';
import { OrderAwaitingPayment, OrderCancelled, OrderFailed } from '../../contracts/orders.ts';
import { newId } from '../../platform/clock.ts';
import { eraseDead } from '../../platform/dead-letters.ts';
import type { Handler } from '../../platform/handler.ts';
import { on } from '../../platform/handler.ts';
import { saveDecisions } from './charging.ts';
import type { MoneyMeter } from './metrics.ts';
import type { Decision } from './payment.ts';
import { endOrder } from './payment.ts';
import type { PaymentRow } from './store.ts';
import { insertPayments, lockByOrder } from './store.ts';
import { wakeEvents } from './store-events.ts';

/** How long a first charge is put off where the provider has already told us something of the order. */
const HEAR_FIRST_MS = 10_000;

interface Wakes {
  charges: () => void;
  refunds: () => void;
  webhooks: () => void;
}

/** `provider`: the name of the one that charges what is new. */
export function paymentHandlers(provider: () => string, wake: Wakes, meter: MoneyMeter): Handler[] {
  return [
    on(CustomerDeleted, async (messages, tx) =>
      eraseDead(
        tx,
        messages.map(({ data }) => data.id),
      ),
    ),
    on([OrderAwaitingPayment, OrderFailed, OrderCancelled], async (messages, tx) => {
      const locked = await lockByOrder(
        tx,
        messages.map(({ data }) => data.id),
      );
      const payments = new Map(locked.map((payment) => [payment.order_id, payment]));
      const fresh = new Map<string, PaymentRow>();
      const decisions = new Map<string, Decision<PaymentRow>>();

      for (const { type, data, traceparent } of messages) {
        const payment = payments.get(data.id);
        const ended = type !== OrderAwaitingPayment.name;
        if (!payment) {
          const made = newPayment(data, provider(), traceparent, tx.now);
          // The undo may come before the do: a payment that was voided is never charged.
          const row = ended ? (endOrder(made)?.payment ?? made) : made;
          payments.set(data.id, row);
          fresh.set(data.id, row);
        } else if (ended) {
          const decision = endOrder(payment);
          if (!decision) continue;
          payments.set(data.id, decision.payment);
          if (fresh.has(data.id)) fresh.set(data.id, decision.payment);
          else decisions.set(data.id, decision);
        }
      }
      if (fresh.size > 0) {
        insertPayments(tx, [...fresh.values()]);
        // A provider may know of the money before we know of the order: what it said is heard before we charge.
        wakeEvents(tx, [...fresh.keys()], tx.now, new Date(tx.now.getTime() + HEAR_FIRST_MS));
        tx.afterCommit(wake.webhooks);
      }
      saveDecisions(tx, [...decisions.values()], meter);
      tx.afterCommit(wake.charges);
      if ([...decisions.values()].some(({ refund }) => refund)) tx.afterCommit(wake.refunds);
    }),
  ];
}

function newPayment(order: OrderState, provider: string, traceparent: string | null, now: Date): PaymentRow {
  const at = now.toISOString();
  return {
    id: newId(),
    order_id: order.id,
    amount: toMinor(order.total_amount, order.currency) as number,
    currency: order.currency,
    status: 'processing',
    method: order.payment_method,
    provider,
    reference: null,
    dispute: null,
    transaction_id: null,
    reason: null,
    attempts: 0,
    last_error: null,
    void_requested: false,
    next_attempt_at: at,
    refunded_amount: 0,
    traceparent,
    created_at: at,
    updated_at: at,
  };
}
