/** The catalogue as its owner sees it: with stock, and what is no longer sold. */
import { useQuery } from '@tanstack/react-query';
import {
  ExportProducts,
  ListCategories,
  ListProducts,
  type Product,
  SORTS,
} from '../../../../src/contracts/catalog.ts';
import { type Level, ListLevels, StockStatus } from '../../../../src/contracts/inventory.ts';
import type { QueryOf } from '../../../../src/platform/contract.ts';
import { call } from '../../api/client.ts';
import { addressOf } from '../../api/http.ts';
import { Icon } from '../../ui/icon.tsx';
import { ButtonLink, Empty } from '../../ui/kit.tsx';
import { Picture } from '../../ui/picture.tsx';
import { money, number, Time } from '../../ui/words.tsx';
import { CsvButton } from '../csv-button.tsx';
import { type Address, said, useAddress } from '../list/address.ts';
import { Choice, Search, Tabs } from '../list/filters.tsx';
import { usePage } from '../list/page.ts';
import { type Column, RowLink, Table } from '../list/table.tsx';
import { PageHead } from '../page-head.tsx';
import { optionsOf, STOCK_STATES, State } from '../states.tsx';

type ProductQuery = Omit<QueryOf<typeof ListProducts>, 'cursor' | 'limit' | 'ids'>;

const SORT_WORDS: Record<string, string> = {
  name: 'By name',
  newest: 'Newest first',
  price: 'Cheapest first',
  '-price': 'Dearest first',
};
/** A search is by relevance unless it is told otherwise. */
const sortsOf = (searching: boolean) =>
  (searching ? ['', 'name', 'newest', 'price', '-price'] : ['', 'newest', 'price', '-price']).map((value) => ({
    value,
    label: (searching && value === '' ? 'Best match' : SORT_WORDS[value || 'name']) as string,
  }));

function productQuery({ get, oneOf }: Address): ProductQuery {
  const sort = oneOf('sort', SORTS);
  const availability = oneOf('availability', StockStatus.enum);
  return {
    ...said({ search: get('search'), category: get('category') }),
    ...(sort && { sort }),
    ...(availability && { availability }),
    ...(get('archived') && { archived: true }),
  };
}

/** Stock by product id; what inventory does not say now is missing. */
function useLevels(products: readonly Product[] | undefined) {
  const ids = (products ?? []).map(({ product_id }) => product_id);
  return useQuery({
    queryKey: ['stock', 'ids', ids],
    queryFn: async ({ signal }) => {
      const { items } = await call(ListLevels, { query: { ids: ids.join(',') }, signal });
      return new Map(items.map((level) => [level.product_id, level]));
    },
    enabled: ids.length > 0,
  });
}

const columnsOf = (levels: ReadonlyMap<string, Level> | undefined, failed: boolean): readonly Column<Product>[] => [
  {
    head: 'Product',
    cell: ({ product_id, name, images }) => (
      <span className="with-thumb">
        <span className="thumb small">
          <Picture image={images[0]} sizes="32px" decorative />
        </span>
        <RowLink to={`/products/${encodeURIComponent(product_id)}`}>{name}</RowLink>
      </span>
    ),
    look: 'clip most o1',
  },
  { head: 'SKU', cell: ({ product_id }) => product_id, look: 'narrow soft o3' },
  { head: 'Category', cell: ({ category }) => category, look: 'narrow soft wide' },
  {
    head: 'Stock',
    cell: ({ product_id, availability, archived_at }) => {
      if (archived_at)
        return (
          <span className="soft">
            Archived <Time at={archived_at} />
          </span>
        );
      return <State of={STOCK_STATES} is={levels?.get(product_id)?.status ?? availability} />;
    },
    look: 'narrow right o4',
  },
  {
    head: 'Available',
    cell: ({ product_id }) => {
      const level = levels?.get(product_id);
      if (level)
        return (
          <span title={`${number(level.on_hand)} on hand, ${number(level.reserved)} reserved`}>
            {number(level.available)}
          </span>
        );
      return <span className="soft">{failed ? 'not known' : '–'}</span>;
    },
    look: 'end narrow wide',
  },
  { head: 'Price', cell: ({ price, currency }) => money(price, currency), look: 'end narrow o2' },
];

export function ProductsPage() {
  const address = useAddress();
  const query = productQuery(address);
  const page = usePage(['products', 'list', query], (at, signal) =>
    call(ListProducts, { query: { ...query, ...at }, signal }),
  );
  const levels = useLevels(page.query.data?.items);
  const corrected = page.query.data?.corrected_search;
  return (
    <div className="page">
      <PageHead title="Products">
        <ButtonLink to="/products/import">
          <Icon name="upload" size={16} />
          Import CSV
        </ButtonLink>
        <CsvButton address={addressOf(ExportProducts, { query })} name="products" />
        <ButtonLink to="/products/new" tone="primary" data-new="">
          <Icon name="plus" size={16} />
          Add product
        </ButtonLink>
      </PageHead>
      <section className="panel list" aria-label="Products">
        <Tabs
          label="For sale or not"
          name="archived"
          tabs={[
            { value: '', label: 'For sale' },
            { value: 'yes', label: 'Archived' },
          ]}
        />
        <div className="filters">
          <Search address={address} name="search" label="Name, words, SKU…" />
          <Category address={address} />
          <Choice address={address} name="availability" label="Stock" options={optionsOf(STOCK_STATES, 'Any stock')} />
          <span className="push">
            <Choice address={address} name="sort" label="Order" options={sortsOf(query.search !== undefined)} />
          </span>
        </div>
        {corrected && (
          <p className="stale">
            Nothing has “{query.search}” in it; this is what has <strong>{corrected}</strong>.
          </p>
        )}
        <Table
          label="Products"
          columns={columnsOf(levels.data, levels.isError)}
          page={page}
          keyOf={({ product_id }) => product_id}
          empty={<NoProducts address={address} />}
        />
      </section>
    </div>
  );
}

function Category({ address }: { address: Address }) {
  const { data } = useQuery({
    queryKey: ['categories'],
    queryFn: ({ signal }) => call(ListCategories, { signal }),
    staleTime: 60_000,
  });
  const current = address.get('category');
  const names = new Set([...(data?.items.map(({ name }) => name) ?? []), ...(current ? [current] : [])]);
  return (
    <Choice
      address={address}
      name="category"
      label="Category"
      options={[{ value: '', label: 'All categories' }, ...[...names].map((name) => ({ value: name, label: name }))]}
    />
  );
}

function NoProducts({ address }: { address: Address }) {
  if (address.get('archived') && address.params.size === 1) {
    return (
      <Empty icon="tag" title="Nothing is archived">
        <p>Products that you stop selling are kept here and can be sold again.</p>
      </Empty>
    );
  }
  if (address.params.size > 0) {
    return (
      <Empty icon="search" title="No product fits">
        <p>Try other words or fewer filters.</p>
        <ButtonLink to="/products">Show all products</ButtonLink>
      </Empty>
    );
  }
  return (
    <Empty icon="tag" title="There is nothing to sell yet">
      <p>Add the first product: a name, a price, how many there are, and a picture.</p>
      <span className="row">
        <ButtonLink to="/products/new" tone="primary">
          Add product
        </ButtonLink>
        <ButtonLink to="/products/import">Import a spreadsheet</ButtonLink>
      </span>
    </Empty>
  );
}
