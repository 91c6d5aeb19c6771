/** Who is signed in; undefined for guests, and while it is not known yet. */
import { useQuery } from '@tanstack/react-query';
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
