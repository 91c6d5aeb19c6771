/** How pages keep what they read: shown at once from memory, read again when it may be old, asked again when it failed. */
import { QueryClient } from '@tanstack/react-query';
import { Problem } from './http.ts';

const RETRIES = 3;

export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        retry: (failures, error) => failures < RETRIES && isPassing(error),
        retryDelay: (failures, error) => retryAfterOf(error) ?? Math.min(500 * 2 ** failures, 5_000),
        throwOnError: false,
      },
      mutations: { retry: false },
    },
  });
}

/** May go well the next time, unlike a no. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof Problem) || error.status === 0 || error.status === 503 || error.status === 429;
}

function retryAfterOf(error: unknown): number | undefined {
  return error instanceof Problem && error.retryAfterMs !== undefined
    ? Math.min(error.retryAfterMs, 10_000)
    : undefined;
}
