/** One page of a keyset list, kept on screen until the next one is there; the page after it is read ahead on request. */
import { keepPreviousData, type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';

export interface Page<Row> {
  items: Row[];
  next_cursor: string | null;
}

export interface PageOf<P> {
  query: UseQueryResult<P>;
  /** Reads a page before somebody goes there. */
  ahead: (cursor: string) => void;
}

export type Read<P> = (page: { cursor?: string; limit: number }, signal: AbortSignal) => Promise<P>;

export const PAGE_SIZE = 50;

export function usePage<P extends Page<unknown>>(key: readonly unknown[], read: Read<P>, refetchMs = 0): PageOf<P> {
  const [params] = useSearchParams();
  const queries = useQueryClient();
  const after = params.get('after') ?? '';
  const optionsOf = (cursor: string) => ({
    queryKey: [...key, cursor],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      read({ limit: PAGE_SIZE, ...(cursor !== '' && { cursor }) }, signal),
  });
  const query = useQuery({
    ...optionsOf(after),
    placeholderData: keepPreviousData,
    ...(refetchMs > 0 && { refetchInterval: refetchMs }),
  });
  return { query, ahead: (cursor) => void queries.prefetchQuery(optionsOf(cursor)) };
}
