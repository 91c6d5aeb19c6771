/** One customer: who they are, what they ordered, what they were told; their data and the end of their account. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { type Customer, GetCustomer, ListAddresses } from '../../../../src/contracts/customers.ts';
import { ListOrders } from '../../../../src/contracts/orders.ts';
import { call } from '../../api/client.ts';
import { AddressLines } from '../../ui/address-lines.tsx';
import { Failure, Skeleton } from '../../ui/kit.tsx';
import { Badge, date, money, OrderState, Time } from '../../ui/words.tsx';
import { isMissing, NoPage } from '../no-page.tsx';
import { NotificationsOf } from '../notifications/notifications-of.tsx';
import { PageHead } from '../page-head.tsx';
import { Loaded, Panel } from '../panel.tsx';
import { AccountPanel } from './account.tsx';
import { CustomerActions } from './actions.tsx';
import { ProfilePanel } from './profile.tsx';

const BACK = { to: '/customers', label: 'Customers' };

export function CustomerPage() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useQuery({
    queryKey: ['customers', id],
    queryFn: ({ signal }) => call(GetCustomer, { params: { id }, signal }),
  });
  if (isMissing(error)) return <NoPage what="customer" />;
  if (data) return <OneCustomer key={data.id} customer={data} />;
  return (
    <div className="page">
      <PageHead title="Customer" back={BACK} />
      {error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : (
        <div className="split" role="status" aria-label="Loading">
          <Skeleton height="20rem" />
          <Skeleton height="16rem" />
        </div>
      )}
    </div>
  );
}

function OneCustomer({ customer }: { customer: Customer }) {
  const { id, name, email, role, created_at } = customer;
  return (
    <div className="page">
      <PageHead
        title={name ?? email}
        back={BACK}
        beside={role === 'admin' && <Badge tone="wait">Admin</Badge>}
        about={`${name ? `${email} · ` : ''}since ${date(created_at)}`}
      >
        <CustomerActions customer={customer} />
      </PageHead>
      <div className="split">
        <div className="stack">
          <Orders id={id} />
          <NotificationsOf query={{ customer_id: id }} of={['customers', id]} />
        </div>
        <div className="stack">
          <ProfilePanel customer={customer} />
          <AccountPanel customer={customer} />
          <Addresses id={id} />
        </div>
      </div>
    </div>
  );
}

const SHOWN = 10;

function Orders({ id }: { id: string }) {
  const orders = useQuery({
    queryKey: ['orders', 'list', 'of', id],
    queryFn: ({ signal }) => call(ListOrders, { query: { customer_id: id, limit: SHOWN }, signal }),
  });
  return (
    <Panel title="Orders" actions={<Link to={`/orders?customer=${id}`}>All</Link>}>
      <Loaded query={orders} lines={4}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="none">Nothing has been ordered yet.</p>
          ) : (
            <ul className="rows">
              {items.map(({ id: order, number, status, total_amount, currency, created_at }) => (
                <li key={order}>
                  <Link to={`/orders/${order}`} className="plain-link strong numbers">
                    #{number}
                  </Link>
                  <OrderState status={status} />
                  <span className="grow soft">
                    <Time at={created_at} />
                  </span>
                  <span className="numbers">{money(total_amount, currency)}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Addresses({ id }: { id: string }) {
  const addresses = useQuery({
    queryKey: ['customers', id, 'addresses'],
    queryFn: ({ signal }) => call(ListAddresses, { params: { id }, signal }),
  });
  if (addresses.data?.items.length === 0) return null;
  return (
    <Panel title="Address book">
      <Loaded query={addresses} lines={3}>
        {({ items }) => (
          <ul className="rows">
            {items.map(({ id: address, label, address: where, is_default }) => (
              <li key={address}>
                <div className="grow">
                  {label && <strong>{label}</strong>}
                  <AddressLines address={where} />
                </div>
                {is_default && <Badge>Default</Badge>}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}
