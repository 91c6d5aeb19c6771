/**
 * A list as a table; on phones its rows become cards. The first link of a row fills the row: a click anywhere opens it,
 * a middle click in a new tab, and the keyboard moves from row to row by that link's focus.
 */
import type { MouseEvent, ReactNode } from 'react';
import { Link, type LinkProps } from 'react-router';
import { Button, Empty, Failure, Skeleton } from '../../ui/kit.tsx';
import { number } from '../../ui/words.tsx';
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

export function Table<Row>(props: TableProps<Row>) {
  const { page, empty } = props;
  const { data, error, refetch } = page.query;
  return (
    <>
      <Count page={page} />
      {data?.items.length === 0 ? (
        <NoRows page={page} empty={empty} />
      ) : !data && error ? (
        <Unread error={error} retry={() => void refetch()} />
      ) : (
        <Rows {...props} />
      )}
    </>
  );
}

/** Always there, so that those who do not see the list hear what a filter made of it. */
function Count<Row>({ page: { query } }: { page: PageOf<Page<Row>> }) {
  const { get } = useAddress();
  const { data, isPlaceholderData } = query;
  const words = ({ items, next_cursor }: Page<Row>) => {
    if (next_cursor) return `${number(items.length)} on this page, more on the next`;
    if (get('after')) return `${number(items.length)} on this page`;
    return items.length === 0 ? 'Nothing found' : `${number(items.length)} found`;
  };
  return (
    <p className="unseen" role="status">
      {data && !isPlaceholderData && words(data)}
    </p>
  );
}

/** A page may be empty and the list is not: its rows are gone by now, or further on. */
function NoRows<Row>({ page, empty }: Pick<TableProps<Row>, 'page' | 'empty'>) {
  const { get } = useAddress();
  if (get('after') === '' && !page.query.data?.next_cursor) return empty;
  return (
    <>
      <Empty icon="search" title="Nothing on this page" />
      <Pager page={page} />
    </>
  );
}

function Rows<Row>({ label, columns, page, keyOf, nameOf, selection }: TableProps<Row>) {
  const { query } = page;
  const rows = query.data?.items;
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

export function RowLink(link: LinkProps) {
  return <Link {...link} className="row-link" />;
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
