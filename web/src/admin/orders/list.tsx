/** All orders: what came in, what is to be shipped, what is stuck; any number of them changed at once. */
import { useQuery } from '@tanstack/react-query';
import { ExportOrders, ListOrders, type Order } from '../../../../src/contracts/orders.ts';
import { call } from '../../api/client.ts';
import { addressOf } from '../../api/http.ts';
import { ButtonLink, Empty } from '../../ui/kit.tsx';
import { isErased, money, OrderState, Time } from '../../ui/words.tsx';
import { useCustomerChoices, useProductChoices } from '../choices.ts';
import { CsvButton } from '../csv-button.tsx';
import { type Address, useAddress } from '../list/address.ts';
import { Chip, Search, Tabs } from '../list/filters.tsx';
import { Finder } from '../list/finder.tsx';
import { usePage } from '../list/page.ts';
import { useSelection } from '../list/selection.ts';
import { SpanFilter } from '../list/span.tsx';
import { type Column, RowLink, Table } from '../list/table.tsx';
import { isMissing } from '../no-page.tsx';
import { PageHead } from '../page-head.tsx';
import { customerOf, productOf } from '../reads.ts';
import { BulkBar } from './bulk-bar.tsx';
import { orderQuery, orderWords, STUCK, TABS } from './query.ts';

const REFRESH_MS = 10_000;

const pieces = ({ items }: Order) => items.reduce((sum, { quantity }) => sum + quantity, 0);

const COLUMNS: readonly Column<Order>[] = [
  {
    head: 'Order',
    cell: ({ id, number }) => <RowLink to={`/orders/${id}`}>#{number}</RowLink>,
    look: 'narrow o1',
  },
  { head: 'Placed', cell: ({ created_at }) => <Time at={created_at} />, look: 'narrow soft o5' },
  {
    head: 'Customer',
    cell: ({ name, email }) =>
      isErased(email) ? <span className="soft">Erased</span> : <span title={email}>{name ?? email}</span>,
    look: 'clip o3',
  },
  { head: 'Status', cell: ({ status }) => <OrderState status={status} />, look: 'narrow right o4' },
  {
    head: 'Items',
    cell: ({ items }) => items.map(({ name, quantity }) => (quantity > 1 ? `${quantity} × ${name}` : name)).join(', '),
    look: 'clip most soft wide',
  },
  { head: 'Pieces', cell: pieces, look: 'end narrow wide' },
  { head: 'Total', cell: ({ total_amount, currency }) => money(total_amount, currency), look: 'end narrow o2' },
];

export function OrdersPage() {
  const address = useAddress();
  const page = usePage(
    ['orders', 'list', orderWords(address)],
    (at, signal) => call(ListOrders, { query: { ...orderQuery(address), ...at }, signal }),
    REFRESH_MS,
  );
  const selection = useSelection(page.query.data?.items ?? [], address.params.toString());
  return (
    <div className="page">
      <PageHead title="Orders">
        <CsvButton address={() => addressOf(ExportOrders, { query: orderQuery(address) })} name="orders" />
      </PageHead>
      <section className="panel list" aria-label="Orders">
        <Tabs label="Status" name="status" tabs={TABS} />
        <Filters address={address} />
        <Table
          label="Orders"
          columns={COLUMNS}
          page={page}
          keyOf={({ id }) => id}
          nameOf={({ number }) => `order #${number}`}
          selection={selection}
          empty={<NoOrders address={address} />}
        />
      </section>
      <BulkBar selection={selection} />
    </div>
  );
}

function Filters({ address }: { address: Address }) {
  const product = address.get('product');
  const customer = address.get('customer');
  return (
    <div className="filters">
      <Search address={address} label="Number, name, e-mail, product…" />
      <SpanFilter address={address} />
      {product ? (
        <ProductChip id={product} onClear={() => address.set({ product: '' })} />
      ) : (
        <Finder label="Product" icon="tag" use={useProductChoices} onChoose={(id) => address.set({ product: id })} />
      )}
      {customer ? (
        <CustomerChip id={customer} onClear={() => address.set({ customer: '' })} />
      ) : (
        <Finder
          label="Customer"
          icon="user"
          use={useCustomerChoices}
          onChoose={(id) => address.set({ customer: id })}
        />
      )}
    </div>
  );
}

function ProductChip({ id, onClear }: { id: string; onClear: () => void }) {
  const { data } = useQuery(productOf(id));
  const name = data?.name ?? id;
  return (
    <Chip onClear={onClear} label={name}>
      {name}
    </Chip>
  );
}

function CustomerChip({ id, onClear }: { id: string; onClear: () => void }) {
  const { data, error } = useQuery(customerOf(id));
  const name = data ? (data.name ?? data.email) : isMissing(error) ? 'No such customer' : 'One customer';
  return (
    <Chip onClear={onClear} label={name}>
      {name}
    </Chip>
  );
}

function NoOrders({ address }: { address: Address }) {
  if (address.get('status') === STUCK && address.params.size === 1) {
    return (
      <Empty icon="check" title="Nothing is stuck">
        <p>Orders that still wait for stock or payment a minute after they were placed would be here.</p>
      </Empty>
    );
  }
  if (address.params.size > 0) {
    return (
      <Empty icon="search" title="No order fits">
        <p>Try other words or fewer filters.</p>
        <ButtonLink to="/orders">Show all orders</ButtonLink>
      </Empty>
    );
  }
  return (
    <Empty icon="cart" title="No orders yet">
      <p>The first one shows up here by itself, seconds after it is placed.</p>
      <a className="button plain" href="/">
        Open the shop
      </a>
    </Empty>
  );
}
