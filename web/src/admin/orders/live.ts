/** Follows an order: each new step makes what was read of it old, and everything on its page follows. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Order } from '../../../../src/contracts/orders.ts';
import { type StreamState, useStirring, useVisible, watchOrder } from '../../api/order-stream.ts';
import { orderKey, usePaymentOf } from './reads.ts';

/** Steps that come together are read together. */
const TOGETHER_MS = 60;

/** `order`: what the page shows; undefined while it has none. */
export function useLive(id: string, order: Order | undefined): StreamState {
  const read = order?.version;
  // Money that has gone back, and the order does not know it yet.
  const { data: payment } = usePaymentOf(id);
  const stirring = useStirring(order, payment != null && payment.refunded_amount !== order?.refunded_amount);
  const [state, setState] = useState<StreamState>('connecting');
  const [told, setTold] = useState({ id, version: 0 });
  const queries = useQueryClient();
  const visible = useVisible();
  useEffect(() => {
    if (!visible || !stirring) return undefined;
    setState('connecting');
    return watchOrder(id, undefined, {
      onState: setState,
      // It begins by telling the whole story again, most of which the page has read already.
      onStep: ({ version }) =>
        setTold((now) => ({ id, version: now.id === id ? Math.max(now.version, version) : version })),
    });
  }, [id, visible, stirring]);
  // Compared with each answer as well as with each step: one that was told before the answer came may not be in it.
  useEffect(() => {
    if (read === undefined || told.id !== id || told.version <= read) return undefined;
    const timer = setTimeout(() => void queries.invalidateQueries({ queryKey: orderKey(id) }), TOGETHER_MS);
    return () => clearTimeout(timer);
  }, [read, told, id, queries]);
  return order && !stirring ? 'ended' : state;
}
