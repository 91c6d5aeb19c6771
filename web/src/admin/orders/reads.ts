/** What the page of one order reads, each part from its room; a step of the order makes all of it old. */
import { useQuery } from '@tanstack/react-query';
import { ListProducts, type Product } from '../../../../src/contracts/catalog.ts';
import { ListAllMovements } from '../../../../src/contracts/inventory.ts';
import { GetOrder, GetTimeline, type Order } from '../../../../src/contracts/orders.ts';
import { GetPayment, ListPayments } from '../../../../src/contracts/payments.ts';
import { GetXray, type Xray } from '../../../../src/contracts/xray.ts';
import { call } from '../../api/client.ts';
import { isBehind } from './behind.ts';

/** Of an order and all that is read of it. */
export const orderKey = (id: string) => ['orders', id] as const;

export function useOrder(id: string) {
  return useQuery({
    queryKey: orderKey(id),
    queryFn: ({ signal }) => call(GetOrder, { params: { id }, signal }),
  });
}

export function useTimeline(id: string) {
  return useQuery({
    queryKey: [...orderKey(id), 'timeline'],
    queryFn: ({ signal }) => call(GetTimeline, { params: { id }, signal }),
  });
}

/** With its refunds; null while there is none. */
export function usePaymentOf(orderId: string) {
  return useQuery({
    queryKey: [...orderKey(orderId), 'payment'],
    queryFn: async ({ signal }) => {
      const { items } = await call(ListPayments, { query: { order_id: orderId }, signal });
      const [payment] = items;
      return payment ? call(GetPayment, { params: { id: payment.id }, signal }) : null;
    },
    // A refund is with the provider for some seconds.
    refetchInterval: ({ state }) => (state.data?.refunds.some(({ status }) => status === 'processing') ? 1_500 : false),
  });
}
export type PaymentDetail = NonNullable<ReturnType<typeof usePaymentOf>['data']>;

/** Inventory hears of a step moments after the order has made it: asked again until it has. */
export function useMovementsOf({ id, status }: Order) {
  return useQuery({
    queryKey: [...orderKey(id), 'movements'],
    queryFn: ({ signal }) => call(ListAllMovements, { query: { order_id: id, limit: 200 }, signal }),
    refetchInterval: ({ state }) => (state.data && isBehind(status, state.data.items) ? 1_500 : false),
  });
}

/** What happens by itself is looked for often, what a person does now and then. */
const MOVING_MS = 2_000;
const AWAY_MS = 5_000;
const RESTING_MS = 15_000;
/** Of the time between two looks, so much goes into a look: who answers slowly has enough to do. */
const SHARE = 0.1;

export function useXray(id: string) {
  return useQuery({
    queryKey: [...orderKey(id), 'xray'],
    queryFn: async ({ signal }) => {
      const started = performance.now();
      const xray = await call(GetXray, { params: { id }, signal });
      return { ...xray, tookMs: performance.now() - started };
    },
    refetchInterval: ({ state: { data } }) => data && Math.max(lookAgainAfter(data), data.tookMs / SHARE),
  });
}

function lookAgainAfter({ explanation, away }: Xray): number {
  if (explanation.next.some(({ by }) => by === 'shop')) return MOVING_MS;
  return away.length > 0 ? AWAY_MS : RESTING_MS;
}

/** The products of an order by their ids; those that are not sold any more are missing. */
export function useProductsOf(items: Order['items']) {
  const ids = items.map(({ product_id }) => product_id).sort();
  return useQuery({
    queryKey: ['products', 'ids', ids],
    queryFn: async ({ signal }) => {
      const reply = await call(ListProducts, { query: { ids: ids.join(',') }, signal });
      return new Map<string, Product>(reply.items.map((product) => [product.product_id, product]));
    },
    staleTime: 60_000,
    enabled: ids.length > 0,
  });
}
