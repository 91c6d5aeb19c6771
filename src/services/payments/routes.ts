/** Endpoint → action. */
import { fromMinor, toMinor } from '../../contracts/money.ts';
import * as contracts from '../../contracts/payments.ts';
import { NotFound, NotRefundable } from '../../contracts/problems.ts';
import { newId } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route, storedReply } from '../../platform/dispatch.ts';
import { once } from '../../platform/idempotency.ts';
import { cutPage, decodeIdCursor } from '../../platform/page.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';
import type { PaymentRow, RefundRow } from './store.ts';
import {
  getPayment,
  insertRefunds,
  listPayments,
  listRefunds,
  lockById,
  paymentReply,
  refundReply,
  updatePayments,
} from './store.ts';

export function paymentRoutes(db: Database, wakeRefunds: () => void): Route[] {
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
        const at = tx.now.toISOString();
        const refund: RefundRow = {
          id: newId(),
          payment_id: payment.id,
          amount,
          currency: payment.currency,
          kind: 'merchant',
          reason: body.reason ?? 'refunded by the shop',
          status: 'processing',
          attempts: 0,
          last_error: null,
          next_attempt_at: at,
          created_at: at,
          updated_at: at,
        };
        const refunded = { ...payment, refunded_amount: payment.refunded_amount + amount };
        updatePayments(tx, [refunded], tx.now);
        insertRefunds(tx, [refund], tx.now);
        tx.afterCommit(wakeRefunds);
        return storedReply(contracts.RefundPayment, refundReply(refund));
      }),
    ),
  ];
}

function refundable(payment: PaymentRow, left: number): string {
  if (payment.status !== 'succeeded') return `the payment is ${payment.status}: there is nothing to give back`;
  return `${fromMinor(left, payment.currency)} ${payment.currency} is left to refund`;
}
