/** What orders does with what the other rooms say. */
import { ProductCreated, ProductDeleted, ProductUpdated } from '../../contracts/catalog.ts';
import { CustomerDeleted } from '../../contracts/customers.ts';
import { StockDeducted, StockDeductionFailed, StockRestored } from '../../contracts/inventory.ts';
import { toMinor } from '../../contracts/money.ts';
import {
  PaymentFailed,
  PaymentMethodsChanged,
  PaymentProcessed,
  PaymentRefunded,
  PaymentRefundFailed,
} from '../../contracts/payments.ts';
import { eraseDead } from '../../platform/dead-letters.ts';
import type { Handler } from '../../platform/handler.ts';
import { on } from '../../platform/handler.ts';
import { forgetReplies } from '../../platform/idempotency.ts';
import type { Rules } from './advance.ts';
import { advance, apply } from './advance.ts';
import type { Input } from './lifecycle.ts';
import { placingScope } from './place.ts';
import { closeAccounts, retireProducts, saveMethods, upsertProducts } from './store.ts';

const MEANING: Record<string, Input> = {
  [StockDeducted.name]: 'stock_deducted',
  [StockDeductionFailed.name]: 'stock_refused',
  [StockRestored.name]: 'stock_restored',
  [PaymentProcessed.name]: 'payment_processed',
  [PaymentFailed.name]: 'payment_failed',
  [PaymentRefunded.name]: 'payment_refunded',
  [PaymentRefundFailed.name]: 'refund_failed',
};

export function orderHandlers(rules: Rules): Handler[] {
  return [
    on(
      [
        StockDeducted,
        StockDeductionFailed,
        StockRestored,
        PaymentProcessed,
        PaymentFailed,
        PaymentRefunded,
        PaymentRefundFailed,
      ],
      async (messages, tx) => {
        const learnt = messages.map((message) => ({
          order_id: message.data.order_id,
          input: MEANING[message.type] as Input,
          event: message.type,
          note: noteOf(message),
          refunded: refundedBy(message),
          traceparent: message.traceparent,
        }));
        await advance(tx, learnt, rules);
      },
    ),
    on([ProductCreated, ProductUpdated], async (messages, tx) => {
      const copies = messages.map(({ data }) => ({
        product_id: data.product_id,
        name: data.name,
        price: toMinor(data.price, data.currency) as number,
        currency: data.currency,
        prices: pricesOf(data.prices),
        active: true,
        version: data.version,
      }));
      upsertProducts(tx, copies);
    }),
    on(PaymentMethodsChanged, async (messages, tx) => {
      for (const { data } of messages) saveMethods(tx, data);
    }),
    on(CustomerDeleted, async (messages, tx) => {
      const ids = messages.map(({ data }) => data.id);
      const orders = await closeAccounts(tx, ids);
      const learnt = orders.map(({ id, traceparent }) => ({
        order_id: id,
        input: 'account_closed' as const,
        event: CustomerDeleted.name,
        note: 'personal data is erased once the order has ended',
        traceparent,
      }));
      await apply(tx, orders, learnt, rules);
      // Stored replies repeat the whole order.
      await forgetReplies(tx, ids.map(placingScope));
      eraseDead(tx, ids);
    }),
    on(ProductDeleted, async (messages, tx) =>
      retireProducts(
        tx,
        messages.map(({ data }) => data),
      ),
    ),
  ];
}

/** What a message adds to what has gone back, in minor units; the failure of a refund takes off what its success added. */
function refundedBy({ type, data }: { type: string; data: object }): number | undefined {
  if (type !== PaymentRefunded.name && type !== PaymentRefundFailed.name) return undefined;
  const { amount, currency } = data as { amount: string; currency: string };
  const minor = toMinor(amount, currency) as number;
  return type === PaymentRefunded.name ? minor : -minor;
}

/** Further currencies in minor units. */
function pricesOf(prices: Record<string, string> = {}): Record<string, number> {
  return Object.fromEntries(
    Object.entries(prices).map(([currency, amount]) => [currency, toMinor(amount, currency) as number]),
  );
}

function noteOf(message: { type: string; data: object }): string | undefined {
  const data = message.data as {
    reason?: string;
    amount?: string;
    currency?: string;
    transaction_id?: string;
    short?: { product_id: string }[];
  };
  if (data.short) return `short of ${data.short.map(({ product_id }) => product_id).join(', ')}`;
  if (message.type === PaymentRefunded.name || message.type === PaymentRefundFailed.name) {
    return `${data.amount} ${data.currency}: ${data.reason}`;
  }
  return data.reason ?? data.transaction_id;
}
