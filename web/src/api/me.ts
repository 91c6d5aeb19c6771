/** Who is signed in; undefined for guests, and while it is not known yet. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useRef } from 'react';
import { Me } from '../../../src/contracts/customers.ts';
import { call } from './client.ts';
import { useAccountId } from './session.ts';

export const meKey = (account: string | null) => ['me', account] as const;

export function useMe() {
  const account = useAccountId();
  return useQuery({
    queryKey: meKey(account),
    queryFn: ({ signal }) => call(Me, { signal }),
    enabled: account !== null,
    staleTime: 60_000,
  });
}

/** Nothing that was read for one account is left for the next one's eyes; `onLeft` forgets what else there is of it. */
export function useNoLeftovers(onLeft?: () => void): void {
  const account = useAccountId();
  const before = useRef(account);
  const queries = useQueryClient();
  const left = useEffectEvent(() => onLeft?.());
  useEffect(() => {
    if (before.current === account) return;
    if (before.current !== null) left();
    before.current = account;
    void queries.resetQueries();
  }, [account, queries]);
}
