/**
 * A value that outlives the page: browser storage as a React store, the same in every tab. Where storage is forbidden or
 * full it lasts as long as the page does; what somebody else wrote into it is read with care.
 */
import { useSyncExternalStore } from 'react';

export interface Stored<T> {
  get(): T;
  set(next: T): void;
  subscribe(listener: () => void): () => void;
}

const memory = new Map<string, string>();

/** `tab`: gone with the tab. */
type Place = 'browser' | 'tab';
const areaOf = (place: Place) => (place === 'browser' ? localStorage : sessionStorage);

export function readText(name: string, place: Place = 'browser'): string | null {
  try {
    return areaOf(place).getItem(name) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

export function writeText(name: string, text: string | null, place: Place = 'browser'): void {
  memory.delete(name);
  try {
    if (text === null) areaOf(place).removeItem(name);
    else areaOf(place).setItem(name, text);
  } catch {
    if (text !== null) memory.set(name, text);
  }
}

/** What one tab stores the others read, too. */
export function isShared(): boolean {
  const probe = 'tradewind.probe';
  try {
    localStorage.setItem(probe, '');
    localStorage.removeItem(probe);
    return true;
  } catch {
    return false;
  }
}

/** `read` makes a T of what was stored, or undefined of what is none; then it is the fallback. */
export function stored<T>(
  name: string,
  fallback: T,
  read: (value: unknown) => T | undefined,
  place: Place = 'browser',
): Stored<T> {
  const listeners = new Set<() => void>();
  const notify = () => {
    for (const listener of listeners) listener();
  };
  let text: string | null = null;
  let value = fallback;

  function parse(from: string | null): T {
    try {
      return from === null ? fallback : (read(JSON.parse(from)) ?? fallback);
    } catch {
      return fallback;
    }
  }

  addEventListener('storage', ({ key }) => {
    if (key === name || key === null) notify();
  });
  return {
    get() {
      const now = readText(name, place);
      if (now !== text) {
        text = now;
        value = parse(now);
      }
      return value;
    },
    set(next) {
      writeText(name, JSON.stringify(next), place);
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
