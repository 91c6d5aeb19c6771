/** Who is signed in. */
import { useQuery } from '@tanstack/react-query';
import { type Customer, Me } from '../../../src/contracts/customers.ts';
import { call } from '../api/client.ts';
import { useSignedIn } from '../api/session.ts';

export type { Customer };

export function useMe() {
  return useQuery({
    queryKey: ['me'],
    queryFn: ({ signal }) => call(Me, { signal }),
    enabled: useSignedIn(),
    staleTime: 60_000,
  });
}
