/** What is in the building, what of it is promised, and what can be sold. */
import { useState } from 'react';
import { ListProducts, type Product } from '../../../../src/contracts/catalog.ts';
import { type Level, ListLevels, StockStatus } from '../../../../src/contracts/inventory.ts';
import { call } from '../../api/client.ts';
import { Button, ButtonLink, Empty } from '../../ui/kit.tsx';
import { Picture } from '../../ui/picture.tsx';
import { number } from '../../ui/words.tsx';
import { type Address, useAddress } from '../list/address.ts';
import { Search, Tabs } from '../list/filters.tsx';
import { type Read, usePage } from '../list/page.ts';
import { SubNav } from '../list/sub-nav.tsx';
import { type Column, RowLink, Table } from '../list/table.tsx';
import { PageHead } from '../page-head.tsx';
import { optionsOf, STOCK_STATES, State } from '../states.tsx';
import { type Change, ChangeDialog } from './change-dialog.tsx';
import { LevelBar } from './level-figures.tsx';
import { useProductNames } from './names.ts';

export const STOCK_PLACES = [
  { to: '/stock', label: 'Levels' },
  { to: '/stock/ledger', label: 'Ledger' },
];
const REFRESH_MS = 15_000;

/** Words are the catalogue's: with them its products are found first, and then their stock. */
function readLevels(
  search: string,
  status: StockStatus | undefined,
): Read<{ items: Level[]; next_cursor: string | null }> {
  return async (at, signal) => {
    const filter = status ? { status } : {};
    if (search === '') return call(ListLevels, { query: { ...filter, ...at }, signal });
    const found = await call(ListProducts, {
      query: { search, ...(status && { availability: status }), ...at },
      signal,
    });
    if (found.items.length === 0) return { items: [], next_cursor: null };
    const ids = found.items.map(({ product_id }) => product_id);
    const { items } = await call(ListLevels, { query: { ids: ids.join(',') }, signal });
    const levels = new Map(items.map((level) => [level.product_id, level]));
    return { items: ids.flatMap((id) => levels.get(id) ?? []), next_cursor: found.next_cursor };
  };
}

type Ask = (level: Level, change: Change) => void;

const columnsOf = (products: ReadonlyMap<string, Product> | undefined, ask: Ask): readonly Column<Level>[] => [
  {
    head: 'Product',
    cell: ({ product_id }) => {
      const product = products?.get(product_id);
      return (
        <span className="with-thumb">
          <span className="thumb small">
            <Picture image={product?.images[0]} sizes="32px" decorative />
          </span>
          <RowLink to={`/products/${encodeURIComponent(product_id)}`}>{product?.name ?? product_id}</RowLink>
          {product?.archived_at && <span className="soft small">archived</span>}
        </span>
      );
    },
    look: 'clip most o1',
  },
  { head: 'SKU', cell: ({ product_id }) => product_id, look: 'narrow soft wide' },
  { head: 'Status', cell: ({ status }) => <State of={STOCK_STATES} is={status} />, look: 'narrow right o2' },
  { head: 'On hand', cell: ({ on_hand }) => number(on_hand), look: 'end narrow wide' },
  { head: 'Reserved', cell: ({ reserved }) => number(reserved), look: 'end narrow wide soft' },
  {
    head: 'Available',
    cell: (level) => (
      <>
        <strong>{number(level.available)}</strong>
        <span className="phone-only soft"> of {number(level.on_hand)} on hand</span>
      </>
    ),
    look: 'end narrow o3 left-on-phone',
  },
  { head: 'Held', cell: (level) => <LevelBar level={level} />, look: 'bar wide' },
  { head: 'Low from', cell: ({ low_stock_threshold }) => number(low_stock_threshold), look: 'end narrow wide soft' },
  {
    head: 'Change',
    cell: (level) => (
      <span className="row nowrap">
        <Button look="small" onClick={() => ask(level, 'replenish')}>
          Replenish
        </Button>
        <Button look="small" tone="quiet" onClick={() => ask(level, 'adjust')}>
          Adjust
        </Button>
      </span>
    ),
    look: 'narrow right o4',
  },
];

export function LevelsPage() {
  const address = useAddress();
  const search = address.get('text');
  const status = address.oneOf('status', StockStatus.enum);
  const page = usePage(['stock', 'list', search, status], readLevels(search, status), REFRESH_MS);
  const products = useProductNames(page.query.data?.items.map(({ product_id }) => product_id) ?? []);
  const [asked, setAsked] = useState<{ level: Level; change: Change }>();
  return (
    <div className="page">
      <PageHead title="Stock" beside={<SubNav label="Stock" places={STOCK_PLACES} />} />
      <p className="soft explain">
        <strong>On hand</strong> is what is in the building. <strong>Reserved</strong> is the part of it that is
        promised to orders that have not left. <strong>Available</strong> is the rest: what can be sold.
      </p>
      <section className="panel list" aria-label="Levels">
        <Tabs label="Status" name="status" tabs={optionsOf(STOCK_STATES, 'All')} />
        <div className="filters">
          <Search address={address} label="Product or SKU…" />
        </div>
        <Table
          label="Stock levels"
          columns={columnsOf(products.data, (level, change) => setAsked({ level, change }))}
          page={page}
          keyOf={({ product_id }) => product_id}
          empty={<NoLevels address={address} />}
        />
      </section>
      {asked && (
        <ChangeDialog
          {...asked}
          name={products.data?.get(asked.level.product_id)?.name ?? asked.level.product_id}
          onClose={() => setAsked(undefined)}
        />
      )}
    </div>
  );
}

function NoLevels({ address }: { address: Address }) {
  const { size } = address.params;
  if (size === 1 && address.get('status')) {
    return (
      <Empty icon="check" title={address.get('status') === 'in_stock' ? 'Nothing is in stock' : 'Nothing here: good'}>
        <p>Products get here by themselves when their stock falls or rises.</p>
      </Empty>
    );
  }
  return size > 0 ? (
    <Empty icon="search" title="No product fits">
      <ButtonLink to="/stock">Show all levels</ButtonLink>
    </Empty>
  ) : (
    <Empty icon="box" title="Nothing is in stock yet">
      <p>Each product that you add opens its stock here.</p>
      <ButtonLink to="/products/new">Add product</ButtonLink>
    </Empty>
  );
}
