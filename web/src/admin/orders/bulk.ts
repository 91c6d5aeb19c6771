/**
 * One change to many orders: a few at a time, each on its own; what was refused says why and does not stop the rest. What
 * became of an order whose answer was lost is not known; asking again is safe, for no step is taken twice.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { CancelOrder, ChangeStatus, type Order, type OrderStatus } from '../../../../src/contracts/orders.ts';
import { call } from '../../api/client.ts';
import { isLost, Problem } from '../../api/http.ts';

export interface Outcome {
  order: Order;
  state: 'done' | 'refused' | 'unknown';
  error?: unknown;
}

export interface Bulk {
  to: OrderStatus;
  reason: string;
  total: number;
  outcomes: readonly Outcome[];
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

async function outcomeOf(order: Order, to: OrderStatus, reason: string): Promise<Outcome> {
  try {
    await patiently(() => changeOrder(order, to, reason));
    return { order, state: 'done' };
  } catch (error) {
    // It is there already: this is the second time of asking, or somebody else was faster.
    if (error instanceof Problem && error.extra.current_status === to) return { order, state: 'done' };
    return { order, state: isLost(error) ? 'unknown' : 'refused', error };
  }
}

/** `onDone` gets those that are what they were to become. */
export function useBulk(onDone: (orders: readonly Order[]) => void) {
  const [bulk, setBulk] = useState<Bulk>();
  const stopped = useRef(false);
  const queries = useQueryClient();

  async function run(orders: readonly Order[], to: OrderStatus, reason = ''): Promise<void> {
    stopped.current = false;
    setBulk({ to, reason, total: orders.length, outcomes: [], running: true });
    const waiting = [...orders];
    const done: Order[] = [];
    const work = async () => {
      for (let order = waiting.shift(); order && !stopped.current; order = waiting.shift()) {
        const outcome = await outcomeOf(order, to, reason);
        if (outcome.state === 'done') done.push(order);
        setBulk((now) => now && { ...now, outcomes: [...now.outcomes, outcome] });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    setBulk((now) => now && { ...now, running: false });
    onDone(done);
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
