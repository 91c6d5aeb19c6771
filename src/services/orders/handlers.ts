/** What orders does with what the other rooms say. */
import { ProductCreated, ProductDeleted, ProductUpdated } from '../../contracts/catalog.ts';
import { StockDeducted, StockDeductionFailed, StockRestored } from '../../contracts/inventory.ts';
import { toMinor } from '../../contracts/money.ts';
import { PaymentFailed, PaymentProcessed, PaymentRefunded } from '../../contracts/payments.ts';
import type { Handler } from '../../platform/inbox.ts';
import { on } from '../../platform/inbox.ts';
import type { Rules } from './advance.ts';
import { advance } from './advance.ts';
import type { Input } from './lifecycle.ts';
import { retireProducts, upsertProducts } from './store.ts';

const MEANING: Record<string, Input> = {
  [StockDeducted.name]: 'stock_deducted',
  [StockDeductionFailed.name]: 'stock_refused',
  [StockRestored.name]: 'stock_restored',
  [PaymentProcessed.name]: 'payment_processed',
  [PaymentFailed.name]: 'payment_failed',
  [PaymentRefunded.name]: 'payment_refunded',
};

export function orderHandlers(rules: Rules): Handler[] {
  return [
    on(
      [StockDeducted, StockDeductionFailed, StockRestored, PaymentProcessed, PaymentFailed, PaymentRefunded],
      async (messages, tx) => {
        const learnt = messages.map((message) => ({
          order_id: message.data.order_id,
          input: MEANING[message.type] as Input,
          event: message.type,
          note: noteOf(message),
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
        active: true,
        version: data.version,
      }));
      upsertProducts(tx, copies);
    }),
    on(ProductDeleted, async (messages, tx) =>
      retireProducts(
        tx,
        messages.map(({ data }) => data),
      ),
    ),
  ];
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
  if (message.type === PaymentRefunded.name) return `${data.amount} ${data.currency}: ${data.reason}`;
  return data.reason ?? data.transaction_id;
}
