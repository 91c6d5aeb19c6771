/** How pages keep what they read: shown at once from memory, read again when it may be old, asked again when it failed. */
import { QueryClient } from '@tanstack/react-query';
import { isPassing, Problem } from './http.ts';

const RETRIES = 3;
/** Whoever looks at an empty page for longer than this is told why it is empty. */
const PATIENCE_MS = 3_000;

export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        retry: (failures, error) => failures < RETRIES && isPassing(error) && (retryAfterOf(error) ?? 0) <= PATIENCE_MS,
        retryDelay: (failures, error) => retryAfterOf(error) ?? Math.min(500 * 2 ** failures, 5_000),
        throwOnError: false,
      },
      mutations: { retry: false },
    },
  });
}

function retryAfterOf(error: unknown): number | undefined {
  return error instanceof Problem ? error.retryAfterMs : undefined;
}
