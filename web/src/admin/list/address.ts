/**
 * What a list shows is what its address says: filters, words, page. Links to it can be kept and sent, and going back
 * finds it as it was. Any other filter starts at the first page.
 */
import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

export interface Address {
  params: URLSearchParams;
  /** Empty when the address does not say. */
  get: (name: string) => string;
  /** One of these words, or undefined: addresses are typed by people too. */
  oneOf: <T extends string>(name: string, words: readonly T[]) => T | undefined;
  /** Empty or undefined takes it out. */
  set: (changes: Record<string, string | undefined>, options?: { replace?: boolean }) => void;
}

export const PAGE_PARAMS = ['after', 'page'] as const;

export function useAddress(): Address {
  const [params, setParams] = useSearchParams();
  const set = useCallback<Address['set']>(
    (changes, { replace = false } = {}) => {
      // The address itself: on a slow machine the next filter is chosen before the list of the last one is drawn.
      const next = new URLSearchParams(location.search);
      for (const name of PAGE_PARAMS) next.delete(name);
      for (const [name, value] of Object.entries(changes)) {
        if (value) next.set(name, value);
        else next.delete(name);
      }
      setParams(next, { replace, preventScrollReset: true });
    },
    [setParams],
  );
  return {
    params,
    get: (name) => params.get(name) ?? '',
    oneOf: (name, words) => words.find((word) => word === params.get(name)),
    set,
  };
}

/** Drops what is not said, so that it can be a query. */
export function said<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value)) as { [K in keyof T]?: string };
}
