/** What events become: the notifications to be, before they have ids. Pure. */
import type { StockLow } from '../../contracts/inventory.ts';
import type { Kind } from '../../contracts/notifications.ts';
import type { OrderState } from '../../contracts/orders.ts';
import type { PaymentRefunded } from '../../contracts/payments.ts';
import type { Channel } from '../../contracts/shapes.ts';
import type { DataOf } from '../../platform/contract.ts';
import type { Audience } from './contact.ts';
import { addressLines } from './mail-words.ts';
import type { OrderData } from './order-mails.ts';
import type { MailData } from './templates.ts';

export interface Draft<K extends Kind = Kind> {
  /** At most one notification has it, whatever comes twice. */
  dedupe_key: string;
  kind: K;
  channel: Channel;
  order_id: string | null;
  customer_id: string | null;
  /** Null: nobody knows yet, and it waits; or never, see `hopeless`. */
  recipient: string | null;
  /** Null: there is nothing to send. */
  data: MailData[K] | null;
  expires_at: string | null;
  /** Once it is sent or given up, its data (a secret) or everything personal is emptied. */
  forget: 'data' | 'all' | null;
  /** Why it is not even tried. */
  hopeless: string | null;
}

/** A draft to somebody who is known. */
export function draftTo<K extends Kind>(
  recipient: string | null,
  draft: Pick<Draft<K>, 'dedupe_key' | 'kind' | 'data'> & Partial<Draft<K>>,
): Draft<K> {
  const nothing = { order_id: null, customer_id: null, expires_at: null, forget: null, hopeless: null };
  return { channel: 'email', ...nothing, ...draft, recipient };
}

export const ACCOUNT_CLOSED = 'the customer has closed the account';

export type OrderKind = 'confirmed' | 'failed' | 'cancelled' | 'shipped' | 'delivered';
export const ORDER_KINDS: Record<string, OrderKind> = {
  'order.confirmed': 'confirmed',
  'order.failed': 'failed',
  'order.cancelled': 'cancelled',
  'order.shipped': 'shipped',
  'order.delivered': 'delivered',
};

/** The keys of mails are as they were before there was another channel: what was told then is not told again. */
const keyOf = (key: string, channel: Channel) => (channel === 'email' ? key : `${key}:${channel}`);

/**
 * One notification for each channel. Somebody who has closed the account and awaits a parcel still hears of it, and is
 * forgotten right after; once the order too has forgotten them, there is nobody to tell.
 */
export function orderDrafts(kind: OrderKind, order: OrderState, audience: Audience): Draft<OrderKind>[] {
  const { id: order_id, customer_id } = order;
  if (audience.email === null) {
    const key = keyOf(`${kind}:${order_id}`, 'email');
    return [draftTo(null, { dedupe_key: key, kind, order_id, customer_id, data: null, hopeless: ACCOUNT_CLOSED })];
  }
  const data = orderData(order);
  return audience.channels.map((channel) =>
    draftTo(channel === 'email' ? audience.email : audience.phone, {
      dedupe_key: keyOf(`${kind}:${order_id}`, channel),
      kind,
      channel,
      order_id,
      customer_id,
      data,
      forget: audience.erased ? 'all' : null,
    }),
  );
}

function orderData(order: OrderState): OrderData {
  const { id, number, name, reason, total_amount, currency, guest_token = null, refunded_amount, tracking } = order;
  return {
    order_id: id,
    number,
    name,
    reason,
    items: order.items.map((line) => ({
      name: line.name,
      quantity: line.quantity,
      unit_price: line.unit_price,
      line_total: line.line_total,
    })),
    total_amount,
    currency,
    guest_token,
    refunded_amount,
    address: addressLines(order.shipping_address),
    tracking,
    account: order.customer_id !== null,
  };
}

/** Payments does not know whom it pays back, nor how they are told: the order's own events do. One waits for each way. */
export function refundDrafts(
  refund: DataOf<typeof PaymentRefunded>,
  channels: readonly Channel[],
): Draft<'refunded'>[] {
  const { refund_id, order_id, amount, currency } = refund;
  return channels.map((channel) =>
    draftTo(null, {
      dedupe_key: keyOf(`refunded:${refund_id}`, channel),
      kind: 'refunded',
      channel,
      order_id,
      data: { order_id, amount, currency },
    }),
  );
}

/** `name`: what the merchant calls the product, if that is known. */
export function lowStockDraft(
  messageId: string,
  data: DataOf<typeof StockLow>,
  name: string | undefined,
  merchant: string,
): Draft<'low_stock'> {
  const { product_id, available, low_stock_threshold } = data;
  return draftTo(merchant, {
    dedupe_key: `low_stock:${messageId}`,
    kind: 'low_stock',
    data: { product_id, name: name ?? null, available, low_stock_threshold },
  });
}
