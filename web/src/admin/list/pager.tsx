/**
 * Pages of a keyset list know only what comes next. The way back is kept with each entry of the browser's history; who
 * came by a link to some page finds the first one.
 */
import { Link, useLocation } from 'react-router';
import { Icon } from '../../ui/icon.tsx';
import { number } from '../../ui/words.tsx';
import { PAGE_PARAMS } from './address.ts';
import { PAGE_SIZE, type PageOf, type Page as PageReply } from './page.ts';

interface Trail {
  /** Cursors of the pages before; the first page's is empty. */
  trail: string[];
}

export function Pager<P extends PageReply<unknown>>({ page: { query, ahead } }: { page: PageOf<P> }) {
  const { search, pathname, state } = useLocation();
  const params = new URLSearchParams(search);
  const after = params.get('after') ?? '';
  const at = Number(params.get('page') ?? 1);
  const trail = (state as Trail | null)?.trail ?? [];
  const rows = query.data?.items.length ?? 0;
  const next = query.data?.next_cursor;
  if (after === '' && !next) return null;

  const place = (cursor: string, page: number) => {
    const to = new URLSearchParams(params);
    for (const name of PAGE_PARAMS) to.delete(name);
    if (cursor !== '') {
      to.set('after', cursor);
      to.set('page', String(page));
    }
    return `${pathname}?${to}`;
  };
  const before = trail.at(-1);
  return (
    <nav className="pager" aria-label="Pages">
      {after === '' ? (
        <span />
      ) : (
        <Link
          className="button plain small"
          to={before === undefined ? place('', 1) : place(before, at - 1)}
          state={{ trail: trail.slice(0, -1) }}
        >
          <Icon name="back" size={15} />
          {before === undefined ? 'First page' : 'Previous'}
        </Link>
      )}
      <span className="soft numbers">
        {rows > 0 && at > 0 && `${number((at - 1) * PAGE_SIZE + 1)}–${number((at - 1) * PAGE_SIZE + rows)}`}
      </span>
      {next ? (
        <Link
          className="button plain small"
          to={place(next, at + 1)}
          state={{ trail: [...trail, after] }}
          onPointerEnter={() => ahead(next)}
          onFocus={() => ahead(next)}
        >
          Next
          <Icon name="arrow" size={15} />
        </Link>
      ) : (
        <span />
      )}
    </nav>
  );
}
