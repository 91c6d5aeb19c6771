/** The catalogue: everything the address says (search, filters, order), page after page as one scrolls. */
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import type { SORTS } from '../../../src/contracts/catalog.ts';
import { Button, Empty, Failure } from '../ui/kit.tsx';
import { useTitle } from '../ui/page.ts';
import { useChosenCurrency } from './currency.ts';
import { GridSkeleton, ProductGrid } from './product-card.tsx';
import { MAX_SEARCH, type ProductQuery, useProducts } from './reads.ts';
import { PageHead } from './shell.tsx';

type Sort = (typeof SORTS)[number];
const ORDERS: Record<Sort, string> = {
  relevance: 'Best match',
  name: 'Name',
  newest: 'Newest',
  price: 'Price, low to high',
  '-price': 'Price, high to low',
};

function queryOf(params: URLSearchParams, currency: string | null): ProductQuery {
  const text = (name: string) => params.get(name) || undefined;
  const amount = (name: string) =>
    /^\d{1,9}(\.\d{1,3})?$/.test(params.get(name) ?? '') ? params.get(name) : undefined;
  const sort = params.get('sort') as Sort;
  const [low, high] = [amount('min_price'), amount('max_price')];
  // From 80 to 20 is from 20 to 80.
  const [min_price, max_price] = low && high && Number(low) > Number(high) ? [high, low] : [low, high];
  const priced = min_price || max_price || sort === 'price' || sort === '-price';
  return {
    ...(text('search') && { search: text('search')?.slice(0, MAX_SEARCH) as string }),
    ...(text('category') && { category: text('category') as string }),
    ...(min_price && { min_price }),
    ...(max_price && { max_price }),
    ...(params.has('available') && { availability: 'available' as const }),
    ...(sort in ORDERS && { sort }),
    ...(priced && currency && { currency }),
  };
}

export function Catalogue() {
  const [params] = useSearchParams();
  const query = queryOf(params, useChosenCurrency());
  const title = query.search ? `“${query.search}”` : (query.category ?? 'All products');
  useTitle(query.search ?? query.category ?? 'All products');
  const list = useProducts(query);
  const products = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const corrected = list.data?.pages[0]?.corrected_search;
  return (
    <div className="page">
      <PageHead title={title}>{query.search && query.category && <p className="soft">in {query.category}</p>}</PageHead>
      <Filters />
      {corrected && products.length > 0 && (
        <p className="corrected">
          Nothing has “{query.search}” in it; this is what has <strong>{corrected}</strong>.
        </p>
      )}
      <div aria-live="polite" className="unseen">
        {list.isFetched &&
          !list.isPlaceholderData &&
          `${products.length}${list.hasNextPage ? ' or more' : ''} products`}
      </div>
      {list.isPending && <GridSkeleton />}
      {list.error && products.length === 0 && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.data && products.length === 0 && <NothingFound />}
      <ProductGrid products={products} dimmed={list.isPlaceholderData} />
      <More list={list} />
    </div>
  );
}

/** Reads on before the reader gets there; the button is for those who do not scroll, and when reading failed. */
function More({ list }: { list: ReturnType<typeof useProducts> }) {
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = list;
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = end.current;
    if (!element || !hasNextPage || isFetchingNextPage || isFetchNextPageError) return undefined;
    const watcher = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) void fetchNextPage();
      },
      { rootMargin: '800px' },
    );
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  return (
    <div ref={end} className="more">
      {hasNextPage && (
        <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchNextPageError ? 'That did not work: try again' : 'Show more'}
        </Button>
      )}
    </div>
  );
}

function NothingFound() {
  const [params, setParams] = useSearchParams();
  const filtered = params.size > (params.has('search') ? 1 : 0);
  return (
    <Empty icon="search" title="Nothing fits">
      <p>Try other words{filtered ? ', or fewer filters' : ''}.</p>
      {filtered && (
        <Button
          tone="primary"
          onClick={() => setParams(params.get('search') ? { search: params.get('search') as string } : {})}
        >
          Clear the filters
        </Button>
      )}
    </Empty>
  );
}

function Filters() {
  const [params, setParams] = useSearchParams();
  const set = (name: string, value: string) => {
    // The address itself: on a slow machine the next filter is chosen before the page of the last one is drawn.
    const next = new URLSearchParams(location.search);
    if (value === '') next.delete(name);
    else next.set(name, value);
    setParams(next, { replace: true });
  };
  const searching = params.has('search');
  return (
    <div className="filters">
      <label className="check">
        <input
          type="checkbox"
          checked={params.has('available')}
          onChange={({ target }) => set('available', target.checked ? 'yes' : '')}
        />
        In stock
      </label>
      <fieldset className="row">
        <legend className="unseen">Price</legend>
        <span className="small">Price</span>
        <PriceInput
          key={`from ${params.get('min_price')}`}
          label="Price from"
          value={params.get('min_price')}
          onChange={(value) => set('min_price', value)}
        />
        <span aria-hidden="true">–</span>
        <PriceInput
          key={`to ${params.get('max_price')}`}
          label="Price to"
          value={params.get('max_price')}
          onChange={(value) => set('max_price', value)}
        />
      </fieldset>
      <label className="row sort">
        <span className="small">Sort by</span>
        <select
          className="input"
          value={params.get('sort') ?? (searching ? 'relevance' : 'name')}
          onChange={({ target }) => set('sort', target.value)}
        >
          {Object.entries(ORDERS)
            .filter(([sort]) => searching || sort !== 'relevance')
            .map(([sort, words]) => (
              <option key={sort} value={sort}>
                {words}
              </option>
            ))}
        </select>
      </label>
    </div>
  );
}

/** `1234.5` of "1,234.50", "1.234,50" or "1234.5"; '' of nothing; undefined of what is no amount. */
function amountOf(text: string): string | undefined {
  const plain = text.trim().replace(/[\s'](?=\d)/g, '');
  if (plain === '') return '';
  const decimal = /[.,](\d{1,2})$/.exec(plain);
  const whole = (decimal ? plain.slice(0, decimal.index) : plain).replace(/[.,]/g, '');
  return /^\d{1,9}$/.test(whole) ? `${Number(whole)}${decimal ? `.${decimal[1]}` : ''}` : undefined;
}

interface PriceInputProps {
  label: string;
  value: string | null;
  onChange: (amount: string) => void;
}

function PriceInput({ label, value, onChange }: PriceInputProps) {
  const [text, setText] = useState(value ?? '');
  const amount = amountOf(text);
  const take = () => {
    if (amount !== undefined && amount !== (value ?? '')) onChange(amount);
  };
  return (
    <input
      className="input price-input"
      inputMode="decimal"
      aria-label={label}
      aria-invalid={amount === undefined}
      placeholder={label.replace('Price ', '')}
      maxLength={14}
      value={text}
      onChange={({ target }) => setText(target.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take();
      }}
    />
  );
}
