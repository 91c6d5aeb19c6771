/** Follows an order: each new step makes what was read of it old, and everything on its page follows. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { type StreamState, watchOrder } from '../../api/order-stream.ts';

export function useLive(id: string): StreamState {
  const [state, setState] = useState<StreamState>('connecting');
  const queries = useQueryClient();
  useEffect(() => {
    setState('connecting');
    // It begins by telling the whole story again, which the page has read already.
    let known = 0;
    const told = () => (queries.getQueryData<{ version: number }>(['orders', id])?.version ?? known) as number;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const close = watchOrder(id, undefined, {
      onState: setState,
      onStep: ({ version }) => {
        known = Math.max(known, version);
        clearTimeout(timer);
        timer = setTimeout(() => {
          if (known > told()) void queries.invalidateQueries({ queryKey: ['orders', id] });
        }, 60);
      },
    });
    return () => {
      clearTimeout(timer);
      close();
    };
  }, [id, queries]);
  return state;
}
