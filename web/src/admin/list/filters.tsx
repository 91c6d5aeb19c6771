/** What stands above a list: tabs, the search as one types, a span of time, what else is filtered by. */
import { type ReactNode, useEffect, useEffectEvent, useState } from 'react';
import { Link, useLocation } from 'react-router';
import { Icon } from '../../ui/icon.tsx';
import { type Address, PAGE_PARAMS } from './address.ts';

export interface Tab {
  /** Of the parameter; empty: without it. */
  value: string;
  label: string;
}

/** Tabs are places: each is a link, so that going back works. */
export function Tabs({ label, name, tabs }: { label: string; name: string; tabs: readonly Tab[] }) {
  const { pathname, search } = useLocation();
  const current = new URLSearchParams(search).get(name) ?? '';
  const place = (value: string) => {
    const params = new URLSearchParams(search);
    for (const one of [name, ...PAGE_PARAMS]) params.delete(one);
    if (value !== '') params.set(name, value);
    return params.size > 0 ? `${pathname}?${params}` : pathname;
  };
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(({ value, label: words }) => (
        <Link key={value} to={place(value)} preventScrollReset aria-current={current === value ? 'page' : undefined}>
          {words}
        </Link>
      ))}
    </nav>
  );
}

const TYPING_MS = 180;

export function Search({ address, name = 'text', label }: { address: Address; name?: string; label: string }) {
  const shown = address.get(name);
  const [text, setText] = useState(shown);
  const [before, setBefore] = useState(shown);
  const [sent, setSent] = useState(shown);
  if (shown !== before) {
    setBefore(shown);
    // The address has changed under it: a link, or going back. Not by what is typed: the space after a word stays.
    if (shown !== sent) setText(shown);
  }
  const go = (words: string) => {
    setSent(words.trim());
    if (words.trim() !== shown) address.set({ [name]: words.trim() }, { replace: true });
  };
  // To the address as it is by then: a tab may have been chosen meanwhile.
  const settle = useEffectEvent(() => go(text));
  // biome-ignore lint/correctness/useExhaustiveDependencies: each letter starts the wait anew
  useEffect(() => {
    const typing = setTimeout(() => settle(), TYPING_MS);
    return () => clearTimeout(typing);
  }, [text]);
  return (
    <search className="search">
      <Icon name="search" size={16} />
      <input
        type="search"
        className="input"
        data-search=""
        aria-label={label}
        placeholder={label}
        value={text}
        maxLength={200}
        onChange={({ target: { value } }) => {
          setText(value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') go(text);
          if (event.key === 'Escape') {
            setText('');
            go('');
            event.currentTarget.blur();
          }
        }}
      />
    </search>
  );
}

interface ChoiceProps {
  address: Address;
  name: string;
  label: string;
  options: readonly Tab[];
}

/** One of a few, as a menu. */
export function Choice({ address, name, label, options }: ChoiceProps) {
  return (
    <select
      className="input choice"
      aria-label={label}
      value={address.get(name)}
      data-set={address.get(name) !== ''}
      onChange={({ target }) => address.set({ [name]: target.value })}
    >
      {options.map(({ value, label: words }) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </select>
  );
}

/** A filter that is set, and how to be rid of it. */
export function Chip({ children, onClear, label }: { children: ReactNode; onClear: () => void; label: string }) {
  return (
    <span className="chip">
      {children}
      <button type="button" aria-label={`Remove the filter: ${label}`} onClick={onClear}>
        <Icon name="close" size={13} />
      </button>
    </span>
  );
}
