/** Every movement of stock, of one product or of all, and why: the sums of this list are the levels. */

import { Link } from 'react-router';
import type { Product } from '../../../../src/contracts/catalog.ts';
import { ListAllMovements, MovementKind } from '../../../../src/contracts/inventory.ts';
import { call } from '../../api/client.ts';
import { ButtonLink, Empty } from '../../ui/kit.tsx';
import { moment } from '../../ui/words.tsx';
import { useProductChoices } from '../choices.ts';
import { said, useAddress } from '../list/address.ts';
import { Chip, Choice } from '../list/filters.tsx';
import { Finder } from '../list/finder.tsx';
import { usePage } from '../list/page.ts';
import { SubNav } from '../list/sub-nav.tsx';
import { type Column, Table } from '../list/table.tsx';
import { PageHead } from '../page-head.tsx';
import { STOCK_PLACES } from './levels.tsx';
import { type Entry, MOVEMENTS, signed } from './movement-words.ts';
import { useProductNames } from './names.ts';

const KINDS = [
  { value: '', label: 'Every kind' },
  ...MovementKind.enum.map((value) => ({ value, label: MOVEMENTS[value] })),
];

const columnsOf = (products: ReadonlyMap<string, Product> | undefined): readonly Column<Entry>[] => [
  { head: 'When', cell: ({ at }) => <time dateTime={at}>{moment(at)}</time>, look: 'narrow soft o5' },
  {
    head: 'Product',
    cell: ({ product_id }) => (
      <Link to={`/products/${encodeURIComponent(product_id)}`} className="plain-link strong">
        {products?.get(product_id)?.name ?? product_id}
      </Link>
    ),
    look: 'clip most o1',
  },
  { head: 'What', cell: ({ kind }) => MOVEMENTS[kind], look: 'narrow o3' },
  { head: 'On hand', cell: ({ on_hand_delta }) => <Delta by={on_hand_delta} what="on hand" />, look: 'end narrow o2' },
  {
    head: 'Reserved',
    cell: ({ reserved_delta }) => <Delta by={reserved_delta} what="reserved" />,
    look: 'end narrow o4',
  },
  {
    head: 'Why',
    cell: ({ order_id, reservation_id, reason }) => (
      <>
        {order_id && <Link to={`/orders/${order_id}`}>Order</Link>}
        {reservation_id && 'Reservation'} {reason}
      </>
    ),
    look: 'clip o6',
  },
];

/** On a phone the column's head is not there to say what it is. */
function Delta({ by, what }: { by: number; what: string }) {
  if (by === 0) return <span className="soft wide-only">–</span>;
  return (
    <span className={by < 0 ? 'bad' : 'good'}>
      {signed(by)}
      <span className="phone-only soft"> {what}</span>
    </span>
  );
}

export function LedgerPage() {
  const address = useAddress();
  const kind = address.oneOf('kind', MovementKind.enum);
  const query = {
    ...said({ product_id: address.get('product'), order_id: address.get('order') }),
    ...(kind && { kind }),
  };
  const page = usePage(['stock', 'ledger', query], (at, signal) =>
    call(ListAllMovements, { query: { ...query, ...at }, signal }),
  );
  const products = useProductNames([
    ...(page.query.data?.items.map(({ product_id }) => product_id) ?? []),
    ...(query.product_id ? [query.product_id] : []),
  ]);
  return (
    <div className="page">
      <PageHead title="Stock" tab="Stock ledger" beside={<SubNav label="Stock" places={STOCK_PLACES} />} />
      <section className="panel list" aria-label="Ledger">
        <div className="filters">
          {query.product_id ? (
            <Chip onClear={() => address.set({ product: '' })} label="product">
              {products.data?.get(query.product_id)?.name ?? query.product_id}
            </Chip>
          ) : (
            <Finder
              label="Product"
              icon="tag"
              use={useProductChoices}
              onChoose={(id) => address.set({ product: id })}
            />
          )}
          {query.order_id && (
            <Chip onClear={() => address.set({ order: '' })} label="order">
              One order
            </Chip>
          )}
          <Choice address={address} name="kind" label="Kind" options={KINDS} />
        </div>
        <Table
          label="Movements"
          columns={columnsOf(products.data)}
          page={page}
          keyOf={({ id }) => id}
          empty={
            <Empty icon="layers" title={address.params.size > 0 ? 'No movement fits' : 'No stock has moved yet'}>
              {address.params.size > 0 && <ButtonLink to="/stock/ledger">Show all movements</ButtonLink>}
            </Empty>
          }
        />
      </section>
    </div>
  );
}
