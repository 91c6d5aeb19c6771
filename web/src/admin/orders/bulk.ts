/** One change to many orders: a few at a time, each on its own; what was refused says why and does not stop the rest. */
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { CancelOrder, ChangeStatus, type Order, type OrderStatus } from '../../../../src/contracts/orders.ts';
import { call } from '../../api/client.ts';
import { Problem } from '../../api/http.ts';

export interface Refused {
  order: Order;
  error: unknown;
}

export interface Bulk {
  to: OrderStatus;
  total: number;
  done: number;
  refused: readonly Refused[];
  running: boolean;
}

const AT_ONCE = 4;
const PATIENCE = 3;

export function changeOrder({ id }: Order, to: OrderStatus, reason: string): Promise<Order> {
  return to === 'cancelled'
    ? call(CancelOrder, { params: { id }, body: { ...(reason && { reason }) } })
    : call(ChangeStatus, { params: { id }, body: { status: to } });
}

/** The shop counts what one client asks: many at once wait their turn instead of being refused. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 429 || tries === PATIENCE) throw error;
      const ms = Math.min(error.retryAfterMs ?? 2_000, 60_000);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
}

export function useBulk() {
  const [bulk, setBulk] = useState<Bulk>();
  const stopped = useRef(false);
  const queries = useQueryClient();

  async function run(orders: readonly Order[], to: OrderStatus, reason = ''): Promise<void> {
    stopped.current = false;
    setBulk({ to, total: orders.length, done: 0, refused: [], running: true });
    const waiting = [...orders];
    const work = async () => {
      for (let order = waiting.shift(); order && !stopped.current; order = waiting.shift()) {
        const refused = await patiently(() => changeOrder(order as Order, to, reason)).then(
          () => [],
          (error) => [{ order: order as Order, error }],
        );
        setBulk((now) => now && { ...now, done: now.done + 1, refused: [...now.refused, ...refused] });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    setBulk((now) => now && { ...now, running: false });
    await queries.invalidateQueries({ queryKey: ['orders'] });
  }

  return {
    bulk,
    run,
    /** Those under way are finished; no other is begun. */
    stop: () => {
      stopped.current = true;
    },
    close: () => setBulk(undefined),
  };
}

/** What may be made of every one of them. */
export function commonSteps(orders: readonly Order[]): OrderStatus[] {
  const [first, ...others] = orders;
  return (first?.next_statuses ?? []).filter((to) => others.every(({ next_statuses }) => next_statuses.includes(to)));
}
