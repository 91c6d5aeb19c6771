/** Everybody with an account. Guests are found among the orders. */
import { ExportCustomers } from '../../../../src/contracts/customer-sheets.ts';
import { type Customer, ListCustomers, Role } from '../../../../src/contracts/customers.ts';
import { call } from '../../api/client.ts';
import { addressOf } from '../../api/http.ts';
import { Icon } from '../../ui/icon.tsx';
import { ButtonLink, Empty } from '../../ui/kit.tsx';
import { Badge, Time } from '../../ui/words.tsx';
import { CsvButton } from '../csv-button.tsx';
import { said, useAddress } from '../list/address.ts';
import { Search, Tabs } from '../list/filters.tsx';
import { usePage } from '../list/page.ts';
import { type Column, RowLink, Table } from '../list/table.tsx';
import { PageHead } from '../page-head.tsx';

const COLUMNS: readonly Column<Customer>[] = [
  {
    head: 'Name',
    cell: ({ id, name, email }) => <RowLink to={`/customers/${id}`}>{name ?? email}</RowLink>,
    look: 'clip o1',
  },
  { head: 'E-mail', cell: ({ email }) => email, look: 'clip most soft o3' },
  { head: 'Phone', cell: ({ phone }) => phone, look: 'narrow soft wide' },
  {
    head: 'Role',
    cell: ({ role }) =>
      role === 'admin' ? <Badge tone="wait">Admin</Badge> : <span className="soft wide-only">Customer</span>,
    look: 'narrow right o2',
  },
  { head: 'Since', cell: ({ created_at }) => <Time at={created_at} />, look: 'narrow soft right o4' },
];
const TABS = [
  { value: '', label: 'All' },
  { value: 'customer', label: 'Customers' },
  { value: 'admin', label: 'Admins' },
];

export function CustomersPage() {
  const address = useAddress();
  const role = address.oneOf('role', Role.enum);
  const query = { ...said({ text: address.get('text') }), ...(role && { role }) };
  const page = usePage(['customers', 'list', query], (at, signal) =>
    call(ListCustomers, { query: { ...query, ...at }, signal }),
  );
  return (
    <div className="page">
      <PageHead title="Customers">
        <ButtonLink to="/customers/import">
          <Icon name="upload" size={16} />
          Import CSV
        </ButtonLink>
        <CsvButton address={addressOf(ExportCustomers, { query })} name="customers" />
        <ButtonLink to="/customers/new" tone="primary" data-new="">
          <Icon name="plus" size={16} />
          Add customer
        </ButtonLink>
      </PageHead>
      <section className="panel list" aria-label="Customers">
        <Tabs label="Role" name="role" tabs={TABS} />
        <div className="filters">
          <Search address={address} label="Name, e-mail, phone…" />
        </div>
        <Table
          label="Customers"
          columns={COLUMNS}
          page={page}
          keyOf={({ id }) => id}
          empty={
            address.params.size > 0 ? (
              <Empty icon="search" title="Nobody fits">
                <p>Guests have no account: look for them among the orders.</p>
                <ButtonLink to={`/orders?${new URLSearchParams({ text: address.get('text') })}`}>
                  Search the orders
                </ButtonLink>
              </Empty>
            ) : (
              <Empty icon="users" title="Nobody has an account yet">
                <p>Customers open one in the shop; you can add one here.</p>
              </Empty>
            )
          }
        />
      </section>
    </div>
  );
}
