/** The life of an order as it happens: server-sent events that resume where they stopped, whatever cut them. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { EventSource } from 'eventsource';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { GetTimeline, type Order, StreamOrder } from '../../../src/contracts/orders.ts';
import { call } from './client.ts';
import { addressOf, Problem, request } from './http.ts';
import { token } from './session.ts';

export interface Step {
  version: number;
  at: string;
  event: string;
  status: Order['status'];
  note: string | null;
  /** What the order waits for, in words. */
  next: string | null;
}

/** `ended`: everything is said. `lost`: trying again by itself. `refused`: not ours, or away for good. */
export type StreamState = 'connecting' | 'live' | 'lost' | 'ended' | 'refused';

export interface OrderStream {
  steps: readonly Step[];
  state: StreamState;
}

const ENDED: readonly Order['status'][] = ['delivered', 'failed', 'cancelled'];
/** So long after its end nothing more is awaited; much more than the half minute that the shop lets streams linger. */
const REST_MS = 600_000;

/** Whether there may be news of it. What has moved once on this page stays watched. */
export function useStirring(order: Order | undefined, expected = false): boolean {
  const [moved, setMoved] = useState<string>();
  const rests = order && ENDED.includes(order.status) && Date.now() - Date.parse(order.updated_at) > REST_MS;
  const stirs = order !== undefined && (!rests || expected);
  if (stirs && moved !== order.id) setMoved(order.id);
  return order !== undefined && (stirs || moved === order.id);
}

/** What has happened to it so far and, unless it is over for long, each step from now on. */
export function useOrderStream(order: Order, guestToken: string | undefined): OrderStream {
  const { id } = order;
  const stirring = useStirring(order);
  const live = useLiveSteps(id, guestToken, stirring);
  const { data, error } = useQuery({
    queryKey: ['order', id, 'timeline'],
    queryFn: ({ signal }) =>
      call(GetTimeline, { params: { id }, query: guestToken ? { token: guestToken } : {}, signal }),
    enabled: !stirring,
  });
  if (stirring) return live;
  const steps = data?.items.map((entry) => ({ ...entry, next: null })) ?? [];
  return { steps, state: data ? 'ended' : error ? 'refused' : 'connecting' };
}

function useLiveSteps(id: string, guestToken: string | undefined, stirring: boolean): OrderStream {
  const [steps, setSteps] = useState<readonly Step[]>([]);
  const [state, setState] = useState<StreamState>('connecting');
  const queries = useQueryClient();
  const visible = useVisible();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another order begins anew
  useEffect(() => setSteps([]), [id]);
  useEffect(() => {
    if (!visible || !stirring) return undefined;
    setState('connecting');
    return watchOrder(id, guestToken, {
      onState: setState,
      onStep: (step) => {
        setSteps((known) => (known.some(({ version }) => version === step.version) ? known : [...known, step]));
        void queries.invalidateQueries({ queryKey: ['order', id] });
      },
    });
  }, [id, guestToken, queries, visible, stirring]);
  return { steps, state };
}

/** A browser has six connections to an origin: tabs that nobody looks at give theirs back. */
export function useVisible(): boolean {
  return useSyncExternalStore(
    (listener) => {
      document.addEventListener('visibilitychange', listener);
      return () => document.removeEventListener('visibilitychange', listener);
    },
    () => document.visibilityState === 'visible',
  );
}

/** So long without a connection is worth a word. */
const LOST_MS = 5_000;

export interface Watcher {
  onStep: (step: Step) => void;
  onState: (state: StreamState) => void;
}

/** Returns how to stop. */
export function watchOrder(id: string, guestToken: string | undefined, { onStep, onState }: Watcher): () => void {
  const query = guestToken === undefined ? {} : { token: guestToken };
  let said = false;
  const source = new EventSource(new URL(addressOf(StreamOrder, { params: { id }, query }), location.origin), {
    fetch: async (address, init) => {
      const answer = await request(String(address), init as RequestInit, await token());
      said = answer.status === 204;
      // An error that may pass is tried again, like a lost connection; the library gives up on any other.
      if (answer.status >= 500 || answer.status === 429) throw new Problem({ title: 'away' }, answer.status);
      return answer;
    },
  });
  let patience: ReturnType<typeof setTimeout> | undefined;
  const calm = () => {
    clearTimeout(patience);
    patience = undefined;
  };
  source.addEventListener('open', () => {
    calm();
    onState('live');
  });
  source.addEventListener('step', ({ data }) => onStep(JSON.parse(data)));
  source.addEventListener('error', () => {
    // The shop ends each stream after a while, and the next one is there in a moment.
    if (source.readyState !== source.CLOSED) {
      patience ??= setTimeout(() => onState('lost'), LOST_MS);
      return;
    }
    calm();
    onState(said ? 'ended' : 'refused');
  });
  return () => {
    calm();
    source.close();
  };
}
