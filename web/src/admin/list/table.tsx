/**
 * A list as a table; on phones its rows become cards. The first link of a row fills the row: a click anywhere opens it,
 * a middle click in a new tab, and the keyboard moves from row to row by that link's focus.
 */
import type { MouseEvent, ReactNode } from 'react';
import { Link } from 'react-router';
import { Button, Failure, Skeleton } from '../../ui/kit.tsx';
import { useAddress } from './address.ts';
import type { Page, PageOf } from './page.ts';
import { Pager } from './pager.tsx';
import type { Selection } from './selection.ts';

export interface Column<Row> {
  head: string;
  cell: (row: Row) => ReactNode;
  /**
   * How wide: `narrow`, `clip` (cut off), `most`. How aligned: `end`, `right` (on phones). `wide`: only where there is
   * room. `o1` to `o6`: its place in the card that a row is on a phone; odd ones stand left, even ones right.
   */
  look?: string;
}

export interface TableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  page: PageOf<Page<Row>>;
  keyOf: (row: Row) => string;
  /** What the row is called, for those who do not see it. */
  nameOf?: (row: Row) => string;
  selection?: Selection<Row>;
  empty: ReactNode;
}

const SKELETONS = 8;

export function Table<Row>({ label, columns, page, keyOf, nameOf, selection, empty }: TableProps<Row>) {
  const { query } = page;
  const rows = query.data?.items;
  if (rows?.length === 0) return empty;
  if (!rows && query.error) return <Unread error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      {rows && query.error && !query.isFetching && <Stale retry={() => void query.refetch()} />}
      <table className="table" aria-label={label} aria-busy={!rows} data-old={query.isPlaceholderData}>
        <thead>
          <tr>
            {selection && (
              <th className="select">
                <input
                  type="checkbox"
                  aria-label="Select all on this page"
                  checked={selection.all}
                  ref={(box) => {
                    if (box) box.indeterminate = selection.rows.length > 0 && !selection.all;
                  }}
                  onChange={selection.toggleAll}
                />
              </th>
            )}
            {columns.map(({ head, look }) => (
              <th key={head} scope="col" className={look}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows
            ? rows.map((row) => (
                <tr key={keyOf(row)} data-row="" data-chosen={selection?.has(row) ?? false}>
                  {selection && <SelectCell row={row} name={nameOf?.(row) ?? keyOf(row)} selection={selection} />}
                  {columns.map(({ head, cell, look }) => (
                    <td key={head} className={look}>
                      {cell(row)}
                    </td>
                  ))}
                </tr>
              ))
            : Array.from({ length: SKELETONS }, (_, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
                <tr key={index}>
                  {selection && <td className="select" />}
                  {columns.map(({ head, look }) => (
                    <td key={head} className={look}>
                      <Skeleton width={look?.includes('end') ? '4rem' : '70%'} height="0.8rem" />
                    </td>
                  ))}
                </tr>
              ))}
        </tbody>
      </table>
      <Pager page={page} />
    </>
  );
}

function SelectCell<Row>({ row, name, selection }: { row: Row; name: string; selection: Selection<Row> }) {
  return (
    <td className="select">
      <input
        type="checkbox"
        aria-label={`Select ${name}`}
        checked={selection.has(row)}
        onClick={(event: MouseEvent) => selection.toggle(row, event.shiftKey)}
        onChange={() => undefined}
      />
    </td>
  );
}

export function RowLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link to={to} className="row-link">
      {children}
    </Link>
  );
}

/** It may be the page in the address that cannot be read. */
function Unread({ error, retry }: { error: unknown; retry: () => void }) {
  const { get, set } = useAddress();
  return (
    <>
      <Failure error={error} retry={retry} />
      {get('after') && (
        <nav className="pager" aria-label="Pages">
          <Button look="small" onClick={() => set({}, { replace: true })}>
            First page
          </Button>
        </nav>
      )}
    </>
  );
}

function Stale({ retry }: { retry: () => void }) {
  return (
    <p className="stale" role="status">
      This could not be read again just now and may be old.{' '}
      <button type="button" className="link" onClick={retry}>
        Try again
      </button>
    </p>
  );
}
