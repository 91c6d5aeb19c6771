/** A value that outlives the page and is the same in every tab: local storage as a React store. */
import { useSyncExternalStore } from 'react';

export interface Stored<T> {
  get(): T;
  set(next: T): void;
  subscribe(listener: () => void): () => void;
}

/** What cannot be read, or is no T any more, is the fallback. */
export function stored<T>(name: string, fallback: T, isValid: (value: unknown) => boolean): Stored<T> {
  const listeners = new Set<() => void>();
  const notify = () => {
    for (const listener of listeners) listener();
  };
  let text: string | null = null;
  let value = fallback;

  function get(): T {
    const now = localStorage.getItem(name);
    if (now === text) return value;
    text = now;
    value = parse(now);
    return value;
  }

  function parse(from: string | null): T {
    try {
      const parsed = from === null ? undefined : JSON.parse(from);
      return isValid(parsed) ? parsed : fallback;
    } catch {
      return fallback;
    }
  }

  addEventListener('storage', ({ key }) => {
    if (key === name || key === null) notify();
  });
  return {
    get,
    set(next) {
      localStorage.setItem(name, JSON.stringify(next));
      notify();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStored<T>(store: Stored<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}
