/** A part of a page, with states of its own: what one room cannot say now does not take the rest along. */
import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useId } from 'react';
import { Button, Skeleton, wordsOf } from '../ui/kit.tsx';

export interface PanelProps {
  title: string;
  /** Beside the title: what can be done, or a link to all of it. */
  actions?: ReactNode;
  look?: string;
  children: ReactNode;
}

export function Panel({ title, actions, look = '', children }: PanelProps) {
  const id = useId();
  return (
    <section className={`panel box ${look}`} aria-labelledby={id}>
      <header className="box-head">
        <h2 id={id}>{title}</h2>
        {actions}
      </header>
      {children}
    </section>
  );
}

export interface LoadedProps<T> {
  query: UseQueryResult<T>;
  /** How high it is while nothing is known, in lines. */
  lines?: number;
  children: (data: T) => ReactNode;
}

/** What was read; until then its room, and if it cannot be, why and once more. */
export function Loaded<T>({ query, lines = 3, children }: LoadedProps<T>) {
  if (query.data !== undefined) {
    return (
      <>
        {query.error && (
          <p className="soft small" role="status">
            This could not be read again just now and may be old.
          </p>
        )}
        {children(query.data)}
      </>
    );
  }
  if (query.error) return <Away error={query.error} retry={() => void query.refetch()} />;
  return (
    <div className="lines" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <Skeleton key={index} width={index % 2 === 0 ? '92%' : '64%'} height="0.85rem" />
      ))}
    </div>
  );
}

export function Away({ error, retry }: { error: unknown; retry: () => void }) {
  const { message, detail } = wordsOf(error);
  return (
    <div className="away" role="alert">
      <p>
        <strong>{message}.</strong> {detail && `${detail}. `}The rest of this page works.
      </p>
      <Button look="small" onClick={retry}>
        Try again
      </Button>
    </div>
  );
}

/** Names and values. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="facts">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
