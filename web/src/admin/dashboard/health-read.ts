/** How the services are, read again and again. */
import { useQuery } from '@tanstack/react-query';
import { request } from '../../api/http.ts';
import { token } from '../../api/session.ts';
import { healthIn } from './health-reply.ts';

export function useHealth(everyMs = 5_000) {
  return useQuery({
    queryKey: ['health'],
    queryFn: async ({ signal }) => healthIn(await request('/api/health', { signal }, await token())),
    refetchInterval: everyMs,
  });
}
