/** The life of an order as it happens: server-sent events that resume where they stopped, whatever cut them. */
import { useQueryClient } from '@tanstack/react-query';
import { EventSource } from 'eventsource';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { type Order, StreamOrder } from '../../../src/contracts/orders.ts';
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

export function useOrderStream(id: string, guestToken: string | undefined): OrderStream {
  const [steps, setSteps] = useState<readonly Step[]>([]);
  const [state, setState] = useState<StreamState>('connecting');
  const queries = useQueryClient();
  const visible = useVisible();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another order begins anew
  useEffect(() => setSteps([]), [id]);
  useEffect(() => {
    if (!visible) return undefined;
    setState('connecting');
    return watchOrder(id, guestToken, {
      onState: setState,
      onStep: (step) => {
        setSteps((known) => (known.some(({ version }) => version === step.version) ? known : [...known, step]));
        void queries.invalidateQueries({ queryKey: ['order', id] });
      },
    });
  }, [id, guestToken, queries, visible]);
  return { steps, state };
}

/** A browser has six connections to an origin: tabs that nobody looks at give theirs back. */
function useVisible(): boolean {
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
