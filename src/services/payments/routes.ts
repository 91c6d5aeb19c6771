/** Endpoint → action. */
import { fromMinor, toMinor } from '../../contracts/money.ts';
import * as contracts from '../../contracts/payments.ts';
import { NotBelieved, NotFound, NotRefundable } from '../../contracts/problems.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route, storedReply } from '../../platform/dispatch.ts';
import { once } from '../../platform/idempotency.ts';
import type { Logger } from '../../platform/log.ts';
import { cutPage, decodeIdCursor, decodeTimeCursor } from '../../platform/page.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';
import { newRefund } from './charging.ts';
import type { Providers } from './provider.ts';
import type { PaymentRow } from './store.ts';
import { getPayment, listPayments, lockById, paymentReply, updatePayments } from './store.ts';
import { insertEvent, listEvents } from './store-events.ts';
import { insertRefunds, listAllRefunds, listRefunds, refundReply } from './store-refunds.ts';

export interface PaymentRoutesOptions {
  db: Database;
  clock: Clock;
  log: Logger;
  providers: Providers;
  wake: { refunds: () => void; webhooks: () => void };
}

export function paymentRoutes({ db, clock, log, providers, wake }: PaymentRoutesOptions): Route[] {
  return [
    route(contracts.ListPayments, async ({ query: { cursor, limit = 50, ...filter } }) => {
      const before = decodeIdCursor(cursor);
      if (isRejection(before)) return before;
      const rows = await listPayments(db, { ...filter, before, limit: limit + 1 });
      return { body: cutPage(rows.map(paymentReply), limit, ({ id }) => [id]) };
    }),

    route(contracts.GetPayment, async ({ params }) => {
      const payment = await getPayment(db, params.id);
      if (!payment) return reject(NotFound);
      const refunds = await listRefunds(db, payment.id);
      return { body: { ...paymentReply(payment), refunds: refunds.map(refundReply) } };
    }),

    route(contracts.RefundPayment, ({ params, body, key }) =>
      once(db, key, async (tx) => {
        const [payment] = await lockById(tx, [params.id]);
        if (!payment) return reject(NotFound);
        const left = payment.amount - payment.refunded_amount;
        const amount = body.amount === undefined ? left : toMinor(body.amount, payment.currency);
        if (amount === undefined || amount === 0) {
          const detail = `must be a positive amount in ${payment.currency}`;
          if (body.amount !== undefined) return reject(common.invalid, { errors: [{ pointer: '/amount', detail }] });
        }
        if (payment.status !== 'succeeded' || amount === undefined || amount === 0 || amount > left) {
          return reject(NotRefundable, { detail: refundable(payment, left) });
        }
        if (providers.named(payment.provider)?.accepts(amount, payment.currency) === false) {
          const detail = `${payment.provider} cannot give back exactly that much ${payment.currency}`;
          return reject(common.invalid, { errors: [{ pointer: '/amount', detail }] });
        }
        const why = { kind: 'merchant', reason: body.reason ?? 'refunded by the shop' } as const;
        const refund = newRefund(payment, amount, why, tx.now);
        updatePayments(tx, [{ ...payment, refunded_amount: payment.refunded_amount + amount }], tx.now);
        insertRefunds(tx, [refund], tx.now);
        tx.afterCommit(wake.refunds);
        const at = tx.now.toISOString();
        return storedReply(
          contracts.RefundPayment,
          refundReply({ ...refund, attempts: 0, created_at: at, updated_at: at }),
        );
      }),
    ),

    route(contracts.ListMethods, async () => {
      const { name: provider, methods } = providers.current;
      return { body: { ...methods, provider, methods: [...methods.methods] } };
    }),

    route(contracts.ListRefunds, async ({ query: { cursor, limit = 50, status } }) => {
      const before = decodeIdCursor(cursor);
      if (isRejection(before)) return before;
      const rows = await listAllRefunds(db, { status, before, limit: limit + 1 });
      return { body: cutPage(rows.map(refundReply), limit, ({ id }) => [id]) };
    }),

    route(contracts.ListWebhookEvents, async ({ query: { cursor, limit = 50, ...filter } }) => {
      const before = decodeTimeCursor(cursor, 3);
      if (isRejection(before)) return before;
      const rows = await listEvents(db, { ...filter, before, limit: limit + 1 });
      return { body: cutPage(rows, limit, ({ received_at, provider, event_id }) => [received_at, provider, event_id]) };
    }),

    route(contracts.ReceiveWebhook, async ({ params, raw, headers }) => {
      const provider = providers.named(params.provider);
      if (!provider?.readWebhook) return reject(NotFound);
      const event = provider.readWebhook(raw, headers, clock.now());
      if (typeof event === 'string') {
        log.warn({ provider: provider.name, why: event }, 'a webhook was not believed');
        return reject(NotBelieved, { detail: event });
      }
      const { fact, ...rest } = event;
      if (fact) {
        await insertEvent(db, { ...rest, fact, provider: provider.name }, clock.now());
        wake.webhooks();
      }
      return {};
    }),
  ];
}

function refundable(payment: PaymentRow, left: number): string {
  if (payment.status !== 'succeeded') return `the payment is ${payment.status}: there is nothing to give back`;
  return `${fromMinor(left, payment.currency)} ${payment.currency} is left to refund`;
}
