/** Which rows of the page are chosen. Rows that are no longer there are no longer chosen; another page begins with none. */
import { useRef, useState } from 'react';

export interface Selection<Row> {
  rows: Row[];
  has: (row: Row) => boolean;
  /** With shift, everything from the last one on. */
  toggle: (row: Row, range: boolean) => void;
  all: boolean;
  toggleAll: () => void;
  clear: () => void;
  /** No longer chosen: what was to be done with them is done. */
  drop: (rows: readonly Row[]) => void;
}

/** `page` names what the rows are a page of: filters, words, cursor. */
export function useSelection<Row extends { id: string }>(rows: readonly Row[], page: string): Selection<Row> {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [shown, setShown] = useState(page);
  const last = useRef<string | undefined>(undefined);
  if (page !== shown) {
    setShown(page);
    setIds(new Set());
  }
  const chosen = rows.filter(({ id }) => ids.has(id));
  const all = rows.length > 0 && chosen.length === rows.length;
  return {
    rows: chosen,
    has: ({ id }) => ids.has(id),
    toggle: (row, range) => {
      const from = rows.findIndex(({ id }) => id === last.current);
      const to = rows.indexOf(row);
      const span = range && from >= 0 ? rows.slice(Math.min(from, to), Math.max(from, to) + 1) : [row];
      const on = !ids.has(row.id);
      const next = new Set(ids);
      for (const { id } of span) {
        if (on) next.add(id);
        else next.delete(id);
      }
      last.current = row.id;
      setIds(next);
    },
    all,
    toggleAll: () => setIds(all ? new Set() : new Set(rows.map(({ id }) => id))),
    clear: () => setIds(new Set()),
    drop: (done) => setIds((now) => new Set([...now].filter((id) => done.every((row) => row.id !== id)))),
  };
}
